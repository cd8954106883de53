import Domain
import Records

/// What a snapshot is of.
public struct SnapshotHeader: Equatable, Sendable {
    /// Of the history, and of the reference data and rules with which the state was made.
    public var identity: JournalIdentity
    /// Of the last command in the state; 0 when there was none.
    public var sequence: UInt64
    /// When the sequencer took it.
    public var lastTimeIn: Timestamp
    /// The hash of the state, for whoever makes it again.
    public var stateHash: UInt64

    public init(
        identity: JournalIdentity, sequence: UInt64, lastTimeIn: Timestamp, stateHash: UInt64
    ) {
        self.identity = identity
        self.sequence = sequence
        self.lastTimeIn = lastTimeIn
        self.stateHash = stateHash
    }
}

/// A snapshot that is of no use, and why.
public struct SnapshotFault: Equatable, Sendable, CustomStringConvertible {
    public var path: String
    public var reason: String

    /// A sentence for whoever runs the venue.
    public var description: String { "\(path) is not used: \(reason)" }
}

/// Why a snapshot's bytes are not those that were written; half a sentence.
struct SnapshotDamage: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// How a snapshot lies in its file: a header, then the body in blocks. All numbers are little-endian;
/// this room's README has the tables.
enum SnapshotForm {
    /// "APUSSNAP" read as a little-endian word.
    static let magic: UInt64 = 0x5041_4E53_5355_5041
    static let version: UInt32 = 1
    static let headerBytes = 64
    private static let checksumOffset = 60

    /// A block's length and checksum.
    static let blockHeadBytes = 8
    static let blockBytesMax = 1 << 16

    /// Fills the header; returns its checksum, which the first block continues.
    static func write(
        _ header: SnapshotHeader, to bytes: UnsafeMutableRawBufferPointer
    ) -> UInt32 {
        bytes.store(magic, at: 0)
        bytes.store(version, at: 8)
        bytes.store(header.identity.rulesVersion, at: 12)
        bytes.store(header.identity.genesis, at: 16)
        bytes.store(header.identity.fingerprint, at: 24)
        bytes.store(header.sequence, at: 32)
        bytes.store(header.lastTimeIn.nanos, at: 40)
        bytes.store(header.stateHash, at: 48)
        bytes.store(0 as UInt32, at: 56)
        let checksum = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<checksumOffset]))
        bytes.store(checksum, at: checksumOffset)
        return checksum
    }

    static func readHeader(
        _ bytes: UnsafeRawBufferPointer
    ) throws(SnapshotDamage) -> (header: SnapshotHeader, checksum: UInt32) {
        guard bytes.count >= headerBytes, bytes.word(at: 0) == magic else {
            throw SnapshotDamage("it is not a snapshot")
        }
        let checksum = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<checksumOffset]))
        guard bytes.half(at: checksumOffset) == checksum else {
            throw SnapshotDamage("its header is damaged")
        }
        guard bytes.half(at: 8) == version else {
            throw SnapshotDamage(
                "it has format version \(bytes.half(at: 8)), this program knows version \(version)")
        }
        let identity = JournalIdentity(
            genesis: bytes.word(at: 16), fingerprint: bytes.word(at: 24),
            rulesVersion: bytes.half(at: 12))
        return (
            SnapshotHeader(
                identity: identity, sequence: bytes.word(at: 32),
                lastTimeIn: Timestamp(nanos: bytes.word(at: 40)), stateHash: bytes.word(at: 48)),
            checksum
        )
    }

    /// A block's checksum goes on from the one before, over its length and its bytes: so no block can
    /// be missing, doubled or another file's.
    static func checksum(
        after previous: UInt32, length: UInt32, _ bytes: UnsafeRawBufferPointer
    ) -> UInt32 {
        var checksum = CRC32C(continuing: previous)
        checksum.update(UInt64(length))
        checksum.update(bytes)
        return checksum.value
    }
}
