import Archive
import Domain
import DropCopy
import Exchange
import LinuxPlatform
import Platform
import Streams
import Surface

/// The venue of a name on this machine, one life after the other.
final class SurfaceSource: VenueSource {
    private let name: String
    private let market: ReferenceData
    private let archive: (any ArchiveStore)?
    private var venue: SurfaceReader

    /// `venue` is the life that runs, `market` what its configuration says, `archive` the venue's.
    init(_ venue: SurfaceReader, market: ReferenceData, archive: (any ArchiveStore)?) {
        self.archive = archive
        name = venue.name
        self.venue = venue
        self.market = market
    }

    var isLive: Bool { venue.isLive }

    /// A venue that is just starting or ending is none yet, and one whose parts make no sense neither:
    /// both are looked at again.
    func attach() -> VenueEvents? {
        guard let found = try? SurfaceReader.attach(name: name),
            let configuration = try? Configuration(parsing: Array(found.configuration.utf8)),
            let events = try? Self.events(
                of: found, hasSameMarket: configuration.market == market, archive)
        else { return nil }
        venue = found
        return events
    }

    static func events(
        of venue: SurfaceReader, hasSameMarket: Bool, _ archive: (any ArchiveStore)?
    ) throws(SurfaceError) -> VenueEvents {
        let engineOut = venue.engineOut
        let history =
            venue.eventHistory ?? EventHistory(history: venue.genesis, firstSequence: 1)
        let missed = archive.map { MissedEvents($0, history: history.history) }
        return VenueEvents(
            genesis: venue.genesis, history: history, hasSameMarket: hasSameMarket,
            feed: EventFeed(try venue.events(from: .oldest), missed: missed) {
                engineOut.time(of: $0).nanos
            })
    }
}

/// Histories as files: what a publisher was told survives it. Each history has its own files, and none
/// is ever removed.
final class ArchiveLibrary: HistoryLibrary {
    private let folder: LockedFolder
    private let name: String
    private let segmentBytes: Int

    init(folder: consuming LockedFolder, name: String, segmentBytes: Int) {
        self.folder = folder
        self.name = name
        self.segmentBytes = segmentBytes
    }

    func store(history genesis: UInt64) throws(SegmentError) -> any SegmentStore {
        let digits = String(genesis, radix: 16)
        let zeros = String(repeating: "0", count: 16 - digits.utf8.count)
        return try MappedSegments(
            folder: folder.path, stem: "\(name)-\(zeros)\(digits)", segmentBytes: segmentBytes)
    }
}
