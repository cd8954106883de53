import Platform

/// Writes a body's bytes into a file, block by block.
final class SnapshotBodyWriter {
    private let file: any DiskFile
    private let block: UnsafeMutableRawBufferPointer
    /// Bytes of the block gathered so far, behind its head.
    private var used = 0
    private var offset: Int
    private var checksum: UInt32

    /// Writes the header at once.
    init(_ file: any DiskFile, _ header: SnapshotHeader) throws(DiskError) {
        self.file = file
        block = .allocate(
            byteCount: SnapshotForm.blockHeadBytes + SnapshotForm.blockBytesMax, alignment: 64)
        let bytes = UnsafeMutableRawBufferPointer(rebasing: block[..<SnapshotForm.headerBytes])
        checksum = SnapshotForm.write(header, to: bytes)
        offset = bytes.count
        try file.write(UnsafeRawBufferPointer(bytes), at: 0)
    }

    deinit { block.deallocate() }

    func write(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, SnapshotForm.blockBytesMax - used)
            UnsafeMutableRawBufferPointer(
                rebasing: block[(SnapshotForm.blockHeadBytes + used)...]
            ).copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            used += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if used == SnapshotForm.blockBytesMax { try writeBlock() }
        }
    }

    /// Writes what is left and the block without bytes that ends the body.
    func finish() throws(DiskError) {
        if used > 0 { try writeBlock() }
        try writeBlock()
    }

    private func writeBlock() throws(DiskError) {
        let end = SnapshotForm.blockHeadBytes + used
        let bytes = UnsafeRawBufferPointer(rebasing: block[SnapshotForm.blockHeadBytes..<end])
        let length = UInt32(used)
        checksum = SnapshotForm.checksum(after: checksum, length: length, bytes)
        block.store(length, at: 0)
        block.store(checksum, at: 4)
        try file.write(UnsafeRawBufferPointer(rebasing: block[..<end]), at: offset)
        offset += end
        used = 0
    }
}

/// Reads a body's bytes out of a file; what does not agree with its checksum never leaves.
final class SnapshotBodyReader {
    let header: SnapshotHeader
    private let file: any DiskFile
    private let block: UnsafeMutableRawBufferPointer
    /// Bytes of the block that nobody has had yet.
    private var position = 0
    private var end = 0
    private var offset = SnapshotForm.headerBytes
    private var checksum: UInt32
    private var isAtEnd = false

    init(_ file: any DiskFile) throws {
        self.file = file
        block = .allocate(byteCount: SnapshotForm.blockBytesMax, alignment: 64)
        let bytes = UnsafeMutableRawBufferPointer(rebasing: block[..<SnapshotForm.headerBytes])
        let length: Int
        do {
            length = try file.read(at: 0, into: bytes)
            (header, checksum) = try SnapshotForm.readHeader(
                UnsafeRawBufferPointer(rebasing: bytes[..<length]))
        } catch {
            block.deallocate()
            throw error
        }
    }

    deinit { block.deallocate() }

    /// Fills some of the memory; returns how many bytes, 0 at the end.
    func read(into memory: UnsafeMutableRawBufferPointer) throws -> Int {
        if position == end { try readBlock() }
        let count = min(memory.count, end - position)
        memory.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: block[position..<position + count]))
        position += count
        return count
    }

    /// Reads on to the end of the file.
    func finish() throws {
        while !isAtEnd { try readBlock() }
    }

    private func readBlock() throws {
        guard !isAtEnd else { return }
        let head = UnsafeMutableRawBufferPointer(
            rebasing: block[..<SnapshotForm.blockHeadBytes])
        guard try file.read(at: offset, into: head) == head.count else {
            throw SnapshotDamage("it ends at offset \(offset), in its middle")
        }
        let length = UnsafeRawBufferPointer(head).half(at: 0)
        let expected = UnsafeRawBufferPointer(head).half(at: 4)
        let bytes = UnsafeMutableRawBufferPointer(
            rebasing: block[..<min(Int(length), SnapshotForm.blockBytesMax)])
        guard length <= SnapshotForm.blockBytesMax,
            try file.read(at: offset + head.count, into: bytes) == bytes.count
        else { throw SnapshotDamage("the block at offset \(offset) is damaged or cut") }
        checksum = SnapshotForm.checksum(
            after: checksum, length: length, UnsafeRawBufferPointer(bytes))
        guard checksum == expected else {
            throw SnapshotDamage("the block at offset \(offset) is damaged")
        }
        offset += head.count + bytes.count
        position = 0
        end = bytes.count
        isAtEnd = bytes.isEmpty
        guard !isAtEnd || file.byteCount == offset else {
            throw SnapshotDamage("it goes on behind its end at offset \(offset)")
        }
    }
}
