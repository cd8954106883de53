import Domain
import Testing

@Suite("Price-time matching")
struct MatchingRuleTests {
    @Test("An order that meets nobody rests")
    func rests() {
        let market = Market()
        market.expect(.buy(10, at: 100, as: 1), "#1 rests 10 @ 100")
        market.expect(.sell(5, at: 100.5, as: 2), "#2 rests 5 @ 100.5")
        #expect(market.book() == "100: #1x10 | 100.5: #2x5")
    }

    @Test("The better price trades first, whatever came first")
    func pricePriority() {
        let market = Market()
        market.given(
            .sell(10, at: 102, as: 1), .sell(10, at: 101, as: 2), .sell(10, at: 101.5, as: 3))
        market.expect(
            .buy(25, at: 102, as: 4).by(.bert),
            "#2 gives 10 @ 101: filled", "#3 gives 10 @ 101.5: filled",
            "#1 gives 5 @ 102: open 5", "#4 takes 10 @ 101, 10 @ 101.5, 5 @ 102: filled")
    }

    @Test("Incoming sells meet the highest bid first")
    func bidPriority() {
        let market = Market()
        market.given(.buy(1, at: 99, as: 1), .buy(1, at: 100, as: 2), .buy(1, at: 99.5, as: 3))
        market.expect(
            .sell(3, at: 99, as: 4).by(.bert),
            "#2 gives 1 @ 100: filled", "#3 gives 1 @ 99.5: filled", "#1 gives 1 @ 99: filled",
            "#4 takes 1 @ 100, 1 @ 99.5, 1 @ 99: filled")
    }

    @Test("At one price the earlier order trades first")
    func timePriority() {
        let market = Market()
        market.given(
            .buy(5, at: 100, as: 1), .buy(5, at: 100, as: 2).by(.carl), .buy(5, at: 100, as: 3))
        market.expect(
            .sell(12, at: 100, as: 4).by(.bert),
            "#1 gives 5 @ 100: filled", "#2 gives 5 @ 100: filled", "#3 gives 2 @ 100: open 3",
            "#4 takes 12 @ 100: filled")
        #expect(market.book() == "100: #3x3 | ")
    }

    @Test("Fills print at the resting order's price, not at the aggressor's")
    func restingPrice() {
        let market = Market()
        market.given(.sell(10, at: 100, as: 1))
        market.expect(
            .buy(10, at: 110, as: 2).by(.bert),
            "#1 gives 10 @ 100: filled", "#2 takes 10 @ 100: filled")
    }

    @Test("A limit order never sweeps past its own price; the rest rests there")
    func ownLimit() {
        let market = Market()
        market.given(
            .sell(10, at: 100, as: 1), .sell(10, at: 101, as: 2), .sell(10, at: 101.5, as: 3))
        market.expect(
            .buy(50, at: 101, as: 4).by(.bert),
            "#1 gives 10 @ 100: filled", "#2 gives 10 @ 101: filled",
            "#4 takes 10 @ 100, 10 @ 101: open 30")
        #expect(market.book() == "101: #4x30 | 101.5: #3x10")
    }

    @Test("A price one tick short does not trade")
    func oneTickShort() {
        let market = Market()
        market.given(.sell(10, at: 100, as: 1))
        market.expect(.buy(10, at: 99.5, as: 2).by(.bert), "#2 rests 10 @ 99.5")
    }

    @Test("A partially filled resting order keeps its place in the queue")
    func partiallyFilledKeepsPlace() {
        let market = Market()
        market.given(
            .buy(10, at: 100, as: 1), .buy(10, at: 100, as: 2), .sell(4, at: 100, as: 3).by(.bert))
        #expect(market.book() == "100: #1x6 #2x10 | ")
        market.expect(
            .sell(8, at: 100, as: 4).by(.bert),
            "#1 gives 6 @ 100: filled", "#2 gives 2 @ 100: open 8", "#4 takes 8 @ 100: filled")
    }

    @Test("The rest of an aggressor queues behind those who came before it")
    func restOfAggressorQueues() {
        let market = Market()
        market.given(
            .buy(1, at: 100, as: 1), .sell(5, at: 101, as: 2), .buy(8, at: 101, as: 3).by(.bert),
            .buy(1, at: 101, as: 4))
        #expect(market.book() == "101: #3x3 #4x1 100: #1x1 | ")
    }

