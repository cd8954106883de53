import Domain

/// The book as the participants of a made-up market know it: price-time priority on an array of ticks.
struct TickBook {
    private struct Order {
        var open: Int32 = 0
        var total: Int32 = 0
        var tick: Int32 = 0
        var next: Int32 = -1
        var previous: Int32 = -1
        var side = Side.buy
    }

    private struct Level {
        var head: Int32 = -1
        var tail: Int32 = -1
    }

    private let ticks: ClosedRange<Int32>
    private var orders: [Order] = []
    /// No tick has orders of both sides.
    private var levels: [Level]
    private var bestBid: Int32
    private var bestAsk: Int32
    private(set) var restingCount = 0
    private(set) var levelCount = 0
    private(set) var executions = ExecutionsHash()

    init(_ ticks: ClosedRange<Int32>) {
        self.ticks = ticks
        levels = Array(repeating: Level(), count: ticks.count + 2)
        bestBid = ticks.lowerBound - 1
        bestAsk = ticks.upperBound + 1
    }

    func isLive(_ order: UInt32) -> Bool { orders[Int(order)].open > 0 }

    func side(_ order: UInt32) -> Side { orders[Int(order)].side }
    func tick(_ order: UInt32) -> Int32 { orders[Int(order)].tick }
    /// The quantity ordered, executed part included.
    func total(_ order: UInt32) -> Int32 { orders[Int(order)].total }

    mutating func apply(_ request: MarketRequest) {
        let order = Int(request.order)
        switch request.kind {
        case .enter, .immediate:
            precondition(order == orders.count, "orders come in order")
            orders.append(
                Order(
                    open: request.quantity, total: request.quantity, tick: request.tick,
                    side: request.side))
            match(order)
            if request.kind == .immediate { orders[order].open = 0 }
            if orders[order].open > 0 { rest(order) }
        case .modify:
            guard isLive(request.order) else { return }
            leave(order)
            orders[order].open += request.increase
            orders[order].total += request.increase
            orders[order].tick = request.tick
            match(order)
            if orders[order].open > 0 { rest(order) }
        case .cancel:
            guard isLive(request.order) else { return }
            leave(order)
            orders[order].open = 0
        }
    }

    private mutating func match(_ order: Int) {
        let isBuy = orders[order].side == .buy
        while orders[order].open > 0 {
            let best = isBuy ? bestAsk : bestBid
            guard isBuy ? best <= orders[order].tick : best >= orders[order].tick,
                ticks.contains(best)
            else { return }
            let resting = Int(levels[place(best)].head)
            let traded = min(orders[order].open, orders[resting].open)
            executions.add(order: UInt64(resting), quantity: Int64(traded))
            orders[order].open -= traded
            orders[resting].open -= traded
            if orders[resting].open == 0 { leave(resting) }
        }
    }

    private mutating func rest(_ order: Int) {
        let tick = orders[order].tick
        let at = place(tick)
        let tail = levels[at].tail
        orders[order].previous = tail
        orders[order].next = -1
        if tail >= 0 {
            orders[Int(tail)].next = Int32(order)
        } else {
            levels[at].head = Int32(order)
            levelCount += 1
        }
        levels[at].tail = Int32(order)
        restingCount += 1
        if orders[order].side == .buy {
            bestBid = max(bestBid, tick)
        } else {
            bestAsk = min(bestAsk, tick)
        }
    }

    private mutating func leave(_ order: Int) {
        let (next, previous) = (orders[order].next, orders[order].previous)
        let at = place(orders[order].tick)
        if next >= 0 {
            orders[Int(next)].previous = previous
        } else {
            levels[at].tail = previous
        }
        if previous >= 0 {
            orders[Int(previous)].next = next
        } else {
            levels[at].head = next
        }
        restingCount -= 1
        guard levels[at].head < 0 else { return }
        levelCount -= 1
        if orders[order].side == .buy {
            while bestBid >= ticks.lowerBound, levels[place(bestBid)].head < 0 { bestBid -= 1 }
        } else {
            while bestAsk <= ticks.upperBound, levels[place(bestAsk)].head < 0 { bestAsk += 1 }
        }
    }

    private func place(_ tick: Int32) -> Int { Int(tick - ticks.lowerBound) + 1 }
}
