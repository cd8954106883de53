import Domain

/// An order as the reference keeps it.
struct NaiveOrder {
    var orderID: OrderID
    var instrument: InstrumentIndex
    var session: SessionIndex
    var trader: TraderID
    var clOrdID: ClOrdID
    var price: Price
    /// Total quantity, executed part included.
    var orderQty: Quantity
    var cumQty: Quantity
    var leavesQty: Quantity
    var timePriority: Timestamp
    /// The time priority it had at first.
    var entryTime: Timestamp
    var attributes: OrderAttributes
    var matchInstCrossID: UInt32
    var hasParties = false
    var hasTexts = false

    var side: Side { attributes.side }

    /// True when the order may trade with a resting order of the other side at this price.
    func accepts(_ restingPrice: Price) -> Bool {
        if attributes.ordType == .market { return true }
        return side == .buy ? restingPrice <= price : restingPrice >= price
    }
}

/// The orders of one instrument: two sorted arrays and nothing else.
struct NaiveBook {
    /// Best price first, then time.
    var buys: [NaiveOrder] = []
    var sells: [NaiveOrder] = []

    func orders(_ side: Side) -> [NaiveOrder] { side == .buy ? buys : sells }

    /// Changes one side in place.
    mutating func withOrders<Result>(
        _ side: Side, _ body: (inout [NaiveOrder]) -> Result
    ) -> Result {
        side == .buy ? body(&buys) : body(&sells)
    }

    /// Puts an order behind all that are better or equally good and earlier.
    mutating func insert(_ order: NaiveOrder) {
        withOrders(order.side) { orders in
            let place =
                orders.firstIndex { resting in
                    if resting.price == order.price {
                        return order.timePriority < resting.timePriority
                    }
                    return order.side == .buy
                        ? order.price > resting.price : order.price < resting.price
                } ?? orders.endIndex
            orders.insert(order, at: place)
        }
    }

    func find(_ orderID: OrderID, _ side: Side) -> NaiveOrder? {
        side == .buy
            ? buys.first { $0.orderID == orderID } : sells.first { $0.orderID == orderID }
    }

    mutating func remove(_ orderID: OrderID, _ side: Side) {
        withOrders(side) { orders in
            if let place = orders.firstIndex(where: { $0.orderID == orderID }) {
                orders.remove(at: place)
            }
        }
    }

    /// Writes back an order that keeps its place.
    mutating func replace(_ order: NaiveOrder) {
        withOrders(order.side) { orders in
            if let place = orders.firstIndex(where: { $0.orderID == order.orderID }) {
                orders[place] = order
            }
        }
    }
}
