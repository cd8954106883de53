import Archive
import Domain
import Engine
import Journaling
import Platform
import Reports
import Rings
import Runtime
import Telemetry

/// Repeats what the engine does, some way behind it, out of the journal: writes the event archive and
/// takes the snapshots, so that the engine never has to stop for either.
///
/// ```
/// journal segments ──▶ Replica ──▶ events ──▶ archive ──▶ retransmission, drop copy, exports
///                         └─ now and then ──▶ snapshot
/// ```
///
/// The archive thereby holds what the commands say and nothing else: what a crash cuts off it is made
/// again from them.
struct FollowerAgent: ~Copyable, Agent {
    static var name: String { "follower" }

    private var state: FollowerState?
    private let directory: DataDirectory
    private let partition: PartitionConfiguration
    private let library: SnapshotLibrary
    private var archive: ArchiveWriter
    /// Highest command in the journal's segments; written by the journal.
    private let written: SequenceCounter
    /// Highest command that is there on stable storage; written by the journal.
    private let durable: SequenceCounter
    /// Highest command whose events are in the archive, for all to read.
    private let archived: SequenceCounter
    /// Odd while the archive goes back behind `archived`, for those who read it.
    private let rewinds: SequenceCounter
    private let notices: VenueNotices
    private let settings: Settings
    private let clock: Clock
    private let counterGroup: CounterGroup<FollowerCounters>
    private var counters = FollowerCounters()
    /// For good.
    private var hasFailed = false
    private var hasUnsynced = false
    private var nextFlush = Timestamp.zero
    private var nextSync = Timestamp.zero
    private var archiveRetry = Retry()
    private var snapshotRetry = Retry()
    private var lastNow = Timestamp.zero
    private var lastSnapshot: UInt64
    /// Of the snapshot that is written, and finished when the journal is durable that far.
    private var unfinished: UInt64?
    private var snapshotNanos: UInt64 = 0

    /// How the follower works.
    struct Settings {
        var commandsPerCycle = 256
        var snapshotEveryCommands: UInt64 = 1_000_000
        var flushNanos: UInt64 = 1_000_000
        var syncNanos: UInt64 = 1_000_000_000
    }

    /// When the disk, which refused something, is tried again: after a second, and then ever more rarely.
    private struct Retry {
        private(set) var at = Timestamp.zero
        private var nanos: UInt64 = 0

        static let nanosMin: UInt64 = 1_000_000_000
        static let nanosMax: UInt64 = 64_000_000_000

        mutating func later(than now: Timestamp) {
            nanos = min(Self.nanosMax, max(Self.nanosMin, 2 * nanos))
            at = now.adding(nanos: nanos)
        }

        mutating func succeeded() { self = Retry() }
    }

    /// `lastSnapshot` is the sequence of the newest snapshot there is.
    init(
        directory: DataDirectory, partition: PartitionConfiguration, library: SnapshotLibrary,
        lastSnapshot: UInt64, archive: consuming ArchiveWriter, written: SequenceCounter,
        durable: SequenceCounter, archived: SequenceCounter, rewinds: SequenceCounter,
        notices: VenueNotices, settings: Settings, clock: Clock,
        counters: CounterGroup<FollowerCounters>
    ) {
        self.directory = directory
        self.partition = partition
        self.library = library
        self.lastSnapshot = lastSnapshot
        archived.publish(archive.lastSequence)
        self.archive = archive
        self.written = written
        self.durable = durable
        self.archived = archived
        self.rewinds = rewinds
        self.notices = notices
        self.settings = settings
        self.clock = clock
        counterGroup = counters
    }

    mutating func doWork(now: Timestamp) -> Int {
        lastNow = now
        guard !hasFailed, now >= archiveRetry.at else { return 0 }
        var work = 0
        do {
            if archive.mustRewind { try rewind() }
            work = try follow(through: written.value, budget: settings.commandsPerCycle)
            if work == 0 || now >= nextFlush {
                nextFlush = now.adding(nanos: settings.flushNanos)
                try flush()
            }
            if hasUnsynced, now >= nextSync {
                nextSync = now.adding(nanos: settings.syncNanos)
                try sync()
            }
            if unfinished != nil {
                finishSnapshot()
            } else if let sequence = state?.replica.lastSequence, now >= snapshotRetry.at,
                sequence >= lastSnapshot + settings.snapshotEveryCommands
            {
                try takeSnapshot()
            }
        } catch {
            note(error)
        }
        return work
    }

