import Domain
import Testing

@Suite("Halts, closings and ends of the day")
struct MarketStateRuleTests {
    @Test("A halted product takes no orders and no changes, but deletions")
    func haltedProduct() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1).persistent)
        market.expect(.operation(.halt, product: 0), "product 0 trading → halted", "done")
        market.expect(.sell(5, at: 100, as: 2), "rejected instrumentNotContinuous")
        #expect(market.events[0].head.rejectValue == 2)
        market.expect(
            .modify(1, .buy, 5, at: 100, as: 3).persistent, "rejected instrumentNotContinuous")
        market.expect(.sell(5, at: 100, as: 2).on(2), "#2 rests 5 @ 100")
        market.expect(.delete(1), "#1 deleted, 10 open")
        market.expect(.operation(.resume, product: 0), "product 0 halted → trading", "done")
        market.expect(.buy(1, at: 100, as: 4), "#4 rests 1 @ 100")
    }

    @Test("A halt deletes orders that are not persistent, and tells each session once")
    func deletions() {
        let market = Market()
        market.given(
            .buy(1, at: 100, as: 1), .buy(2, at: 99, as: 2).persistent,
            .sell(3, at: 110, as: 3).standard, .buy(4, at: 98, as: 4).by(.bert).standard,
            .buy(5, at: 97, as: 5).by(.bert).on(1), .buy(6, at: 97, as: 6).by(.bert).on(2),
            .sell(7, at: 120, as: 7).by(.carl).persistent)
        market.expect(
            .operation(.halt, product: 0), "product 0 trading → halted", "#1 removed", "#3 removed",
            "session 0 told: non-persistent gone from product 0, reason 105", "#4 removed",
            "#5 removed", "session 2 told: non-persistent gone from product 0, reason 105", "done")
        #expect(market.book(0) == "99: #2x2 | 120: #7x7")
        #expect(market.book(1) == " | ")
        #expect(market.book(2) == "97: #6x6 | ")
        let told = market.events.filter { $0.kind == .ordersDeletedByMarket }
        #expect(told.allSatisfy { $0.flags.contains(.standard) })
        #expect(told.map { $0.head.sessionInstanceID } == [1, 1])
        #expect(told.map { $0.context?.messageIndex } == [0, 0])
    }

    @Test("Listeners are told of a halt only where standard orders went")
    func listeners() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1), .buy(1, at: 100, as: 2).by(.bert).standard)
        market.given(.operation(.halt, product: 0))
        let told = market.events.filter { $0.kind == .ordersDeletedByMarket }
        #expect(told.map { $0.flags.contains(.standard) } == [false, true])
    }

    @Test("A halted instrument leaves its neighbours alone")
    func haltedInstrument() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1), .buy(2, at: 100, as: 2).on(1))
        market.expect(
            .operation(.halt, instrument: 0), "instrument 0 203 → 2", "#1 removed",
            "session 0 told: non-persistent gone from instrument, reason 107", "done")
        #expect(market.book(1) == "100: #2x2 | ")
        market.expect(.buy(1, at: 100, as: 3), "rejected instrumentNotContinuous")
        market.expect(
            .sell(2, at: 100, as: 4).on(1).by(.bert), "#2 gives 2 @ 100: filled",
            "#4 takes 2 @ 100: filled")
        market.expect(.operation(.resume, instrument: 0), "instrument 0 2 → 203", "done")
        market.expect(.buy(1, at: 100, as: 3), "#3 rests 1 @ 100")
    }

    @Test("What is halted by itself stays so when its product resumes")
    func ownStatusStays() {
        let market = Market()
        market.given(
            .operation(.halt, instrument: 0), .operation(.halt, product: 0),
            .operation(.resume, product: 0))
        market.expect(.buy(1, at: 100, as: 1), "rejected instrumentNotContinuous")
        market.expect(.buy(1, at: 100, as: 2).on(1), "#2 rests 1 @ 100")
        // And the other way round: resumed by itself, and its product still halted.
        market.given(.operation(.halt, product: 0), .operation(.resume, instrument: 0))
        market.expect(.buy(1, at: 100, as: 1), "rejected instrumentNotContinuous")
        market.given(.operation(.resume, product: 0))
        market.expect(.buy(1, at: 100, as: 1), "#1 rests 1 @ 100")
    }

    @Test("A closed instrument keeps its orders, and nobody can touch them")
    func closed() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1), .buy(2, at: 100, as: 2).on(1))
        market.expect(.operation(.close, instrument: 0), "instrument 0 203 → 200", "done")
        market.expect(.delete(1), "rejected instrumentNotContinuous")
        #expect(market.events[0].head.rejectValue == 200)
        market.expect(
            .modify(1, .buy, 2, at: 100, as: 3), "rejected instrumentNotContinuous")
        market.expect(.deleteAll().on(0), "rejected instrumentNotContinuous")
        market.expect(.deleteAll(), "#1 stays", "#2 removed", "mass cancel hit non-persistent")
        #expect(market.book(0) == "100: #1x1 | ")
        market.expect(.operation(.open, instrument: 0), "instrument 0 200 → 203", "done")
        market.expect(.delete(1), "#1 deleted, 1 open")
        market.given(.operation(.close, product: 0))
        market.expect(.deleteAll(), "rejected instrumentNotContinuous")
        market.expect(.buy(1, at: 1, as: 5).on(2), "#5 rests 1 @ 1")
    }

    @Test("Session loss deletes orders in a closed market too")
    func lossWhileClosed() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1), .operation(.close, product: 0))
        #expect(
            market.logOff(0).map(sentence) == [
                "#1 removed", "session 0 told: non-persistent gone",
            ])
    }

    @Test("An action that the state does not allow is refused, with the state")
    func forbidden() {
        let market = Market()
        func refuse(_ request: Request, _ detail: String, _ value: Int64) {
            market.expect(request, "rejected \(detail)")
            #expect(market.events[0].head.rejectValue == value)
        }
        refuse(.operation(.resume, product: 0), "productStateForbids", 0)
        refuse(.operation(.open, product: 0), "productStateForbids", 0)
        refuse(.operation(.resume, instrument: 0), "instrumentStateForbids", 203)
        market.given(.operation(.halt, product: 0), .operation(.halt, instrument: 0))
        refuse(.operation(.halt, product: 0), "productStateForbids", 1)
        refuse(.operation(.halt, instrument: 0), "instrumentStateForbids", 2)
        refuse(.operation(.open, instrument: 0), "instrumentStateForbids", 2)
        market.given(.operation(.close, product: 0))
        refuse(.operation(.close, product: 0), "productStateForbids", 2)
        market.given(.operation(.endOfDay))
        refuse(.operation(.endOfDay), "productStateForbids", 3)
        refuse(.operation(.halt, product: 0), "productStateForbids", 3)
    }

    @Test("A large halt goes in slices: deletions pass between them, other operations wait")
    func slices() {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 3
        let market = Market(shape)
        for name in 1...5 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        market.expect(
            .operation(.halt, product: 0), "product 0 trading → halted", "#1 removed", "#2 removed",
            "#3 removed", "applied")
        market.expect(.buy(1, at: 100, as: 9), "rejected instrumentNotContinuous")
        market.expect(.delete(4), "#4 deleted, 1 open")
        market.expect(.operation(.halt, product: 1), "rejected marketOperationPending")
        market.expect(.operation(.resume, product: 0), "rejected marketOperationPending")
        let rest = market.finishMassCancels().map(sentence).filter { $0 != "applied" }
        #expect(
            rest == [
                "#5 removed", "session 0 told: non-persistent gone from product 0, reason 105",
                "done",
            ])
        market.expect(.operation(.resume, product: 0), "product 0 halted → trading", "done")
    }

    @Test("The answer goes to who asked, with the stamps of the request")
    func answer() {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 1
        let market = Market(shape)
        market.given(.buy(1, at: 100, as: 1))
        let first = market.send(.operation(.halt, product: 0))[0].head
        let last = market.finishMassCancels().last?.head
        #expect(last?.kind == .marketStateAnswered)
        #expect(last?.session == SessionIndex(Person.carl.session))
        #expect(last?.timeIn == first.timeIn && last?.requestTime == first.requestTime)
        #expect(last.map { $0.execID > first.execID } == true)
    }

    @Test(
        "The end of a product's day takes all its orders, and its product is closed until the next")
    func endOfProductDay() {
        let market = Market()
        market.given(
            .buy(1, at: 100, as: 1), .buy(2, at: 99, as: 2).persistent, .buy(3, at: 1, as: 3).on(2))
        market.expect(
            .operation(.endOfDay, product: 0), "product 0 trading → endOfDay", "#1 removed",
            "#2 removed", "event 104 of 0 on 20260105", "done")
        #expect(market.book(0) == " | ")
        #expect(market.book(2) == "1: #3x3 | ")
        market.expect(.buy(1, at: 100, as: 4), "rejected instrumentNotContinuous")
        market.expect(.operation(.open, product: 0), "rejected businessDayNotOver")
        market.expect(.buy(1, at: 1, as: 5).on(2), "#5 rests 1 @ 1")
    }

    @Test("The last product's end of day ends the service; the next opening starts a business day")
    func businessDays() {
        let market = Market()
        func trade(_ name: UInt64) -> Fill? {
            market.given(.buy(1, at: 100, as: name))
            return market.send(.sell(1, at: 100, as: name + 1).by(.bert)).last?.fills.first
        }
        #expect(trade(1)?.matchID == 1)
        #expect(trade(3)?.matchID == 2)
        market.given(.operation(.endOfDay, product: 1), .operation(.endOfDay, product: 2))
        market.expect(
            .operation(.endOfDay, product: 0), "product 0 trading → endOfDay",
            "event 104 of 0 on 20260105", "event 104 of all on 20260105", "done")
        #expect(market.events.compactMap { $0.context?.messageIndex } == [0, 0, 2])
        // On the same date numbers must not come again.
        market.expect(
            .operation(.open, product: 0), "event 101 of all on 20260105",
            "product 0 endOfDay → closed", "product 1 endOfDay → closed",
            "product 2 endOfDay → closed", "product 0 closed → trading", "done")
        #expect(!market.events[0].flags.contains(.newBusinessDay))
        #expect(trade(5)?.matchID == 3)
        market.expect(
            .operation(.endOfDay), "product 0 trading → endOfDay", "product 1 closed → endOfDay",
            "product 2 closed → endOfDay", "event 104 of all on 20260105", "done")
        market.given(.operation(.open, product: 1, on: 2026_01_06))
        #expect(market.events[0].flags.contains(.newBusinessDay))
        #expect(market.events[0].head.tradeDate == 2026_01_06)
        market.given(.operation(.open, product: 0, on: 2026_01_06))
        market.given(.buy(1, at: 100, as: 7))
        let events = market.send(.sell(1, at: 100, as: 8).by(.bert))
        #expect(events.last?.fills.first?.matchID == 1)
        #expect(events.map { $0.context?.partitionTradeNumber } == [1, 2])
        #expect(events.map { $0.context?.unitTradeNumber } == [1, 1])
    }

    @Test("A mass cancel under way stops where the market closes")
    func massCancelMeetsClosing() {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 2
        let market = Market(shape)
        for name in 1...5 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        market.expect(.deleteAll(), "#1 removed", "#2 removed", "applied")
        market.given(.operation(.close, product: 0))
        let rest = market.finishMassCancels().map(sentence).filter { $0 != "applied" }
        #expect(
            rest == ["#3 stays", "#4 stays", "#5 stays", "mass cancel hit non-persistent"])
        #expect(market.book(0) == "100: #3x1 #4x1 #5x1 | ")
    }

    @Test("States matter to the hash")
    func hash() {
        func hash(_ requests: Request...) -> UInt64 {
            let market = Market()
            for request in requests { market.given(request) }
            return market.engine.stateHash()
        }
        let plain = hash(.operation(.resume, product: 0))
        var seen: Set<UInt64> = [plain]
        for action in [MarketStateAction.halt, .close, .endOfDay] {
            #expect(seen.insert(hash(.operation(action, product: 0))).inserted)
            #expect(seen.insert(hash(.operation(action, product: 1))).inserted)
        }
        for action in [MarketStateAction.halt, .close] {
            #expect(seen.insert(hash(.operation(action, instrument: 0))).inserted)
            #expect(seen.insert(hash(.operation(action, instrument: 1))).inserted)
        }
    }
}
