/// Why the bytes of a snapshot do not make a partition; a sentence.
public struct PartitionSnapshotError: Error, Equatable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

/// Gathers little-endian numbers in a block of memory and hands it on when it is full.
struct SnapshotWriter: ~Copyable {
    private let block: UnsafeMutableRawBufferPointer
    private var used = 0
    private let write: (UnsafeRawBufferPointer) throws -> Void

    static var blockLength: Int { 1 << 16 }

    init(_ write: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        block = .allocate(byteCount: Self.blockLength, alignment: 64)
        self.write = write
    }

    deinit { block.deallocate() }

    /// Hands on what is gathered.
    mutating func flush() throws {
        guard used > 0 else { return }
        let gathered = used
        used = 0
        try write(UnsafeRawBufferPointer(rebasing: block[..<gathered]))
    }

    @inline(__always)
    mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) throws {
        if Self.blockLength - used < MemoryLayout<Number>.size { try flush() }
        block.storeBytes(of: number.littleEndian, toByteOffset: used, as: Number.self)
        used &+= MemoryLayout<Number>.size
    }

    /// The bytes of something that is nothing but bytes.
    @inline(__always)
    mutating func put<let count: Int>(_ text: InlineArray<count, UInt8>) throws {
        for index in 0..<count { try put(text[index]) }
    }
}

/// Takes little-endian numbers out of blocks that somebody fills.
struct SnapshotReader: ~Copyable {
    private let block: UnsafeMutableRawBufferPointer
    private var position = 0
    private var end = 0
    private let read: (UnsafeMutableRawBufferPointer) throws -> Int

    init(_ read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
        block = .allocate(byteCount: SnapshotWriter.blockLength, alignment: 64)
        self.read = read
    }

    deinit { block.deallocate() }

    @inline(__always)
    mutating func take<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws -> Number {
        if end &- position < MemoryLayout<Number>.size { try refill(MemoryLayout<Number>.size) }
        let number = block.loadUnaligned(fromByteOffset: position, as: Number.self)
        position &+= MemoryLayout<Number>.size
        return Number(littleEndian: number)
    }

    @inline(__always)
    mutating func take<let count: Int>(
        _ type: InlineArray<count, UInt8>.Type = InlineArray<count, UInt8>.self
    ) throws -> InlineArray<count, UInt8> {
        var text = InlineArray<count, UInt8>(repeating: 0)
        for index in 0..<count { text[index] = try take() }
        return text
    }

    /// A count of things of which there cannot be more than `most`.
    mutating func takeCount(upTo most: Int, _ what: String) throws -> Int {
        let count = try take(UInt32.self)
        guard count <= most else {
            throw PartitionSnapshotError("\(count) \(what), of \(most) that there may be")
        }
        return Int(count)
    }

    /// A truth value, which is 0 or 1.
    mutating func takeFlag() throws -> Bool {
        let byte = try take(UInt8.self)
        guard byte <= 1 else { throw PartitionSnapshotError("\(byte) is neither true nor false") }
        return byte == 1
    }

    @inline(never)
    private mutating func refill(_ needed: Int) throws {
        let kept = end - position
        block.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[position..<end]))
        position = 0
        end = kept
        while end < needed {
            let room = UnsafeMutableRawBufferPointer(rebasing: block[end...])
            let count = try read(room)
            guard count > 0 else { throw PartitionSnapshotError("the snapshot ends too early") }
            precondition(count <= room.count, "no more was read than there is room for")
            end += count
        }
    }

    /// Nothing may follow.
    mutating func finish() throws {
        guard position == end, try read(block) == 0 else {
            throw PartitionSnapshotError("the snapshot goes on behind its end")
        }
    }
}
