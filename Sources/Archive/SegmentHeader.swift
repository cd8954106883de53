import Platform
import Records
import Reports

/// What stands before the records of a segment, beside its table: see README.md.
struct SegmentHeader: Equatable {
    /// "APUSEVT1" read as a little-endian word.
    static let magic: UInt64 = 0x3154_5645_5355_5041
    static let version: UInt32 = 1
    static let fixedBytes = 128
    static let rowBytes = 16
    static let sessionsMax = 1 << 20

    var history: UInt64
    var number: Int
    var sessionCount: Int
    /// Of the transaction that the first record belongs to.
    var firstSequence: UInt64
    var firstExecID: UInt64
    /// The last transaction before that began a business day; 0 when none did.
    var daySequence: UInt64
    /// Checksum of the record before, in the segment before.
    var previousCheck: UInt32
    /// Checksum of this header with its table, from which the first record's goes on.
    var check: UInt32 = 0

    /// Where the records begin.
    var recordsOffset: Int { Self.recordsOffset(sessionCount: sessionCount) }

    static func recordsOffset(sessionCount: Int) -> Int {
        fixedBytes + (sessionCount + 1) * rowBytes
    }
}

extension SegmentHeader {
    /// Writes header and table, the last word last: a segment without its magic was never begun.
    mutating func write(to file: any DiskFile, _ tails: [SessionTail]) throws(ArchiveError) {
        precondition(tails.count == sessionCount + 1, "a row for every session, and one for all")
        let count = recordsOffset
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        let words: [UInt64] = [
            Self.magic, UInt64(Self.version), history, UInt64(number), UInt64(sessionCount),
            firstSequence, firstExecID, daySequence, UInt64(previousCheck),
        ]
        for (index, word) in words.enumerated() {
            bytes.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
        }
        for (index, tail) in tails.enumerated() {
            tail.write(to: bytes.baseAddress! + Self.fixedBytes + index * Self.rowBytes)
        }
        check = CRC32C.of(UnsafeRawBufferPointer(bytes))
        bytes.storeBytes(of: check, toByteOffset: 12, as: UInt32.self)
        let (all, rest) = (UnsafeRawBufferPointer(bytes), 8)
        try disked { () throws(DiskError) in
            try file.write(UnsafeRawBufferPointer(rebasing: all[rest...]), at: rest)
            try file.write(UnsafeRawBufferPointer(rebasing: all[..<rest]), at: 0)
        }
    }

    /// The header of a file, if it is whole and the table's sum is right; `tails` gets the table.
    init?(of file: any DiskFile, _ tails: inout [SessionTail]) throws(ArchiveError) {
        let fixed = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.fixedBytes, alignment: 8)
        defer { fixed.deallocate() }
        guard try Self.fill(fixed, from: file) else { return nil }
        let words = UnsafeRawBufferPointer(fixed)
        func word(_ index: Int) -> UInt64 { words.load(fromByteOffset: index * 8, as: UInt64.self) }
        guard word(0) == Self.magic, UInt32(truncatingIfNeeded: word(1)) == Self.version,
            word(3) > 0, word(3) < 1 << 31, word(4) <= UInt64(Self.sessionsMax),
            let previousCheck = UInt32(exactly: word(8))
        else { return nil }
        history = word(2)
        number = Int(word(3))
        sessionCount = Int(word(4))
        firstSequence = word(5)
        firstExecID = word(6)
        daySequence = word(7)
        self.previousCheck = previousCheck
        check = UInt32(truncatingIfNeeded: word(1) >> 32)
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: recordsOffset, alignment: 8)
        defer { bytes.deallocate() }
        guard file.byteCount >= bytes.count, try Self.fill(bytes, from: file) else { return nil }
        bytes.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
        guard CRC32C.of(UnsafeRawBufferPointer(bytes)) == check else { return nil }
        tails = (0...sessionCount).map {
            SessionTail(bytes.baseAddress! + Self.fixedBytes + $0 * Self.rowBytes)
        }
    }

    private static func fill(
        _ bytes: UnsafeMutableRawBufferPointer, from file: any DiskFile
    ) throws(ArchiveError) -> Bool {
        try disked { () throws(DiskError) in try file.read(at: 0, into: bytes) } == bytes.count
    }
}

/// The last message of a session's data before some place: a row of a segment's table.
struct SessionTail: Equatable {
    /// No message: id and segment are zero.
    var id = ApplMsgID.min
    /// The segment that it lies in.
    var segment = 0

    static var none: SessionTail { SessionTail() }

    var isNone: Bool { segment == 0 }

    init() {}

    init(id: ApplMsgID, segment: Int) {
        self.id = id
        self.segment = segment
    }

    init(_ base: UnsafeRawPointer) {
        id = ApplMsgID(
            execID: base.loadUnaligned(as: UInt64.self),
            index: UInt64(base.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        segment = Int(base.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    }

    func write(to base: UnsafeMutableRawPointer) {
        base.storeBytes(of: id.execID, as: UInt64.self)
        base.storeBytes(of: UInt32(truncatingIfNeeded: id.index), toByteOffset: 8, as: UInt32.self)
        base.storeBytes(of: UInt32(segment), toByteOffset: 12, as: UInt32.self)
    }
}
