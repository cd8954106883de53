import Platform

/// What bytes that do not continue a journal tell of it nevertheless.
///
/// A write that was cut short leaves anything behind the end. Damage looks the same, but for what was
/// written later: its marks say what had been on stable storage by then.
enum Evidence {
    private static let pieceBytes = 1 << 20

    /// The highest sequence that a mark in these bytes calls durable; 0 when there is none.
    ///
    /// A record is one when it continues whatever stands before it, or when the next one continues it.
    static func durable(
        _ disk: any Disk, _ path: String, from offset: Int
    ) throws(JournalError) -> UInt64 {
        let file = try open(disk, path)
        let count = try tornByteCount(file, from: offset)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 8, alignment: 8)
        defer { bytes.deallocate() }
        let found = UnsafeRawBufferPointer(
            rebasing: bytes[..<(try read(file, at: offset, into: bytes))])
        var durable: UInt64 = 0
        var place = 0
        while let record = record(in: found, at: place) {
            guard let record else {
                place += 8
                continue
            }
            let next = place + record.count
            guard let follower = Self.record(in: found, at: next) ?? nil,
                RecordForm.checksum(after: record.half(at: 4), follower) == follower.half(at: 4)
            else {
                place += 8
                continue
            }
            durable = max(durable, claim(of: record), claim(of: follower))
            place = next
        }
        return durable
    }

    /// What a record that is a mark calls durable.
    private static func claim(of record: UnsafeRawBufferPointer) -> UInt64 {
        record.half(at: 16) & 0xFFFF == 0 ? record.word(at: 8) : 0
    }

    /// What begins like a record at this place; nil inside when nothing does, and nil when the bytes
    /// end.
    private static func record(
        in bytes: UnsafeRawBufferPointer, at place: Int
    ) -> UnsafeRawBufferPointer?? {
        guard place + RecordForm.byteCountMin <= bytes.count else { return nil }
        let start = UnsafeRawBufferPointer(rebasing: bytes[place...])
        let length = Int(start.half(at: 0))
        guard RecordForm.isPlausible(start), length <= start.count else { return .some(nil) }
        return UnsafeRawBufferPointer(rebasing: start[..<length])
    }

    /// Bytes from here to the last one that is not zero.
    static func tornByteCount(
        _ disk: any Disk, _ path: String, from offset: Int
    ) throws(JournalError) -> Int {
        try tornByteCount(try open(disk, path), from: offset)
    }

    private static func tornByteCount(
        _ file: any DiskFile, from offset: Int
    ) throws(JournalError) -> Int {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 8)
        defer { piece.deallocate() }
        var (place, end) = (offset, offset)
        while true {
            let count = try read(file, at: place, into: piece)
            if count == 0 { return end - offset }
            if let last = lastNonzero(piece, count) { end = place + last + 1 }
            place += count
        }
    }

    /// Word by word, as most of a segment may be zero.
    private static func lastNonzero(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int) -> Int? {
        var place = count
        while place > 0 {
            if place & 7 == 0, place >= 8,
                bytes.loadUnaligned(fromByteOffset: place - 8, as: UInt64.self) == 0
            {
                place -= 8
            } else if bytes[place - 1] == 0 {
                place -= 1
            } else {
                return place - 1
            }
        }
        return nil
    }

    private static func open(_ disk: any Disk, _ path: String) throws(JournalError) -> any DiskFile
    {
        do throws(DiskError) { return try disk.open(path, writable: false) } catch {
            throw .disk(error)
        }
    }

    private static func read(
        _ file: any DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(JournalError) -> Int {
        do throws(DiskError) { return try file.read(at: offset, into: bytes) } catch {
            throw .disk(error)
        }
    }
}
