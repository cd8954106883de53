import Client
import Domain

/// One order as its owner knows it: what was asked for, and what the venue said of it.
struct KnownOrder {
    enum State {
        /// The entry has no answer yet.
        case asked
        case live
        case ended
    }

    /// What is asked of the order and has no answer yet.
    enum Pending: Equatable {
        case entry
        case change(name: UInt64, price: Int64, quantity: Int64)
        case deletion
    }

    let request: OrderRequest
    /// Its ClOrdID: a change gives it a new one.
    var name: UInt64
    var orderID: UInt64?
    /// As last confirmed; as asked for while it is `.asked`.
    var price: Int64
    var quantity: Int64
    var leavesQty: Int64 = 0
    var cumQty: Int64 = 0
    /// Sum of the fills that the venue told of.
    var filledQty: Int64 = 0
    /// The engine's transaction in which it got its place in the queue of its price.
    var placedBy: UInt64 = 0
    /// TrdRegTSTimePriority; nil as long as no message named it (lean orders' never does).
    var timePriority: UInt64?
    var state = State.asked
    var pending: Pending?
    /// MsgSeqNum of the deletion of all orders that means this one too.
    var leavesBy: UInt32?
    /// A message about this order alone withdrew what was open.
    var wasWithdrawnAlone = false
    /// A request about it was never answered and its answer cannot be had again: a crash may have
    /// come between. Nothing is concluded from it until the next crash ends it.
    var isUncertain = false

    init(_ request: OrderRequest, name: UInt64) {
        self.request = request
        self.name = name
        price = request.price.raw
        quantity = request.quantity.raw
        pending = .entry
    }

    var isPersistent: Bool { request.execInst.isPersistent }
    var isBuy: Bool { request.side == .buy }
    /// Nothing is asked of it.
    var isFree: Bool { state == .live && pending == nil && leavesBy == nil }
}

/// A step in an order's life, as the audit of the market sees it.
struct OrderStep {
    /// The engine's transaction; steps of one transaction share it.
    var transaction: UInt64
    var session: UInt32
    var order: Int
    var instrument: UInt32
    var product: Int32
    var isBuy: Bool
    /// The transaction in which it got its place in the queue.
    var placedBy: UInt64
    /// Its price while it rests after the step; nil when it does not.
    var restsAt: Int64?
    var fills: [WireFill] = []
}