    @Test("The best price is the next level's once the last order of a level has gone")
    func bestPriceAfterLevelGoes() {
        let market = Market()
        market.given(.sell(5, at: 100, as: 1), .sell(5, at: 103, as: 2))
        market.given(.buy(5, at: 100, as: 3).by(.bert))
        #expect(market.engine.bestPrice(InstrumentIndex(0), .sell)?.price == Price(units: 103))
        market.given(.sell(5, at: 101, as: 4), .delete(4))
        #expect(market.engine.bestPrice(InstrumentIndex(0), .sell)?.price == Price(units: 103))
        market.given(.delete(2))
        #expect(market.engine.bestPrice(InstrumentIndex(0), .sell) == nil)
        market.expect(.buy(5, at: 500, as: 5).by(.bert), "#5 rests 5 @ 500")
    }

    @Test("A firm may trade with itself")
    func selfTrade() {
        let market = Market()
        market.given(.sell(5, at: 100, as: 1))
        market.expect(
            .buy(5, at: 100, as: 2), "#1 gives 5 @ 100: filled", "#2 takes 5 @ 100: filled")
    }

    @Test("Instruments don't meet")
    func instrumentsApart() {
        let market = Market()
        market.given(.sell(5, at: 100, as: 1))
        market.expect(.buy(5, at: 100, as: 2).on(1).by(.bert), "#2 rests 5 @ 100")
    }

    @Test("Negative prices and zero are prices like any other")
    func negativePrices() {
        let market = Market()
        market.given(.sell(1, at: 0.5, as: 1), .sell(1, at: 0, as: 2), .sell(1, at: -0.5, as: 3))
        market.given(.buy(1, at: -1, as: 4))
        #expect(market.book() == "-1: #4x1 | -0.5: #3x1 0: #2x1 0.5: #1x1")
        market.expect(
            .buy(3, at: 0, as: 5).by(.bert),
            "#3 gives 1 @ -0.5: filled", "#2 gives 1 @ 0: filled",
            "#5 takes 1 @ -0.5, 1 @ 0: open 1")
    }

    @Test("Prices far from everything rest and trade like those nearby")
    func distantPrices() {
        let market = Market()
        market.given(
            .sell(1, at: 1e9, as: 1).on(2), .buy(1, at: -1e9, as: 2).on(2),
            .buy(1, at: 0.01, as: 3).on(2), .sell(1, at: 123_456.75, as: 4).on(2))
        #expect(
            market.book(2)
                == "0.01: #3x1 -1000000000: #2x1 | 123456.75: #4x1 1000000000: #1x1")
        market.expect(
            .sellMarket(5, as: 5).on(2).by(.bert),
            "#3 gives 1 @ 0.01: filled", "#2 gives 1 @ -1000000000: filled",
            "#5 takes 1 @ 0.01, 1 @ -1000000000: cancelled 3")
    }
}

@Suite("Immediate-or-cancel and market orders")
struct ImmediateOrderTests {
    @Test("What an IOC order cannot trade now is cancelled, never left in the book")
    func restOfIOC() {
        let market = Market()
        market.given(.sell(4, at: 100, as: 1))
        market.expect(
            .buy(10, at: 100, as: 2).immediateOrCancel.by(.bert),
            "#1 gives 4 @ 100: filled", "#2 takes 4 @ 100: cancelled 6")
        #expect(market.events[1].head.restatementReason == .iocCancelled)
        #expect(market.events[1].head.execType == .trade)
        #expect(market.book() == " | ")
    }

    @Test("An IOC order that meets nobody is accepted and cancelled whole")
    func iocWithoutMatch() {
        let market = Market()
        market.given(.sell(4, at: 101, as: 1))
        market.expect(.buy(10, at: 100, as: 2).immediateOrCancel.by(.bert), "#2 cancelled 10")
        #expect(market.events[0].head.restatementReason == .iocCancelled)
        #expect(market.events[0].head.execType == .cancelled)
        #expect(market.events[0].head.leavesQty == .zero)
        #expect(market.book() == " | 101: #1x4")
    }

