import Archive
import Domain
import Reports
import Rings
import Streams

@testable import DropCopy

/// The event archive of a venue, as far as a test lets it be written.
final class VenueArchive {
    let store = ArchiveMemory(segmentBytes: 64 << 10, segmentCountMax: nil)
    private var writer: ArchiveWriter

    init() throws {
        writer = try ArchiveWriter(
            store, history: Engine.genesis, sessionCount: Owner.shape.sessions)
    }

    var lastSequence: UInt64 { writer.lastSequence }

    /// Writes what a ring has, which must not have been overwritten.
    func follow(_ reader: inout BroadcastRing<Event>.LossyReader) throws {
        while case .record = reader.next() {
            try writer.append(EventRecord(reader.bytes.baseAddress!))
        }
        try writer.flush()
    }

    func missed() -> MissedEvents { MissedEvents(store, history: Engine.genesis) }
}

/// A venue with its archive, in lives: everything there ever was to be told.
final class ArchivedVenue {
    var engine: Engine
    let archive: VenueArchive
    private var follower: BroadcastRing<Event>.LossyReader
    /// Hears everything, from a ring that nothing is lost in.
    private var truthFeed: EventFeed
    private(set) var truth: History
    let capacity: Int
    private(set) var firstSequence: UInt64 = 1
    private var random: UInt64

    init(capacity: Int = 64, seed: UInt64 = 1) throws {
        self.capacity = capacity
        random = seed
        engine = Engine(capacity: capacity)
        archive = try VenueArchive()
        follower = engine.reader()
        truthFeed = engine.feed()
        truth = try makeHistory()
    }

    /// One more command of some kind.
    func act() throws {
        random = random &* 6_364_136_223_846_793_005 &+ 1
        switch random >> 61 {
        case 0: engine.order(.a1)
        case 1: engine.silence()
        case 2: engine.massCancel(.a2)
        case 3: engine.trade(.b1, with: .a1, levels: 1, isStandard: false)
        case 4: engine.trade(.a1, with: .b1, levels: 2, fragments: 2)
        case 5: engine.modifyOnBehalf(.a1, levels: 1, against: .b1)
        case 6: engine.sessionEvent(.endOfDayService)
        default: engine.trade(.a2, with: .b1, levels: 3)
        }
        try truthFeed.drain(into: &truth)
    }

    /// The archive gets as far as the engine is.
    func follow() throws { try archive.follow(&follower) }

    /// Ends and begins again, with a new ring.
    func restart(genesis: UInt64) throws {
        try follow()
        engine = Engine(after: engine, capacity: capacity, genesis: genesis)
        firstSequence = engine.sequence + 1
        follower = engine.reader()
        truthFeed = engine.feed()
    }

    /// What a publisher finds that attaches now.
    func feed() -> EventFeed {
        EventFeed(engine.reader(), missed: archive.missed()) { $0 * 1000 }
    }
}
