import Domain

/// A price-time book that is slow and obviously right: the truth of generated flows.
///
/// Each side is one array in the order in which orders trade: better prices first, within a price
/// whoever came first. Everything is a search from the front.
public struct NaiveBook: Sendable {
    public struct Order: Equatable, Sendable {
        public var orderID: Int64
        public var price: Int64
        public var size: Int64
    }

    public struct Fill: Equatable, Sendable, CustomStringConvertible {
        public var orderID: Int64
        public var price: Int64
        public var size: Int64

        public init(orderID: Int64, price: Int64, size: Int64) {
            self.orderID = orderID
            self.price = price
            self.size = size
        }

        public var description: String { "\(size) of order \(orderID) at \(price)" }
    }

    public private(set) var bids: [Order] = []
    public private(set) var asks: [Order] = []

    public init() {}

    public func orders(_ side: Side) -> [Order] { side == .buy ? bids : asks }

    public mutating func add(_ orderID: Int64, _ side: Side, price: Int64, size: Int64) {
        let order = Order(orderID: orderID, price: price, size: size)
        if side == .buy {
            bids.insert(order, at: bids.firstIndex { $0.price < price } ?? bids.count)
        } else {
            asks.insert(order, at: asks.firstIndex { $0.price > price } ?? asks.count)
        }
    }

    /// Takes `size` from an order, which keeps its place; at nothing left it goes. Returns false
    /// when there is no such order.
    @discardableResult
    public mutating func reduce(_ orderID: Int64, by size: Int64) -> Bool {
        Self.reduce(orderID, by: size, in: &bids) || Self.reduce(orderID, by: size, in: &asks)
    }

    @discardableResult
    public mutating func delete(_ orderID: Int64) -> Bool { reduce(orderID, by: .max) }

    /// Trades against resting orders of `side` down to `limit`, the best and oldest first.
    public mutating func take(_ side: Side, limit: Int64, size: Int64) -> [Fill] {
        var fills: [Fill] = []
        var open = size
        while open > 0, let front = orders(side).first,
            side == .buy ? front.price >= limit : front.price <= limit
        {
            let traded = min(open, front.size)
            fills.append(Fill(orderID: front.orderID, price: front.price, size: traded))
            open -= traded
            reduce(front.orderID, by: traded)
        }
        return fills
    }

    public var bestPrices: BestPrices {
        var best = BestPrices.empty
        if let front = asks.first {
            best.askPrice = front.price
            best.askSize = asks.prefix { $0.price == front.price }.reduce(0) { $0 + $1.size }
        }
        if let front = bids.first {
            best.bidPrice = front.price
            best.bidSize = bids.prefix { $0.price == front.price }.reduce(0) { $0 + $1.size }
        }
        return best
    }

    private static func reduce(_ orderID: Int64, by size: Int64, in orders: inout [Order]) -> Bool {
        guard let index = orders.firstIndex(where: { $0.orderID == orderID }) else { return false }
        if orders[index].size > size {
            orders[index].size -= size
        } else {
            orders.remove(at: index)
        }
        return true
    }
}
