import Archive
import Domain
import Platform
import Streams
import Testing

@testable import DropCopy

/// What the ring no longer holds is read from the venue's archive, so that nothing is ever missed, and
/// nothing told twice.
@Suite struct FillTests {
    /// A publisher's reading, step by step, and what a kill leaves of it.
    private struct Reading: ~Copyable {
        var history: History
        var feed: EventFeed
        let store: TestSegments
        var nanos: UInt64 = 0

        init(
            _ venue: ArchivedVenue, _ store: TestSegments, life: UInt64 = Engine.genesis
        ) throws {
            var history = try History(
                genesis: Engine.genesis, shape: Owner.shape, store: store)
            try history.begin(life: life, firstSequence: venue.firstSequence)
            self.history = history
            self.store = store
            feed = venue.feed()
        }

        mutating func step(_ budget: Int = 1) throws -> Int {
            nanos += 2_000_000
            return try feed.poll(
                into: &history, budget: budget, now: Timestamp(nanos: nanos))
        }

        /// Until nothing comes any more.
        mutating func settle() throws {
            var quiet = 0
            while quiet < 3 { quiet = try step(7) == 0 ? quiet + 1 : 0 }
        }
    }

    @Test func `A publisher that was overrun misses nothing`() throws {
        let venue = try ArchivedVenue()
        var reading = try Reading(venue, TestSegments())
        for round in 0..<400 {
            try venue.act()
            // The archive keeps up, the publisher does not.
            try venue.follow()
            if round % 60 == 0 { _ = try reading.step(3) }
        }
        try reading.settle()
        let (overruns, filled) = (reading.feed.overruns, reading.feed.filled)
        #expect(overruns > 0 && filled > 100)
        #expect(reading.history.everything == venue.truth.everything)
        #expect(reading.history.lastSequence == venue.engine.sequence)
    }

    @Test func `A publisher that starts late begins at the beginning`() throws {
        let venue = try ArchivedVenue()
        for _ in 0..<300 {
            try venue.act()
            try venue.follow()
        }
        var reading = try Reading(venue, TestSegments())
        try reading.settle()
        #expect(reading.history.everything == venue.truth.everything)
    }

    @Test func `What the archive does not have yet is waited for`() throws {
        let venue = try ArchivedVenue(capacity: 4096)
        var reading = try Reading(venue, TestSegments())
        for _ in 0..<20 { try venue.act() }
        try reading.settle()
        // A new ring begins behind what nobody has read of the old one.
        for _ in 0..<20 { try venue.act() }
        let read = reading.history.lastSequence
        try venue.restart(genesis: 2)
        for _ in 0..<5 { try venue.act() }
        try reading.history.begin(life: 2, firstSequence: venue.firstSequence)
        let empty = try VenueArchive()
        reading.feed = EventFeed(venue.engine.reader(), missed: empty.missed()) { $0 * 1000 }
        try reading.settle()
        let isWaiting = !reading.feed.isDrained
        #expect(reading.history.lastSequence == read && isWaiting)
        let waited = reading.feed.archiveWaitNanos(Timestamp(nanos: reading.nanos))
        #expect(waited > 0)
        reading.feed = venue.feed()
        try reading.settle()
        #expect(reading.history.everything == venue.truth.everything)
        let isDrained = reading.feed.isDrained
        #expect(isDrained)
    }

    @Test(arguments: 1...6) func `Killed at any record, it goes on with the next one`(
        _ seed: UInt64
    ) throws {
        // Lives of venue and publisher end independently.
        let venue = try ArchivedVenue(capacity: seed % 2 == 0 ? 64 : 1024, seed: seed)
        var store = TestSegments()
        var life = Engine.genesis
        var random = seed
        func next(_ bound: UInt64) -> UInt64 {
            random = random &* 6_364_136_223_846_793_005 &+ 1
            return (random >> 33) % bound
        }
        for round in 0..<120 {
            var reading = try Reading(venue, store, life: life)
            for _ in 0..<next(12) {
                try venue.act()
                try venue.follow()
            }
            // Killed after so many records, from the archive or from the ring.
            for _ in 0..<next(30) { _ = try reading.step() }
            if round % 30 == 29 {
                life += 1
                try venue.restart(genesis: life)
                try venue.act()
                try venue.follow()
            }
            store = reading.store.snapshot()
        }
        var last = try Reading(venue, store, life: life)
        try last.settle()
        #expect(last.history.everything == venue.truth.everything)
        #expect(last.history.lastSequence == venue.engine.sequence)
    }

    @Test func `Killed behind each single record of a fill`() throws {
        let venue = try ArchivedVenue(seed: 9)
        for _ in 0..<60 {
            try venue.act()
            try venue.follow()
        }
        for kill in stride(from: 1, to: 200, by: 9) {
            var reading = try Reading(venue, TestSegments())
            for _ in 0..<kill { _ = try reading.step() }
            var after = try Reading(venue, reading.store.snapshot())
            try after.settle()
            #expect(after.history.everything == venue.truth.everything, "killed behind \(kill)")
        }
    }

    @Test func `A venue that knows less than was told is not gone on with`() throws {
        let venue = try ArchivedVenue()
        var reading = try Reading(venue, TestSegments())
        for _ in 0..<50 {
            try venue.act()
            _ = try reading.step(100)
        }
        try reading.settle()
        #expect(reading.history.lastSequence == 50)
        // The same life again is no new one, whatever it has.
        try reading.history.begin(life: Engine.genesis, firstSequence: 1)
        let error = #expect(throws: SegmentError.self) {
            try reading.history.begin(life: 2, firstSequence: 50)
        }
        #expect(error?.description.contains("the venue has lost events that were told") == true)
        #expect(throws: SegmentError.self) {
            var again = try makeHistory(reading.store.snapshot())
            try again.begin(life: 3, firstSequence: 17)
        }
        try reading.history.begin(life: 2, firstSequence: 51)
        // The next publisher knows which life was read last.
        var again = try makeHistory(reading.store.snapshot())
        try again.begin(life: 2, firstSequence: 51)
        #expect(again.life == 2)
    }

    @Test func `A memory that forgets begins with the business day`() throws {
        let venue = try ArchivedVenue(capacity: 128)
        for _ in 0..<100 {
            try venue.act()
            try venue.follow()
        }
        #expect(venue.firstSequence == 1)
        venue.engine.sessionEvent(.startOfService, isNewDay: true)
        let day = venue.engine.sequence
        for _ in 0..<100 {
            try venue.act()
            try venue.follow()
        }
        var history = try makeHistory(MemorySegments(segmentBytes: 64 << 10))
        try history.begin(life: Engine.genesis, firstSequence: 1)
        var feed = venue.feed()
        var nanos: UInt64 = 0
        for _ in 0..<500 {
            nanos += 2_000_000
            _ = try feed.poll(into: &history, budget: 7, now: Timestamp(nanos: nanos))
        }
        #expect(history.lastSequence == venue.engine.sequence)
        let words = history.words(history.allLog)
        #expect(words[0] == "hole 1..<\(day)")
        #expect(words.filter { $0.hasPrefix("hole") }.count == 1)
        let truth = venue.truth.words(venue.truth.allLog)
        #expect(Array(words.dropFirst()) == Array(truth.suffix(words.count - 1)))
        #expect(words[1] == "\(day) tradingSessionEvent 1")
        let trades = history.trades(history.allTrades).filter { !$0.contains("lost") }
        #expect(trades == Array(venue.truth.trades(venue.truth.allTrades).suffix(trades.count)))
        #expect(trades.first?.hasPrefix("1 ") == true)
    }
}
