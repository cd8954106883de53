/// How much a builder takes; memory for it is reserved at start, and used as it is needed.
public struct PublicBookLimits: Sendable, Equatable {
    public var products: Int
    public var instruments: Int
    /// Visible orders over all instruments.
    public var orders: Int
    /// Packets of 2 KiB that wait for a snapshot or for a missing one, over all products.
    public var packets: Int

    public init(
        products: Int = 64, instruments: Int = 1024, orders: Int = 1 << 18, packets: Int = 1 << 13
    ) {
        precondition(
            products > 0 && instruments > 0 && orders > 0 && packets > 1,
            "a builder has room for something")
        self.products = products
        self.instruments = instruments
        self.orders = orders
        self.packets = packets
    }
}

/// Why something was not taken because a limit is reached.
public enum PublicBookLimit: UInt8, Sendable, CustomStringConvertible {
    case products, instruments, orders, packets

    public var description: String {
        switch self {
        case .products: "more products than the receiver has room for"
        case .instruments: "more instruments than the receiver has room for"
        case .orders: "more visible orders than the receiver has room for"
        case .packets: "more packets wait for a snapshot than the receiver has room for"
        }
    }
}

/// What a builder has counted since its start.
public struct PublicBookCounters: Sendable, Equatable {
    /// Datagrams of both channels.
    public internal(set) var datagrams = 0
    /// Messages applied or staged, once each.
    public internal(set) var messages = 0
    /// Datagrams that are no packets of the feed: nothing of them was taken.
    public internal(set) var malformed = 0
    /// Packets that had come before.
    public internal(set) var duplicates = 0
    /// Times that messages of a product were found missing.
    public internal(set) var gaps = 0
    /// Gaps that the missing packets themselves closed, late.
    public internal(set) var closedByLatePackets = 0
    /// Books taken from a snapshot.
    public internal(set) var joins = 0
    /// Snapshots that were given up because packets of them are missing.
    public internal(set) var brokenSnapshots = 0
    /// Times that a product's numbers began again.
    public internal(set) var restarts = 0
    /// Messages that contradict the book they are for: it is joined anew.
    public internal(set) var contradictions = 0
    /// Times that a limit was reached, and the last one.
    public internal(set) var limitHits = 0
    public internal(set) var lastLimit: PublicBookLimit?

    public init() {}
}
