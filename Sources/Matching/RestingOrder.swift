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
    /// The price level it rests in; -1 when it does not rest.
    public var level: Int32 = -1
    public var session: SessionIndex = .none
    public var attributes = OrderAttributes(side: .buy)

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
    public var trader: TraderID = .none
    /// Which details slots hold values, as `Command.Flags`.
    public var detailsFlags: Command.Flags = []
    public var executingTraderQualifier: UInt8 = .max
    public var reserved: InlineArray<6, UInt8> = .init(repeating: 0)

    @inlinable public init() {}

    @inlinable public var side: Side { attributes.side }
    @inlinable public var ordType: OrdType { attributes.ordType }
    @inlinable public var timeInForce: TimeInForce { attributes.timeInForce }
    @inlinable public var execInst: ExecInst { attributes.execInst }
    @inlinable public var isStandard: Bool { attributes.isStandard }
    @inlinable public var rests: Bool { level >= 0 }

    /// By what it is found, and its neighbours in its session's list.
    @inlinable @inline(__always)
    public var entry: Entry {
        Entry(
            clOrdID: clOrdID, session: session, sessionNext: sessionNext,
            sessionPrevious: sessionPrevious, details: details)
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
}
