import Domain
import Platform
import Reports
import Testing

@testable import DropCopy

/// From the event ring into the history: what listeners are told of, and what they are not.
@Suite struct FeedTests {
    private func history(
        capacity: Int = 1024, _ commands: (inout Engine) -> Void
    ) throws -> History {
        var engine = Engine(capacity: capacity)
        var feed = engine.feed()
        var history = try makeHistory()
        commands(&engine)
        try feed.drain(into: &history)
        return history
    }

    @Test func `Listener data has standard orders, trades have all`() throws {
        let history = try history { engine in
            engine.order(.a1)
            engine.order(.a1, isStandard: false)
            engine.trade(.b1, with: .a1)
            engine.trade(.b1, with: .a1, isStandard: false)
            engine.delete(.a2)
            engine.massCancel(.a1)
            engine.massCancel(.a1, isStandard: false)
            engine.leave(.a2)
            engine.leave(.a2, isStandard: false)
            engine.silence()
        }
        #expect(
            history.words(history.unitLogs[0])
                == [
                    "1 orderAccepted 1", "3 restingExecuted 1", "5 orderDeleted 1",
                    "6 massCancelReported 1", "8 orderNotAffected 1",
                ])
        #expect(history.words(history.unitLogs[1]) == ["3 aggressorExecuted 1"])
        #expect(
            history.words(history.sessionLogs[1]) == ["5 orderDeleted 1", "8 orderNotAffected 1"])
        #expect(
            history.words(history.allLog)
                == [
                    "1 orderAccepted 1", "3 restingExecuted 1", "3 aggressorExecuted 1",
                    "5 orderDeleted 1", "6 massCancelReported 1", "8 orderNotAffected 1",
                ])
        #expect(history.trades(history.unitTrades[0]) == ["1 3.0", "2 4.0"])
        #expect(history.trades(history.unitTrades[1]) == ["1 3.0", "2 4.0"])
        #expect(
            history.trades(history.allTrades) == ["1 3.0", "2 3.0", "3 4.0", "4 4.0"])
        #expect(history.lastSequence == 10)
    }

    @Test func `What one session does to another's order is told once`() throws {
        let history = try history { engine in
            engine.delete(.a1, isOnBehalf: true)
            engine.modifyOnBehalf(.a1, against: .b1)
            engine.modifyOnBehalf(.a1, levels: 2, against: .b1)
            engine.massCancel(.a1, hitsOwn: true)
            engine.massCancel(.a1, hitsOwn: false)
        }
        #expect(
            history.words(history.sessionLogs[0])
                == [
                    "1 orderDeletedByOther 1", "2 orderModifiedByOther 1",
                    // The change that traded is told by its executions.
                    "3 aggressorExecuted 3",
                    "4 massCancelled 1", "5 massCancelReported 1",
                ])
    }

    @Test func `Halts are told where standard orders went, session events everywhere`() throws {
        let history = try history { engine in
            engine.halt(.a1)
            engine.halt(.a2, isStandard: false)
            engine.sessionEvent(.endOfDayService, ofProduct: true)
        }
        #expect(
            history.words(history.unitLogs[0])
                == ["1 ordersDeletedByMarket 1", "3 tradingSessionEvent 1"])
        #expect(history.words(history.sessionLogs[1]) == ["3 tradingSessionEvent 1"])
        #expect(history.words(history.unitLogs[1]) == ["3 tradingSessionEvent 1"])
        #expect(
            history.words(history.allLog)
                == ["1 ordersDeletedByMarket 1", "3 tradingSessionEvent 1"])
    }

    @Test func `Trades of a new business day are numbered from 1`() throws {
        let history = try history { engine in
            engine.trade(.a1, with: .b1)
            engine.sessionEvent(.endOfDayService)
            engine.sessionEvent(.startOfService, isNewDay: true)
            engine.trade(.a1, with: .b1)
            engine.trade(.a1, with: .b1)
            engine.sessionEvent(.startOfService)
            engine.trade(.a1, with: .b1)
        }
        #expect(
            history.trades(history.unitTrades[0]) == ["1 1.0", "1 4.0", "2 5.0", "3 7.0"])
        #expect(
            history.trades(history.allTrades)
                == ["1 1.0", "2 1.0", "1 4.0", "2 4.0", "3 5.0", "4 5.0", "5 7.0", "6 7.0"])
        #expect(history.contradictions == 0)
    }

    @Test func `Numbers within a transaction count the unit's own messages`() throws {
        let history = try history { $0.trade(.a1, with: .b1, levels: 3) }
        #expect(
            history.words(history.unitLogs[1])
                == ["1 restingExecuted 1", "1 restingExecuted 3", "1 restingExecuted 5"])
        #expect(history.words(history.unitLogs[0]) == ["1 aggressorExecuted 1"])
        let all = (0..<4).map { history.ids(of: HistoryEntry(raw: history.allLog[$0])).ofAll }
        #expect(all.map(\.index) == [1, 2, 3, 4])
        #expect(Set(all.map(\.execID)) == [Engine.execID(1)])
        #expect(
            history.trades(history.unitTrades[0]) == ["1 1.0", "2 1.1", "3 1.2"])
    }

    @Test func `The engine's time is noted beside the event`() throws {
        let history = try history {
            $0.silence()
            $0.order(.a1)
        }
        let record = history.record(at: HistoryEntry(raw: history.allLog[0]))
        // Read at 5, but never before the engine was done.
        #expect(record.engineOut == 2000 && record.timeRead == 2000)
        #expect(record.transactionIndex == 1)
    }

    @Test func `Nothing is told before the gate opens`() throws {
        var engine = Engine()
        var feed = engine.feed()
        var history = try makeHistory()
        engine.setGate(1)
        engine.order(.a1)
        engine.order(.a1)
        try feed.drain(into: &history)
        #expect(history.allLog.end == 1 && history.lastSequence == 1)
        engine.setGate(2)
        try feed.drain(into: &history)
        #expect(history.allLog.end == 2)
    }

    @Test func `A reader that began late says so once, and knows no earlier trades`() throws {
        var engine = Engine(capacity: 64)
        engine.trade(.a1, with: .b1)
        engine.fillRing()
        var feed = engine.feed()
        var history = try makeHistory()
        try feed.drain(into: &history)
        engine.trade(.a1, with: .b1)
        try feed.drain(into: &history)
        let words = history.words(history.unitLogs[0])
        #expect(words.count == 2 && words[0].hasPrefix("hole 1..<"), "\(words)")
        #expect(words[1] == "\(engine.sequence) aggressorExecuted 1")
        #expect(history.trades(history.unitTrades[0]) == ["2 \(engine.sequence).0"])
    }

    @Test func `An overrun is a hole for everybody, and lost trades are counted`() throws {
        var engine = Engine(capacity: 64)
        var feed = engine.feed()
        var history = try makeHistory()
        engine.trade(.a1, with: .b1)
        try feed.drain(into: &history)
        engine.trade(.a1, with: .b1, levels: 2)
        engine.fillRing()
        engine.order(.a2)
        engine.trade(.a1, with: .b1)
        try feed.drain(into: &history)
        let last = engine.sequence
        #expect(feed.overruns > 0)
        for log in history.sessionLogs {
            let holes = history.words(log).filter { $0.hasPrefix("hole 2..<") }
            #expect(holes.count == 1)
        }
        #expect(
            history.words(history.sessionLogs[1]).last == "\(last - 1) orderAccepted 1")
        #expect(
            history.trades(history.unitTrades[0])
                == ["1 1.0", "2 lost", "3 lost", "4 \(last).0"])
        #expect(history.trades(history.allTrades).filter { $0.hasSuffix("lost") }.count == 4)
        // A hole stands between what came before and behind.
        let ids = (0..<history.allLog.end).map {
            history.ids(of: HistoryEntry(raw: history.allLog[$0])).ofAll
        }
        #expect(ids == ids.sorted() && Set(ids).count == ids.count)
    }

    @Test func `Events that contradict the venue's shape are not believed`() throws {
        var engine = Engine()
        var feed = engine.feed()
        var history = try History(
            genesis: 1,
            shape: History.Shape(units: 1, sessions: 1, instruments: 1, products: 1),
            store: TestSegments())
        engine.order(.b1)
        engine.order(.a1)
        try feed.drain(into: &history)
        #expect(history.allLog.end == 1 && history.contradictions == 1)
    }
}
