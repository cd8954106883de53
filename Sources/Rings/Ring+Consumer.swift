import Synchronization

extension Ring {
    /// The reading end: ask what is there, read it in place, release it.
    ///
    /// Sole writer of the head cursor.
    @frozen
    public struct Consumer: ~Copyable, @unchecked Sendable {
        @usableFromInline let slots: UnsafeMutableRawPointer
        @usableFromInline let mask: UInt64
        @usableFromInline var start: UInt64
        /// The tail last seen: everything before it is published.
        @usableFromInline var end: UInt64
        @usableFromInline let head: Cursor
        @usableFromInline let tail: Cursor
        @usableFromInline var damaged = false
        @usableFromInline let owner: AnyObject?

        init(base: UnsafeMutableRawPointer, capacity: Int, head: UInt64, owner: AnyObject?) {
            slots = base + RingLayout.slotsOffset
            mask = UInt64(capacity - 1)
            start = head
            end = head
            self.head = base.atomicWord(at: RingLayout.headOffset)
            self.tail = base.atomicWord(at: RingLayout.tailOffset)
            self.owner = owner
        }

        /// The next position to release.
        @inlinable public var position: UInt64 { start }

        @inlinable public var capacity: Int { Int(truncatingIfNeeded: mask) + 1 }

        /// True once the producer's cursor held a value no honest producer writes; from then on
        /// nothing is available.
        @inlinable public var isDamaged: Bool { damaged }
    }
}

extension Ring.Consumer {
    /// Slots that can be read now; looks at the producer's cursor only when it knew of none.
    @inlinable
    public mutating func available() -> Int {
        if end == start { look() }
        return Int(truncatingIfNeeded: end &- start)
    }

    /// Slots published and not released at this moment; always looks. For gauges.
    public mutating func depth() -> Int {
        look()
        return Int(truncatingIfNeeded: end &- start)
    }

    @inlinable
    mutating func look() {
        // Acquire: pairs with the release store in `Producer.publish`. What was written before it
        // can be read after it.
        let seen = tail.pointee.load(ordering: .acquiring)
        if seen == end { return }
        if seen &- start <= mask &+ 1, seen &- start >= end &- start {
            end = seen
        } else {
            reportDamage()
        }
    }

    @inlinable @inline(never)
    mutating func reportDamage() {
        damaged = true
        end = start
    }

    /// A published slot as the head of a record, in place; valid until it is released.
    @inlinable
    public subscript(offset: Int) -> Record {
        unsafeAddress {
            UnsafePointer(
                address(of: offset, for: Record.self).assumingMemoryBound(to: Record.self))
        }
    }

    /// A published slot as another trivial type, in place; valid until it is released.
    @inlinable
    public subscript<Value: BitwiseCopyable>(offset: Int, as type: Value.Type) -> Value {
        unsafeAddress {
            UnsafePointer(address(of: offset, for: Value.self).assumingMemoryBound(to: Value.self))
        }
    }

    /// Where a published slot lies; valid until it is released.
    @inlinable
    public func place(of offset: Int) -> UnsafePointer<Record> {
        UnsafePointer(address(of: offset, for: Record.self).assumingMemoryBound(to: Record.self))
    }

    /// A copy of a published slot as another trivial type.
    @inlinable
    public func read<Value: BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        UnsafeRawPointer(address(of: offset, for: Value.self)).load(as: Value.self)
    }

    /// Gives the next slots back to the producer.
    @inlinable
    public mutating func release(_ slots: Int) {
        precondition(
            UInt64(truncatingIfNeeded: slots) <= end &- start, "release only what is available")
        start &+= UInt64(truncatingIfNeeded: slots)
        // Release: pairs with the acquire load in `Producer.hasRoom`.
        head.pointee.store(start, ordering: .releasing)
    }

    /// Copies the next record of one slot and releases it.
    @inlinable
    public mutating func next() -> Record? {
        guard available() > 0 else { return nil }
        let record = read(at: 0, as: Record.self)
        release(1)
        return record
    }

    @inlinable
    func address<Value: BitwiseCopyable>(
        of offset: Int, for type: Value.Type
    ) -> UnsafeMutableRawPointer {
        precondition(
            MemoryLayout<Value>.size <= MemoryLayout<Record>.stride, "the value exceeds a slot")
        precondition(
            UInt64(truncatingIfNeeded: offset) < end &- start, "read only what is available")
        let index = (start &+ UInt64(truncatingIfNeeded: offset)) & mask
        return slots + Int(truncatingIfNeeded: index) &* MemoryLayout<Record>.stride
    }
}
