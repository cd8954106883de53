import Archive
import Domain
import Platform
import Reports

/// Where a publisher finds what it missed: the event archive of its venue, which may not be that far
/// yet. One thread uses it.
public final class MissedEvents {
    private let store: any ArchiveStore
    private let history: UInt64
    private var box: Box?
    /// The reader has handed out everything up to this transaction.
    private var position: UInt64 = 0
    private var retryAt = Timestamp.zero
    /// Since when the archive has had nothing to give; `none` while it has.
    private var waitsSince = Timestamp.none
    private var renewAt = Timestamp.none
    /// Failures in a row.
    private var failures = 0

    private final class Box {
        var reader: ArchiveReader
        init(_ reader: consuming ArchiveReader) { self.reader = reader }
    }

    /// How often the archive is looked at that has nothing yet.
    private static let retryNanos: UInt64 = 1_000_000
    /// A reader that gets nothing for so long is made anew: the venue may have cut its archive back.
    private static let renewNanos: UInt64 = 500_000_000
    private static let failuresMax = 5
    private static let failureNanos: UInt64 = 200_000_000

    /// `history` is that of the venue's events.
    public init(_ store: any ArchiveStore, history: UInt64) {
        self.store = store
        self.history = history
    }

    /// The last transaction that began a business day, 1 when none did: what is of today begins there.
    func dayStart() throws(SegmentError) -> UInt64 {
        do throws(ArchiveError) {
            return max(1, try ArchiveReader.lastDayStart(store, history: history))
        } catch {
            throw SegmentError(error.description)
        }
    }

    /// Forgets the place.
    func reset() { box = nil }

    /// How long the archive has had nothing to give.
    func waitNanos(_ now: Timestamp) -> UInt64 {
        waitsSince.isNone ? 0 : now.nanos(since: waitsSince)
    }

    /// The next record behind a transaction, which goes on with the one handed out last; nil when
    /// there is none at the moment. Valid until the next call. Inside a transaction the archive has all of
    /// it; only between two (`isBetween`) a reader may be made anew.
    func next(
        after sequence: UInt64, isBetween: Bool, now: Timestamp
    ) throws(SegmentError) -> ArchivedRecord? {
        guard now >= retryAt else { return nil }
        do throws(ArchiveError) {
            if isBetween, box == nil || position != sequence || now >= renewAt {
                box = Box(try ArchiveReader(store, history: history, after: sequence))
                position = sequence
                renewAt = .none
            }
            guard let record = try box?.reader.next() else {
                if waitsSince.isNone { waitsSince = now }
                if renewAt.isNone { renewAt = now.adding(nanos: Self.renewNanos) }
                retryAt = now.adding(nanos: Self.retryNanos)
                return nil
            }
            waitsSince = .none
            renewAt = .none
            failures = 0
            if record.endsTransaction { position = record.sequence }
            return record
        } catch {
            failures += 1
            guard isBetween, failures < Self.failuresMax else {
                throw SegmentError("what was missed cannot be read: \(error)")
            }
            box = nil
            retryAt = now.adding(nanos: Self.failureNanos)
            return nil
        }
    }
}
