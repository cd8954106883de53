import Platform

/// Goes through the records of one segment, whatever is in the file.
struct SegmentScanner {
    /// What is at the place looked at.
    enum Found: Equatable {
        /// A record that continues the one before.
        case record
        /// Zeros, or the file's end.
        case nothing
        /// Bytes that do not continue the record before.
        case other
    }

    /// Between two records.
    struct Place {
        /// Where the next record begins.
        var offset = 0
        /// Of the record before.
        var checksum: UInt32 = 0
    }

    private var file: (any DiskFile)?
    private(set) var place = Place()
    private let buffer: UnsafeMutableRawBufferPointer
    private let owner: BlockMemory
    /// What of the file is in the buffer.
    private var bufferStart = 0
    private var bufferCount = 0
    /// The length of the record at hand.
    private var length = 0

    /// There is nothing until a file is opened.
    init(bufferBytes: Int = 256 << 10) {
        precondition(bufferBytes >= RecordForm.byteCountMax, "a record fits into the buffer")
        owner = BlockMemory(byteCount: bufferBytes)
        buffer = owner.bytes
    }

    /// Begins with what stands at `offset` and continues a record with this checksum.
    mutating func open(_ file: any DiskFile, offset: Int, checksum: UInt32) {
        self.file = file
        goBack(to: Place(offset: offset, checksum: checksum))
    }

    var offset: Int { place.offset }
    var checksum: UInt32 { place.checksum }

    /// Goes to another place of the file, whose bytes are read again.
    mutating func goBack(to place: Place) {
        self.place = place
        bufferCount = 0
        length = 0
    }

    /// Looks at the next place. What was read earlier is used, unless `isFresh` asks for the file as it
    /// is now.
    mutating func look(isFresh: Bool = false) throws(JournalError) -> Found {
        if isFresh { bufferCount = 0 }
        length = 0
        guard try have(RecordForm.byteCountMin) else {
            return isBlank(from: offset) ? .nothing : .other
        }
        let start = UnsafeRawBufferPointer(rebasing: buffer[(offset - bufferStart)...])
        if start.half(at: 0) == 0 { return .nothing }
        guard RecordForm.isPlausible(start) else { return .other }
        let length = Int(start.half(at: 0))
        guard try have(length) else { return .other }
        self.length = length
        guard RecordForm.checksum(after: checksum, record) == record.half(at: 4) else {
            self.length = 0
            return .other
        }
        return .record
    }

    /// The record that was found; valid until the next look.
    var record: UnsafeRawBufferPointer {
        let start = offset - bufferStart
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
    }

    var sequence: UInt64 { record.word(at: 8) }
    var isMark: Bool { record.half(at: 16) & 0xFFFF == 0 }

    /// Passes the record that was found.
    mutating func pass() {
        precondition(length > 0, "pass only what was found")
        place.checksum = record.half(at: 4)
        place.offset += length
        length = 0
    }

    /// Whether so many bytes from `offset` on are there; reads on for them.
    private mutating func have(_ count: Int) throws(JournalError) -> Bool {
        if offset >= bufferStart, offset + count <= bufferStart + bufferCount { return true }
        bufferStart = offset
        bufferCount = 0
        guard let file else { return false }
        do throws(DiskError) { bufferCount = try file.read(at: offset, into: buffer) } catch {
            throw .disk(error)
        }
        return count <= bufferCount
    }

    /// Whether the few bytes before the file's end are zero.
    private func isBlank(from offset: Int) -> Bool {
        let start = max(0, min(offset - bufferStart, bufferCount))
        return buffer[start..<bufferCount].allSatisfy { $0 == 0 }
    }
}
