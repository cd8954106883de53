import Client
import Domain
import PublicBooks

/// One instrument as a row of the screen.
public struct MarketRow: Equatable, Sendable {
    public var securityID: UInt32
    public var name: String
    /// MarketSegmentID.
    public var product: Int32
    /// Smallest price step; nil where nobody told.
    public var tick: Price?
    public var condition = BookCondition.joining
    /// SecurityTradingStatus; all ones: not known.
    public var tradingStatus = UInt8.max
    public var top = TopOfBook()
    public var last = Price.none
    public var lastQty = Quantity.none
    public var open = Price.none
    public var high = Price.none
    public var low = Price.none
    public var volume = Quantity.zero
    /// The last trade was above the one before it (1), below (-1) or neither.
    public var direction = 0

    public init(securityID: UInt32, name: String, product: Int32, tick: Price? = nil) {
        self.securityID = securityID
        self.name = name
        self.product = product
        self.tick = tick
    }
}

/// The depth of the chosen instrument; best prices first.
public struct Ladder: Equatable, Sendable {
    public var bids: [PublicLevel] = []
    public var asks: [PublicLevel] = []

    public init() {}
}

/// A trade as the tape shows it.
public struct Print: Equatable, Sendable {
    public var time: Timestamp
    public var securityID: UInt32
    public var price: Price
    public var quantity: Quantity
    /// Who came to the other's price; nil where the feed does not tell.
    public var aggressor: Side?
}

/// What a session asks of the venue.
public struct SessionRow: Equatable, Sendable {
    public var session: UInt32
    public var perSecond: Double
    public var requests: UInt64
    public var rejects: UInt64
}

/// The times of one stage of the requests' way.
public struct StageRow: Equatable, Sendable {
    public var label: String
    public var count: UInt64
    public var p50: UInt64
    public var p99: UInt64
    public var p999: UInt64
    public var max: UInt64
}

/// What is known of the venue beside its market; nil things are not.
public struct VenueFigures: Equatable, Sendable {
    public var name = ""
    /// Whether the venue is seen in shared memory; else only its feed is.
    public var isAttached = false
    public var uptimeNanos: UInt64 = 0
    public var requestsPerSecond = 0.0
    public var sessionsLoggedOn: UInt64 = 0
    public var sessions: [SessionRow] = []
    public var stages: [StageRow] = []
}

/// Own orders and position of the session that is logged on.
public struct OwnSession: Equatable, Sendable {
    public var session: UInt32
    public var orders: [OwnOrders.Order] = []
    public var net: [UInt32: Quantity] = [:]
    public var profit: [UInt32: Double] = [:]
}

/// Everything that the screen shows: what is known of the world, and what its user is doing.
///
/// A pure value: sources fill it, keys change it, `TopLayout` draws it.
public struct ScreenState: Sendable {
    /// What the changing part of the screen shows.
    public enum Panel: Int, CaseIterable, Sendable {
        case trades, orders, sessions, latency
    }

    public enum Mode: Equatable, Sendable {
        case watching
        case help
        case ticket(Ticket)
        /// Waits for yes or no.
        case confirming(ScreenAction)
    }

    // The world
    public var now = Timestamp.zero
    public var venue = VenueFigures()
    public var market: [MarketRow] = []
    public var ladder = Ladder()
    /// Newest last.
    public var tape: [Print] = []
    public var feedAddress = ""
    /// Nothing was ever heard of the feed.
    public var feedIsSilent = true
    public var own: OwnSession?

    // The user
    public var chosen = 0
    public var chosenOrder = 0
    public var panel = Panel.trades
    public var mode = Mode.watching
    /// What was done last, or why not.
    public var message = ""
    public var messageIsWarning = false

    public init() {}

    public var chosenRow: MarketRow? { market.indices.contains(chosen) ? market[chosen] : nil }

    public func row(of securityID: UInt32) -> MarketRow? {
        market.first { $0.securityID == securityID }
    }

    public mutating func say(_ message: String, isWarning: Bool = false) {
        self.message = message
        messageIsWarning = isWarning
    }
}
