import Domain
import Testing

@Suite("What a new order must keep")
struct EntryRuleTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var rule: RejectDetail
        var reason: RejectReason
        var testDescription: String
        var spoil: @Sendable (inout Command) -> Void
    }

    static let cases: [Case] = [
        Case(
            rule: .ordTypeNotOffered, reason: .validation,
            testDescription: "stop orders are not offered"
        ) { $0.attributes.ordType = .stop },
        Case(
            rule: .ordTypeNotOffered, reason: .validation,
            testDescription: "stop limit orders are not offered"
        ) { $0.attributes.ordType = .stopLimit },
        Case(
            rule: .timeInForceNotOffered, reason: .validation, testDescription: "GTC is not offered"
        ) { $0.attributes.timeInForce = .goodTillCancelled },
        Case(
            rule: .timeInForceNotOffered, reason: .validation, testDescription: "GTD is not offered"
        ) { $0.attributes.timeInForce = .goodTillDate },
        Case(
            rule: .bookOrCancelNotOffered, reason: .validation,
            testDescription: "book-or-cancel is not offered"
        ) { $0.attributes.execInst = .nonPersistentBookOrCancel },
        Case(
            rule: .bookOrCancelNotOffered, reason: .validation,
            testDescription: "persistent book-or-cancel is not offered"
        ) { $0.attributes.execInst = .persistentBookOrCancel },
        Case(
            rule: .stopPriceNotOffered, reason: .validation,
            testDescription: "a stop price is not offered"
        ) { $0.stopPrice = Price(units: 90) },
        Case(
            rule: .persistentLean, reason: .validation,
            testDescription: "a lean order is never persistent"
        ) { $0.attributes.execInst = .persistent },
        Case(
            rule: .marketOrderNotIOC, reason: .validation,
            testDescription: "a market order is IOC"
        ) {
            $0.attributes.ordType = .market
            $0.price = .none
        },
        Case(
            rule: .marketOrderWithPrice, reason: .validation,
            testDescription: "a market order has no price"
        ) {
            $0.attributes.ordType = .market
            $0.attributes.timeInForce = .immediateOrCancel
        },
        Case(
            rule: .limitWithoutPrice, reason: .requiredFieldMissing,
            testDescription: "a limit order has a price"
        ) { $0.price = .none },
        Case(
            rule: .priceOffTick, reason: .valueIncorrect,
            testDescription: "the price is a multiple of the tick"
        ) { $0.price.raw += 1 },
        Case(
            rule: .priceOffTick, reason: .valueIncorrect,
            testDescription: "a negative price is a multiple of the tick too"
        ) { $0.price.raw = -$0.price.raw - 1 },
        Case(
            rule: .priceOutOfRange, reason: .valueIncorrect,
            testDescription: "the price is below 2^41 ticks"
        ) {
            $0.instrument = InstrumentIndex(2)
            $0.price.raw = (1 << 41) * 1_000_000
        },
        Case(
            rule: .priceOutOfRange, reason: .valueIncorrect,
            testDescription: "the price is above -2^41 ticks"
        ) {
            $0.instrument = InstrumentIndex(2)
            $0.price.raw = -(1 << 41) * 1_000_000
        },
        Case(
            rule: .quantityNotPositive, reason: .valueIncorrect,
            testDescription: "the quantity is not zero"
        ) { $0.quantity = .zero },
        Case(
            rule: .quantityNotPositive, reason: .valueIncorrect,
            testDescription: "the quantity is not negative"
        ) { $0.quantity.raw = -10_000 },
        Case(
            rule: .quantityNotPositive, reason: .valueIncorrect,
            testDescription: "there is a quantity"
        ) { $0.quantity = .none },
        Case(
            rule: .quantityOffLot, reason: .valueIncorrect,
            testDescription: "the quantity is a multiple of the lot"
        ) { $0.quantity.raw += 1 },
        Case(
            rule: .quantityOffLot, reason: .valueIncorrect,
            testDescription: "the lot is the product's own"
        ) {
            $0.instrument = InstrumentIndex(4)
            $0.quantity = Quantity(units: 15)
        },
        Case(
            rule: .quantityAboveMaximum, reason: .validation,
            testDescription: "the quantity is at most the product's maximum"
        ) { $0.quantity = Quantity(units: 1001) },
        Case(
            rule: .fieldValue, reason: .valueIncorrect,
            testDescription: "what the gateway objected to is answered in its place"
        ) { $0.deferredReject = .fieldValue },
    ]

    @Test("A broken rule is answered with its name and leaves no trace", arguments: cases)
    func brokenRule(breach: Case) {
        let market = Market()
        market.expect(
            .buy(10, at: 100, as: 1).with(breach.spoil), "rejected \(words(breach.rule))")
        let answer = market.events[0].head
        #expect(answer.reject.reason == breach.reason)
        #expect(answer.session == SessionIndex(0))
        #expect(answer.sessionInstanceID == 1)
        #expect(answer.msgSeqNum == 2)
        #expect(answer.timeIn == Timestamp(nanos: market.time))
        #expect(answer.requestTime == Timestamp(nanos: market.time - 300))
        #expect((0..<6).allSatisfy { market.book($0) == " | " })
        // The refused request's name is not taken.
        market.expect(.buy(10, at: 100, as: 1), "#1 rests 10 @ 100")
    }

    @Test("Of several broken rules the first in the venue's order answers")
    func orderOfChecks() {
        let market = Market()
        market.given(.buy(1, at: 10, as: 1))
        // A request that breaks as many rules as fit into one; each line repairs the one it broke.
        var request = Request.buy(10, at: 100, as: 1).with {
            $0.deferredReject = .fieldValue
            $0.attributes.ordType = .stop
            $0.attributes.timeInForce = .goodTillCancelled
            $0.attributes.execInst = .persistentBookOrCancel
            $0.stopPrice = Price(units: 5)
            $0.instrument = InstrumentIndex(2)
            $0.price = Price(raw: (1 << 41) * 1_000_000 + 1)
            $0.quantity.raw = -1
        }
        func expect(_ rule: RejectDetail, thenRepair repair: (inout Command) -> Void) {
            market.expect(request, "rejected \(words(rule))")
            request = request.with(repair)
        }
        expect(.clOrdIDNotUnique) { $0.clOrdID = ClOrdID(raw: 2) }
        expect(.fieldValue) { $0.deferredReject = .none }
        expect(.ordTypeNotOffered) { $0.attributes.ordType = .market }
        expect(.timeInForceNotOffered) { $0.attributes.timeInForce = .day }
        expect(.bookOrCancelNotOffered) { $0.attributes.execInst = .persistent }
        expect(.stopPriceNotOffered) { $0.stopPrice = .none }
        expect(.persistentLean) { $0.attributes.applSeqIndicator = 1 }
        expect(.marketOrderNotIOC) { $0.attributes.timeInForce = .immediateOrCancel }
        expect(.marketOrderWithPrice) { $0.attributes.ordType = .limit }
        expect(.priceOffTick) { $0.price.raw -= 1 }
        expect(.priceOutOfRange) { $0.price.raw -= 1_000_000 }
        expect(.quantityNotPositive) { $0.quantity = Quantity(raw: .max) }
        expect(.quantityOffLot) { $0.quantity = Quantity(units: 1_000_001) }
        expect(.quantityAboveMaximum) { $0.quantity = Quantity(units: 1_000_000) }
        market.expect(request, "#2 cancelled 1000000")
    }

    @Test("The ends of what is allowed are allowed")
    func ends() {
        let market = Market()
        market.expect(.buy(1000, at: 100, as: 1), "#1 rests 1000 @ 100")
        let last = Price(raw: ((1 << 41) - 1) * 1_000_000)
        market.expect(
            .sell(1, at: 1, as: 2).on(2).with { $0.price = last }, "#2 rests 1 @ 21990232555.51")
        market.expect(
            .buy(1, at: 1, as: 3).on(2).with { $0.price.raw = -last.raw },
            "#3 rests 1 @ -21990232555.51")
        market.expect(
            .sell(10, at: 1, as: 4).on(4).with { $0.price.raw = (1 << 41) - 1 },
            "#4 rests 10 @ 21990.23255551")
        market.expect(
            .buy(10, at: 1, as: 5).on(4).with { $0.price.raw = 1 - (1 << 41) },
            "#5 rests 10 @ -21990.23255551")
    }

    @Test(
        "A price at the end of the number range is refused, not wrapped",
        arguments: [
            Int64.max, -Int64.max, 9_223_372_036_854_000_000, -9_223_372_036_854_000_000,
        ])
    func extremePrices(raw: Int64) {
        let market = Market()
        for instrument in [0, 2, 4] {
            let events = market.send(
                .buy(10, at: 1, as: 1).on(instrument).with { $0.price.raw = raw })
            #expect(events[0].kind == .requestRejected)
        }
    }

    @Test("Where the tick is so large that every price is in range, the last one trades")
    func lastPriceOfLargeTick() {
        let market = Market()
        let last = Int64.max - Int64.max % 50_000_000
        market.given(
            .sell(1, at: 1, as: 1).with { $0.price.raw = last },
            .buy(1, at: 1, as: 2).with { $0.price.raw = -last })
        market.expect(
            .buyMarket(1, as: 3).by(.bert),
            "#1 gives 1 @ 92233720368.5: filled", "#3 takes 1 @ 92233720368.5: filled")
        market.expect(
            .sellMarket(1, as: 4).by(.bert),
            "#2 gives 1 @ -92233720368.5: filled", "#4 takes 1 @ -92233720368.5: filled")
    }

    // MARK: - Names

    @Test("A live order's name may not be used again in its session")
    func duplicateName() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        market.expect(.sell(1, at: 200, as: 1).on(3), "rejected clOrdIDNotUnique")
        #expect(market.events[0].head.reject.reason == .clOrdIDNotUnique)
        #expect(market.book() == "100: #1x10 | ")
    }

    @Test("Other sessions, of the same unit too, have names of their own")
    func namesPerSession() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1))
        market.expect(.buy(10, at: 100, as: 1).by(.annaElsewhere), "#1 rests 10 @ 100")
        market.expect(.buy(10, at: 100, as: 1).by(.bert), "#1 rests 10 @ 100")
        market.expect(.buy(10, at: 100, as: 1).by(.arno), "rejected clOrdIDNotUnique")
    }

    @Test("A name is free once its order is filled or deleted")
    func nameIsFreeAgain() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1), .sell(10, at: 100, as: 2).by(.bert))
        market.expect(.buy(10, at: 100, as: 1), "#1 rests 10 @ 100")
        market.given(.delete(1))
        market.expect(.buy(10, at: 100, as: 1), "#1 rests 10 @ 100")
        market.given(.sell(4, at: 100, as: 3).by(.bert))
        market.expect(.buy(10, at: 100, as: 1), "rejected clOrdIDNotUnique")
    }

    @Test("Orders without a name don't disturb each other")
    func nameless() {
        let market = Market()
        let nameless = Request.buy(10, at: 100, as: 1).with { $0.clOrdID = .none }
        market.expect(nameless, "unnamed rests 10 @ 100")
        market.expect(nameless, "unnamed rests 10 @ 100")
        #expect(market.book() == "100: unnamedx10 unnamedx10 | ")
    }

    @Test("No two orders ever have the same OrderID, and none is the number after another")
    func orderIDs() {
        let market = Market()
        var seen: Set<OrderID> = []
        var previous = OrderID(raw: 0)
        for _ in 0..<500 {
            let orderID = market.send(.buy(1, at: 100, as: 1))[0].head.orderID
            #expect(seen.insert(orderID).inserted)
            #expect(orderID.raw &- previous.raw != 1)
            previous = orderID
            market.given(.delete(1))
        }
    }

    // MARK: - Pools

    @Test("A full order pool is a refusal, and a free slot is used again")
    func orderPoolFull() {
        var shape = EngineHarness.Shape()
        shape.orderCapacity = 3
        let market = Market(shape)
        market.given(.buy(1, at: 99, as: 1), .buy(1, at: 98, as: 2), .buy(1, at: 97, as: 3))
        market.expect(.buy(1, at: 96, as: 4), "rejected orderPoolFull")
        #expect(market.events[0].head.reject.reason == .temporarilyUnavailable)
        // For simplicity an order that would not stay is refused too.
        market.expect(.sell(1, at: 99, as: 4).by(.bert), "rejected orderPoolFull")
        market.expect(
            .sell(1, at: 99, as: 4).immediateOrCancel.by(.bert), "rejected orderPoolFull")
        market.given(.delete(2))
        market.expect(.buy(1, at: 96, as: 4), "#4 rests 1 @ 96")
        market.expect(.modify(4, .buy, 2, at: 96.5, as: 5), "#4→#5 open 2 @ 96.5, priority renewed")
    }

    @Test("No room for another price level is a refusal; existing levels go on")
    func priceLevelPoolFull() {
        var shape = EngineHarness.Shape()
        shape.pageCapacity = 32
        let market = Market(shape)
        var refusal: RejectDetail?
        var name: UInt64 = 0
        for step in 0..<200 where refusal == nil {
            name += 1
            let answer = market.send(.buy(1, at: Double(1 + step) * 1_000_000, as: name))[0].head
            if answer.kind == .requestRejected { refusal = answer.reject }
        }
        #expect(refusal == .priceLevelPoolFull)
        #expect(refusal?.reason == .temporarilyUnavailable)
        market.expect(.buy(1, at: 1_000_000, as: 1000), "#1000 rests 1 @ 1000000")
        market.given(.delete(1), .delete(1000), .delete(2))
        market.expect(
            .buy(1, at: Double(name) * 1_000_000, as: name),
            "#\(name) rests 1 @ \(name * 1_000_000)")
    }
}