    @Test("A filled IOC order says nothing of a cancellation")
    func filledIOC() {
        let market = Market()
        market.given(.sell(4, at: 100, as: 1))
        market.expect(
            .buy(4, at: 100, as: 2).immediateOrCancel.by(.bert),
            "#1 gives 4 @ 100: filled", "#2 takes 4 @ 100: filled")
        #expect(market.events[1].head.restatementReason == .orderAdded)
    }

    @Test("A market order takes every price until it is filled")
    func marketSweeps() {
        let market = Market()
        market.given(.sell(1, at: 100, as: 1), .sell(1, at: 40_000, as: 2), .sell(1, at: 5, as: 3))
        market.expect(
            .buyMarket(3, as: 4).by(.bert),
            "#3 gives 1 @ 5: filled", "#1 gives 1 @ 100: filled", "#2 gives 1 @ 40000: filled",
            "#4 takes 1 @ 5, 1 @ 100, 1 @ 40000: filled")
    }

    @Test("A market order without anybody opposite is cancelled")
    func marketAlone() {
        let market = Market()
        market.expect(.buyMarket(3, as: 4), "#4 cancelled 3")
        #expect(market.book() == " | ")
    }

    @Test("The name of a cancelled IOC order is free again")
    func nameIsFree() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1).immediateOrCancel)
        market.expect(.buy(10, at: 100, as: 1), "#1 rests 10 @ 100")
    }
}

@Suite("What executions say")
struct ExecutionReportTests {
    @Test("One match step for each price level, ids in match order, the aggressor's last")
    func stepIdentifiers() {
        let market = Market()
        market.given(
            .sell(2, at: 100, as: 1), .sell(3, at: 100, as: 2), .sell(4, at: 101, as: 3))
        let events = market.send(.buy(9, at: 101, as: 4).by(.bert))
        let resting = events.dropLast().compactMap { $0.context?.fill }
        #expect(resting.map(\.matchID) == [1, 1, 2])
        #expect(resting.map(\.tradeID) == [1, 1, 2])
        #expect(resting.map(\.sideTradeID) == [1, 2, 4])
        #expect(resting.map(\.liquidity) == [.added, .added, .added])
        let aggressor = events[3].fills
        #expect(aggressor.map(\.matchID) == [1, 2])
        #expect(aggressor.map(\.tradeID) == [1, 2])
        #expect(aggressor.map(\.sideTradeID) == [3, 5])
        #expect(aggressor.map(\.liquidity) == [.removed, .removed])
        #expect(aggressor.map(\.quantity) == [Quantity(units: 5), Quantity(units: 4)])
    }

    @Test("Match and trade ids count per product and business day")
    func identifiersPerProductAndDay() {
        let market = Market()
        func trade(_ name: UInt64, on instrument: Int) -> Fill {
            market.given(.sell(10, at: 100, as: name).on(instrument))
            return market.send(.buy(10, at: 100, as: name + 1).on(instrument).by(.bert))[1].fills[0]
        }
        #expect(trade(1, on: 0).matchID == 1)
        #expect(trade(3, on: 1).matchID == 2)
        #expect(trade(5, on: 2).matchID == 1)
        #expect(trade(7, on: 0).sideTradeID == 6)
        market.startBusinessDay()
        let first = trade(9, on: 1)
        #expect(first.matchID == 1 && first.tradeID == 1 && first.sideTradeID == 2)
        #expect(trade(11, on: 2).matchID == 1)
    }

    @Test("Resting orders outlive the start of a business day unchanged")
    func newDayKeepsOrders() {
        let market = Market()
        market.given(.sell(10, at: 100, as: 1))
        market.startBusinessDay()
        #expect(market.book() == " | 100: #1x10")
    }

    @Test("A transaction's events share one ExecID; the next transaction's is higher")
    func execIDs() {
        let market = Market()
        market.given(.sell(1, at: 100, as: 1), .sell(1, at: 101, as: 2))
        let events = market.send(.buy(2, at: 101, as: 3).by(.bert))
        #expect(Set(events.map(\.head.execID)).count == 1)
        #expect(events[0].head.execID == Timestamp(nanos: market.time))
        // The clock stands still, ExecID does not.
        market.rewind(nanos: 1000)
        let later = market.send(.buy(1, at: 90, as: 4))
        #expect(later[0].head.timeIn == events[0].head.timeIn)
        #expect(later[0].head.execID == events[0].head.execID.adding(nanos: 1))
        #expect(later[0].head.timePriority == later[0].head.execID)
    }

