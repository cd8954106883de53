import Telemetry

/// What the journal has done since it started, and how the disk does.
public struct JournalCounters: CounterRecord, Equatable {
    public internal(set) var records: UInt64 = 0
    public internal(set) var bytes: UInt64 = 0
    public internal(set) var groups: UInt64 = 0
    public internal(set) var groupRecordsMax: UInt64 = 0
    public internal(set) var writtenSequence: UInt64 = 0
    public internal(set) var durableSequence: UInt64 = 0
    public internal(set) var writeNanos: UInt64 = 0
    public internal(set) var writeNanosMax: UInt64 = 0
    public internal(set) var syncs: UInt64 = 0
    public internal(set) var syncNanos: UInt64 = 0
    public internal(set) var syncNanosMax: UInt64 = 0
    public internal(set) var segment: UInt64 = 0
    public internal(set) var segmentFreeBytes: UInt64 = 0
    public internal(set) var segmentIsReady: UInt64 = 0
    public internal(set) var writeErrors: UInt64 = 0
    public internal(set) var prepareErrors: UInt64 = 0
    public internal(set) var abandonedSegments: UInt64 = 0
    public internal(set) var admission: UInt64 = 0
    public internal(set) var admissionLowered: UInt64 = 0
    public internal(set) var backlog: UInt64 = 0
    public internal(set) var backlogMax: UInt64 = 0
    public internal(set) var capacity: UInt64 = 0

    public init() {}

    public static var definitions: [CounterDefinition] {
        [
            .total("journal.records", "Commands written to the journal."),
            .total("journal.bytes", "Bytes of their records."),
            .total("journal.groups", "Writes, each of all that had gathered."),
            .gauge("journal.group_records_max", "The most commands that one write took."),
            .total("journal.written_sequence", "Last command written."),
            .total("journal.durable_sequence", "Last command on stable storage."),
            .gauge("journal.write_nanos", "How long the last write took."),
            .gauge("journal.write_max_nanos", "The longest write since the start."),
            .total("journal.syncs", "Times that what was written was made durable (async)."),
            .gauge("journal.sync_nanos", "How long that took the last time."),
            .gauge("journal.sync_max_nanos", "The longest time it took since the start."),
            .gauge("journal.segment", "Number of the segment being written."),
            .gauge("journal.segment_free_bytes", "Room left in it."),
            .gauge(
                "journal.next_segment_ready", "1: the segment to go on in is there; 0: not yet."),
            .total("journal.write_errors", "Writes and syncs that the disk refused."),
            .total("journal.prepare_errors", "Times that no segment could be made to go on in."),
            .total("journal.abandoned_segments", "Segments left before they were full."),
            .gauge(
                "journal.admission",
                "What is admitted: 2 everything, 1 deletions, 0 nothing."),
            .total("journal.admission_lowered", "Times that less was admitted than before."),
            .gauge("journal.backlog_slots", "Slots of the sequenced ring not yet written."),
            .gauge("journal.backlog_max_slots", "The most there were when looked at."),
            .gauge("journal.capacity_slots", "Slots of the sequenced ring."),
        ]
    }
}
