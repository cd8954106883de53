import Synchronization

extension BroadcastRing {
    /// A reader that the producer waits for: reads in place, loses nothing.
    ///
    /// Sole writer of its cursor in the header.
    @frozen
    public struct GatingConsumer: ~Copyable, @unchecked Sendable {
        @usableFromInline let base: UnsafeMutableRawPointer
        @usableFromInline let mask: UInt64
        @usableFromInline var start: UInt64
        /// The published position last seen.
        @usableFromInline var end: UInt64
        @usableFromInline let cursor: Cursor
        @usableFromInline var damaged = false
        @usableFromInline let owner: AnyObject?

        init(base: UnsafeMutableRawPointer, capacity: Int, index: Int, owner: AnyObject?) {
            self.base = base
            mask = UInt64(capacity - 1)
            cursor = base.atomicWord(at: BroadcastLayout.consumerOffset(index))
            start = cursor.pointee.load(ordering: .relaxed)
            end = start
            self.owner = owner
        }

        /// The next position to release.
        @inlinable public var position: UInt64 { start }

        @inlinable public var capacity: Int { Int(truncatingIfNeeded: mask) + 1 }

        /// True once the published position made no sense; from then on nothing is available.
        @inlinable public var isDamaged: Bool { damaged }

        /// Highest command sequence whose events may leave. Acquire: pairs with the release store
        /// of whoever opens the gate.
        @inlinable
        public var gate: UInt64 {
            base.atomicWord(at: BroadcastLayout.gateOffset).pointee.load(ordering: .acquiring)
        }
    }
}

extension BroadcastRing.GatingConsumer {
    /// Slots that can be read now; looks at the producer's cursor only when it knew of none.
    @inlinable
    public mutating func available() -> Int {
        if end == start { look() }
        return Int(truncatingIfNeeded: end &- start)
    }

    /// Slots published and not released at this moment; always looks. For gauges, and for consumers
    /// that hold records back and so never find nothing.
    @inlinable
    public mutating func depth() -> Int {
        look()
        return Int(truncatingIfNeeded: end &- start)
    }

    @inlinable
    mutating func look() {
        // Acquire: pairs with the release store in `Producer.publish`.
        let seen = base.atomicWord(at: BroadcastLayout.publishedOffset).pointee.load(
            ordering: .acquiring)
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
        place(of: offset, as: Record.self)
    }

    /// Where a published slot lies that holds another trivial type; valid until it is released.
    @inlinable
    public func place<Value: BitwiseCopyable>(
        of offset: Int, as type: Value.Type
    ) -> UnsafePointer<Value> {
        UnsafePointer(address(of: offset, for: Value.self).assumingMemoryBound(to: Value.self))
    }

    /// A copy of a published slot as another trivial type.
    @inlinable
    public func read<Value: BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        UnsafeRawPointer(address(of: offset, for: Value.self)).load(as: Value.self)
    }

    /// Lets the producer have the next slots back.
    @inlinable
    public mutating func release(_ slots: Int) {
        precondition(
            UInt64(truncatingIfNeeded: slots) <= end &- start, "release only what is available")
        start &+= UInt64(truncatingIfNeeded: slots)
        // Release: pairs with the acquire load in `Producer.hasRoom`.
        cursor.pointee.store(start, ordering: .releasing)
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
        let index = Int(
            truncatingIfNeeded: (start &+ UInt64(truncatingIfNeeded: offset)) & mask)
        return base + BroadcastLayout.slotsOffset + index &* MemoryLayout<Record>.stride
    }
}
