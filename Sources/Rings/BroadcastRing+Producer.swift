import CMemory
import Synchronization

extension BroadcastRing {
    /// The writing end: ask for room, write slots ahead of the published position, publish them.
    ///
    /// Sole writer of the slots, the claim, the published cursor and the marks.
    @frozen
    public struct Producer: ~Copyable, @unchecked Sendable {
        @usableFromInline let base: UnsafeMutableRawPointer
        @usableFromInline let mask: UInt64
        @usableFromInline var start: UInt64
        /// First position that may not be written yet: the slowest gating consumer last seen, plus
        /// the capacity.
        @usableFromInline var limit: UInt64
        /// First position that lossy readers have not been warned about.
        @usableFromInline var claimed: UInt64
        /// First position that may not be written without looking at those two: never before `start`,
        /// never behind either.
        @usableFromInline var writable: UInt64
        @usableFromInline let claimAhead: UInt64
        @usableFromInline let markShift: UInt64
        /// The first position behind the last mark whose passing is worth another.
        @usableFromInline var nextMark: UInt64
        @usableFromInline let gatingConsumers: Int
        @usableFromInline var damaged = false
        @usableFromInline let owner: AnyObject?

        init(
            base: UnsafeMutableRawPointer, capacity: Int, gatingConsumers: Int, owner: AnyObject?
        ) {
            self.base = base
            mask = UInt64(capacity - 1)
            start = 0
            limit = UInt64(capacity)
            claimed = 0
            writable = 0
            claimAhead = BroadcastLayout.claimAhead(capacity: capacity)
            markShift = BroadcastLayout.markShift(capacity: capacity)
            nextMark = 1 << markShift
            self.gatingConsumers = gatingConsumers
            self.owner = owner
        }

        /// The next position to publish.
        @inlinable public var position: UInt64 { start }

        @inlinable public var capacity: Int { Int(truncatingIfNeeded: mask) + 1 }

        /// True once a consumer's cursor held a value no honest consumer writes; from then on there
        /// is no room.
        @inlinable public var isDamaged: Bool { damaged }

        /// The ring's memory, for tools that ask whose memory an address is.
        public var extent: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                start: base, count: BroadcastRing.byteCount(capacity: capacity))
        }

        /// The output gate; see `Ends.gate`.
        public var gate: SequenceCounter {
            SequenceCounter(word: base.atomicWord(at: BroadcastLayout.gateOffset), owner: owner)
        }
    }
}

extension BroadcastRing {
    /// A slot that is being written.
    ///
    /// The stores are atomic word by word, because a lossy reader may be copying the slot's old
    /// record at this moment; on x86-64 they are the same plain moves.
    @frozen
    public struct Slot {
        @usableFromInline let bytes: UnsafeMutableRawPointer

        @inlinable @inline(__always) init(bytes: UnsafeMutableRawPointer) { self.bytes = bytes }

        /// One of the slot's words. The caller sees to it that the slot has as many.
        @inlinable @inline(__always)
        public func store(word: Int, _ value: UInt64) {
            precondition(
                UInt(bitPattern: word) < UInt(MemoryLayout<Record>.stride / 8),
                "the word is in the slot")
            bytes.atomicWord(at: word &* 8).pointee.store(value, ordering: .relaxed)
        }

        /// A value of any trivial type that fits in a slot.
        @inlinable @inline(__always)
        public func store<Value: BitwiseCopyable>(_ value: Value) {
            precondition(
                MemoryLayout<Value>.size <= MemoryLayout<Record>.stride, "the value exceeds a slot")
            withUnsafeBytes(of: value) { source in
                let wordCount = MemoryLayout<Value>.size / 8
                for word in 0..<wordCount {
                    store(
                        word: word,
                        source.loadUnaligned(fromByteOffset: word &* 8, as: UInt64.self))
                }
                if MemoryLayout<Value>.size % 8 != 0 {
                    var last: UInt64 = 0
                    for byte in wordCount &* 8..<MemoryLayout<Value>.size {
                        last |= UInt64(source[byte]) << UInt64((byte & 7) &* 8)
                    }
                    store(word: wordCount, last)
                }
            }
        }
    }
}

extension BroadcastRing.Producer {
    /// Tells whether so many slots can be written without overtaking a gating consumer.
    @inlinable
    public mutating func hasRoom(for slots: Int) -> Bool {
        if UInt64(truncatingIfNeeded: slots) <= limit &- start { return true }
        return hasRoomAfterLooking(for: slots)
    }

    /// Slots published and not yet released by the slowest gating consumer. For gauges.
    public func backlog() -> Int {
        var behindMax: UInt64 = 0
        for index in 0..<gatingConsumers {
            // Relaxed: the number is out of date as soon as it is known.
            let seen = base.atomicWord(at: BroadcastLayout.consumerOffset(index))
                .pointee.load(ordering: .relaxed)
            behindMax = max(behindMax, start &- seen)
        }
        return behindMax <= mask + 1 ? Int(behindMax) : capacity
    }

