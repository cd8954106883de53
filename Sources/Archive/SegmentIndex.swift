import Platform

/// What lies where in one segment, made while it is walked for the first time: an entry per 64 KiB.
final class SegmentIndex {
    struct Block {
        var offset: Int
        /// Check of the record before the block.
        var check: UInt32
        /// Of the block's first record.
        var sequence: UInt64
        var execID: UInt64
        /// Bit n: data of a session whose position is n modulo 64 may be in the block.
        var sessions: UInt64 = 0
    }

    static let blockBytes = 64 << 10

    let header: SegmentHeader
    let tails: [SessionTail]
    private(set) var blocks: [Block] = []
    private(set) var lastSequence: UInt64 = 0
    /// Where it is walked on.
    private let scanner: SegmentScanner

    init(_ header: SegmentHeader, _ tails: [SessionTail], _ file: any DiskFile) {
        self.header = header
        self.tails = tails
        scanner = SegmentScanner(
            header.number, file, offset: header.recordsOffset, check: header.check)
    }

    var file: any DiskFile { scanner.file }

    /// Behind the last record walked over, and its check.
    var end: Int { scanner.offset }
    var check: UInt32 { scanner.check }

    /// Walks on, `budget` bytes at most. True when there is nothing more at the moment.
    func extend(_ budget: inout Int) throws(ArchiveError) -> Bool {
        while budget > 0 {
            let (offset, check) = (scanner.offset, scanner.check)
            guard let record = try scanner.next() else { return true }
            budget -= scanner.offset - offset
            if offset - (blocks.last?.offset ?? -Self.blockBytes) >= Self.blockBytes {
                blocks.append(
                    Block(
                        offset: offset, check: check, sequence: record.sequence,
                        execID: record.execID))
            }
            blocks[blocks.count - 1].sessions |= Self.bits(record.session)
            lastSequence = record.sequence
        }
        return false
    }

    /// Which bits stand for a record's session.
    private static func bits(_ session: UInt32) -> UInt64 {
        switch session {
        case RecordHeader.nobody: 0
        case RecordHeader.everybody: .max
        default: 1 << UInt64(session % 64)
        }
    }

    func mayHold(_ session: UInt32, _ block: Int) -> Bool {
        blocks[block].sessions & Self.bits(session) != 0
    }
}
