import Platform
import Streams

/// A venue's events, as far as they are still in its ring.
public struct VenueEvents: ~Copyable {
    /// Tells one life of the venue from the next.
    public let genesis: UInt64
    /// The history that the events continue, and where this life begins in it.
    public let history: EventHistory
    /// Its members, instruments and products are those of the first life.
    public let hasSameMarket: Bool
    private let feed: EventFeed

    /// A venue that does not say which history its events continue begins one.
    public init(
        genesis: UInt64, history: EventHistory? = nil, hasSameMarket: Bool,
        feed: consuming EventFeed
    ) {
        self.genesis = genesis
        self.history = history ?? EventHistory(history: genesis, firstSequence: 1)
        self.hasSameMarket = hasSameMarket
        self.feed = feed
    }

    consuming func takeFeed() -> EventFeed { feed }
}

/// Where a publisher finds its venue, again and again: venues end and come back.
public protocol VenueSource: AnyObject {
    /// Whether the life of the venue attached to last still runs.
    var isLive: Bool { get }

    /// Attaches to the venue that runs now; nil while none does, or none that can be read.
    func attach() -> VenueEvents?
}

/// Where histories are kept. A venue that keeps a journal has one over all its lives, another begins
/// one with each.
public protocol HistoryLibrary: AnyObject {
    func store(history: UInt64) throws(SegmentError) -> any SegmentStore
}

/// Histories in memory, which end with the publisher.
public final class MemoryLibrary: HistoryLibrary {
    private let segmentBytes: Int
    private let segmentCountMax: Int

    /// `segmentCountMax` times `segmentBytes` is what is remembered of a life.
    public init(segmentBytes: Int = 16 << 20, segmentCountMax: Int = 8) {
        self.segmentBytes = segmentBytes
        self.segmentCountMax = segmentCountMax
    }

    public func store(history: UInt64) throws(SegmentError) -> any SegmentStore {
        MemorySegments(segmentBytes: segmentBytes, segmentCountMax: segmentCountMax)
    }
}
