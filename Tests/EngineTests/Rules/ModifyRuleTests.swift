import Domain
import Testing

@Suite("Changing an order")
struct ModifyRuleTests {
    /// Three orders in a queue at 100.
    private func queue() -> Market {
        let market = Market()
        market.given(
            .buy(10, at: 100, as: 1), .buy(10, at: 100, as: 2), .buy(10, at: 100, as: 3))
        return market
    }

    // MARK: - Time priority

    @Test("A smaller quantity keeps time priority")
    func decreaseKeepsPriority() {
        let market = queue()
        let before = market.engine.orders(InstrumentIndex(0), .buy)[0].timePriority
        market.expect(.modify(1, .buy, 4, at: 100, as: 11), "#1→#11 open 4 @ 100, priority kept")
        #expect(market.events[0].head.timePriority == before)
        #expect(market.events[0].context?.previousLeavesQty == Quantity(units: 10))
        #expect(market.book() == "100: #11x4 #2x10 #3x10 | ")
    }

    @Test("A larger quantity loses time priority")
    func increaseRenewsPriority() {
        let market = queue()
        market.expect(
            .modify(1, .buy, 11, at: 100, as: 11), "#1→#11 open 11 @ 100, priority renewed")
        #expect(market.events[0].head.timePriority == market.events[0].head.execID)
        #expect(market.book() == "100: #2x10 #3x10 #11x11 | ")
    }

