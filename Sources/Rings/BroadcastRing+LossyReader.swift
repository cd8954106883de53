import Synchronization

/// What a lossy reader found.
@frozen
public enum LossyReadResult: Equatable, Sendable {
    /// A whole record of so many slots was copied; read it through the reader's subscripts.
    case record(slots: Int)
    case empty
    /// The producer overwrote what was to be read: the slots from `lostFrom` up to `resumeAt` are
    /// gone, and the next call continues there.
    case overrun(lostFrom: UInt64, resumeAt: UInt64)
    /// The header or a record makes no sense, at this position. Only a broken producer does that;
    /// the reader stays here.
    case damaged(at: UInt64)
}

extension BroadcastRing where Record: SlottedRecord {
    /// A reader that the producer does not know of, possibly in another process with a read-only
    /// mapping; writes nothing but its own copy.
    ///
    /// Reading is a seqlock over the whole ring: copy with relaxed loads, then look whether the
    /// producer had claimed what was copied. Bytes that may be torn are never interpreted.
    ///
    /// To hold a record back while the gate is closed, simply do not call `next`: the copy stays.
    @frozen
    public struct LossyReader: ~Copyable, @unchecked Sendable {
        @usableFromInline let base: UnsafeRawPointer
        @usableFromInline let mask: UInt64
        @usableFromInline var start: UInt64
        /// The published position last seen.
        @usableFromInline var end: UInt64
        /// The copy: room for the largest record.
        @usableFromInline let copy: UnsafeMutableRawPointer
        @usableFromInline var copiedSlots = 0
        @usableFromInline let owner: AnyObject?

        /// Where a reader begins.
        public enum Start: Sendable {
            /// The oldest record that is not about to be overwritten.
            case oldest
            /// The next record to be published.
            case newest
            /// A position at which a record starts, known from an earlier reader.
            case position(UInt64)
        }

        /// Opens a ring for reading.
        public init(
            in region: UnsafeRawBufferPointer, from start: Start = .oldest,
            owner: AnyObject? = nil
        ) throws(RingError) {
            let capacity = try RingIdentity.check(
                region, magic: BroadcastLayout.magic, slotBytes: MemoryLayout<Record>.stride,
                slotsOffset: BroadcastLayout.slotsOffset)
            let base = region.baseAddress!
            let published = base.atomicWord(at: BroadcastLayout.publishedOffset)
                .pointee.load(ordering: .acquiring)
            let claim = base.atomicWord(at: BroadcastLayout.claimOffset)
                .pointee.load(ordering: .relaxed)
            guard claim >= published else {
                throw .badCursors(behind: published, ahead: claim)
            }
            self.base = base
            mask = UInt64(capacity - 1)
            self.start = published
            end = published
            copy = .allocate(byteCount: 255 * MemoryLayout<Record>.stride, alignment: 128)
            self.owner = owner
            switch start {
            case .newest: break
            case .oldest: self.start = oldestStart(published: published, claim: claim)
            case .position(let position): self.start = position
            }
        }

        /// Opens a ring of this process for reading.
        public init(of ends: borrowing Ends, from start: Start = .oldest) {
            do {
                try self.init(in: ends.region, from: start, owner: ends.owner)
            } catch {
                preconditionFailure("a ring just made is in order: \(error)")
            }
        }

        deinit { copy.deallocate() }
    }
}

extension BroadcastRing.LossyReader {
    /// The position of the record that the next call of `next` looks for.
    @inlinable public var position: UInt64 { start }

    @inlinable public var capacity: Int { Int(truncatingIfNeeded: mask) + 1 }

    /// Tells one life of the ring from the next.
    public var genesis: UInt64 { RingIdentity.word(base, at: RingIdentity.genesisOffset) }

