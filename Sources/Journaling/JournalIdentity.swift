import Domain

/// Whose history a journal is, and what it takes to repeat it.
public struct JournalIdentity: Equatable, Sendable {
    /// Names the history: made once, with the data directory.
    public var genesis: UInt64
    /// Of the reference data and limits that the commands were applied with.
    public var fingerprint: UInt64
    /// Of the engine's rules that they were applied by.
    public var rulesVersion: UInt32

    public init(genesis: UInt64, fingerprint: UInt64, rulesVersion: UInt32) {
        self.genesis = genesis
        self.fingerprint = fingerprint
        self.rulesVersion = rulesVersion
    }
}

/// Where a journal ends and how it goes on.
public struct JournalEnd: Equatable, Sendable {
    /// Of the last command; 0 when there is none.
    public var lastSequence: UInt64
    /// When the sequencer took it; zero when there is none.
    public var lastTimeIn: Timestamp
    /// Number of the segment to go on in; 0 when there is none yet.
    public var segment: Int
    /// Where in it.
    public var offset: Int
    /// The checksum that the next record continues.
    public var checksum: UInt32
    /// The segment is of other reference data or rules, or a write behind its end has failed: the next
    /// command begins a new one.
    public var needsNewSegment: Bool

    /// The end of a journal that has not begun.
    public init() {
        lastSequence = 0
        lastTimeIn = .zero
        segment = 0
        offset = 0
        checksum = 0
        needsNewSegment = false
    }
}
