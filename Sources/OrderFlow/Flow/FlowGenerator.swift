import Domain

/// Makes a flow of the kind that is recorded: bursts, many cancels, some partial, prices with a long
/// tail around a wandering middle, and sweeps through several orders and levels.
///
/// The best prices of each row and the orders that trade come from `NaiveBook`.
public struct FlowGenerator {
    private static let tick: Int64 = 100
    private static let startPrice: Int64 = 5_850_000

    private var random: SplitMix
    private var book = NaiveBook()
    private var events: [FlowEvent] = []
    private var bestPrices: [BestPrices] = []
    private var timeNanos: Int64 = 34_200_000_000_000
    private var middle = startPrice
    private var lastOrderID: Int64 = 0
    private let rows: Int

    public static func generate(seed: UInt64, rows: Int) -> RecordedFlow {
        var generator = FlowGenerator(seed: seed, rows: rows)
        return generator.run()
    }

    private init(seed: UInt64, rows: Int) {
        random = SplitMix(seed: seed)
        self.rows = rows
        events.reserveCapacity(rows)
        bestPrices.reserveCapacity(rows)
    }

    private mutating func run() -> RecordedFlow {
        while events.count < rows {
            // A burst shares a few microseconds; between bursts there are milliseconds.
            timeNanos += Int64(random.powerLaw(exponent: 0.6, most: 50_000)) * 10_000
            for _ in 0...random.powerLaw(exponent: 1.2, most: 40) where events.count < rows {
                timeNanos += Int64(random.below(5_000))
                oneEvent()
            }
            middle += Int64(random.below(5) - 2) * Self.tick
        }
        return RecordedFlow(events: events, bestPrices: bestPrices)
    }

    private mutating func oneEvent() {
        let resting = book.bids.count + book.asks.count
        let draw = random.below(100)
        if resting < 40 || draw < 49 {
            enter()
        } else if draw < 88 || resting > 600 {
            cancel()
        } else if draw < 97 {
            sweep()
        } else {
            append(.hiddenExecution, 0, 1 + Int64(random.below(200)), middle, .buy)
        }
    }

    /// A new order that does not cross.
    private mutating func enter() {
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let distance = Int64(random.powerLaw(exponent: 1.1, most: 400)) * Self.tick
        var price = side == .buy ? middle - distance : middle + Self.tick + distance
        let best = book.bestPrices
        if side == .buy, best.askPrice != BestPrices.noAsk {
            price = min(price, best.askPrice - Self.tick)
        }
        if side == .sell, best.bidPrice != BestPrices.noBid {
            price = max(price, best.bidPrice + Self.tick)
        }
        lastOrderID += 1 + Int64(random.below(20))
        let size = random.below(3) == 0 ? 100 : 1 + Int64(random.powerLaw(exponent: 1, most: 900))
        book.add(lastOrderID, side, price: price, size: size)
        append(.newOrder, lastOrderID, size, price, side)
    }

    /// Withdraws an order, or one time in six a part of it.
    private mutating func cancel() {
        let side: Side =
            random.below(book.bids.count + book.asks.count) < book.bids.count
            ? .buy : .sell
        let orders = book.orders(side)
        let order = orders[random.below(orders.count)]
        if order.size > 1, random.below(6) == 0 {
            let part = 1 + Int64(random.below(Int(order.size - 1)))
            book.reduce(order.orderID, by: part)
            append(.reduction, order.orderID, part, order.price, side)
        } else {
            book.delete(order.orderID)
            append(.deletion, order.orderID, order.size, order.price, side)
        }
    }

    /// One aggressor that takes part of an order, all of it, or several: a row for each.
    private mutating func sweep() {
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let orders = book.orders(side)
        let depth = min(orders.count, 1 + random.powerLaw(exponent: 1.3, most: 11))
        guard depth > 0 else { return enter() }
        var size: Int64 = 0
        for order in orders[0..<depth] { size += order.size }
        if random.below(2) == 0 { size -= Int64(random.below(Int(orders[depth - 1].size))) }
        while size > 0, events.count < rows, let front = book.orders(side).first {
            let traded = min(size, front.size)
            size -= traded
            for fill in book.take(side, limit: front.price, size: traded) {
                append(.execution, fill.orderID, fill.size, fill.price, side)
            }
        }
    }

    private mutating func append(
        _ kind: FlowEventKind, _ orderID: Int64, _ size: Int64, _ price: Int64, _ side: Side
    ) {
        events.append(
            FlowEvent(
                timeNanos: timeNanos, kind: kind, orderID: orderID, size: size, price: price,
                side: side))
        bestPrices.append(book.bestPrices)
    }
}
