import Platform

/// Walks the records of one segment from a place whose check is known, and believes nothing that the
/// checks do not prove.
///
/// Where no whole record lies it stays, and looks again at the next call: somebody may be writing.
final class SegmentScanner {
    /// Room for two of the largest records.
    static let windowBytes = 128 << 10
    static let recordBytesMax = RecordHeader.byteCount + EventPacking.byteCountMax

    let number: Int
    let file: any DiskFile
    /// Of the next record.
    private(set) var offset: Int
    /// Check of the record before it.
    private(set) var check: UInt32
    /// The record that `next` found, until its next call.
    private(set) var body = UnsafeRawBufferPointer(start: nil, count: 0)

    private let window: UnsafeMutableRawBufferPointer
    private var windowStart = 0
    private var windowCount = 0

    init(_ number: Int, _ file: any DiskFile, offset: Int, check: UInt32) {
        self.number = number
        self.file = file
        self.offset = offset
        self.check = check
        window = .allocate(byteCount: Self.windowBytes, alignment: 8)
    }

    deinit { window.deallocate() }

    /// The next record, or nil where no whole one lies.
    func next() throws(ArchiveError) -> RecordHeader? {
        if let header = found() { return header }
        try look()
        return found()
    }

    /// Reads the file from the next record on.
    private func look() throws(ArchiveError) {
        windowStart = offset
        let (file, offset, window) = (file, offset, window)
        windowCount = try disked { () throws(DiskError) in try file.read(at: offset, into: window) }
    }

    /// Takes the record at `offset` out of the window, if it is there whole.
    private func found() -> RecordHeader? {
        let start = offset - windowStart
        guard start >= 0, windowCount - start >= RecordHeader.byteCount else { return nil }
        let base = window.baseAddress! + start
        let length = Int(base.load(as: UInt32.self))
        guard length >= RecordHeader.byteCount, length <= Self.recordBytesMax, length % 8 == 0,
            length <= windowCount - start, let header = RecordHeader(base)
        else { return nil }
        let stated = base.load(fromByteOffset: 4, as: UInt32.self)
        guard RecordHeader.check(of: base, length: length, after: check) == stated else {
            return nil
        }
        body = UnsafeRawBufferPointer(
            start: base + RecordHeader.byteCount, count: length - RecordHeader.byteCount)
        check = stated
        offset += length
        return header
    }
}