    @Test("Only the last event of a command ends its transaction")
    func endOfTransaction() {
        let market = Market()
        market.given(.sell(1, at: 100, as: 1), .sell(1, at: 101, as: 2))
        let events = market.send(.buy(2, at: 101, as: 3).by(.bert))
        #expect(events.map { $0.flags.contains(.endOfTransaction) } == [false, false, true])
    }

    @Test("The owner is told with the request time of the aggressor, and no sequence number")
    func restingNotification() {
        let market = Market()
        market.given(.sell(3, at: 100, as: 1).standard)
        let told = market.send(.buy(2, at: 100, as: 2).by(.bert))[0]
        #expect(told.head.session == SessionIndex(0))
        #expect(told.head.sessionInstanceID == 1)
        #expect(told.head.msgSeqNum == .max)
        #expect(told.head.requestTime == Timestamp(nanos: market.time - 300))
        #expect(told.head.restatementReason == .bookOrderExecuted)
        #expect(told.flags.isSuperset(of: [.standard, .rested, .rests, .hasContext]))
        #expect(told.head.price == Price(units: 100))
        #expect(told.head.orderQty == Quantity(units: 3))
        #expect(told.head.cumQty == Quantity(units: 2))
        #expect(told.context?.previousLeavesQty == Quantity(units: 3))
    }

    @Test("An owner who is not logged on is addressed as instance 0")
    func ownerAway() {
        let market = Market()
        market.given(.sell(3, at: 100, as: 1).persistent)
        market.logOff(0)
        let told = market.send(.buy(2, at: 100, as: 2).by(.bert))[0]
        #expect(told.kind == .restingExecuted)
        #expect(told.head.sessionInstanceID == 0)
        market.logOn(0)
        let toldAgain = market.send(.buy(1, at: 100, as: 3).by(.bert))[0]
        #expect(toldAgain.head.sessionInstanceID == 2)
    }

    @Test("An answer has room for 100 price levels; what is more comes in fragments")
    func fragments() {
        let market = Market()
        for level in 0..<250 {
            market.given(.sell(2, at: 100 + Double(level) / 2, as: UInt64(level + 1)))
        }
        let events = market.send(.buy(499, at: 1000, as: 1000).by(.bert))
        #expect(events.count == 253)
        let fragments = events.filter { $0.kind == .aggressorExecuted }
        #expect(events.last?.kind == .aggressorExecuted)
        #expect(fragments.map(\.fills.count) == [100, 100, 50])
        #expect(fragments.map { $0.flags.contains(.moreFragments) } == [true, true, false])
        #expect(
            fragments.map(\.head.cumQty)
                == [Quantity(units: 200), Quantity(units: 400), Quantity(units: 499)])
        #expect(
            fragments.map(\.head.leavesQty)
                == [Quantity(units: 299), Quantity(units: 99), Quantity(units: 0)])
        #expect(fragments.map(\.head.ordStatus) == [.partiallyFilled, .partiallyFilled, .filled])
    }

    @Test("Exactly 100 price levels need no fragments", arguments: [99, 100, 101, 200])
    func fragmentBoundary(levels: Int) {
        let market = Market()
        for level in 0..<levels {
            market.given(.sell(1, at: 100 + Double(level) / 2, as: UInt64(level + 1)))
        }
        let events = market.send(.buyMarket(Int64(levels), as: 1000).by(.bert))
        #expect(events.count == levels + (levels + 99) / 100)
        #expect(events.filter { $0.flags.contains(.moreFragments) }.count == (levels - 1) / 100)
    }

    @Test("Details travel with an order and come back out unchanged")
    func details() {
        let market = Market()
        var request = Request.sell(3, at: 100, as: 1).standard
        request.command.flags = [.hasParties, .hasTexts]
        request.command.slotCount = 3
        request.details.parties.clientID = 77
        request.details.texts.freeText1[0] = 65
        market.given(request, .sell(3, at: 100, as: 2).standard)
        let events = market.send(.buy(6, at: 100, as: 3).by(.bert))
        #expect(events[0].parties?.clientID == 77)
        #expect(events[0].texts?.freeText1[0] == 65)
        #expect(events[1].parties == nil && events[1].texts == nil)
    }
}
