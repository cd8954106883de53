import Domain
import Testing

@Suite("A venue begins again")
struct RestartRuleTests {
    /// Applies commands one after the other, and slices until nothing waits.
    private struct Venue {
        let engine: EngineHarness
        var sequence: UInt64 = 0

        init(slice: Int = 64) {
            var shape = EngineHarness.Shape()
            shape.massCancelSlice = slice
            engine = EngineHarness(shape)
            for session in 0..<5 { logOn(session, instance: 1) }
        }

        @discardableResult
        mutating func apply(_ command: Command) -> [RecordedEvent] {
            var command = command
            sequence += 1
            command.sequence = sequence
            command.timeIn = Timestamp(nanos: sequence * 1000)
            return engine.apply(command)
        }

        mutating func logOn(_ session: Int, instance: UInt32) {
            var command = Command(kind: .sessionStarted)
            command.session = SessionIndex(session)
            command.sessionInstanceID = instance
            apply(command)
        }

        mutating func restart(on date: UInt32 = 2026_01_07) -> [RecordedEvent] {
            var command = Command(kind: .restart)
            command.date = date
            return apply(command)
        }

        /// All slices there are; the events of each.
        mutating func slices() -> [[RecordedEvent]] {
            var slices: [[RecordedEvent]] = []
            while engine.hasMassCancelPending {
                slices.append(apply(Command(kind: .continueMassCancel)))
            }
            return slices
        }
    }

    private func messages(_ events: [RecordedEvent]) -> [RecordedEvent] {
        events.filter { $0.kind != .commandApplied && $0.kind != .orderRemoved }
    }

