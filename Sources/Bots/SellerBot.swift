import Client
import Domain
import OrderFlow
import PublicBooks

/// Sells a quantity slice by slice: whenever the bid is at its limit or better, an order that trades at
/// once or not at all. One order at a time, written down before it is sent.
///
/// Orders are standard, so that the drop copy knows them. An order whose answer was never seen is
/// looked up there (`SellerRecovery`) before anything else is sold.
public struct SellerBot: Bot {
    private let plan: SellerPlan
    private let store: SellerStore
    /// What all settled orders sold.
    public private(set) var soldQty: Quantity
    private var current: (clOrdID: ClOrdID, sold: Quantity)?
    private var nextSlice: UInt64 = 0
    private var rejectsSeen = 0

    /// How often the bid is looked at.
    private static var lookNanos: UInt64 { 5_000_000 }
    /// How long nothing is tried after a reject.
    private static var patienceNanos: UInt64 { 1_000_000_000 }

    /// Every order in the store must be settled.
    public init(_ store: SellerStore) throws(ToolError) {
        self.store = store
        plan = store.plan
        soldQty = .zero
        for order in try store.orders() {
            guard let sold = order.soldQty else {
                throw .run("order \(order.clOrdID.raw) is not settled")
            }
            soldQty += sold
        }
    }

    public var remainingQty: Quantity { plan.quantity - soldQty }
    public var isDone: Bool { current == nil && remainingQty <= .zero }
    public var mark: Price? { plan.limit }

    public mutating func note(_ execution: OwnOrders.Execution) {
        guard current?.clOrdID == execution.clOrdID else { return }
        current?.sold += execution.quantity
    }

    public mutating func act<Stream: ByteStream>(
        at now: UInt64, desk: Desk<Stream>, top: TopOfBook?
    ) throws(ToolError) -> UInt64 {
        try settleAnswered(at: now, desk)
        guard current == nil, remainingQty > .zero, desk.hasRoom, now >= nextSlice else {
            return nextSlice
        }
        guard let bid = top?.best(.buy), bid.price >= plan.limit else {
            return now + Self.lookNanos
        }
        let quantity = min(plan.slice, remainingQty)
        let clOrdID = desk.nextClOrdID()
        try store.intend(clOrdID, quantity, instance: desk.venue.sessionInstanceID)
        current = (clOrdID, .zero)
        desk.enter(
            OrderRequest(
                side: .sell, price: plan.limit, quantity: quantity,
                instrument: plan.traded.instrument, product: plan.traded.product,
                timeInForce: .immediateOrCancel), clOrdID: clOrdID)
        nextSlice = now + plan.pauseNanos
        return nextSlice
    }

    public mutating func end<Stream: ByteStream>(desk: Desk<Stream>) throws(ToolError) {
        try settleAnswered(at: 0, desk)
    }

    /// An order that the venue has answered has ended: what it sold is known.
    private mutating func settleAnswered<Stream: ByteStream>(
        at now: UInt64, _ desk: Desk<Stream>
    ) throws(ToolError) {
        guard let order = current, desk.orders[order.clOrdID] == nil else { return }
        try store.settle(order.clOrdID, sold: order.sold)
        soldQty += order.sold
        current = nil
        if desk.orders.counts.rejected > rejectsSeen {
            rejectsSeen = desk.orders.counts.rejected
            nextSlice = now + Self.patienceNanos
        }
    }
}
