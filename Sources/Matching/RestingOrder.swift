import Domain

/// One live order: two cache lines. Matching touches the first; the second is for owners' requests.
///
/// Written by the partition's thread alone. `next` and `previous` link the orders of one price level
/// in time priority; `sessionNext` and `sessionPrevious` those of one session in order of entry.
@frozen public struct RestingOrder: BitwiseCopyable, Sendable {
    public var leavesQty: Quantity = .zero
    public var cumQty: Quantity = .zero
    public var orderID: OrderID = .none
    public var clOrdID: ClOrdID = .none
    public var timePriority: Timestamp = .none
    public var next: Int32 = -1
    public var previous: Int32 = -1
    /// The page of price levels it rests in; -1 when it does not rest.
    public var page: Int32 = -1
    public var levelSlot: UInt8 = 0
    public var side: Side = .buy
    public var applSeqIndicator: UInt8 = 0
    public var execInst: ExecInst = .nonPersistent
    public var session: SessionIndex = .none
    public var trader: TraderID = .none

    public var price: Price = .none
    public var orderQty: Quantity = .zero
    public var entryTime: Timestamp = .none
    /// Sequence of the command that entered it.
    public var entrySequence: UInt64 = 0
    public var instrument: InstrumentIndex = .none
    /// Where its `OrderDetails` are kept; -1 when it has none.
    public var details: Int32 = -1
    public var sessionNext: Int32 = -1
    public var sessionPrevious: Int32 = -1
    public var matchInstCrossID: UInt32 = .max
    public var ordType: OrdType = .limit
    public var timeInForce: TimeInForce = .day
    public var tradingCapacity: UInt8 = 0
    /// Which details slots hold values, as `Command.Flags`.
    public var detailsFlags: Command.Flags = []
    public var reserved: UInt64 = 0

    @inlinable public init() {}

    @inlinable public var isStandard: Bool { applSeqIndicator == 1 }
    @inlinable public var rests: Bool { page >= 0 }

    /// Notes the place in the book: last at its level.
    @inlinable @inline(__always)
    mutating func settle(page: Int32, slot: Int, behind tail: Int32) {
        self.page = page
        levelSlot = UInt8(truncatingIfNeeded: slot)
        next = -1
        previous = tail
    }
}
