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
    public var executingTraderQualifier: UInt8 = .max
    public var reserved: InlineArray<7, UInt8> = .init(repeating: 0)

    @inlinable public init() {}

    @inlinable public var isStandard: Bool { applSeqIndicator == 1 }
    @inlinable public var rests: Bool { page >= 0 }

    /// Where it stands in the book, by itself: cheaper to carry than the record.
    @inlinable @inline(__always)
    public var place: Place {
        Place(
            page: page, levelSlot: levelSlot, next: next, previous: previous, leavesQty: leavesQty,
            ladder: OrderBooks.ladder(instrument, side))
    }

    /// By what it is found, and its neighbours in its session's list.
    @inlinable @inline(__always)
    public var entry: Entry {
        Entry(
            clOrdID: clOrdID, session: session, sessionNext: sessionNext,
            sessionPrevious: sessionPrevious, details: details)
    }

    @frozen public struct Place: BitwiseCopyable, Sendable {
        @usableFromInline let page: Int32
        @usableFromInline let levelSlot: UInt8
        @usableFromInline let next: Int32
        @usableFromInline let previous: Int32
        @usableFromInline let leavesQty: Quantity
        @usableFromInline let ladder: Int32

        @inlinable init(
            page: Int32, levelSlot: UInt8, next: Int32, previous: Int32, leavesQty: Quantity,
            ladder: Int32
        ) {
            self.page = page
            self.levelSlot = levelSlot
            self.next = next
            self.previous = previous
            self.leavesQty = leavesQty
            self.ladder = ladder
        }
    }

    @frozen public struct Entry: BitwiseCopyable, Sendable {
        public let clOrdID: ClOrdID
        public let session: SessionIndex
        public let sessionNext: Int32
        public let sessionPrevious: Int32
        public let details: Int32

        @inlinable init(
            clOrdID: ClOrdID, session: SessionIndex, sessionNext: Int32, sessionPrevious: Int32,
            details: Int32
        ) {
            self.clOrdID = clOrdID
            self.session = session
            self.sessionNext = sessionNext
            self.sessionPrevious = sessionPrevious
            self.details = details
        }
    }

    /// Notes the place in the book: last at its level.
    @inlinable @inline(__always)
    mutating func settle(page: Int32, slot: Int, behind tail: Int32) {
        self.page = page
        levelSlot = UInt8(truncatingIfNeeded: slot)
        next = -1
        previous = tail
    }
}
