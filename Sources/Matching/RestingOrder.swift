import Domain

/// One live order: two cache lines. Matching touches the first; the second is for owners' requests.
///
/// Written by the partition's thread alone. Its places in the queue of its price level and in the
/// list of its session's orders are kept outside, in `LinkedLists` under its index.
@frozen public struct RestingOrder: BitwiseCopyable, Sendable {
    public var leavesQty: Quantity = .zero
    public var cumQty: Quantity = .zero
    public var orderID: OrderID = .none
    public var clOrdID: ClOrdID = .none
    public var timePriority: Timestamp = .none
    public var price: Price = .none
    public var attributes = OrderAttributes(side: .buy)
    /// The price level it rests in; -1 when it does not rest.
    public var level: Int32 = -1
    public var session: SessionIndex = .none

    public var orderQty: Quantity = .zero
    public var entryTime: Timestamp = .none
    /// Sequence of the command that entered it.
    public var entrySequence: UInt64 = 0
    public var instrument: InstrumentIndex = .none
    public var trader: TraderID = .none
    /// Where its `OrderDetails` are kept; -1 when it has none.
    public var details: Int32 = -1
    public var matchInstCrossID: UInt32 = .max
    /// Which details slots hold values, as `Command.Flags`.
    public var detailsFlags: Command.Flags = []
    public var executingTraderQualifier: UInt8 = .max
    public var reserved: InlineArray<22, UInt8> = .init(repeating: 0)

    @inlinable public init() {}

    @inlinable public var side: Side { attributes.side }
    @inlinable public var ordType: OrdType { attributes.ordType }
    @inlinable public var timeInForce: TimeInForce { attributes.timeInForce }
    @inlinable public var execInst: ExecInst { attributes.execInst }
    @inlinable public var isStandard: Bool { attributes.isStandard }
    @inlinable public var isLean: Bool { !attributes.isStandard }
    @inlinable public var rests: Bool { level >= 0 }
}
