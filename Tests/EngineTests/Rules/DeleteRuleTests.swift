import Domain
import Testing

@Suite("Deleting an order")
struct DeleteRuleTests {
    @Test("A deleted order is out of the book, its executions stand")
    func delete() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .sell(4, at: 100, as: 2).by(.bert))
        market.expect(.delete(1, as: 3), "#1 deleted, 6 open")
        let answer = market.events[0].head
        #expect(answer.clOrdID == ClOrdID(raw: 3))
        #expect(answer.origClOrdID == ClOrdID(raw: 1))
        #expect(answer.ordStatus == .cancelled)
        #expect(answer.execType == .cancelled)
        #expect(answer.restatementReason == .orderCancelled)
        #expect(answer.leavesQty == .zero)
        #expect(answer.cumQty == Quantity(units: 4))
        #expect(market.book() == " | ")
    }

    @Test("What was deleted cannot be deleted again")
    func twice() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .delete(1))
        market.expect(.delete(1), "rejected orderNotFound")
        market.expect(.delete(1).naming(exchangeNameOf: 1), "rejected orderNotFound")
    }

    @Test("Neither name given is a missing field")
    func unnamed() {
        let market = Market()
        market.expect(.delete(1).with { $0.origClOrdID = .none }, "rejected orderNotNamed")
        #expect(market.events[0].head.reject.reason == .requiredFieldMissing)
    }

    @Test("Both names must mean the same order")
    func disagree() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .buy(10, at: 100, as: 2))
        market.expect(
            .delete(1).naming(exchangeNameOf: 2, alone: false), "rejected orderIDsDisagree")
    }

    @Test("The instrument named must be the order's")
    func otherInstrument() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        market.expect(.delete(1).on(1), "rejected instrumentChanged")
    }

    @Test("Deleting from the middle of a queue leaves the others in order")
    func middleOfQueue() {
        let market = Market()
        for name in 1...5 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        market.given(.delete(3), .delete(1), .delete(5))
        #expect(market.book() == "100: #2x1 #4x1 | ")
        market.expect(
            .sell(2, at: 100, as: 6).by(.bert), "#2 gives 1 @ 100: filled",
            "#4 gives 1 @ 100: filled", "#6 takes 2 @ 100: filled")
    }
}

@Suite("Who may touch whose orders")
struct EntitlementTests {
    @Test("Another unit's order is as if it were not there")
    func otherUnit() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        market.expect(.delete(1).by(.bert), "rejected orderNotFound")
        market.expect(.delete(1).by(.bert).naming(exchangeNameOf: 1), "rejected orderNotFound")
        market.expect(
            .delete(1).by(.bert).naming(exchangeNameOf: 1).onBehalf(of: 0),
            "rejected orderNotFound")
        market.expect(
            .modify(1, .buy, 5, at: 100, as: 2).by(.bert).onBehalf(of: 0),
            "rejected orderNotFound")
    }

    @Test("Another trader of the unit is told that he may not")
    func otherTrader() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        market.expect(.delete(1).by(.arno), "rejected notEntitledToOrder")
        #expect(market.events[0].head.reject.reason == .validation)
        market.expect(
            .modify(1, .buy, 5, at: 100, as: 2).by(.arno), "rejected notEntitledToOrder")
    }

    @Test("The trader deletes from another session; the session that entered it is told first")
    func deleteOnBehalf() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        market.expect(
            .delete(1).by(.annaElsewhere).onBehalf(of: 0),
            "#1 by another session deleted, 10 open", "#1 deleted, 10 open")
        let told = market.events[0].head
        #expect(told.session == SessionIndex(0) && told.msgSeqNum == .max)
        #expect(!told.flags.contains(.onBehalf))
        let answer = market.events[1].head
        #expect(answer.session == SessionIndex(1) && answer.msgSeqNum == 2)
        #expect(answer.flags.contains(.onBehalf))
    }

    @Test("A standard order can be changed from another session, a lean one only deleted")
    func modifyOnBehalf() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .buy(10, at: 100, as: 2).standard)
        market.expect(
            .modify(1, .buy, 5, at: 100, as: 3).by(.annaElsewhere).onBehalf(of: 0),
            "rejected notEntitledToOrder")
        market.expect(
            .modify(2, .buy, 5, at: 100, as: 3).standard.by(.annaElsewhere).onBehalf(of: 0),
            "#2→#3 by another session open 5 @ 100, priority kept",
            "#2→#3 open 5 @ 100, priority kept")
        #expect(market.events[0].head.session == SessionIndex(0))
        #expect(market.events[1].head.session == SessionIndex(1))
        #expect(market.events[1].flags.contains(.onBehalf))
    }

    @Test("A name means an order of the target session only")
    func namesOfTargetSession() {
        let market = Market()
        market.given(
            .buy(10, at: 100, as: 1), .buy(20, at: 100, as: 1).by(.annaElsewhere))
        market.expect(.delete(1).by(.annaElsewhere), "#1 deleted, 20 open")
        market.expect(.delete(1).by(.annaElsewhere), "rejected orderNotFound")
        #expect(market.book() == "100: #1x10 | ")
    }

    @Test("A new name given from elsewhere must be free in the owner's session")
    func nameInOwnersSession() {
        let market = Market()
        market.given(
            .buy(10, at: 100, as: 1).standard, .buy(10, at: 100, as: 2).standard,
            .buy(10, at: 100, as: 3).by(.annaElsewhere))
        market.expect(
            .modify(1, .buy, 5, at: 100, as: 2).standard.by(.annaElsewhere).onBehalf(of: 0),
            "rejected clOrdIDNotUnique")
        market.given(
            .modify(1, .buy, 5, at: 100, as: 3).standard.by(.annaElsewhere).onBehalf(of: 0))
        #expect(market.events.map(\.kind) == [.orderModifiedByOther, .orderModified])
    }
}
