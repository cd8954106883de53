import Domain

/// The terms of an order as a client asks for them, in a new order or in a change.
@frozen public struct OrderRequest: Equatable, BitwiseCopyable, Sendable {
    public var side: Side
    public var price: Price
    /// Total quantity of the order; in a change the executed part is included.
    public var quantity: Quantity
    public var timeInForce: TimeInForce
    public var execInst: ExecInst
    /// Standard orders are recoverable and seen by listeners; lean ones are neither.
    public var isStandard: Bool
    /// SimpleSecurityID of the instrument.
    public var instrument: UInt32
    /// MarketSegmentID of the instrument's product; only the long forms carry it.
    public var product: Int32

    @inlinable public init(
        side: Side, price: Price, quantity: Quantity, instrument: UInt32, product: Int32,
        timeInForce: TimeInForce = .day, execInst: ExecInst = .nonPersistent,
        isStandard: Bool = true
    ) {
        self.side = side
        self.price = price
        self.quantity = quantity
        self.timeInForce = timeInForce
        self.execInst = execInst
        self.isStandard = isStandard
        self.instrument = instrument
        self.product = product
    }
}

/// Which template carries a new order or a change.
@frozen public enum OrderForm: UInt8, Sendable {
    /// 10125 and 10126: limit orders, fewer bytes.
    case short
    /// 10100 and 10106: every attribute an order can have.
    case long
}
