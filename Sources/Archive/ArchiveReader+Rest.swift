import Platform

/// Bytes of an archive that are no part of it.
public struct ArchiveRest: Equatable, Sendable {
    /// The segment's file.
    public var path: String
    /// Behind the last sound record.
    public var offset: Int
    /// Up to the last byte that is not zero.
    public var byteCount: Int
    /// It is no longer than the record that begins it says: a process that was killed may leave one cut short.
    public var mayBeCutRecord: Bool
}

extension ArchiveReader {
    /// What lies behind the last sound record and is not zero: left by a write that was cut short, being
    /// written at this moment, or damaged; nil when there is nothing. For a reader that has come to the end.
    public func rest() throws(ArchiveError) -> ArchiveRest? {
        guard var scanner = place else { return nil }
        // Of a transaction that is not whole yet.
        while let (next, _) = try step(scanner) { scanner = next }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 8)
        defer { bytes.deallocate() }
        let file = scanner.file
        var (offset, end) = (scanner.offset, scanner.offset)
        while offset < file.byteCount {
            let count = try disked { () throws(DiskError) in
                try file.read(at: offset, into: bytes)
            }
            guard count > 0 else { break }
            if let last = bytes[..<count].lastIndex(where: { $0 != 0 }) { end = offset + last + 1 }
            offset += count
        }
        guard end > scanner.offset else { return nil }
        let byteCount = end - scanner.offset
        let start = scanner.offset
        let count = try disked { () throws(DiskError) in try file.read(at: start, into: bytes) }
        let length = count >= 4 ? Int(bytes.loadUnaligned(as: UInt32.self)) : 0
        return ArchiveRest(
            path: file.path, offset: start, byteCount: byteCount,
            mayBeCutRecord: byteCount <= min(length, SegmentScanner.recordBytesMax))
    }
}
