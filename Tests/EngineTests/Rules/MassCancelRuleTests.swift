import Domain
import Testing

@Suite("Deleting all orders")
struct MassCancelRuleTests {
    @Test("All of a trader's orders in the product go, other products' stay")
    func wholeProduct() {
        let market = Market()
        market.given(
            .buy(10, at: 100, as: 1), .sell(10, at: 110, as: 2).on(1),
            .buy(10, at: 100, as: 3).on(2))
        market.expect(
            .deleteAll(product: 0), "#1 removed", "#2 removed", "mass cancel hit non-persistent")
        #expect(market.book(0) == " | " && market.book(1) == " | ")
        #expect(market.book(2) == "100: #3x10 | ")
    }

    @Test("Nothing to delete is answered as such")
    func nothing() {
        let market = Market()
        market.given(.buy(10, at: 100, as: 1).by(.bert))
        market.expect(.deleteAll(), "mass cancel hit nothing of its own")
        #expect(market.book() == "100: #1x10 | ")
    }

    @Test("The request can be narrowed to an instrument, a side and a price")
    func narrowed() {
        func market() -> Market {
            let market = Market()
            market.given(
                .buy(1, at: 100, as: 1), .buy(1, at: 99, as: 2), .sell(1, at: 110, as: 3),
                .buy(1, at: 100, as: 4).on(1))
            return market
        }
        market().expect(
            .deleteAll().on(0), "#1 removed", "#2 removed", "#3 removed",
            "mass cancel hit non-persistent")
        market().expect(
            .deleteAll().with {
                $0.flags.insert(.onlyOneSide)
                $0.attributes.side = .sell
            }, "#3 removed", "mass cancel hit non-persistent")
        market().expect(
            .deleteAll().on(0).with { $0.price = Price(units: 100) },
            "#1 removed", "mass cancel hit non-persistent")
        market().expect(
            .deleteAll().on(0).with {
                $0.price = Price(units: 100)
                $0.flags.insert(.onlyOneSide)
                $0.attributes.side = .sell
            }, "mass cancel hit nothing of its own")
    }

