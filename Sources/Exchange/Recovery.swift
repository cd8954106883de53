import Archive
import Domain
import Engine
import Journaling
import Platform

/// A market brought back from its data directory, and all that is needed to go on with it.
struct Recovered: ~Copyable {
    var partition: Partition
    /// What the engine writes from now on, and the journal reads.
    var log: CommandLog
    /// Where the journal goes on.
    let journalEnd: JournalEnd
    /// Where the event archive goes on: at the same command, or before it.
    var archive: ArchiveWriter
    let archiveStore: any ArchiveStore
    let snapshots: SnapshotLibrary
    let lastSnapshot: UInt64
    /// What a person should know, a sentence each.
    let report: [String]
}

/// Finds out what a data directory holds and applies it: the newest snapshot that can be believed, the
/// journal behind it, and what a killed venue had not yet moved there. Asks nobody anything.
struct Recovery {
    let directory: DataDirectory
    let partition: PartitionConfiguration
    let settings: DurabilitySettings
    /// For reports alone.
    let clock: Clock
    /// Told about once a second in a long recovery.
    let report: (String) -> Void

    func run() throws(RecoveryError) -> Recovered {
        let disk = directory.disk
        let started = clock.now()
        let library = SnapshotLibrary(
            disk: disk, identity: directory.identity, keeping: settings.snapshotsKept)
        do throws(DiskError) { try library.prepare() } catch { throw .disk(error) }
        var sentences: [String] = []
        var state = try restore(library) { sentences.append($0) }
        let log: CommandLog
        do throws(JournalError) {
            log = try CommandLog(
                disk: disk, capacity: settings.sequencedCapacity, identity: directory.identity,
                end: &state.end, clock: clock, configuration: settings.journal)
        } catch {
            throw .journal(error)
        }
        let end = state.end
        do throws(DiskError) {
            try library.removeAll(behind: end.lastSequence)
        } catch {
            throw .disk(error)
        }
        try replay(into: &state, through: end.lastSequence)
        let store = ArchiveFolder(disk: disk, segmentBytes: settings.segmentBytes)
        let archive = try openArchive(store, through: end.lastSequence)
        let snapshot = state.snapshot
        if end.lastSequence > 0 {
            sentences.append(
                Self.summary(
                    end.lastSequence, from: snapshot, nanos: clock.now().nanos(since: started)))
        }
        return Recovered(
            partition: state.replica.takePartition(), log: log, journalEnd: end,
            archive: archive, archiveStore: store, snapshots: library, lastSnapshot: snapshot,
            report: sentences)
    }

    /// A market on its way from a snapshot to the present.
    private struct State: ~Copyable {
        var replica: Replica
        /// The command of the snapshot; 0: it began with nothing.
        let snapshot: UInt64
        /// The journal's, once it was looked at.
        var end = JournalEnd()
        /// For reports: there are so many commands, or more.
        let leastEnd: UInt64
        var lastReport: Timestamp

        init(_ replica: consuming Replica, leastEnd: UInt64, now: Timestamp) {
            snapshot = replica.lastSequence
            self.replica = replica
            self.leastEnd = leastEnd
            lastReport = now
        }
    }

    /// The newest snapshot that the journal reaches, and the journal from there on. A snapshot behind
    /// the journal's end is of a history that was lost with the power, before it was durable: it is
    /// passed over, and removed later.
    private func restore(
        _ library: SnapshotLibrary, _ report: (String) -> Void
    ) throws(RecoveryError) -> State {
        do {
            var last = UInt64.max
            let leastEnd = try Journal.leastEnd(
                disk: directory.disk, identity: directory.identity)
            while true {
                var state = State(
                    try library.replica(of: partition, through: last) { report($0.description) },
                    leastEnd: leastEnd, now: clock.now())
                state.end = try Journal.recover(
                    disk: directory.disk, identity: directory.identity, from: state.snapshot + 1
                ) { command, details in apply(&command, &details, to: &state) }
                if state.snapshot <= state.end.lastSequence { return state }
                last = state.end.lastSequence
            }
        } catch let error as JournalError {
            throw .journal(error)
        } catch let error as DiskError {
            throw .disk(error)
        } catch {
            throw .contradiction("\(error)")
        }
    }

    private func apply(
        _ command: inout Command, _ details: inout OrderDetails, to state: inout State
    ) {
        state.replica.apply(command, details)
        state.replica.drop()
        guard command.sequence & 0xFFFF == 0 else { return }
        let now = clock.now()
        if now.nanos(since: state.lastReport) >= 1_000_000_000 {
            state.lastReport = now
            report(
                "recovering: command \(command.sequence) of at least "
                    + "\(max(command.sequence, state.leastEnd)) is repeated")
        }
    }

    /// What was archived and then lost from the journal, with the power, never happened.
    private func openArchive(
        _ store: ArchiveFolder, through last: UInt64
    ) throws(RecoveryError) -> ArchiveWriter {
        do throws(ArchiveError) {
            var archive = try ArchiveWriter(
                store, history: directory.identity.genesis,
                sessionCount: partition.referenceData.sessions.count)
            try archive.cutBack(to: last)
            return archive
        } catch {
            throw .archive(error)
        }
    }

    /// What a killed venue had not moved to the journal, and is there now.
    private func replay(
        into state: inout State, through last: UInt64
    ) throws(RecoveryError) {
        var command = Command(kind: .listOrders)
        var details = OrderDetails()
        do throws(JournalError) {
            var reader = try JournalReader(
                disk: directory.disk, identity: directory.identity,
                from: state.replica.lastSequence + 1)
            while try reader.next(through: last, &command, &details) {
                apply(&command, &details, to: &state)
            }
        } catch {
            throw .journal(error)
        }
        guard state.replica.lastSequence == last else {
            throw .contradiction(
                "the journal ends at command \(state.replica.lastSequence) and not at \(last): "
                    + "apus-journal verify says more")
        }
    }

    private static func summary(_ last: UInt64, from first: UInt64, nanos: UInt64) -> String {
        let source = first == 0 ? "the journal's start" : "the snapshot of command \(first)"
        return "recovered \(last) commands from \(source) in \(nanos / 1_000_000) ms"
    }
}