    @inlinable @inline(never)
    mutating func hasRoomAfterLooking(for slots: Int) -> Bool {
        precondition(slots >= 0 && slots <= capacity, "more slots than the ring will ever hold")
        var behindMax: UInt64 = 0
        for index in 0..<gatingConsumers {
            // Acquire: pairs with the release store in `GatingConsumer.release`. The consumer's
            // reads of the slots are over before we overwrite them.
            let seen = base.atomicWord(at: BroadcastLayout.consumerOffset(index))
                .pointee.load(ordering: .acquiring)
            behindMax = max(behindMax, start &- seen)
        }
        guard behindMax <= mask + 1 else {
            damaged = true
            return false
        }
        limit = start + (mask + 1 - behindMax)
        return UInt64(truncatingIfNeeded: slots) <= limit &- start
    }

    /// Writes one slot, `offset` slots after the next position; nobody sees it before `publish`.
    ///
    /// Any trivial type that fits in a slot may be written.
    @inlinable @inline(__always)
    public mutating func write<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        slot(at: offset).store(value)
    }

    /// The slot `offset` slots after the next position, to be filled word by word: a record put
    /// together in its place needs no copy, and no registers to wait in.
    @inlinable @inline(__always)
    public mutating func slot(at offset: Int) -> BroadcastRing<Record>.Slot {
        let distance = UInt64(truncatingIfNeeded: offset)
        if distance >= writable &- start { prepareToWrite(distance) }
        let position = start &+ distance
        let index = Int(truncatingIfNeeded: position & mask)
        return BroadcastRing<Record>.Slot(
            bytes: base + BroadcastLayout.slotsOffset + index &* MemoryLayout<Record>.stride)
    }

    /// Looks whether gating consumers are done with the slot so far behind the next position, and warns
    /// lossy readers of it.
    @inlinable @inline(never)
    mutating func prepareToWrite(_ distance: UInt64) {
        precondition(distance < limit &- start, "write only after hasRoom")
        if start &+ distance >= claimed { claim(through: start &+ distance) }
        writable = min(claimed, limit)
    }

    /// Warns lossy readers that the slots up to here and some more are being overwritten.
    @inlinable @inline(never)
    mutating func claim(through position: UInt64) {
        claimed = position + claimAhead
        base.atomicWord(at: BroadcastLayout.claimOffset).pointee.store(
            claimed, ordering: .relaxed)
        // Release fence: pairs with the acquire fence in `LossyReader.next`. A reader that copied
        // any word written from here on sees this claim when it looks again.
        atomicMemoryFence(ordering: .releasing)
    }

    /// Makes the next slots visible to all consumers, at once. They are whole records: a reader may
    /// start at any position that was published.
    @inlinable @inline(__always)
    public mutating func publish(_ slots: Int) {
        precondition(
            UInt64(truncatingIfNeeded: slots) <= writable &- start, "publish only what was written")
        let end = start &+ UInt64(truncatingIfNeeded: slots)
        if end >= nextMark { mark(end) }
        start = end
        // Release: pairs with the acquire loads in `GatingConsumer.look` and `LossyReader.next`.
        base.atomicWord(at: BroadcastLayout.publishedOffset).pointee.store(
            end, ordering: .releasing)
    }

    @inlinable @inline(never)
    mutating func mark(_ position: UInt64) {
        let group = position &>> markShift
        nextMark = (group + 1) &<< markShift
        let index = Int(truncatingIfNeeded: group) % BroadcastLayout.markCount
        // Relaxed: readers take a mark only when `published`, loaded before with acquire, covers it.
        base.atomicWord(at: BroadcastLayout.marksOffset + index * 8).pointee.store(
            position, ordering: .relaxed)
    }

    /// Asks the processor for the next slot, which is written to sooner or later: a ring is larger than
    /// the caches, and who has nothing else to do can wait for it beforehand.
    @inlinable @inline(__always)
    public func prefetchNext() {
        let index = Int(truncatingIfNeeded: start & mask)
        let place = base + BroadcastLayout.slotsOffset + index &* MemoryLayout<Record>.stride
        cmemory_prefetch(place)
        cmemory_prefetch(place + 64)
    }

    /// Writes and publishes a record of one slot, unless a gating consumer has no room for it.
    @inlinable
    public mutating func tryPush(_ record: Record) -> Bool {
        guard hasRoom(for: 1) else { return false }
        write(record, at: 0)
        publish(1)
        return true
    }

    /// Lets the events of commands up to this sequence leave; only for rings whose gate the
    /// producer itself keeps.
    @inlinable
    public func openGate(through sequence: UInt64) {
        // Release: pairs with the acquire load of `gate` in the consumers.
        base.atomicWord(at: BroadcastLayout.gateOffset).pointee.store(
            sequence, ordering: .releasing)
    }
}
