import Journaling

/// What a venue keeps on disk, and how sure it is of it before anybody hears.
public struct DurabilitySettings: Sendable, Equatable {
    public enum Mode: String, Sendable, CaseIterable {
        /// Nothing is kept: the market ends with its process.
        case none
        /// What was acknowledged survives the end of the process, however that ends.
        case async
        /// What was acknowledged survives a loss of power too: it is on stable storage first.
        case sync
    }

    /// The folder that everything is kept in; empty where nothing is kept.
    public var dataDirectory = ""
    /// What is promised with a data directory; without one, `none`.
    public var mode = Mode.none
    /// Size of one file of the journal, and of one of the event archive.
    public var segmentMebibytes = 64
    /// In mode `async`: how long what was acknowledged may wait until a loss of power cannot take it.
    public var syncIntervalMillis = 100
    /// Commands between two snapshots.
    public var snapshotEveryCommands = 1_000_000
    /// Snapshots that are kept, the newest of all.
    public var snapshotsKept = 3

    public init() {}

    /// What a venue that is told of a folder and nothing else does.
    public static func standard(_ dataDirectory: String) -> DurabilitySettings {
        var settings = DurabilitySettings()
        settings.dataDirectory = dataDirectory
        settings.mode = .async
        return settings
    }

    /// Bytes of a segment, of the journal or the archive.
    var segmentBytes: Int { segmentMebibytes << 20 }

    /// Slots of the ring between engine and journal: a segment must hold what the full ring becomes.
    /// A power of two, whatever the segment's size.
    var sequencedCapacity: Int {
        let fitting = min(1 << 16, max(1 << 10, segmentMebibytes << 10))
        return 1 << (Int.bitWidth - 1 - fitting.leadingZeroBitCount)
    }

    var journal: JournalConfiguration {
        var journal = JournalConfiguration()
        journal.segmentBytes = segmentBytes
        journal.syncIntervalNanos = UInt64(syncIntervalMillis) * 1_000_000
        return journal
    }

    public var keepsNothing: Bool { mode == .none }

    /// What is wrong with folder and mode together, if anything.
    var contradiction: String? {
        switch (dataDirectory.isEmpty, mode) {
        case (true, .none), (false, .async), (false, .sync): nil
        case (true, _): "\(mode.rawValue) needs a data directory to keep things in"
        case (false, .none): "none keeps nothing, so no data directory goes with it"
        }
    }

    static let dataDirectoryExpectation =
        "the path of a folder, 1 to 200 printable characters, or an empty text"

    static func isDataDirectory(_ text: String) -> Bool {
        text.utf8.count <= 200 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
