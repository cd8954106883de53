/// The bytes of one write: whole blocks of a segment, the first of which may hold records that were
/// written before and is written again.
///
/// ```
/// | old records  new records … | new records … 000 |
/// ^ fileOffset  ^ start                    ^ end
/// ```
struct GroupBuffer {
    static let blockBytes = SegmentHeader.blockBytes

    private let memory: UnsafeMutableRawBufferPointer
    private let owner: BlockMemory
    /// Where the first byte lies in the file; on a block's boundary.
    private var fileOffset = 0
    /// Behind the records, from the first byte on.
    private var end = 0

    /// Room for so many bytes of records, a header before them, and the rest of a block.
    init(recordBytes: Int) {
        owner = BlockMemory(
            byteCount: (recordBytes + 2 * Self.blockBytes) & ~(Self.blockBytes - 1))
        memory = owner.bytes
    }

    /// Where the next record goes in the file.
    var fileEnd: Int { fileOffset + end }

    var room: Int { memory.count - end }

    /// Where the next record goes.
    var space: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[end...])
    }

    mutating func append(_ byteCount: Int) { end += byteCount }

    /// Begins a new file with its first block, which the caller fills.
    mutating func restart() -> UnsafeMutableRawBufferPointer {
        fileOffset = 0
        end = Self.blockBytes
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<end])
    }

    /// Goes on in a file at `offset`. Returns where the bytes before it in its block go.
    mutating func resume(at offset: Int) -> UnsafeMutableRawBufferPointer {
        fileOffset = offset & ~(Self.blockBytes - 1)
        end = offset - fileOffset
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<end])
    }

    /// The blocks to write, with zeros behind the last record, and where; `withoutHeader` leaves a new
    /// file's first block out.
    func blocks(
        withoutHeader: Bool
    ) -> (bytes: UnsafeRawBufferPointer, offset: Int) {
        let whole = (end + Self.blockBytes - 1) & ~(Self.blockBytes - 1)
        UnsafeMutableRawBufferPointer(rebasing: memory[end..<whole])
            .initializeMemory(as: UInt8.self, repeating: 0)
        let start = withoutHeader && fileOffset == 0 ? Self.blockBytes : 0
        return (
            UnsafeRawBufferPointer(rebasing: memory[start..<whole]), fileOffset + start
        )
    }

    /// After a write: keeps the last block, if it is not full, as the first of the next write.
    mutating func keepLastBlock() {
        let start = end & ~(Self.blockBytes - 1)
        let rest = UnsafeRawBufferPointer(rebasing: memory[start..<end])
        if !rest.isEmpty { memory.copyMemory(from: rest) }
        fileOffset += start
        end -= start
    }

    /// After a write that failed: forgets what was appended since.
    mutating func cut(to fileEnd: Int) { end = fileEnd - fileOffset }
}
