import CMemory
import Synchronization

extension Ring {
    /// The writing end: ask for room, write slots ahead of the tail, publish them together.
    ///
    /// Sole writer of the slots and of the tail cursor.
    @frozen
    public struct Producer: ~Copyable, @unchecked Sendable {
        @usableFromInline let slots: UnsafeMutableRawPointer
        @usableFromInline let mask: UInt64
        @usableFromInline var start: UInt64
        /// First position that may not be written yet: the head last seen, plus the capacity.
        @usableFromInline var limit: UInt64
        @usableFromInline let head: Cursor
        @usableFromInline let tail: Cursor
        @usableFromInline var damaged = false
        @usableFromInline let owner: AnyObject?

        init(
            base: UnsafeMutableRawPointer, capacity: Int, head: UInt64, tail: UInt64,
            owner: AnyObject?
        ) {
            slots = base + RingLayout.slotsOffset
            mask = UInt64(capacity - 1)
            start = tail
            limit = head + UInt64(capacity)
            self.head = base.atomicWord(at: RingLayout.headOffset)
            self.tail = base.atomicWord(at: RingLayout.tailOffset)
            self.owner = owner
        }

        /// The next position to publish.
        @inlinable public var position: UInt64 { start }

        @inlinable public var capacity: Int { Int(truncatingIfNeeded: mask) + 1 }

        /// True once the consumer's cursor held a value no honest consumer writes; from then on
        /// there is no room.
        @inlinable public var isDamaged: Bool { damaged }
    }
}

extension Ring.Producer {
    /// Tells whether so many slots can be written now.
    @inlinable
    public mutating func hasRoom(for slots: Int) -> Bool {
        if UInt64(truncatingIfNeeded: slots) <= limit &- start { return true }
        return hasRoomAfterLooking(for: slots)
    }

    @inlinable @inline(never)
    mutating func hasRoomAfterLooking(for slots: Int) -> Bool {
        precondition(slots >= 0 && slots <= capacity, "more slots than the ring will ever hold")
        // Acquire: pairs with the release store in `Consumer.release`. The consumer's reads of the
        // slots are over before we overwrite them.
        let seen = head.pointee.load(ordering: .acquiring)
        guard start &- seen <= mask + 1 else {
            damaged = true
            return false
        }
        limit = seen + mask + 1
        return UInt64(truncatingIfNeeded: slots) <= limit &- start
    }

    /// Writes one slot, `offset` slots after the next position; nobody sees it before `publish`.
    ///
    /// Any trivial type that fits in a slot may be written, the record type or another.
    @inlinable
    public mutating func write<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        address(of: offset, for: Value.self).storeBytes(of: value, as: Value.self)
    }

    /// A slot not yet published, to be filled in place; it holds an old record until then.
    @inlinable
    public subscript(offset: Int) -> Record {
        unsafeAddress {
            UnsafePointer(
                address(of: offset, for: Record.self).assumingMemoryBound(to: Record.self))
        }
        unsafeMutableAddress {
            address(of: offset, for: Record.self).assumingMemoryBound(to: Record.self)
        }
    }

    /// Makes the next slots visible to the consumer, all at once.
    @inlinable
    public mutating func publish(_ slots: Int) {
        precondition(
            UInt64(truncatingIfNeeded: slots) <= limit &- start, "publish only after hasRoom")
        start &+= UInt64(truncatingIfNeeded: slots)
        // Release: pairs with the acquire load in `Consumer.available`.
        tail.pointee.store(start, ordering: .releasing)
    }

    /// Asks the processor for the next slot, which is written to sooner or later: a ring is larger than
    /// the caches, and who has nothing else to do can wait for it beforehand.
    @inlinable @inline(__always)
    public func prefetchNext() {
        let index = Int(truncatingIfNeeded: start & mask)
        let place = slots + index &* MemoryLayout<Record>.stride
        cmemory_prefetch(place)
        cmemory_prefetch(place + 64)
    }

    /// Writes and publishes a record of one slot, unless the ring is full.
    @inlinable
    public mutating func tryPush(_ record: Record) -> Bool {
        guard hasRoom(for: 1) else { return false }
        write(record, at: 0)
        publish(1)
        return true
    }

    @inlinable
    func address<Value: BitwiseCopyable>(
        of offset: Int, for type: Value.Type
    ) -> UnsafeMutableRawPointer {
        precondition(
            MemoryLayout<Value>.size <= MemoryLayout<Record>.stride, "the value exceeds a slot")
        precondition(
            UInt64(truncatingIfNeeded: offset) < limit &- start, "write only after hasRoom")
        let index = (start &+ UInt64(truncatingIfNeeded: offset)) & mask
        return slots + Int(truncatingIfNeeded: index) &* MemoryLayout<Record>.stride
    }
}
