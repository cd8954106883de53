/// Blocks of bytes of one size in memory reserved at start, named by 32-bit indices: packets that
/// wait, and the like. Pages are not touched before a block on them is used.
///
/// One thread uses the blocks.
@frozen
public struct FixedBlocks: ~Copyable, @unchecked Sendable {
    @usableFromInline let memory: UnsafeMutableRawPointer
    /// Free indices; the next to be handed out is at `freeCount - 1`.
    @usableFromInline let freeStack: UnsafeMutablePointer<Int32>
    @usableFromInline var freeCount: Int
    public let capacity: Int
    /// Bytes of a block; a multiple of 8.
    public let blockLength: Int

    public init(capacity: Int, blockLength: Int) {
        precondition(
            capacity > 0 && capacity <= Int(Int32.max), "indices of blocks are 32 bits wide")
        precondition(blockLength > 0 && blockLength % 8 == 0, "blocks are multiples of 8 bytes")
        memory = .allocate(byteCount: capacity * blockLength, alignment: 64)
        freeStack = .allocate(capacity: capacity)
        for index in 0..<capacity { freeStack[capacity - 1 - index] = Int32(index) }
        freeCount = capacity
        self.capacity = capacity
        self.blockLength = blockLength
    }

    deinit {
        memory.deallocate()
        freeStack.deallocate()
    }
}

extension FixedBlocks {
    /// Blocks in use.
    @inlinable public var count: Int { capacity &- freeCount }

    /// The index of a block now in use, or `noIndex` when all are.
    @inlinable
    public mutating func allocate() -> Int32 {
        guard freeCount > 0 else { return noIndex }
        freeCount &-= 1
        return freeStack[freeCount]
    }

    /// Gives a block back.
    @inlinable
    public mutating func free(_ index: Int32) {
        _ = address(of: index)
        precondition(freeCount < capacity, "more blocks were freed than allocated")
        freeStack[freeCount] = index
        freeCount &+= 1
    }

    /// Where a block lies, until it is freed.
    @inlinable
    public func address(of index: Int32) -> UnsafeMutableRawPointer {
        precondition(
            UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: capacity),
            "there is no such block")
        return memory + Int(index) * blockLength
    }
}