    /// The header space that belongs to the caller.
    public var callerHeader: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: base + BroadcastLayout.callerHeaderOffset,
            count: BroadcastLayout.callerHeaderBytes)
    }

    /// Highest command sequence whose events may leave. Acquire: pairs with the release store of
    /// whoever opens the gate.
    @inlinable
    public var gate: UInt64 {
        base.atomicWord(at: BroadcastLayout.gateOffset).pointee.load(ordering: .acquiring)
    }

    /// Copies the next record, if there is one, and moves past it.
    @inlinable
    public mutating func next() -> LossyReadResult {
        if end == start {
            // Acquire: pairs with the release store in `Producer.publish`.
            end = base.atomicWord(at: BroadcastLayout.publishedOffset).pointee.load(
                ordering: .acquiring)
            if end == start { return .empty }
        }
        guard end > start else { return .damaged(at: start) }

        copySlot(0)
        guard let claim = claimAfterCopying(), claim &- start <= mask &+ 1 else {
            return overrun()
        }
        // Only now is the head known to be whole.
        let slots = UInt64(copy.load(as: Record.self).slotCount)
        guard slots >= 1, slots <= end &- start else { return .damaged(at: start) }
        if slots > 1 {
            for offset in 1..<Int(truncatingIfNeeded: slots) { copySlot(offset) }
            guard let claim = claimAfterCopying(), claim &- start <= mask &+ 1 else {
                return overrun()
            }
        }
        copiedSlots = Int(truncatingIfNeeded: slots)
        start &+= slots
        return .record(slots: copiedSlots)
    }

    @inlinable
    func copySlot(_ offset: Int) {
        let index = Int(
            truncatingIfNeeded: (start &+ UInt64(truncatingIfNeeded: offset)) & mask)
        let slot = base + BroadcastLayout.slotsOffset + index &* MemoryLayout<Record>.stride
        let target = copy + offset &* MemoryLayout<Record>.stride
        for word in 0..<MemoryLayout<Record>.stride / 8 {
            // Relaxed: what was copied counts only if the claim, loaded afterwards, allows it.
            target.storeBytes(
                of: slot.atomicWord(at: word &* 8).pointee.load(ordering: .relaxed),
                toByteOffset: word &* 8, as: UInt64.self)
        }
    }

    /// The claim as it was after the copying, or nil when it makes no sense.
    @inlinable
    func claimAfterCopying() -> UInt64? {
        // Acquire fence: pairs with the release fence in `Producer.claim`. If any word copied above
        // came from a newer record, the load below sees that record's claim.
        atomicMemoryFence(ordering: .acquiring)
        let claim = base.atomicWord(at: BroadcastLayout.claimOffset).pointee.load(
            ordering: .relaxed)
        return claim >= end ? claim : nil
    }

    @inlinable @inline(never)
    mutating func overrun() -> LossyReadResult {
        copiedSlots = 0
        let published = base.atomicWord(at: BroadcastLayout.publishedOffset)
            .pointee.load(ordering: .acquiring)
        let claim = base.atomicWord(at: BroadcastLayout.claimOffset).pointee.load(
            ordering: .relaxed)
        guard claim >= published, published >= start else { return .damaged(at: start) }
        let lostFrom = start
        start = max(oldestStart(published: published, claim: claim), lostFrom)
        end = published
        return .overrun(lostFrom: lostFrom, resumeAt: start)
    }

    /// The oldest known start of a record that leaves the reader an eighth of the ring of time.
    @inlinable @inline(never)
    func oldestStart(published: UInt64, claim: UInt64) -> UInt64 {
        let depth = mask + 1 - (mask + 1) / 8
        // Nothing was overwritten yet, so the very first record is still there.
        if claim <= depth { return 0 }
        var oldest = published
        for index in 0..<BroadcastLayout.markCount {
            let mark = base.atomicWord(at: BroadcastLayout.marksOffset + index * 8)
                .pointee.load(ordering: .relaxed)
            if mark > 0, mark < oldest, claim &- mark <= depth { oldest = mark }
        }
        return oldest
    }

    /// The head of the record copied last.
    @inlinable
    public var record: Record {
        unsafeAddress { address(of: 0, for: Record.self) }
    }

    /// A slot of the record copied last as another trivial type.
    @inlinable
    public subscript<Value: BitwiseCopyable>(offset: Int, as type: Value.Type) -> Value {
        unsafeAddress { address(of: offset, for: Value.self) }
    }

    /// A copy of a slot of the record copied last, as another trivial type.
    @inlinable
    public func read<Value: BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        self[offset, as: type]
    }

    /// All bytes of the record copied last, to forward them; valid until the next call of `next`.
    @inlinable
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: copy, count: copiedSlots &* MemoryLayout<Record>.stride)
    }

    @inlinable
    func address<Value: BitwiseCopyable>(
        of offset: Int, for type: Value.Type
    ) -> UnsafePointer<Value> {
        precondition(
            MemoryLayout<Value>.size <= MemoryLayout<Record>.stride, "the value exceeds a slot")
        precondition(
            offset >= 0 && offset < copiedSlots, "the record copied last has fewer slots")
        return UnsafePointer(
            (copy + offset &* MemoryLayout<Record>.stride).assumingMemoryBound(to: Value.self))
    }
}
