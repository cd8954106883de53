import Domain

extension NaiveExchange {
    /// Trades an incoming order with the other side of its book: best price first, then time, at
    /// the price of the resting order. Returns the aggressor's fills, one for each price level.
    mutating func match(_ incoming: inout NaiveOrder) -> [Fill] {
        var steps: [Fill] = []
        stepEnds = []
        let opposite = incoming.side.opposite
        let product = productIndex(of: incoming.instrument).index
        while incoming.leavesQty > .zero,
            let best = books[incoming.instrument.index].orders(opposite).first,
            incoming.accepts(best.price)
        {
            counters[product].matchID += 1
            counters[product].tradeID += 1
            var step = Fill()
            step.price = best.price
            step.matchID = counters[product].matchID
            step.tradeID = counters[product].tradeID
            step.liquidity = .removed

            while incoming.leavesQty > .zero,
                var resting = books[incoming.instrument.index].orders(opposite).first,
                resting.price == step.price
            {
                let quantity = min(incoming.leavesQty, resting.leavesQty)
                let before = resting
                resting.leavesQty -= quantity
                resting.cumQty += quantity
                incoming.leavesQty -= quantity
                incoming.cumQty += quantity
                step.quantity += quantity
                counters[product].sideTradeID += 1

                var fill = step
                fill.quantity = quantity
                fill.sideTradeID = counters[product].sideTradeID
                fill.liquidity = .added
                sayResting(resting, before: before, fill)
                if resting.leavesQty == .zero {
                    dismiss(resting)
                } else {
                    books[incoming.instrument.index].replace(resting)
                }
            }
            counters[product].sideTradeID += 1
            step.sideTradeID = counters[product].sideTradeID
            steps.append(step)
            stepEnds.append(events.count)
        }
        return steps
    }

    private mutating func sayResting(_ order: NaiveOrder, before: NaiveOrder, _ fill: Fill) {
        var event = notifying(order.session, about(order, .restingExecuted))
        event.head.execType = .trade
        event.head.restatementReason = .bookOrderExecuted
        event.head.flags.insert(.rested)
        if order.leavesQty > .zero {
            event.head.flags.insert(.rests)
        } else {
            event.head.ordStatus = .filled
        }
        event.context?.fill = fill
        event.context?.previousPrice = before.price
        event.context?.previousLeavesQty = before.leavesQty
        event.context?.previousTimePriority = before.timePriority
        say(event)
    }

    /// Says the aggressor's answer, in fragments of at most 100 fills.
    ///
    /// A fragment goes out as soon as it is clear that its fills are not the last: when the level
    /// after them is done. The last goes out after everything else.
    mutating func sayAggressor(_ answer: RecordedEvent, _ steps: [Fill], cumBefore: Quantity) {
        var cumQty = cumBefore
        var fragments: [(place: Int, event: RecordedEvent)] = []
        var first = 0
        while steps.count - first > Fill.perAnswerMax {
            var fragment = answer
            fragment.fills = Array(steps[first..<first + Fill.perAnswerMax])
            for fill in fragment.fills { cumQty += fill.quantity }
            first += Fill.perAnswerMax
            fragment.context?.fillCount = UInt16(fragment.fills.count)
            fragment.head.cumQty = cumQty
            fragment.head.leavesQty = fragment.head.orderQty - cumQty
            fragment.head.ordStatus = .partiallyFilled
            fragment.head.restatementReason =
                fragment.flags.contains(.answersModify) ? .orderModified : .orderAdded
            fragment.head.flags.insert(.moreFragments)
            fragment.head.flags.remove(.rests)
            fragments.append((stepEnds[first], fragment))
        }
        var last = answer
        last.fills = Array(steps[first...])
        last.context?.fillCount = UInt16(last.fills.count)
        say(last)
        for (place, event) in fragments.reversed() { events.insert(event, at: place) }
    }
}
