import CMemory

/// The index that names no record.
public let noIndex: Int32 = -1

/// Holds records of one kind in memory reserved at start, named by 32-bit indices.
///
/// Freed records are handed out again last in, first out, from a stack beside the records, so that
/// the same sequence of calls yields the same indices in every run. One thread uses a pool.
@frozen
public struct FixedPool<Record: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let records: UnsafeMutablePointer<Record>
    /// Free indices; the next to be handed out is at `freeCount - 1`.
    @usableFromInline let freeStack: UnsafeMutablePointer<Int32>
    @usableFromInline var freeCount: Int
    public let capacity: Int
    @usableFromInline let inMemory = InMemory()

    /// Reserves room for `capacity` records.
    ///
    /// `touchingPages` writes to every page now, so that no page fault waits on the order path. The
    /// contents of a record are undefined until they are first set.
    public init(capacity: Int, touchingPages: Bool = true) {
        precondition(
            capacity > 0 && capacity <= Int(Int32.max), "a pool's indices are 32 bits wide")
        precondition(MemoryLayout<Record>.alignment <= 64, "records begin anywhere in a cache line")
        let byteCount = capacity * MemoryLayout<Record>.stride
        let memory: UnsafeMutableRawPointer
        if touchingPages {
            memory = ReservedMemory.allocate(byteCount: byteCount)
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        } else {
            memory = .allocate(byteCount: byteCount, alignment: 64)
        }
        records = memory.bindMemory(to: Record.self, capacity: capacity)
        freeStack = .allocate(capacity: capacity)
        freeCount = capacity
        self.capacity = capacity
        // The lowest index leaves first.
        for index in 0..<capacity { freeStack[capacity - 1 - index] = Int32(index) }
    }

    deinit {
        UnsafeMutableRawPointer(records).deallocate()
        freeStack.deallocate()
    }
}

extension FixedPool {
    /// Records in use.
    @inlinable public var count: Int { capacity &- freeCount }

    @inlinable public var isEmpty: Bool { freeCount == capacity }

    @inlinable public var isFull: Bool { freeCount == 0 }

    /// The index of a record now in use, or `noIndex` when all are. Its contents are those it had
    /// when it was freed.
    @inlinable
    public mutating func allocate() -> Int32 {
        guard freeCount > 0 else { return noIndex }
        freeCount &-= 1
        return freeStack[freeCount]
    }

    /// Gives a record back. Freeing one twice is found by `checkInvariants`, or here once more
    /// records are free than exist.
    @inlinable
    public mutating func free(_ index: Int32) {
        precondition(contains(index), "the index is outside the pool")
        precondition(freeCount < capacity, "more records were freed than allocated")
        freeStack[freeCount] = index
        freeCount &+= 1
    }

    /// Where a record lies.
    @inlinable
    public func address(of index: Int32) -> UnsafeMutablePointer<Record> {
        precondition(contains(index), "the index is outside the pool")
        return records + Int(index)
    }

    /// A record in place. Setting does not need the pool mutable, so that two records can be changed
    /// at once; the pool's one thread is what keeps it safe.
    @inlinable
    public subscript(index: Int32) -> Record {
        unsafeAddress {
            precondition(contains(index), "the index is outside the pool")
            return UnsafePointer(records + Int(index))
        }
        nonmutating unsafeMutableAddress {
            precondition(contains(index), "the index is outside the pool")
            return records + Int(index)
        }
    }

    /// Has a record at hand: its first two cache lines.
    @inlinable @inline(__always)
    public func prefetch(_ index: Int32) {
        guard contains(index) else { return }
        let record = UnsafeRawPointer(records + Int(index))
        cmemory_prefetch(record)
        if MemoryLayout<Record>.stride > 64 { cmemory_prefetch(record + 64) }
    }

    /// Whether there is such a record, in use or not.
    @inlinable
    public func contains(_ index: Int32) -> Bool {
        UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: capacity)
    }

    /// Frees everything, as if the pool were new.
    public mutating func removeAll() {
        freeCount = capacity
        for index in 0..<capacity { freeStack[capacity - 1 - index] = Int32(index) }
    }

    /// Visits the free indices, the next to be handed out last: part of what decides the future.
    public func forEachFree(_ body: (Int32) -> Void) {
        for position in 0..<freeCount { body(freeStack[position]) }
    }

    /// Audits the free stack in O(capacity): every free index in range and there once.
    public func checkInvariants() {
        precondition(freeCount >= 0 && freeCount <= capacity, "the free count is out of range")
        var seen = [Bool](repeating: false, count: capacity)
        for position in 0..<freeCount {
            let index = freeStack[position]
            precondition(contains(index), "a free index is outside the pool")
            precondition(!seen[Int(index)], "a record was freed twice")
            seen[Int(index)] = true
        }
    }

    /// Tells in O(capacity) whether a record is in use; for audits.
    public func isLive(_ index: Int32) -> Bool {
        guard contains(index) else { return false }
        return !UnsafeBufferPointer(start: freeStack, count: freeCount).contains(index)
    }
}
