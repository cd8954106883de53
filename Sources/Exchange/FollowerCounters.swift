import Telemetry

/// How far the archive and the snapshots are behind the market.
struct FollowerCounters: CounterRecord, Equatable {
    var sequence: UInt64 = 0
    var archived: UInt64 = 0
    var behind: UInt64 = 0
    var snapshots: UInt64 = 0
    var snapshotSequence: UInt64 = 0
    var snapshotNanos: UInt64 = 0
    var fullDisk: UInt64 = 0
    var diskErrors: UInt64 = 0
    var failed: UInt64 = 0

    static var definitions: [CounterDefinition] {
        [
            .total("follower.sequence", "Sequence of the last command repeated from the journal."),
            .total("archive.sequence", "Sequence of the last command whose events are archived."),
            .gauge("archive.behind", "Commands in the journal whose events are not archived yet."),
            .total("snapshot.written", "Snapshots written since the start."),
            .gauge("snapshot.sequence", "Sequence of the last command in the newest snapshot."),
            .gauge("snapshot.nanos", "How long the newest snapshot took to write."),
            .total("archive.full_disk", "Times that the archive or a snapshot found no room."),
            .total(
                "archive.disk_errors",
                "Times that the disk refused the archive or a snapshot otherwise; tried again later."
            ),
            .gauge("archive.failed", "1 when archive and snapshots have stopped for good."),
        ]
    }
}