    @Test(
        "It announces a reset, reports losses, tells each order again, and ends product by product")
    func order() {
        var venue = Venue()
        venue.apply(Request.buy(10, at: 99, as: 1).persistent.command)
        venue.apply(Request.buy(10, at: 98, as: 2).command)
        venue.apply(Request.sell(5, at: 105, as: 3).persistent.by(.bert).command)
        venue.apply(Request.buy(2, at: 105, as: 4).command)

        let reset = venue.restart()
        #expect(reset.count == 1 && reset[0].kind == .tradingSessionEvent)
        #expect(reset[0].head.tradSesEvent == .marketReset)
        #expect(reset[0].context?.product.isNone == true)
        #expect(reset[0].head.tradeDate == 2026_01_07)
        #expect(reset[0].flags.contains(.endOfTransaction))
        #expect(!reset[0].flags.contains(.newBusinessDay))

        let told = messages(venue.slices().flatMap { $0 })
        #expect(
            told.map(\.kind) == [
                .massCancelReported, .orderRestated, .orderRestated, .tradingSessionEvent,
                .tradingSessionEvent, .tradingSessionEvent,
            ])
        #expect(told[0].head.massActionReason == .sessionLoss)
        #expect(told[0].head.sessionInstanceID == 0)
        let orders = told[1...2].map(\.head)
        #expect(orders.map(\.clOrdID.raw) == [1, 3])
        #expect(orders.allSatisfy { $0.execType == .restated && $0.msgSeqNum == .max })
        #expect(orders.allSatisfy { $0.restatementReason == .bookRestatement })
        #expect(orders.map(\.ordStatus) == [.new, .partiallyFilled])
        #expect(orders.map(\.leavesQty) == [Quantity(units: 10), Quantity(units: 3)])
        #expect(orders.map(\.cumQty) == [.zero, Quantity(units: 2)])
        #expect(told[3...].allSatisfy { $0.head.tradSesEvent == .endOfRestatement })
        #expect(told[3...].map { $0.context?.product.raw } == [0, 1, 2])
        #expect(told[3...].map { $0.context?.messageIndex } == [0, 2, 4])
    }

    @Test("Priority timestamps, and the order of trading, are those of before")
    func priority() {
        var venue = Venue()
        for name in 1...3 as ClosedRange<UInt64> {
            venue.apply(Request.buy(1, at: 100, as: name).persistent.command)
        }
        let before = venue.engine.orders(InstrumentIndex(0), .buy)
        _ = venue.restart()
        let told = venue.slices().flatMap { $0 }.filter { $0.kind == .orderRestated }
        #expect(venue.engine.orders(InstrumentIndex(0), .buy) == before)
        #expect(told.map(\.head.timePriority) == before.map(\.timePriority))
        #expect(told.map(\.head.orderID) == before.map(\.orderID))
    }

    @Test("Whoever is logged on again hears of his orders, under the new logon")
    func newLogon() {
        var venue = Venue(slice: 2)
        venue.apply(Request.buy(1, at: 100, as: 1).persistent.command)
        venue.apply(Request.buy(1, at: 100, as: 2).persistent.by(.bert).command)
        _ = venue.restart()
        venue.logOn(0, instance: 7)
        let told = venue.slices().flatMap { $0 }.filter { $0.kind == .orderRestated }
        #expect(told.map(\.head.sessionInstanceID) == [7, 0])
    }

    @Test("An answer due to a logon of before reaches nobody who logs on under the same number")
    func namesake() {
        var venue = Venue(slice: 2)
        for name in 1...6 as ClosedRange<UInt64> {
            venue.apply(Request.buy(1, at: 100, as: name).persistent.command)
        }
        var cancel = Request.deleteAll().command
        cancel.sessionInstanceID = 1
        venue.apply(cancel)
        _ = venue.restart()
        venue.logOn(0, instance: 1)
        let answer = venue.slices().flatMap { $0 }.first { $0.kind == .massCancelled }
        #expect(answer?.head.sessionInstanceID == 0)
    }

    @Test("Orders entered after the restart are their owner's knowledge: they are not told again")
    func enteredLater() {
        var venue = Venue(slice: 1)
        venue.apply(Request.buy(1, at: 100, as: 1).persistent.command)
        _ = venue.restart()
        venue.logOn(0, instance: 1)
        venue.apply(Request.buy(1, at: 100, as: 2).persistent.command)
        // Changed meanwhile: told as it is when its turn comes.
        venue.apply(Request.modify(1, .buy, 5, at: 101, as: 1).persistent.command)
        let told = venue.slices().flatMap { $0 }.filter { $0.kind == .orderRestated }
        #expect(told.map(\.head.clOrdID.raw) == [1])
        #expect(told.map(\.head.orderQty) == [Quantity(units: 5)])
    }

    @Test("A restart at any slice of an earlier one begins the telling anew, and loses no report")
    func restartAtEverySlice() {
        for cut in 0..<40 {
            var venue = Venue(slice: 3)
            for name in 1...9 as ClosedRange<UInt64> {
                let request = Request.buy(1, at: 100, as: name)
                venue.apply((name % 3 == 0 ? request : request.persistent).command)
                venue.apply(Request.sell(1, at: 110, as: name).persistent.by(.bert).command)
            }
            var reports: [RecordedEvent] = []
            _ = venue.restart()
            for _ in 0..<cut where venue.engine.hasMassCancelPending {
                reports += messages(venue.apply(Command(kind: .continueMassCancel)))
            }
            let again = venue.restart()
            #expect(again.map(\.head.tradSesEvent) == [.marketReset])
            let told = messages(venue.slices().flatMap { $0 })
            reports += told
            // Three non-persistent orders went, which one report tells, before or after.
            #expect(reports.filter { $0.kind == .massCancelReported }.count == 1)
            #expect(told.filter { $0.kind == .orderRestated }.count == 6 + 9)
            #expect(told.suffix(3).allSatisfy { $0.head.tradSesEvent == .endOfRestatement })
            #expect(told.filter { $0.kind == .tradingSessionEvent }.count == 3)
            venue.engine.checkInvariants()
        }
    }

    @Test("Halts and counters go on; the business day is the calendar's only if there was none")
    func whatGoesOn() {
        var venue = Venue()
        var halt = Command(kind: .changeMarketState)
        halt.session = SessionIndex(4)
        halt.product = ProductIndex(0)
        halt.marketStateAction = .halt
        venue.apply(halt)
        var day = Command(kind: .startBusinessDay)
        day.date = 2026_01_05
        venue.apply(day)
        #expect(venue.restart().map(\.head.tradeDate) == [2026_01_05])
        _ = venue.slices()
        venue.logOn(0, instance: 1)
        let answer = venue.apply(Request.buy(1, at: 100, as: 1).command)
        #expect(answer.map(\.kind) == [.requestRejected])
        #expect(answer[0].head.reject == .instrumentNotContinuous)
    }

    @Test("Where a session's loss costs persistent orders too, a restart does")
    func persistentOnDisconnect() {
        var venue = Venue()
        var order = Request.buy(1, at: 100, as: 1).persistent.command
        // This session has it so.
        order.session = SessionIndex(3)
        order.trader = TraderID(raw: 21)
        venue.apply(order)
        _ = venue.restart()
        let told = messages(venue.slices().flatMap { $0 })
        #expect(told.filter { $0.kind == .orderRestated }.isEmpty)
        #expect(told.first?.kind == .massCancelReported)
        #expect(told.first?.head.execInst == .persistent)
    }
}
