import Containers
import Domain

/// A visible order in the pool, linked with its neighbours at the same price.
struct OrderRecord: BitwiseCopyable {
    var timePriority: UInt64
    var price: Int64
    var quantity: Int64
    var instrument: Int32
    var side: Side
    var previous: Int32
    var next: Int32
}

/// One price of a side: its sums, and its orders first to last.
struct LevelRecord: BitwiseCopyable {
    var price: Int64
    var quantity: Int64
    var count: Int
    var first: Int32
    var last: Int32
}

/// The price levels of one side, worst first: books change near the touch, where little has to move.
struct BookSide: ~Copyable {
    let side: Side
    var levels = GrowingList<LevelRecord>()

    init(_ side: Side) { self.side = side }

    var best: PublicLevel {
        guard let level = levels.last else { return .none }
        return Self.view(of: level)
    }

    static func view(of level: LevelRecord) -> PublicLevel {
        PublicLevel(
            price: Price(raw: level.price), quantity: Quantity(raw: level.quantity),
            orderCount: level.count)
    }

    /// First index whose level is not worse than `price`.
    func position(of price: Int64) -> Int {
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low &+ high) / 2
            let level = levels[middle].price
            if side == .buy ? level < price : level > price {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The index of the level at a price, or nil.
    func index(of price: Int64) -> Int? {
        let index = position(of: price)
        return index < levels.count && levels[index].price == price ? index : nil
    }

    /// Links an order into its level by its time priority. False when the sum would overflow.
    mutating func insert(_ order: Int32, in orders: borrowing FixedPool<OrderRecord>) -> Bool {
        let (price, quantity) = (orders[order].price, orders[order].quantity)
        let index = position(of: price)
        guard index < levels.count, levels[index].price == price else {
            orders[order].previous = noIndex
            orders[order].next = noIndex
            levels.insert(
                LevelRecord(price: price, quantity: quantity, count: 1, first: order, last: order),
                at: index)
            return true
        }
        let (sum, overflows) = levels[index].quantity.addingReportingOverflow(quantity)
        guard !overflows else { return false }
        levels[index].quantity = sum
        levels[index].count += 1
        // Nearly always the newest is the last; snapshots and repairs may say otherwise.
        var before = levels[index].last
        while before != noIndex, orders[before].timePriority > orders[order].timePriority {
            before = orders[before].previous
        }
        let after = before == noIndex ? levels[index].first : orders[before].next
        orders[order].previous = before
        orders[order].next = after
        if before == noIndex {
            levels[index].first = order
        } else {
            orders[before].next = order
        }
        if after == noIndex {
            levels[index].last = order
        } else {
            orders[after].previous = order
        }
        return true
    }

    /// Takes an order out of its level, and an empty level out of the side.
    mutating func remove(_ order: Int32, in orders: borrowing FixedPool<OrderRecord>) {
        let record = orders[order]
        guard let index = index(of: record.price) else {
            preconditionFailure("every order has a level")
        }
        levels[index].quantity -= record.quantity
        levels[index].count -= 1
        guard levels[index].count > 0 else {
            levels.remove(at: index)
            return
        }
        if record.previous == noIndex {
            levels[index].first = record.next
        } else {
            orders[record.previous].next = record.next
        }
        if record.next == noIndex {
            levels[index].last = record.previous
        } else {
            orders[record.next].previous = record.previous
        }
    }

    /// Changes an order's quantity in place. False when the sum would overflow.
    mutating func setQuantity(
        _ order: Int32, to quantity: Int64, in orders: borrowing FixedPool<OrderRecord>
    ) -> Bool {
        guard let index = index(of: orders[order].price) else {
            preconditionFailure("every order has a level")
        }
        let rest = levels[index].quantity - orders[order].quantity
        let (sum, overflows) = rest.addingReportingOverflow(quantity)
        guard !overflows else { return false }
        levels[index].quantity = sum
        orders[order].quantity = quantity
        return true
    }
}
