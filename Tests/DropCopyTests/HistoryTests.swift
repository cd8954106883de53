import Domain
import Platform
import Reports
import Testing

@testable import DropCopy

/// The history survives the process that wrote it, and forgets in order.
@Suite struct HistoryTests {
    /// Some of everything.
    private func play(_ engine: inout Engine, seed: Int, commands: Int) {
        var state = UInt64(seed)
        for _ in 0..<commands {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let owners: [Owner] = [.a1, .a2, .b1]
            let owner = owners[Int(state >> 33) % 3]
            let other = owners[Int(state >> 35) % 3]
            switch state >> 60 {
            case 0...5: engine.order(owner, isStandard: state >> 59 & 1 == 0)
            case 6...10: engine.trade(owner, with: other, levels: 1 + Int(state >> 40 & 3))
            case 11: engine.delete(owner, isOnBehalf: true)
            case 12: engine.massCancel(owner)
            case 13: engine.trade(owner, with: other, levels: 100, fragments: 2)
            case 14:
                if state >> 50 & 3 == 0 {
                    engine.sessionEvent(.startOfService, isNewDay: state >> 49 & 1 == 0)
                } else {
                    engine.halt(owner, isStandard: state >> 48 & 1 == 0)
                }
            default: engine.silence()
            }
        }
    }

    @Test func `A history taken over tells the same as before`() throws {
        var engine = Engine(capacity: 1 << 14)
        var feed = engine.feed()
        let store = TestSegments()
        var history = try makeHistory(store)
        play(&engine, seed: 1, commands: 300)
        try feed.drain(into: &history)
        #expect(store.storedCount > 2)
        let again = try makeHistory(store.snapshot())
        #expect(again.everything == history.everything)
        #expect(again.lastSequence == history.lastSequence)
    }

    @Test(arguments: 1...10)
    func `Killed at any moment, it goes on where it was`(_ seed: Int) throws {
        var engine = Engine(capacity: 1 << 15)
        var whole = try makeHistory()
        var wholeFeed = engine.feed()
        var store = TestSegments()
        play(&engine, seed: seed, commands: 80)
        var random = UInt64(seed)
        for _ in 0..<8 {
            var history = try makeHistory(store)
            var feed = engine.feed()
            random = random &* 6_364_136_223_846_793_005 &+ 99
            // Not at the end of a transaction as a rule.
            _ = try feed.poll(
                into: &history, budget: Int(random >> 40) % 250, now: Timestamp(nanos: 5))
            store = store.snapshot()
        }
        var history = try makeHistory(store)
        var feed = engine.feed()
        try feed.drain(into: &history)
        try wholeFeed.drain(into: &whole)
        #expect(history.everything == whole.everything)
    }

    @Test func `A torn transaction is cut off`() throws {
        var engine = Engine()
        var feed = engine.feed()
        let store = TestSegments()
        var history = try makeHistory(store)
        engine.order(.a1)
        engine.trade(.b1, with: .a1, levels: 3)
        _ = try feed.poll(into: &history, budget: 3, now: .zero)
        #expect(history.allLog.end == 3)
        let again = try makeHistory(store.snapshot())
        #expect(again.words(again.allLog) == ["1 orderAccepted 1"])
        #expect(again.lastSequence == 1)
    }

    @Test func `A transaction over several segments is cut off as a whole`() throws {
        var engine = Engine(capacity: 1 << 15)
        var feed = engine.feed()
        let store = TestSegments()
        var history = try makeHistory(store)
        engine.order(.a1)
        engine.trade(.b1, with: .a1, levels: 100, fragments: 10)
        while store.storedCount < 3 {
            _ = try feed.poll(into: &history, budget: 1, now: .zero)
        }
        let left = store.snapshot()
        var again = try makeHistory(left)
        #expect(again.words(again.allLog) == ["1 orderAccepted 1"])
        #expect(left.storedCount == 1)
        try feed.drain(into: &history)
        var second = engine.feed()
        try second.drain(into: &again)
        #expect(again.everything == history.everything)
    }

