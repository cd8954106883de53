import Domain

/// A book of one participant's own orders in one instrument, kept only from the venue's messages.
///
/// Answers do not repeat price and side, so `accept` and `changePrice` take them from the request
/// that was answered; every quantity is the venue's. Orders are told by the OrderID that the venue
/// gave them, and found by ClOrdID for those who know their own names only.
/// Levels lie in a sorted array per side, best last: books here are some hundred levels deep and
/// change near the touch.
public struct ClientOrderBook: Sendable {
    public struct Order: Equatable, Sendable {
        public var orderID: OrderID
        public var clOrdID: ClOrdID
        public var side: Side
        public var price: Price
        public var leavesQty: Quantity
        public var cumQty: Quantity
    }

    /// All open orders at one price.
    public struct Level: Equatable, Sendable {
        public var price: Price
        public var quantity: Quantity
        public var orderCount: Int
    }

    private var orders: [OrderID: Order] = [:]
    private var byClOrdID: [ClOrdID: OrderID] = [:]
    private var bids: [Level] = []
    private var asks: [Level] = []

    public init(expectedOrders: Int = 0) {
        orders.reserveCapacity(expectedOrders)
        byClOrdID.reserveCapacity(expectedOrders)
    }

    public var orderCount: Int { orders.count }
    public var bestBid: Level? { bids.last }
    public var bestAsk: Level? { asks.last }

    public func order(_ orderID: OrderID) -> Order? { orders[orderID] }
    public func order(clOrdID: ClOrdID) -> Order? { byClOrdID[clOrdID].flatMap { orders[$0] } }

    /// The best `count` levels of a side, best first.
    public func depth(_ side: Side, count: Int) -> [Level] {
        (side == .buy ? bids : asks).suffix(count).reversed()
    }

    /// The level at a price, if any order rests there.
    public func level(_ side: Side, _ price: Price) -> Level? {
        let levels = side == .buy ? bids : asks
        let index = Self.position(of: price, side, in: levels)
        return index < levels.count && levels[index].price == price ? levels[index] : nil
    }
}

// MARK: - What the venue says

extension ClientOrderBook {
    /// A new order was answered; it enters the book unless it has ended already.
    public mutating func accept(_ state: OrderState, side: Side, price: Price) {
        guard !state.hasEnded else { return }
        let order = Order(
            orderID: state.orderID, clOrdID: state.clOrdID, side: side, price: price,
            leavesQty: state.leavesQty, cumQty: state.cumQty)
        insert(order)
    }

    /// An order's new state: after a change, a deletion, an execution, whoever caused it.
    ///
    /// `newPrice` is the price of the change that was asked for. Returns false when the order is not
    /// in the book.
    @discardableResult
    public mutating func update(_ state: OrderState, newPrice: Price? = nil) -> Bool {
        guard var order = orders[state.orderID] else { return false }
        remove(order)
        guard !state.hasEnded else { return true }
        if let newPrice { order.price = newPrice }
        if !state.clOrdID.isNone { order.clOrdID = state.clOrdID }
        order.leavesQty = state.leavesQty
        order.cumQty = state.cumQty
        insert(order)
        return true
    }

    /// Everything was withdrawn.
    public mutating func removeAll() {
        orders.removeAll(keepingCapacity: true)
        byClOrdID.removeAll(keepingCapacity: true)
        bids.removeAll(keepingCapacity: true)
        asks.removeAll(keepingCapacity: true)
    }
}

// MARK: - Levels

extension ClientOrderBook {
    private mutating func insert(_ order: Order) {
        orders[order.orderID] = order
        byClOrdID[order.clOrdID] = order.orderID
        if order.side == .buy {
            Self.add(order, to: &bids)
        } else {
            Self.add(order, to: &asks)
        }
    }

    private mutating func remove(_ order: Order) {
        orders[order.orderID] = nil
        byClOrdID[order.clOrdID] = nil
        if order.side == .buy {
            Self.take(order, from: &bids)
        } else {
            Self.take(order, from: &asks)
        }
    }

    private static func add(_ order: Order, to levels: inout [Level]) {
        let index = position(of: order.price, order.side, in: levels)
        if index < levels.count, levels[index].price == order.price {
            levels[index].quantity += order.leavesQty
            levels[index].orderCount += 1
        } else {
            levels.insert(
                Level(price: order.price, quantity: order.leavesQty, orderCount: 1), at: index)
        }
    }

    private static func take(_ order: Order, from levels: inout [Level]) {
        let index = position(of: order.price, order.side, in: levels)
        precondition(
            index < levels.count && levels[index].price == order.price,
            "Every order in the book has a level.")
        levels[index].quantity -= order.leavesQty
        levels[index].orderCount -= 1
        if levels[index].orderCount == 0 { levels.remove(at: index) }
    }

    /// First index whose level is not worse than `price`; levels run from worst to best.
    private static func position(of price: Price, _ side: Side, in levels: [Level]) -> Int {
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) / 2
            let isWorse =
                side == .buy ? levels[middle].price < price : levels[middle].price > price
            if isWorse { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Recomputes every level from the orders; tests call it after each message.
    public func checkInvariants() {
        for side in [Side.buy, .sell] {
            let levels = side == .buy ? bids : asks
            var sums: [Price: (quantity: Quantity, count: Int)] = [:]
            for order in orders.values where order.side == side {
                sums[order.price, default: (.zero, 0)].quantity += order.leavesQty
                sums[order.price, default: (.zero, 0)].count += 1
            }
            precondition(sums.count == levels.count, "There is one level for each price.")
            for (index, level) in levels.enumerated() {
                precondition(sums[level.price]?.quantity == level.quantity, "A level sums orders.")
                precondition(sums[level.price]?.count == level.orderCount, "A level counts orders.")
                guard index > 0 else { continue }
                let previous = levels[index - 1].price
                precondition(
                    side == .buy ? previous < level.price : previous > level.price,
                    "Levels run from worst to best.")
            }
        }
        precondition(byClOrdID.count == orders.count, "Every order has a name of its own.")
    }
}
