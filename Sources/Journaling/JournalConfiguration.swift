/// What a journal promises of a command before anybody hears of it.
public enum DurabilityMode: String, Sendable, CaseIterable {
    /// It outlives the process.
    case async
    /// It outlives the machine's power too.
    case sync
}

/// How a journal is written.
public struct JournalConfiguration: Sendable {
    /// Bytes of a segment, header included; a multiple of 4096.
    public var segmentBytes = 64 << 20
    /// Bytes of records that go into one write at most.
    public var groupBytesMax = 256 << 10
    /// In `async`: what was written is made durable this often, so that a loss of power costs little.
    public var syncIntervalNanos: UInt64 = 100_000_000
    /// After a failure the disk is tried again this much later.
    public var retryNanos: UInt64 = 1_000_000_000
    /// In `sync`: writes over zeros that are there already need no change of the file system's own
    /// records; 4096 durable bytes took 53 µs instead of 78 on ext4, 64 KiB 90 µs instead of 120.
    /// (Bypassing the page cache saved another 5 to 20 µs, and readers would have had to read from the
    /// disk.)
    public var fillsAhead = true

    public init() {}

    /// Bytes that a segment has for records, at the least: what the full ring may become, twice.
    static func segmentBytesMin(ringCapacity: Int) -> Int {
        SegmentHeader.blockBytes + 2 * reserve(ringCapacity: ringCapacity)
    }

    /// What is kept free for commands that have their place in the history already, and for deletions.
    static func reserve(ringCapacity: Int) -> Int {
        ringCapacity * RecordForm.byteCountPerSlotMax + SegmentHeader.blockBytes
    }
}