    @Test("Only the requester's own orders go, not those of another trader of the session")
    func otherTrader() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1), .buy(1, at: 100, as: 2).by(.arno))
        market.expect(.deleteAll(), "#1 removed", "mass cancel hit non-persistent")
        market.expect(
            .deleteAll().with { $0.targetTrader = TraderID(raw: 12) },
            "rejected notEntitledToOrder")
        market.expect(
            .deleteAll().by(.arno).with { $0.targetTrader = TraderID(raw: 12) },
            "#2 removed", "mass cancel hit non-persistent")
    }

    @Test("Another session's orders are reported to it, and are no hit of one's own")
    func otherSession() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1), .buy(1, at: 100, as: 2).by(.annaElsewhere))
        market.expect(
            .deleteAll().by(.annaElsewhere).onBehalf(of: 0), "#1 removed",
            "session 0 told: non-persistent gone", "mass cancel hit nothing of its own")
        #expect(market.events[2].head.session == SessionIndex(1))
        #expect(market.book() == "100: #2x1 | ")
    }

    @Test("Another unit's session cannot be meant")
    func otherUnit() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1))
        market.expect(.deleteAll().by(.bert).onBehalf(of: 0), "rejected notEntitledToOrder")
        #expect(market.book() == "100: #1x1 | ")
    }

    @Test("The answer names the kinds hit, and whether listeners are concerned")
    func kinds() {
        let market = Market()
        market.given(.buy(1, at: 100, as: 1))
        market.expect(.deleteAll(), "#1 removed", "mass cancel hit non-persistent")
        #expect(!market.events[1].flags.contains(.standard))
        market.given(.buy(1, at: 100, as: 1).persistent)
        market.expect(.deleteAll(), "#1 removed", "mass cancel hit persistent")
        #expect(market.events[1].flags.contains(.standard))
        market.given(.buy(1, at: 100, as: 1).persistent, .buy(1, at: 100, as: 2))
        market.expect(.deleteAll(), "#1 removed", "#2 removed", "mass cancel hit both kinds")
        #expect(market.events[2].flags.contains(.standard))
    }

    // MARK: - Slices

    private func market(slice: Int, orders: Int) -> Market {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = slice
        let market = Market(shape)
        for name in 1...orders { market.given(.buy(1, at: 100, as: UInt64(name))) }
        return market
    }

    @Test("A slice examines a bounded number of orders; the answer comes with the last")
    func slices() {
        let market = market(slice: 2, orders: 5)
        market.expect(.deleteAll(), "#1 removed", "#2 removed", "applied")
        let requestTime = market.events[0].head.requestTime
        #expect(market.engine.hasMassCancelPending)
        #expect(
            market.continueMassCancel().map(sentence) == ["#3 removed", "#4 removed", "applied"])
        let last = market.continueMassCancel()
        #expect(last.map(sentence) == ["#5 removed", "mass cancel hit non-persistent"])
        #expect(last[1].head.requestTime == requestTime)
        #expect(last[1].head.timeIn == requestTime.adding(nanos: 300))
        #expect(last[1].head.msgSeqNum == 7)
        #expect(last[1].head.execID == Timestamp(nanos: market.time))
        #expect(!market.engine.hasMassCancelPending)
    }

    @Test("Between slices others may trade with orders not yet deleted")
    func tradingBetweenSlices() {
        let market = market(slice: 2, orders: 5)
        market.given(.deleteAll())
        market.expect(
            .sell(2, at: 100, as: 9).by(.bert),
            "#3 gives 1 @ 100: filled", "#4 gives 1 @ 100: filled", "#9 takes 2 @ 100: filled")
        #expect(
            market.finishMassCancels().map(sentence)
                == ["#5 removed", "mass cancel hit non-persistent"])
    }

    @Test("Orders entered after the request stay, also when they come between slices")
    func laterOrdersStay() {
        let market = market(slice: 2, orders: 5)
        market.given(.deleteAll(), .buy(1, at: 100, as: 6), .buy(1, at: 99, as: 7))
        market.finishMassCancels()
        #expect(market.book() == "100: #6x1 99: #7x1 | ")
    }

    @Test("An order changed between slices is still one entered before the request")
    func changedBetweenSlices() {
        let market = market(slice: 2, orders: 5)
        market.given(.deleteAll(), .modify(4, .buy, 7, at: 101, as: 40))
        #expect(
            market.finishMassCancels().map(sentence)
                == [
                    "#3 removed", "#40 removed", "applied", "#5 removed",
                    "mass cancel hit non-persistent",
                ])
        #expect(market.book() == " | ")
    }

    @Test("An order deleted by its owner between slices is not deleted twice")
    func deletedBetweenSlices() {
        let market = market(slice: 2, orders: 5)
        market.given(.deleteAll(), .delete(3), .delete(5))
        #expect(
            market.finishMassCancels().map(sentence)
                == ["#4 removed", "mass cancel hit non-persistent"])
    }

    @Test("Mass cancels are worked one after the other, each with its own answer")
    func queued() {
        let market = market(slice: 2, orders: 5)
        market.given(.sell(1, at: 200, as: 20).by(.bert), .sell(1, at: 200, as: 21).by(.bert))
        market.given(.deleteAll())
        market.expect(.deleteAll().by(.bert), "applied")
        market.expect(.deleteAll(), "applied")
        let answers = market.finishMassCancels().filter { $0.kind == .massCancelled }
        #expect(answers.map(\.head.session.raw) == [0, 2, 0])
        #expect(answers.map { $0.flags.contains(.hitOwnOrders) } == [true, true, false])
        #expect(market.book() == " | ")
    }

    @Test("There is an end to the mass cancels that can wait; more are refused, session loss never")
    func tooMany() {
        let market = market(slice: 1, orders: 3)
        market.given(.buy(1, at: 99, as: 90).by(.bert))
        var refused = 0
        for _ in 0..<200 {
            let last = market.send(.deleteAll()).last
            if last?.kind == .requestRejected {
                refused += 1
                #expect(last?.head.reject == .massCancelsPending)
                #expect(last?.head.reject.reason == .temporarilyUnavailable)
            }
        }
        #expect(refused > 0)
        for session in 0..<5 { market.logOff(session) }
        market.finishMassCancels()
        #expect(market.book() == " | ")
        market.logOn(0)
        market.expect(.deleteAll(), "mass cancel hit nothing of its own")
    }
}

