/// Which history a venue's events continue, in the caller's header of the event ring.
///
/// ```
///    0  magic, version, history, first sequence, 8 bytes each
/// ```
///
/// A venue that keeps a journal goes on over restarts: readers that know the history up to
/// `firstSequence` need nothing else to go on with the ring.
public struct EventHistory: Equatable, Sendable {
    /// Tells one history from another: the same in all lives of a venue that keeps a journal.
    public var history: UInt64
    /// Sequence of the first command of this life of the venue, from 1.
    public var firstSequence: UInt64

    /// "APUSHIS1" read as a little-endian word.
    static let magic: UInt64 = 0x3153_4948_5355_5041
    static let version: UInt64 = 1
    static let byteCount = 32

    public init(history: UInt64, firstSequence: UInt64) {
        self.history = history
        self.firstSequence = firstSequence
    }

    /// What a ring's header says; nil where it says nothing of it, or makes no sense.
    public init?(_ header: UnsafeRawBufferPointer) {
        guard header.count >= Self.byteCount,
            header.loadUnaligned(as: UInt64.self) == Self.magic,
            header.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == Self.version
        else { return nil }
        history = header.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        firstSequence = header.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        guard firstSequence > 0 else { return nil }
    }

    /// Writes the header space of a ring that nobody can attach to yet.
    public func write(to header: UnsafeMutableRawBufferPointer) {
        precondition(header.count >= Self.byteCount, "the ring's header has room for it")
        for (index, word) in [Self.magic, Self.version, history, firstSequence].enumerated() {
            header.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
        }
    }
}