    @Test func `After a restart, what the ring has lost is a hole`() throws {
        var engine = Engine(capacity: 64)
        let store = TestSegments()
        do {
            var history = try makeHistory(store)
            var feed = engine.feed()
            engine.trade(.a1, with: .b1)
            try feed.drain(into: &history)
        }
        engine.trade(.a1, with: .b1)
        engine.fillRing()
        engine.trade(.a1, with: .b1)
        let left = store.snapshot()
        var history = try makeHistory(left)
        var feed = engine.feed()
        try feed.drain(into: &history)
        let words = history.words(history.unitLogs[1])
        #expect(words.count == 3 && words[1].hasPrefix("hole 2..<"), "\(words)")
        #expect(
            history.trades(history.unitTrades[1])
                == ["1 1.0", "2 lost", "3 \(engine.sequence).0"])
        // The hole is there after the next restart too.
        let again = try makeHistory(left.snapshot())
        #expect(again.everything == history.everything)
    }

    @Test func `A segment that was made and not begun does not count`() throws {
        for count in 1...2 {
            var engine = Engine(capacity: 1 << 10)
            let store = TestSegments()
            if count == 2 {
                var history = try makeHistory(store)
                var feed = engine.feed()
                engine.order(.a1)
                try feed.drain(into: &history)
            }
            _ = try store.create(count - 1)
            #expect(store.storedCount == count)
            var history = try makeHistory(store)
            #expect(history.allLog.end == UInt64(count - 1))
            engine.order(.b1)
            var feed = engine.feed()
            try feed.drain(into: &history)
            #expect(history.allLog.end == UInt64(count))
        }
    }

    @Test func `Damage is named by file and offset`() throws {
        var engine = Engine(capacity: 1 << 14)
        var feed = engine.feed()
        let store = TestSegments()
        var history = try makeHistory(store)
        play(&engine, seed: 3, commands: 200)
        try feed.drain(into: &history)
        for (segment, offset) in [(0, 128 + 60), (1, 3000), (1, 0), (0, 16), (2, 24)] {
            let copy = store.snapshot()
            copy.segments[segment][offset] ^= 0x10
            let error = #expect(throws: SegmentError.self) { _ = try makeHistory(copy) }
            #expect(error?.description.hasPrefix("seg-\(segment + 1) is damaged at offset") == true)
        }
        #expect(throws: SegmentError.self) {
            _ = try History(genesis: 1, shape: Owner.shape, store: store.snapshot())
        }
    }

    @Test func `A flipped bit in a record is found, and behind the last one it is nothing`() throws
    {
        var engine = Engine(capacity: 1 << 14)
        var feed = engine.feed()
        let store = TestSegments()
        var history = try makeHistory(store)
        play(&engine, seed: 5, commands: 150)
        try feed.drain(into: &history)
        let last = store.segments.count - 1
        let committed = store.segments[last].load(fromByteOffset: 40, as: UInt64.self)
        let end = Int(committed) % store.segmentBytes
        var random = UInt64(7)
        for _ in 0..<150 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let segment = Int(random >> 33) % store.segments.count
            let offset = 128 + Int(random >> 20) % (store.segmentBytes - 128)
            let copy = store.snapshot()
            copy.segments[segment][offset] ^= 1 << UInt8(random >> 61)
            do {
                let again = try makeHistory(copy)
                #expect(segment < last || offset >= end, "\(segment), \(offset)")
                #expect(again.everything == history.everything)
            } catch {
                #expect(segment < last || offset < end, "\(segment), \(offset): \(error)")
            }
        }
    }

    @Test func `A bounded history forgets the oldest`() throws {
        var engine = Engine(capacity: 1 << 10)
        var feed = engine.feed()
        var history = try makeHistory(MemorySegments(segmentBytes: 64 << 10, segmentCountMax: 3))
        for _ in 0..<2000 {
            engine.trade(.a1, with: .b1)
            try feed.drain(into: &history)
        }
        let log = history.unitLogs[0]
        #expect(log.end == 2000 && log.first > 1500 && log.first < 1900)
        #expect(history.unitTrades[1].end == 2000 && history.unitTrades[1].first == log.first)
        let forgotten = try #require(log.lastForgotten)
        let next = history.ids(of: HistoryEntry(raw: log[log.first]))
        #expect(forgotten.ofUnit < next.ofUnit && forgotten.ofAll < next.ofAll)
        #expect(forgotten.ofUnit.execID == Engine.execID(log.first))
    }
}
