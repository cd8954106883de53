import Domain
import Records

/// The first block of a segment.
struct SegmentHeader: Equatable {
    /// Everything is written in blocks of this size, and the header is one.
    static let blockBytes = 4096
    /// "APUSJRNL" read as a little-endian word.
    static let magic: UInt64 = 0x4C4E_524A_5355_5041
    static let version: UInt32 = 1
    private static let checksumOffset = 60

    var identity: JournalIdentity
    var number: UInt64
    /// Of the first command in it.
    var firstSequence: UInt64
    /// When the command before that was taken; 0 when there is none.
    var previousTimeIn: UInt64
    /// The checksum of the record before, in an earlier segment; 0 in the first.
    var previousChecksum: UInt32
    /// Of this block; the first record continues it.
    private(set) var checksum: UInt32 = 0

    init(
        identity: JournalIdentity, number: Int, firstSequence: UInt64, previousTimeIn: Timestamp,
        previousChecksum: UInt32
    ) {
        self.identity = identity
        self.number = UInt64(number)
        self.firstSequence = firstSequence
        self.previousTimeIn = previousTimeIn.nanos
        self.previousChecksum = previousChecksum
    }

    /// Fills a block and notes its checksum.
    mutating func write(to block: UnsafeMutableRawBufferPointer) {
        precondition(block.count == Self.blockBytes, "a header fills a block")
        block.initializeMemory(as: UInt8.self, repeating: 0)
        block.store(Self.magic, at: 0)
        block.store(Self.version, at: 8)
        block.store(identity.rulesVersion, at: 12)
        block.store(identity.genesis, at: 16)
        block.store(identity.fingerprint, at: 24)
        block.store(number, at: 32)
        block.store(firstSequence, at: 40)
        block.store(previousTimeIn, at: 48)
        block.store(previousChecksum, at: 56)
        checksum = Self.checksum(of: UnsafeRawBufferPointer(block))
        block.store(checksum, at: Self.checksumOffset)
    }

    /// What the first bytes of a segment can be.
    enum Reading {
        case header(SegmentHeader)
        /// All zero: the segment was made and not begun.
        case blank
        case unknownVersion(UInt32)
        case damaged
    }

    /// Judges the first bytes of a segment, which may be any.
    static func read(_ block: UnsafeRawBufferPointer) -> Reading {
        guard block.count == blockBytes, block.word(at: 0) == magic else {
            return block.allSatisfy { $0 == 0 } ? .blank : .damaged
        }
        guard block.half(at: checksumOffset) == checksum(of: block) else { return .damaged }
        let version = block.half(at: 8)
        guard version == Self.version else { return .unknownVersion(version) }
        var header = SegmentHeader(
            identity: JournalIdentity(
                genesis: block.word(at: 16), fingerprint: block.word(at: 24),
                rulesVersion: block.half(at: 12)),
            number: 0, firstSequence: block.word(at: 40),
            previousTimeIn: Timestamp(nanos: block.word(at: 48)),
            previousChecksum: block.half(at: 56))
        header.number = block.word(at: 32)
        header.checksum = block.half(at: checksumOffset)
        return header.firstSequence > 0 ? .header(header) : .damaged
    }

    /// Over the whole block but the checksum itself.
    private static func checksum(of block: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: block[..<checksumOffset]))
        checksum.update(UnsafeRawBufferPointer(rebasing: block[(checksumOffset + 4)...]))
        return checksum.value
    }
}

extension UnsafeRawBufferPointer {
    /// Eight bytes, little-endian, at any alignment.
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Four bytes, little-endian, at any alignment.
    func half(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
}
