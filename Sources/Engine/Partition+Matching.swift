import Domain
import Matching

extension Partition {
    /// Sets up a new order to trade against the opposite side.
    @inline(never)
    mutating func prepareAggressor(
        _ order: Int32, _ command: borrowing Command, limit: LevelKey
    ) {
        aggressor = Aggressor()
        aggressor.isActive = true
        aggressor.order = order
        aggressor.limit = limit
        aggressor.ladderSide = books.orders[order].side.opposite
        aggressor.isIOC = books.orders[order].timeInForce == .immediateOrCancel
        aggressor.product = instruments[command.instrument.index].product
        aggressor.session = command.session
        aggressor.sessionInstanceID = command.sessionInstanceID
        aggressor.msgSeqNum = command.msgSeqNum
        aggressor.enteringTrader = command.trader
    }

    /// Trades the aggressor level by level, each at the resting orders' price, then answers.
    ///
    /// One price level is one step with a match number of its own; every resting order hit hears of
    /// it in one report, the aggressor in one fill per step. Returns early, still active, when the
    /// event ring has no room for another resting order.
    mutating func match(into events: inout Events) {
        let order = aggressor.order
        let instrument = books.orders[order].instrument
        while books.orders[order].leavesQty > .zero {
            let best = books.best(instrument, aggressor.ladderSide)
            guard best <= aggressor.limit else { break }
            let slotsNeeded = unpublished &+ eventSlotsPerCommandMax
            guard slotsNeeded <= events.capacity, events.hasRoom(for: slotsNeeded) else { return }
            if best != aggressor.stepKey {
                finishStep(into: &events)
                beginStep(at: best)
            }
            let resting = books.front(instrument, aggressor.ladderSide)
            trade(with: resting, into: &events)
        }
        finishStep(into: &events)
        aggressor.isActive = false
        concludeMatch(into: &events)
    }

    @inline(__always)
    mutating func beginStep(at key: LevelKey) {
        let row = aggressor.product.index
        products[row].lastMatchID += 1
        products[row].lastTradeID += 1
        aggressor.stepKey = key
        aggressor.step = Fill()
        aggressor.step.matchID = products[row].lastMatchID
        aggressor.step.tradeID = products[row].lastTradeID
        aggressor.step.liquidity = .removed
    }

    /// Notes the aggressor's fill of a level that is done with; sends a fragment when they are full.
    @inline(__always)
    mutating func finishStep(into events: inout Events) {
        guard aggressor.stepKey != .none else { return }
        let row = aggressor.product.index
        products[row].lastSideTradeID += 1
        aggressor.step.sideTradeID = products[row].lastSideTradeID
        if aggressor.fillCount == Fill.perAnswerMax { emitFragment(into: &events) }
        fills[aggressor.fillCount] = aggressor.step
        aggressor.fillCount &+= 1
        aggressor.stepKey = .none
    }

    @inline(__always)
    mutating func trade(with resting: Int32, into events: inout Events) {
        let order = aggressor.order
        let quantity = min(books.orders[order].leavesQty, books.orders[resting].leavesQty)
        let price = books.orders[resting].price
        let row = aggressor.product.index
        products[row].lastSideTradeID += 1

        aggressor.step.price = price
        aggressor.step.quantity += quantity
        books.orders[order].leavesQty -= quantity
        books.orders[order].cumQty += quantity

        var context = makeContext(resting)
        context.fill = aggressor.step
        context.fill.quantity = quantity
        context.fill.sideTradeID = products[row].lastSideTradeID
        context.fill.liquidity = .added
        numberTrades(1, in: &context)
        writeContext(context, of: resting, into: &events)
        books.execute(resting, quantity)

        let owner = books.orders[resting].session
        let isFilled = books.orders[resting].leavesQty == .zero
        let report = OrderReport(
            .restingExecuted,
            to: Addressee(owner, instance: sessions[owner.index].instanceID),
            flags: isFilled ? .rested : [.rested, .rests],
            clOrdID: books.orders[resting].clOrdID, origClOrdID: .none,
            Outcome(
                ordStatus: isFilled ? .filled : .partiallyFilled, execType: .trade,
                reason: .bookOrderExecuted))
        emitHead(report, resting, into: &events)
        if isFilled { retire(resting) }
    }

