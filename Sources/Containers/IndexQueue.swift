/// Queues pool indices, first in, first out, up to a fixed capacity: run lists, deferred work.
///
/// One thread uses a queue.
@frozen
public struct IndexQueue: ~Copyable, @unchecked Sendable {
    @usableFromInline let slots: UnsafeMutablePointer<Int32>
    /// Slots are a power of two, at least the capacity.
    @usableFromInline let mask: Int
    @usableFromInline var head: Int
    @usableFromInline var tail: Int
    public let capacity: Int

    public init(capacity: Int) {
        precondition(capacity > 0, "a queue has room for something")
        var slotCount = 1
        while slotCount < capacity { slotCount *= 2 }
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: noIndex, count: slotCount)
        mask = slotCount - 1
        head = 0
        tail = 0
        self.capacity = capacity
    }

    deinit { slots.deallocate() }
}

extension IndexQueue {
    @inlinable public var count: Int { tail &- head }

    @inlinable public var isEmpty: Bool { tail == head }

    @inlinable public var isFull: Bool { count == capacity }

    /// Appends an index; false when the queue is full.
    @inlinable
    public mutating func push(_ index: Int32) -> Bool {
        guard count < capacity else { return false }
        slots[tail & mask] = index
        tail &+= 1
        return true
    }

    /// Takes the index that waited longest, or `noIndex`.
    @inlinable
    public mutating func pop() -> Int32 {
        guard head != tail else { return noIndex }
        let index = slots[head & mask]
        head &+= 1
        return index
    }

    /// The index that waited longest, left in place, or `noIndex`.
    @inlinable public var first: Int32 { isEmpty ? noIndex : slots[head & mask] }

    /// An index still queued, counted from the one that waited longest.
    @inlinable
    public subscript(offset: Int) -> Int32 {
        precondition(
            UInt(bitPattern: offset) < UInt(bitPattern: count), "the queue is shorter than that")
        return slots[(head &+ offset) & mask]
    }

    public mutating func removeAll() {
        head = 0
        tail = 0
    }
}
