import Domain
import Testing

/// A mass cancel of a product passes by what is closed in it, and names what it passed by.
@Suite("Orders that a mass cancel leaves alone")
struct LeftOrderRuleTests {
    private func market(slice: Int = 64) -> Market {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = slice
        let market = Market(shape)
        market.given(
            .buy(1, at: 100, as: 1), .buy(1, at: 100, as: 2).on(1).standard,
            .buy(1, at: 99, as: 3), .operation(.close, instrument: 1))
        return market
    }

    @Test("The answer's fragments name them, its end tells what was deleted")
    func named() {
        let market = market()
        market.expect(
            .deleteAll(product: 0), "#1 removed", "#2 stays", "#3 removed",
            "mass cancel hit non-persistent")
        let (left, end) = (market.events[1], market.events[3])
        #expect(left.flags.contains(.moreFragments) && !end.flags.contains(.moreFragments))
        #expect(left.head.msgSeqNum == end.head.msgSeqNum)
        #expect(left.head.orderID == market.orderID(2))
        #expect(left.flags.contains(.standard) && end.flags.contains(.standard))
        #expect(left.context.map { $0.messageIndex + 2 } == end.context?.messageIndex)
    }

    @Test("Where all that is meant stays, that is the answer")
    func onlyThese() {
        let market = market()
        market.given(.delete(1), .delete(3))
        market.expect(.deleteAll(product: 0), "#2 stays", "mass cancel hit both kinds")
        market.expect(.deleteAll(product: 1), "mass cancel hit nothing of its own")
        #expect(market.book(1) == "100: #2x1 | ")
    }

    @Test("What the request does not mean is not named")
    func notMeant() {
        let market = market()
        market.given(.operation(.open, instrument: 1))
        market.given(.sell(1, at: 110, as: 4).on(1), .operation(.close, instrument: 1))
        market.expect(
            .deleteAll(product: 0).with {
                $0.flags.insert(.onlyOneSide)
                $0.attributes.side = .sell
            }, "#4 stays", "mass cancel hit both kinds")
    }

    @Test("Of another session's orders that session is told, and the requester nothing")
    func ofAnotherSession() {
        let market = market()
        market.given(.delete(1), .delete(3))
        market.expect(
            .deleteAll(product: 0).by(.annaElsewhere).with {
                $0.targetSession = SessionIndex(Person.anna.session)
            }, "#2 stays, session 0 is told", "session 0 told: both kinds gone",
            "mass cancel hit nothing of its own")
        #expect(market.events[0].head.msgSeqNum == .max)
        #expect(market.events[0].head.sessionInstanceID == 1)
    }

    @Test("What closes meanwhile stays, and is named; the loss of a session asks nobody")
    func meanwhile() {
        let market = market(slice: 2)
        market.given(.buy(1, at: 98, as: 4), .operation(.open, instrument: 1))
        market.expect(.deleteAll(product: 0), "#1 removed", "#2 removed", "applied")
        market.given(.operation(.close, product: 0))
        #expect(
            market.finishMassCancels().map(sentence)
                == ["#3 stays", "applied", "#4 stays", "mass cancel hit non-persistent"])
        #expect(
            market.logOff(0).map(sentence)
                == ["#3 removed", "#4 removed", "session 0 told: non-persistent gone"])
    }

    @Test("Each takes two of a slice's places: a slice has no more events than its orders removed")
    func places() {
        let market = market(slice: 3)
        for name in 4...9 as ClosedRange<UInt64> { market.given(.buy(1, at: 98, as: name)) }
        market.given(.operation(.close, instrument: 0), .operation(.open, instrument: 1))
        var slices = [market.send(.deleteAll(product: 0))]
        while market.engine.hasMassCancelPending { slices.append(market.continueMassCancel()) }
        #expect(slices.map(\.count) == [3, 3, 3, 3, 2])
    }
}