@Suite("Session loss")
struct SessionLossTests {
    @Test("A lost session's non-persistent orders go, its persistent ones stay")
    func loss() {
        let market = Market()
        market.given(
            .buy(1, at: 100, as: 1), .buy(1, at: 100, as: 2).persistent,
            .buy(1, at: 100, as: 3).standard, .buy(1, at: 100, as: 4).by(.arno),
            .buy(1, at: 100, as: 5).by(.annaElsewhere), .buy(1, at: 100, as: 6).by(.bert))
        let events = market.logOff(0)
        #expect(
            events.map(sentence)
                == [
                    "#1 removed", "#3 removed", "#4 removed",
                    "session 0 told: non-persistent gone",
                ])
        #expect(events[3].head.massActionReason == .sessionLoss)
        #expect(events[3].head.sessionInstanceID == 0)
        #expect(events[3].flags.contains(.standard))
        #expect(market.book() == "100: #2x1 #5x1 #6x1 | ")
    }

    @Test("One report per product hit")
    func reportsPerProduct() {
        let market = Market()
        market.given(
            .buy(10, at: 100, as: 1), .buy(10, at: 100, as: 2).on(1),
            .buy(10, at: 100, as: 3).on(4).standard)
        let events = market.logOff(0, reason: .duplicateSessionLogin)
        let reports = events.filter { $0.kind == .massCancelReported }
        #expect(reports.map { $0.context?.product.raw } == [0, 2])
        #expect(reports.map { $0.flags.contains(.standard) } == [false, true])
        #expect(reports.allSatisfy { $0.head.massActionReason == .duplicateSessionLogin })
        #expect(events.last?.flags.contains(.endOfTransaction) == true)
    }

    @Test("A session can be set up to lose its persistent orders too")
    func persistentToo() {
        let market = Market()
        market.given(
            .buy(1, at: 100, as: 1).by(.bertElsewhere),
            .buy(1, at: 100, as: 2).by(.bertElsewhere).persistent)
        #expect(
            market.logOff(3).map(sentence)
                == ["#1 removed", "#2 removed", "session 3 told: both kinds gone"])
    }

    @Test("Without orders hit nobody is told anything")
    func nothingHit() {
        let market = Market()
        #expect(market.logOff(0).map(sentence) == ["applied"])
        market.logOn(0)
        market.given(.buy(1, at: 100, as: 1).persistent)
        #expect(market.logOff(0).map(sentence) == ["applied"])
        #expect(market.book() == "100: #1x1 | ")
    }

    @Test("The end of an instance that is no longer the present one is ignored")
    func staleInstance() {
        let market = Market()
        market.logOff(0)
        market.logOn(0)
        market.given(.buy(1, at: 100, as: 1))
        #expect(market.logOff(0, instance: 1).map(sentence) == ["applied"])
        #expect(market.book() == "100: #1x1 | ")
        let told = market.send(.sell(1, at: 100, as: 2).by(.bert))[0]
        #expect(told.head.sessionInstanceID == 2)
    }

    @Test("Orders entered after the next logon stay while the old ones are being deleted")
    func nextLogon() {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 2
        let market = Market(shape)
        for name in 1...5 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        market.logOff(0)
        market.logOn(0)
        market.given(.buy(1, at: 100, as: 10))
        market.finishMassCancels()
        #expect(market.book() == "100: #10x1 | ")
    }

    /// Instances of session 0 that are told of their start, and 0 for reports to none of them.
    private func starts(_ events: [RecordedEvent]) -> [UInt32] {
        events.filter { $0.head.session == SessionIndex(0) && $0.kind != .orderRemoved }
            .map(\.head.sessionInstanceID)
    }

    @Test("A logon's start is done when all that earlier logons left behind is")
    func startWaits() {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 2
        let market = Market(shape)
        #expect(starts(market.logOff(0)) == [1])
        #expect(starts(market.logOn(0)) == [2])
        for name in 1...5 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        for name in 6...9 { market.given(.buy(1, at: 100, as: UInt64(name)).persistent) }
        // A request, whose answer is the old instance's, and a loss.
        market.given(.deleteAll())
        market.logOff(0)
        #expect(starts(market.logOn(0)) == [0])
        // And once more.
        market.logOff(0)
        #expect(starts(market.logOn(0)) == [0])
        let events = market.finishMassCancels()
        #expect(starts(events) == [2, 4])
        #expect(events.last.map(sentence) == "applied")
        #expect(events.last?.head.flags.contains(.endOfTransaction) == true)

        for name in 11...15 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        market.logOff(0)
        #expect(starts(market.logOn(0)) == [0])
        #expect(starts(market.finishMassCancels()) == [0, 5])
        // What the logon at hand asks for itself does not hold it up.
        for name in 21...25 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        market.given(.deleteAll())
        #expect(starts(market.finishMassCancels()) == [5])
    }

    @Test("Lost again in the middle of the deletion: the newer orders go too")
    func lostTwice() {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 2
        let market = Market(shape)
        for name in 1...5 { market.given(.buy(1, at: 100, as: UInt64(name))) }
        market.logOff(0)
        market.logOn(0)
        market.given(.buy(1, at: 100, as: 10), .buy(1, at: 100, as: 11).persistent)
        market.logOff(0)
        market.finishMassCancels()
        #expect(market.book() == "100: #11x1 | ")
    }

    @Test("A request for deletion outlives its session and answers the old instance")
    func requestOfLostSession() {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 2
        let market = Market(shape)
        for name in 1...5 { market.given(.buy(1, at: 100, as: UInt64(name)).persistent) }
        market.given(.deleteAll())
        market.logOff(0)
        market.logOn(0)
        let answers = market.finishMassCancels().filter { $0.kind == .massCancelled }
        #expect(answers.map(\.head.sessionInstanceID) == [1])
        #expect(market.book() == " | ")
    }

    @Test("A session with orders in very many products is told of each of them")
    func manyProducts() {
        var shape = EngineHarness.Shape()
        shape.referenceData.products = (0..<40).map { _ in TestVenue.referenceData.products[0] }
        shape.referenceData.instruments = (0..<40).map {
            Instrument(securityID: Int64($0), name: "I\($0)", product: ProductIndex($0))
        }
        let engine = EngineHarness(shape)
        var sequence: UInt64 = 0
        func apply(_ command: Command) -> [RecordedEvent] {
            var command = command
            sequence += 1
            command.sequence = sequence
            command.timeIn = Timestamp(nanos: sequence)
            command.session = SessionIndex(0)
            command.sessionInstanceID = 1
            let events = engine.apply(command)
            engine.checkInvariants()
            return events
        }
        _ = apply(Command(kind: .sessionStarted))
        for instrument in 0..<40 {
            _ = apply(Request.buy(1, at: 1, as: UInt64(instrument)).on(instrument).command)
        }
        var events = apply(Command(kind: .sessionEnded))
        while engine.hasMassCancelPending { events += apply(Command(kind: .continueMassCancel)) }
        let reports = events.filter { $0.kind == .massCancelReported }
        #expect(reports.compactMap { $0.context?.product.index } == Array(0..<40))
    }
}
