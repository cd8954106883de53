import TestSupport

/// Everything known of one product's books, kept in dictionaries and sorted when asked for: what the
/// builder is compared with.
struct NaiveMarket {
    struct Key: Hashable {
        var security: Int64
        var side: UInt8
        var priority: UInt64
    }

    struct Order: Hashable {
        var side: UInt8
        var price: Int64
        var quantity: Int64
        var priority: UInt64
    }

    /// Orders of every instrument as they would trade: buys, then sells.
    typealias Image = [Int64: [Order]]

    let securities: [Int64]
    var orders: [Key: Order] = [:]
    var volume: [Int64: Int64] = [:]
    var last: [Int64: Int64] = [:]
    var trading: [Int64: UInt8] = [:]
    var time: UInt64 = 1_000_000
    private var match: UInt32 = 0

    init(securities: [Int64]) { self.securities = securities }

    func image(of security: Int64) -> [Order] {
        orders.filter { $0.key.security == security }.map(\.value).sorted {
            if $0.side != $1.side { return $0.side < $1.side }
            if $0.price != $1.price { return ($0.price > $1.price) == ($0.side == 1) }
            return $0.priority < $1.priority
        }
    }

    var image: Image {
        Dictionary(uniqueKeysWithValues: securities.map { ($0, image(of: $0)) })
    }

    /// One transaction: changes the books and returns what the feed tells of it.
    mutating func step(_ random: inout TestRandom) -> [FeedMessage.Bytes] {
        time += UInt64(random.below(1000) + 1)
        let security = securities[random.below(securities.count)]
        let mine = orders.filter { $0.key.security == security }
        // Books stay at some forty orders: deep enough for levels, small enough to sort always.
        let choice =
            mine.count < 10 ? 0 : mine.count > 60 ? 60 + random.below(40) : random.below(100)
        switch choice {
        case 0..<45: return [add(security, &random)]
        case 45..<55: return [modify(pick(mine, &random), &random)]
        case 55..<65: return [modifySamePriority(pick(mine, &random), &random)]
        case 65..<80: return [delete(pick(mine, &random))]
        case 80..<97: return sweep(security, &random)
        case 97: return massDelete(security)
        default:
            let state: UInt8 = random.below(2) == 0 ? 2 : 203
            trading[security] = state
            return [FeedMessage.instrumentState(security, state, at: time)]
        }
    }

    private func pick(_ mine: [Key: Order], _ random: inout TestRandom) -> Key {
        let sorted = mine.keys.sorted { $0.priority < $1.priority }
        return sorted[random.below(sorted.count)]
    }

    private mutating func add(
        _ security: Int64, _ random: inout TestRandom
    ) -> FeedMessage.Bytes {
        let side = UInt8(random.below(2) + 1)
        let distance = Int64(random.below(12))
        let price = side == 1 ? 10_000 - distance : 10_001 + distance
        let order = Order(
            side: side, price: price * 1_000_000, quantity: Int64(random.below(9) + 1) * 10_000,
            priority: time)
        orders[Key(security: security, side: side, priority: time)] = order
        return FeedMessage.add(
            security, side: side, price: order.price, quantity: order.quantity, priority: time)
    }

    private mutating func modify(
        _ key: Key, _ random: inout TestRandom
    ) -> FeedMessage.Bytes {
        let old = orders.removeValue(forKey: key)!
        var new = old
        new.price += Int64(random.below(5) - 2) * 1_000_000
        new.quantity += Int64(random.below(5)) * 10_000
        new.priority = time
        orders[Key(security: key.security, side: key.side, priority: time)] = new
        return FeedMessage.modify(
            key.security, side: key.side, previousPriority: key.priority,
            previousPrice: old.price, previousQuantity: old.quantity, price: new.price,
            quantity: new.quantity, priority: time)
    }

    private mutating func modifySamePriority(
        _ key: Key, _ random: inout TestRandom
    ) -> FeedMessage.Bytes {
        let old = orders[key]!
        orders[key]!.quantity = Int64(random.below(9) + 1) * 5_000
        return FeedMessage.modifySamePriority(
            key.security, side: key.side, price: old.price, previousQuantity: old.quantity,
            quantity: orders[key]!.quantity, priority: key.priority, at: time)
    }

    private mutating func delete(_ key: Key) -> FeedMessage.Bytes {
        let old = orders.removeValue(forKey: key)!
        return FeedMessage.delete(
            key.security, side: key.side, price: old.price, quantity: old.quantity,
            priority: key.priority, at: time)
    }

    private mutating func massDelete(_ security: Int64) -> [FeedMessage.Bytes] {
        orders = orders.filter { $0.key.security != security }
        return [FeedMessage.massDelete(security, at: time)]
    }

    /// An aggressor takes from the front of one side; its rest may stay in the book.
    private mutating func sweep(
        _ security: Int64, _ random: inout TestRandom
    ) -> [FeedMessage.Bytes] {
        let side = UInt8(random.below(2) + 1)
        var rest = Int64(random.below(30) + 1) * 5_000
        var executions: [FeedMessage.Bytes] = []
        var lastPrice: Int64?
        var traded: Int64 = 0
        for order in image(of: security) where order.side == side && rest > 0 {
            if order.price != lastPrice { match += 1 }
            lastPrice = order.price
            let quantity = min(rest, order.quantity)
            let key = Key(security: security, side: side, priority: order.priority)
            rest -= quantity
            traded += quantity
            let isFull = quantity == order.quantity
            if isFull { orders[key] = nil } else { orders[key]!.quantity -= quantity }
            executions.append(
                FeedMessage.execution(
                    security, side: side, price: order.price, quantity: quantity,
                    priority: order.priority, match: match, isFull: isFull))
        }
        guard let lastPrice else { return [add(security, &random)] }
        volume[security, default: 0] += traded
        last[security] = lastPrice
        let summary = FeedMessage.executionSummary(
            security, aggressor: 3 - side, price: lastPrice, quantity: traded, at: time)
        var messages = [summary] + executions
        if rest > 0, random.below(2) == 0 {
            let stays = Order(side: 3 - side, price: lastPrice, quantity: rest, priority: time)
            orders[Key(security: security, side: 3 - side, priority: time)] = stays
            messages.append(
                FeedMessage.add(
                    security, side: 3 - side, price: lastPrice, quantity: rest, priority: time))
        }
        return messages
    }
}

/// A random source that repeats from its seed.
struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 11) % bound }
}
