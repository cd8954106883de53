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
        var end = JournalEnd()
        var replica = try restore(library, &end) { sentences.append($0) }
        let restored = replica.lastSequence
        let log: CommandLog
        do throws(JournalError) {
            log = try CommandLog(
                disk: disk, capacity: settings.sequencedCapacity, identity: directory.identity,
                end: &end, clock: clock, configuration: settings.journal)
        } catch {
            throw .journal(error)
        }
        do throws(DiskError) {
            try library.removeAll(behind: end.lastSequence)
        } catch {
            throw .disk(error)
        }
        try replay(into: &replica, through: end.lastSequence)
        let store = ArchiveFolder(disk: disk, segmentBytes: settings.segmentBytes)
        let archive = try openArchive(store, through: end.lastSequence)
        if end.lastSequence > 0 {
            sentences.append(
                Self.summary(
                    end.lastSequence, from: restored, nanos: clock.now().nanos(since: started)))
        }
        return Recovered(
            partition: replica.takePartition(), log: log, journalEnd: end, archive: archive,
            archiveStore: store, snapshots: library, lastSnapshot: restored, report: sentences)
    }

    /// The newest state that the journal reaches. A snapshot behind the journal's end is of a history
    /// that was lost with the power, before it was durable: it is passed over, and removed later.
    private func restore(
        _ library: SnapshotLibrary, _ end: inout JournalEnd, _ report: (String) -> Void
    ) throws(RecoveryError) -> Replica {
        do {
            let newest = try library.sequences().last ?? 0
            end = try Journal.recover(
                disk: directory.disk, identity: directory.identity, from: newest + 1)
            let replica = try library.replica(of: partition, through: end.lastSequence) {
                report($0.description)
            }
            if replica.lastSequence != newest {
                // More of the journal is needed than was looked at.
                end = try Journal.recover(
                    disk: directory.disk, identity: directory.identity,
                    from: replica.lastSequence + 1)
            }
            return replica
        } catch let error as JournalError {
            throw .journal(error)
        } catch let error as DiskError {
            throw .disk(error)
        } catch {
            throw .contradiction("\(error)")
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

    private func replay(
        into replica: inout Replica, through last: UInt64
    ) throws(RecoveryError) {
        let first = replica.lastSequence
        var command = Command(kind: .listOrders)
        var details = OrderDetails()
        var lastReport = clock.now()
        do throws(JournalError) {
            var reader = try JournalReader(
                disk: directory.disk, identity: directory.identity, from: first + 1)
            while try reader.next(through: last, &command, &details) {
                replica.apply(command, details)
                replica.drop()
                guard command.sequence & 0xFFFF == 0 else { continue }
                let now = clock.now()
                if now.nanos(since: lastReport) >= 1_000_000_000 {
                    lastReport = now
                    report("recovering: command \(command.sequence) of \(last)")
                }
            }
        } catch {
            throw .journal(error)
        }
        guard replica.lastSequence == last else {
            throw .contradiction(
                "the journal ends at command \(replica.lastSequence) and not at \(last): "
                    + "apus-journal verify says more")
        }
    }

    private static func summary(_ last: UInt64, from first: UInt64, nanos: UInt64) -> String {
        let source = first == 0 ? "the journal's start" : "the snapshot of command \(first)"
        return "recovered \(last) commands from \(source) in \(nanos / 1_000_000) ms"
    }
}
