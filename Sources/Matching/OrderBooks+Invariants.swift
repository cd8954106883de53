import Domain

extension OrderBooks {
    /// Audits one instrument's book in O(orders of it); traps with a sentence on the first fault.
    ///
    /// `key` gives the level key that an order's price should have.
    public func checkInvariants(
        _ instrument: InstrumentIndex, key: (Int32) -> LevelKey
    ) {
        for side in [Side.buy, .sell] {
            let ladder = Self.ladder(instrument, side)
            var lastKey: LevelKey?
            ladders.forEachLevel(ladder) { levelKey, level in
                if let last = lastKey {
                    precondition(last < levelKey, "levels are not in price order")
                } else {
                    precondition(
                        ladders.best(ladder) == levelKey, "the cached best is not the best level")
                    precondition(
                        ladders.front(ladder) == level.first, "the front is not the best's first")
                }
                lastKey = levelKey
                checkLevel(level, levelKey: levelKey, instrument, side, key: key)
            }
            if lastKey == nil {
                precondition(ladders.best(ladder) == .none, "an empty side has a best price")
            }
        }
        let bid = ladders.best(Self.ladder(instrument, .buy))
        let ask = ladders.best(Self.ladder(instrument, .sell))
        if bid != .none, ask != .none {
            precondition(
                bid.tick(on: .buy) < ask.tick(on: .sell), "the book is crossed or locked")
        }
    }

    private func checkLevel(
        _ level: PriceLevel, levelKey: LevelKey, _ instrument: InstrumentIndex, _ side: Side,
        key: (Int32) -> LevelKey
    ) {
        var previous: Int32 = -1
        precondition(level.first >= 0, "an occupied level has no order")
        ladders.queues.checkInvariants(Int(level.index))
        ladders.queues.forEach(in: Int(level.index)) { order in
            let record = orders[order]
            precondition(record.level == level.index, "an order of another level")
            precondition(record.instrument == instrument, "an order of another instrument")
            precondition(record.side == side, "an order of the other side")
            precondition(record.rests, "an order in a level does not know that it rests")
            precondition(key(order) == levelKey, "an order rests at another price than its own")
            precondition(record.leavesQty > .zero, "an order without open quantity rests")
            precondition(
                record.cumQty + record.leavesQty == record.orderQty,
                "executed and open do not make the total")
            if previous >= 0 {
                precondition(
                    orders[previous].timePriority < record.timePriority,
                    "a level is not in time priority")
            }
            previous = order
        }
    }
}