    var nextDeadline: Timestamp {
        if hasFailed { return .none }
        if archiveRetry.at > lastNow { return archiveRetry.at }
        return hasUnsynced ? nextSync : .none
    }

    mutating func publishCounters() {
        counters.sequence = state?.replica.lastSequence ?? 0
        counters.archived = archive.lastSequence
        let written = written.value
        counters.behind = written - min(written, counters.archived)
        counters.snapshotSequence = lastSnapshot
        counterGroup.publish(counters)
    }

    /// Everything is in the journal by now: archives it, and leaves a snapshot from which the next
    /// start goes on at once.
    mutating func close() {
        guard !hasFailed else { return }
        do {
            if archive.mustRewind { try rewind() }
            while try follow(through: written.value, budget: .max) > 0 {}
            try sync()
            archived.publish(archive.lastSequence)
            finishSnapshot()
            // What the journal could not make durable may be gone at the next start.
            if let unfinished { library.giveUp(unfinished) }
            if let sequence = state?.replica.lastSequence, sequence > lastSnapshot,
                sequence <= durable.value
            {
                try takeSnapshot()
            }
        } catch {
            note(error)
        }
    }

    /// Applies what is in the journal, at most so much of it.
    private mutating func follow(through last: UInt64, budget: Int) throws -> Int {
        if state == nil {
            guard last > archive.lastSequence else { return 0 }
            state = try FollowerState(
                directory, library, partition, through: archive.lastSequence, notices)
        }
        return try state?.follow(through: last, into: &archive, budget: budget) ?? 0
    }

    private mutating func flush() throws {
        guard archive.lastSequence != archived.value else { return }
        try archive.flush()
        archived.publish(archive.lastSequence)
        hasUnsynced = true
    }

    private mutating func sync() throws {
        hasUnsynced = false
        try archive.sync()
        archiveRetry.succeeded()
    }

    /// Goes back to what is surely on the disk, and makes the rest again from the journal.
    private mutating func rewind() throws {
        archived.publish(archive.durableSequence)
        rewinds.publish(rewinds.value | 1)
        try archive.rewind()
        rewinds.publish(rewinds.value + 1)
        state = nil
    }

    /// The archive is never behind a snapshot, so that it can be made again from one. Without a snapshot
    /// the archive goes on.
    private mutating func takeSnapshot() throws {
        try sync()
        let start = clock.now()
        do {
            unfinished = try state?.save(to: library)
        } catch let error as DiskError {
            note(refusal: error)
            return snapshotRetry.later(than: lastNow)
        }
        snapshotNanos = clock.now().nanos(since: start)
        finishSnapshot()
    }

    /// Gives the snapshot that is written its name, once the journal is durable that far.
    private mutating func finishSnapshot() {
        guard let sequence = unfinished, sequence <= durable.value else { return }
        unfinished = nil
        do throws(DiskError) {
            try library.finish(sequence)
        } catch {
            note(refusal: error)
            return snapshotRetry.later(than: lastNow)
        }
        lastSnapshot = sequence
        snapshotRetry.succeeded()
        counters.snapshots += 1
        counters.snapshotNanos = snapshotNanos
    }

    /// What the disk refuses is tried again; what is wrong in the files ends the follower, and not the
    /// market.
    private mutating func note(_ error: any Error) {
        guard let refusal = Self.refusal(of: error) else {
            hasFailed = true
            counters.failed = 1
            return notices.add("the archive and the snapshots have stopped: \(error)")
        }
        note(refusal: refusal)
        archiveRetry.later(than: lastNow)
    }

    private mutating func note(refusal: DiskError) {
        if counters.fullDisk + counters.diskErrors == 0 {
            notices.add("the archive and the snapshots wait for the disk: \(refusal)")
        }
        if refusal.isFull { counters.fullDisk += 1 } else { counters.diskErrors += 1 }
    }

    private static func refusal(of error: any Error) -> DiskError? {
        switch error {
        case let error as DiskError: error
        case let error as ArchiveError: error.refusal
        case JournalError.disk(let error): error
        default: nil
        }
    }
}
