import Domain

/// An order as one message of the venue describes it, after what the message tells.
@frozen public struct OrderState: Equatable, BitwiseCopyable, Sendable {
    public var orderID: OrderID
    public var clOrdID: ClOrdID
    public var leavesQty: Quantity
    public var cumQty: Quantity
    public var ordStatus: OrdStatus

    @inlinable public init(
        orderID: OrderID, clOrdID: ClOrdID, leavesQty: Quantity, cumQty: Quantity,
        ordStatus: OrdStatus
    ) {
        self.orderID = orderID
        self.clOrdID = clOrdID
        self.leavesQty = leavesQty
        self.cumQty = cumQty
        self.ordStatus = ordStatus
    }

    /// True when the order can trade no more: it is in no book.
    @inlinable public var hasEnded: Bool {
        ordStatus == .filled || ordStatus == .cancelled || leavesQty <= .zero
    }
}