    @Test("A new price loses time priority, in either direction", arguments: [99.5, 100.5])
    func priceRenewsPriority(price: Double) {
        let market = queue()
        market.given(.buy(10, at: price, as: 4))
        market.given(.modify(1, .buy, 10, at: price, as: 11))
        #expect(market.events[0].flags.contains(.priorityRenewed))
        #expect(market.events[0].context?.previousPrice == Price(units: 100))
        let level = "\(price): #4x10 #11x10"
        #expect(
            market.book()
                == (price > 100 ? "\(level) 100: #2x10 #3x10 | " : "100: #2x10 #3x10 \(level) | "))
    }

    @Test("There and back again is behind everybody")
    func thereAndBack() {
        let market = queue()
        market.given(.modify(1, .buy, 10, at: 99, as: 1), .modify(1, .buy, 10, at: 100, as: 1))
        #expect(market.book() == "100: #2x10 #3x10 #1x10 | ")
    }

    @Test("Nothing changed keeps time priority")
    func unchangedKeepsPriority() {
        let market = queue()
        market.expect(.modify(1, .buy, 10, at: 100, as: 1), "#1 open 10 @ 100, priority kept")
        #expect(market.book() == "100: #1x10 #2x10 #3x10 | ")
    }

    @Test("A decrease that still leaves more than the open quantity of others keeps its place")
    func decreaseAfterPartialFill() {
        let market = queue()
        market.given(.sell(4, at: 100, as: 9).by(.bert))
        market.expect(.modify(1, .buy, 9, at: 100, as: 1), "#1 open 5 @ 100, priority kept")
        #expect(market.book() == "100: #1x5 #2x10 #3x10 | ")
    }

    @Test("The entry time stays when the priority is renewed")
    func entryTimeStays() {
        let market = Market()
        let entry = market.send(.buy(10, at: 100, as: 1))[0].head.timePriority
        let change = market.send(.modify(1, .buy, 10, at: 101, as: 1))[0]
        #expect(change.context?.entryTime == entry)
        #expect(change.context?.previousTimePriority == entry)
        #expect(change.head.timePriority > entry)
    }

    // MARK: - Quantities

    @Test("The new quantity is the new total, executed part included")
    func totalAfterPartialFill() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .sell(4, at: 100, as: 2).by(.bert))
        market.expect(.modify(1, .buy, 12, at: 100, as: 1), "#1 open 8 @ 100, priority renewed")
        let answer = market.events[0].head
        #expect(answer.orderQty == Quantity(units: 12))
        #expect(answer.cumQty == Quantity(units: 4))
        #expect(answer.ordStatus == .partiallyFilled)
        #expect(answer.execType == .replaced)
    }

    @Test("A total of no more than what traded cancels the order", arguments: [4, 3, 0])
    func nothingLeftOpen(total: Int64) {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .sell(4, at: 100, as: 2).by(.bert))
        market.expect(.modify(1, .buy, total, at: 100, as: 3), "#1→#3 cancelled 6")
        let answer = market.events[0].head
        #expect(answer.kind == .orderModified)
        #expect(answer.execType == .cancelled)
        #expect(answer.cumQty == Quantity(units: 4))
        #expect(answer.orderQty == Quantity(units: 10))
        #expect(answer.restatementReason == .orderModified)
        #expect(market.book() == " | ")
        market.expect(.modify(3, .buy, 10, at: 100, as: 4), "rejected orderNotFound")
        market.expect(.buy(10, at: 100, as: 3), "#3 rests 10 @ 100")
    }

    @Test("One more than what traded stays open")
    func oneLeftOpen() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .sell(4, at: 100, as: 2).by(.bert))
        market.expect(.modify(1, .buy, 5, at: 100, as: 1), "#1 open 1 @ 100, priority kept")
    }

    // MARK: - Crossing

    @Test("A change that crosses trades as if incoming, at resting prices")
    func replaceThatCrosses() {
        let market = Market()
        market.given(
            .sell(4, at: 101, as: 1).by(.bert), .sell(4, at: 102, as: 2).by(.bert),
            .buy(10, at: 100, as: 3))
        market.expect(
            .modify(3, .buy, 10, at: 102, as: 4),
            "#1 gives 4 @ 101: filled", "#2 gives 4 @ 102: filled",
            "#3→#4 takes 4 @ 101, 4 @ 102: open 2")
        let answer = market.events[2]
        #expect(answer.flags.isSuperset(of: [.answersModify, .rested, .rests, .priorityRenewed]))
        #expect(answer.head.restatementReason == .orderModified)
        #expect(answer.head.execType == .trade)
        #expect(market.book() == "102: #4x2 | ")
    }

    @Test("A change after a partial fill that crosses counts both executions")
    func replaceThatCrossesAfterPartialFill() {
        let market = Market()
        market.given(
            .buy(10, at: 100, as: 1), .sell(3, at: 100, as: 2).by(.bert),
            .sell(20, at: 101, as: 3).by(.bert))
        market.expect(
            .modify(1, .buy, 10, at: 101, as: 4),
            "#3 gives 7 @ 101: open 13", "#1→#4 takes 7 @ 101: filled")
        #expect(market.events[1].head.cumQty == Quantity(units: 10))
        #expect(!market.events[1].flags.contains(.rests))
        #expect(market.book() == " | 101: #3x13")
        market.expect(.delete(4), "rejected orderNotFound")
    }

    @Test("A long sweep after a change counts in its fragments what traded before")
    func fragmentsOfChange() {
        let market = Market()
        market.given(.buy(300, at: 10, as: 1), .sell(50, at: 10, as: 2).by(.bert))
        for level in 0..<120 {
            market.given(.sell(1, at: 100 + Double(level) / 2, as: UInt64(level + 10)).by(.bert))
        }
        let events = market.send(.modify(1, .buy, 300, at: 1000, as: 3))
        #expect(events.count == 122)
        let fragments = events.filter { $0.kind == .aggressorExecuted }.map(\.head)
        #expect(fragments.map(\.cumQty) == [Quantity(units: 150), Quantity(units: 170)])
        #expect(fragments.map(\.leavesQty) == [Quantity(units: 150), Quantity(units: 130)])
    }

    // MARK: - What is not found or not allowed

    @Test("A filled order is gone: it cannot be changed or deleted")
    func afterTheFill() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .sell(10, at: 100, as: 2).by(.bert))
        market.expect(.modify(1, .buy, 20, at: 100, as: 3), "rejected orderNotFound")
        market.expect(.delete(1), "rejected orderNotFound")
        market.expect(.delete(1).naming(exchangeNameOf: 1), "rejected orderNotFound")
        #expect(market.events[0].head.reject.reason == .orderNotFound)
    }

    struct Change: CustomTestStringConvertible, Sendable {
        var rule: RejectDetail
        var testDescription: String
        var spoil: @Sendable (inout Command) -> Void
    }

    static let changes: [Change] = [
        Change(rule: .instrumentChanged, testDescription: "the instrument stays") {
            $0.instrument = InstrumentIndex(1)
        },
        Change(rule: .sideChanged, testDescription: "the side stays") {
            $0.attributes.side = .sell
        },
        Change(rule: .recoveryChanged, testDescription: "lean stays lean") {
            $0.attributes.applSeqIndicator = 1
        },
        Change(rule: .persistenceChanged, testDescription: "persistence stays") {
            $0.attributes.execInst = .persistent
        },
        Change(rule: .timeInForceChanged, testDescription: "a day order stays one") {
            $0.attributes.timeInForce = .immediateOrCancel
        },
        Change(rule: .timeInForceChanged, testDescription: "a day order does not become GTC") {
            $0.attributes.timeInForce = .goodTillCancelled
        },
        Change(rule: .ordTypeNotOffered, testDescription: "limit does not become market") {
            $0.attributes.ordType = .market
        },
        Change(rule: .ordTypeNotOffered, testDescription: "limit does not become stop") {
            $0.attributes.ordType = .stop
        },
        Change(rule: .bookOrCancelNotOffered, testDescription: "no book-or-cancel") {
            $0.attributes.execInst = .nonPersistentBookOrCancel
        },
        Change(rule: .stopPriceNotOffered, testDescription: "no stop price") {
            $0.stopPrice = Price(units: 5)
        },
        Change(rule: .limitWithoutPrice, testDescription: "a limit order keeps a price") {
            $0.price = .none
        },
        Change(rule: .priceOffTick, testDescription: "tick") { $0.price.raw += 1 },
        Change(rule: .quantityNotPositive, testDescription: "no negative total") {
            $0.quantity.raw = -10_000
        },
        Change(rule: .quantityNotPositive, testDescription: "there is a total") {
            $0.quantity = .none
        },
        Change(rule: .quantityOffLot, testDescription: "lot") { $0.quantity.raw += 1 },
        Change(rule: .quantityAboveMaximum, testDescription: "maximum") {
            $0.quantity = Quantity(units: 1001)
        },
        Change(rule: .fieldValue, testDescription: "what the gateway objected to") {
            $0.deferredReject = .fieldValue
        },
        Change(rule: .orderNotNamed, testDescription: "the order is named") {
            $0.origClOrdID = .none
        },
        Change(rule: .orderNotFound, testDescription: "the order is there") {
            $0.origClOrdID = ClOrdID(raw: 99)
        },
        Change(rule: .notEntitledToOrder, testDescription: "only its trader may change it") {
            $0.trader = TraderID(raw: 12)
        },
        Change(rule: .clOrdIDNotUnique, testDescription: "the new name is free") {
            $0.clOrdID = ClOrdID(raw: 2)
        },
    ]

    @Test("A forbidden change is refused by name and changes nothing", arguments: changes)
    func forbiddenChange(change: Change) {
        let market = queue()
        let hash = market.book()
        market.expect(
            .modify(1, .buy, 10, at: 101, as: 11).with(change.spoil),
            "rejected \(words(change.rule))")
        #expect(market.book() == hash)
        market.expect(.modify(1, .buy, 9, at: 100, as: 11), "#1→#11 open 9 @ 100, priority kept")
    }

    @Test("Of several forbidden changes the first in the venue's order answers")
    func orderOfChecks() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .buy(10, at: 100, as: 2))
        var request = Request.modify(1, .sell, -1, at: 100, as: 2).by(.arno).with {
            $0.origClOrdID = .none
            $0.instrument = InstrumentIndex(2)
            $0.deferredReject = .fieldValue
            $0.attributes.ordType = .market
            $0.attributes.timeInForce = .goodTillDate
            $0.attributes.execInst = .persistentBookOrCancel
            $0.attributes.applSeqIndicator = 1
            $0.stopPrice = Price(units: 5)
            $0.price = .none
        }
        func expect(_ rule: RejectDetail, thenRepair repair: (inout Command) -> Void) {
            market.expect(request, "rejected \(words(rule))")
            request = request.with(repair)
        }
        expect(.orderNotNamed) { $0.origClOrdID = ClOrdID(raw: 99) }
        expect(.orderNotFound) { $0.origClOrdID = ClOrdID(raw: 1) }
        expect(.instrumentChanged) { $0.instrument = InstrumentIndex(0) }
        expect(.notEntitledToOrder) { $0.trader = TraderID(raw: 11) }
        expect(.clOrdIDNotUnique) { $0.clOrdID = ClOrdID(raw: 1) }
        expect(.fieldValue) { $0.deferredReject = .none }
        expect(.ordTypeNotOffered) { $0.attributes.ordType = .limit }
        expect(.timeInForceChanged) { $0.attributes.timeInForce = .day }
        expect(.bookOrCancelNotOffered) { $0.attributes.execInst = .persistent }
        expect(.stopPriceNotOffered) { $0.stopPrice = .none }
        expect(.sideChanged) { $0.attributes.side = .buy }
        expect(.recoveryChanged) { $0.attributes.applSeqIndicator = 0 }
        expect(.persistenceChanged) { $0.attributes.execInst = .nonPersistent }
        expect(.limitWithoutPrice) { $0.price = Price(raw: 1) }
        expect(.priceOffTick) { $0.price = Price(units: 99) }
        expect(.quantityNotPositive) { $0.quantity = Quantity(raw: 10_000_001) }
        expect(.quantityOffLot) { $0.quantity = Quantity(units: 1001) }
        expect(.quantityAboveMaximum) { $0.quantity = Quantity(units: 10) }
        market.expect(request, "#1 open 10 @ 99, priority renewed")
    }

    // MARK: - Names

    @Test("The new name replaces the old one, which is free again")
    func newName() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .modify(1, .buy, 9, at: 100, as: 2))
        market.expect(.delete(1), "rejected orderNotFound")
        market.expect(.buy(5, at: 90, as: 1), "#1 rests 5 @ 90")
        market.expect(.delete(2), "#2 deleted, 9 open")
    }

    @Test("A change without a name keeps the order's own")
    func namelessChange() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        market.expect(
            .modify(1, .buy, 9, at: 100, as: 0).with { $0.clOrdID = .none },
            "#1 open 9 @ 100, priority kept")
        market.expect(.delete(1), "#1 deleted, 9 open")
    }

    @Test("A nameless order gets a name by a change")
    func namingTheNameless() {
        let market = Market()
        let answer = market.send(.buy(10, at: 100, as: 1).with { $0.clOrdID = .none })[0]
        market.given(
            .modify(0, .buy, 9, at: 100, as: 2).with {
                $0.orderID = answer.head.orderID
                $0.origClOrdID = .none
            })
        market.expect(.delete(2), "#2 deleted, 9 open")
    }

    @Test("An order can be named by OrderID, by OrigClOrdID, or by both if they agree")
    func naming() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .buy(10, at: 100, as: 2))
        market.expect(
            .modify(1, .buy, 9, at: 100, as: 1).naming(exchangeNameOf: 1),
            "#1 open 9 @ 100, priority kept")
        market.expect(
            .modify(1, .buy, 8, at: 100, as: 1).naming(exchangeNameOf: 1, alone: false),
            "#1 open 8 @ 100, priority kept")
        market.expect(
            .modify(1, .buy, 7, at: 100, as: 1).naming(exchangeNameOf: 2, alone: false),
            "rejected orderIDsDisagree")
        #expect(market.events[0].head.reject.reason == .orderNotFound)
    }

    @Test("An OrderID is compared whole: any wrong bit is another order")
    func wholeOrderID() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        let orderID = market.orderID(1)
        for bit in 0..<64 {
            market.expect(
                .delete(1).with {
                    $0.origClOrdID = .none
                    $0.orderID.raw = orderID.raw ^ (1 << UInt64(bit))
                }, "rejected orderNotFound")
        }
        market.expect(.delete(1).naming(exchangeNameOf: 1), "#1 deleted, 10 open")
    }

    @Test("The OrderID of a departed order never reaches the one that took its slot")
    func staleOrderID() {
        var shape = EngineHarness.Shape()
        shape.orderCapacity = 1
        let market = Market(shape)
        market.given(.buy(10, at: 100, as: 1))
        let stale = market.orderID(1)
        market.given(.delete(1), .buy(10, at: 100, as: 2))
        market.expect(
            .delete(0).with {
                $0.origClOrdID = .none
                $0.orderID = stale
            }, "rejected orderNotFound")
        #expect(market.book() == "100: #2x10 | ")
    }
}
