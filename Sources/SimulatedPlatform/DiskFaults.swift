/// What a simulated disk does wrong. Chances are per million calls; all may be changed at any time.
public struct DiskFaults: Sendable, Equatable {
    /// Bytes of all files together that there is room for; beyond, ENOSPC.
    public var capacity = Int.max
    /// Everything that would change something fails with EROFS.
    public var isReadOnly = false

    /// Where writes and syncs fail: paths that begin so.
    public var errorsIn = ""
    /// EIO; any part of the bytes may have been written.
    public var writeErrors = 0
    /// EIO; what was not written stays unwritten, though the next `sync` says that all is well.
    public var syncErrors = 0
    public var readErrors = 0

    /// Lies: the call succeeds, and something else happened. Each is kept in `SimulatedDisk.lies`.
    public var lostWrites = 0
    public var misdirectedWrites = 0
    public var flippedBits = 0
    /// The disk says that bytes are on stable storage when they are not.
    public var lostSyncs = 0

    /// How long a queued write takes, in nanoseconds.
    public var writeNanos: ClosedRange<UInt64> = 0...0
    /// Some take this long instead.
    public var stalls = 0
    public var stallNanos: ClosedRange<UInt64> = 50_000_000...2_000_000_000

    public init() {}

    /// Nothing goes wrong, and every write is done at the next look.
    public static var none: DiskFaults { DiskFaults() }
}

/// Something that a disk did and did not admit.
public struct DiskLie: Equatable, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable { case lostWrite, misdirectedWrite, flippedBit, lostSync }

    public var kind: Kind
    public var path: String
    public var offset: Int

    public var description: String { "\(kind.rawValue) of \(path) at \(offset)" }
}