    /// What the aggressor hears while more fills than one answer holds are still to come.
    @inline(never)
    mutating func emitFragment(into events: inout Events) {
        var report = makeAggressorReport()
        report.flags.insert(.moreFragments)
        // State after the fills of this fragment: those of the level just done come with the next.
        report.untoldQty = aggressor.step.quantity
        emitAggressor(report, into: &events)
        aggressor.fillCount = 0
    }

    @inline(__always)
    private func makeAggressorReport() -> OrderReport {
        var report = OrderReport(
            .aggressorExecuted, to: Addressee(aggressor), flags: [],
            clOrdID: books.orders[aggressor.order].clOrdID, origClOrdID: aggressor.origClOrdID,
            Outcome(
                ordStatus: .partiallyFilled, execType: .trade,
                reason: aggressor.answersModify ? .orderModified : .orderAdded))
        if aggressor.answersModify { report.flags.insert(.answersModify) }
        if aggressor.priorityRenewed { report.flags.insert(.priorityRenewed) }
        if aggressor.rested { report.flags.insert(.rested) }
        if aggressor.isOnBehalf { report.flags.insert(.onBehalf) }
        return report
    }

    /// Sends the fills noted so far with the aggressor's answer or a fragment of it.
    @inline(__always)
    private mutating func emitAggressor(_ report: OrderReport, into events: inout Events) {
        var context = makeAggressorContext()
        context.fillCount = aggressor.fillCount
        numberTrades(aggressor.fillCount, in: &context)
        emit(report, aggressor.order, context, into: &events)
    }

    @inline(__always)
    private mutating func makeAggressorContext() -> OrderContext {
        var context = makeContext(aggressor.order)
        context.enteringTrader = aggressor.enteringTrader
        context.previousPrice = aggressor.previousPrice
        context.previousLeavesQty = aggressor.previousLeavesQty
        context.previousTimePriority = aggressor.previousTimePriority
        return context
    }

    /// The match is over: lets the rest into the book or cancels it, and answers.
    mutating func concludeMatch(into events: inout Events) {
        let order = aggressor.order
        let isFilled = books.orders[order].leavesQty == .zero
        let rests = !isFilled && !aggressor.isIOC
        if rests {
            let tick = tick(of: order)
            if !aggressor.answersModify {
                let clOrdID = books.orders[order].clOrdID
                let session = books.orders[order].session
                index(order, findName(clOrdID, of: session), clOrdID, of: session)
            }
            books.place(order, at: LevelKey(tick: tick, side: books.orders[order].side))
        }
        if aggressor.isOnBehalf {
            let context = makeAggressorContext()
            emitByOther(
                .orderModifiedByOther, order, aggressor.origClOrdID, previous: context,
                by: aggressor.enteringTrader, into: &events)
        }
        var report = makeAggressorReport()
        report.flags.insert(.endOfTransaction)
        if rests { report.flags.insert(.rests) }
        report.outcome.ordStatus = isFilled ? .filled : .partiallyFilled
        if !isFilled, aggressor.isIOC {
            books.orders[order].leavesQty = .zero
            report.outcome.ordStatus = .cancelled
            report.outcome.reason = .iocCancelled
        }
        emitAggressor(report, into: &events)
        guard !rests else { return }
        if aggressor.answersModify {
            retire(order)
        } else {
            release(order, details: books.orders[order].details)
        }
    }

    /// The price of a limit order in steps of its instrument's tick.
    @inline(__always)
    func tick(of order: Int32) -> Int64 {
        let row = books.orders[order].instrument.index
        guard let tick = instruments[row].tick.steps(in: books.orders[order].price.raw) else {
            preconditionFailure("an accepted price is on the tick")
        }
        return tick
    }
}
