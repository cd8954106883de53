import Synchronization

/// A record that says itself how many slots it takes.
public protocol SlottedRecord: BitwiseCopyable {
    /// Slots of the record, its head included; at least 1.
    var slotCount: UInt8 { get }
}

/// Carries records from one producer to many consumers, some of which it waits for.
///
/// Gating consumers never lose a record, because the producer does not overtake them. Lossy readers,
/// often in other processes with a read-only mapping, are never waited for: they copy, and notice
/// when they were overrun.
///
/// ```
///     0  identity      magic, version, slot bytes, capacity, gating consumers, genesis
///   128  caller header 512 bytes that the ring does not look at
///   640  claim         end of what the producer may be writing just now
///   768  published     next position to publish
///   896  gate          highest command sequence whose events may leave the building
///  1024  marks         some positions at which a record starts, for readers that need one
///  1152  consumers     8 cursors of gating consumers, 128 bytes each
///  2176  slots         capacity x stride of Record
/// ```
public enum BroadcastRing<Record: BitwiseCopyable> {
    /// Gating consumers a ring can have.
    public static var gatingConsumersMax: Int { BroadcastLayout.gatingConsumersMax }

    /// Bytes of the header space that belongs to the caller.
    public static var callerHeaderByteCount: Int { BroadcastLayout.callerHeaderBytes }

    /// Bytes that a ring of this capacity occupies.
    public static func byteCount(capacity: Int) -> Int {
        BroadcastLayout.slotsOffset + capacity * MemoryLayout<Record>.stride
    }

    /// Makes a ring in memory of its own, with every page touched.
    public static func make(
        capacity: Int, gatingConsumers: Int, genesis: UInt64 = 0
    ) -> Ends {
        let memory = OwnedMemory(byteCount: byteCount(capacity: capacity))
        return format(
            memory.bytes, capacity: capacity, gatingConsumers: gatingConsumers, genesis: genesis,
            owner: memory)
    }

    /// Makes a ring in memory of the caller, replacing what was there.
    ///
    /// `genesis` tells readers one life of the ring from the next. `fillHeader` writes the caller's
    /// header space before anybody can attach. `owner` is kept alive by all ends.
    public static func create(
        in region: UnsafeMutableRawBufferPointer, capacity: Int, gatingConsumers: Int,
        genesis: UInt64, owner: AnyObject? = nil,
        fillHeader: (UnsafeMutableRawBufferPointer) -> Void = { _ in }
    ) throws(RingError) -> Ends {
        let needed = byteCount(capacity: capacity)
        let base = try RingIdentity.checkRoom(region, needed: needed)
        base.atomicWord(at: RingIdentity.magicOffset).pointee.store(0, ordering: .releasing)
        return format(
            region, capacity: capacity, gatingConsumers: gatingConsumers, genesis: genesis,
            owner: owner, fillHeader: fillHeader)
    }

    private static func format(
        _ region: UnsafeMutableRawBufferPointer, capacity: Int, gatingConsumers: Int,
        genesis: UInt64, owner: AnyObject?,
        fillHeader: (UnsafeMutableRawBufferPointer) -> Void = { _ in }
    ) -> Ends {
        RingIdentity.checkShape(
            slotBytes: MemoryLayout<Record>.stride, slotAlignment: MemoryLayout<Record>.alignment,
            capacity: capacity)
        precondition(
            gatingConsumers >= 0 && gatingConsumers <= gatingConsumersMax,
            "a broadcast ring has 0 to 8 gating consumers")
        let base = region.baseAddress!
        for offset in stride(
            from: BroadcastLayout.claimOffset, to: BroadcastLayout.slotsOffset, by: 8)
        {
            (base + offset).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
                .initialize(to: Atomic(0))
        }
        base.atomicWord(at: BroadcastLayout.gateOffset).pointee.store(.max, ordering: .relaxed)
        fillHeader(BroadcastLayout.callerHeader(of: base))
        RingIdentity.write(
            to: base, slotBytes: MemoryLayout<Record>.stride, capacity: capacity,
            gatingConsumers: gatingConsumers, genesis: genesis)
        RingIdentity.seal(base, magic: BroadcastLayout.magic)
        return Ends(
            base: base, capacity: capacity, gatingConsumers: gatingConsumers, owner: owner)
    }

    /// The ends of a new ring: one producer, the gating consumers that were asked for.
    public struct Ends: ~Copyable, @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        let capacity: Int
        let gatingConsumers: Int
        let owner: AnyObject?
        var producerTaken = false
        var gatingConsumersTaken = 0

        init(
            base: UnsafeMutableRawPointer, capacity: Int, gatingConsumers: Int, owner: AnyObject?
        ) {
            self.base = base
            self.capacity = capacity
            self.gatingConsumers = gatingConsumers
            self.owner = owner
        }

        public mutating func takeProducer() -> Producer {
            precondition(!producerTaken, "a broadcast ring has one producer")
            producerTaken = true
            return Producer(
                base: base, capacity: capacity, gatingConsumers: gatingConsumers, owner: owner)
        }

        /// The next gating consumer. One that is never taken blocks the producer when the ring is
        /// full: it was announced, so nothing may be lost to it.
        public mutating func takeGatingConsumer() -> GatingConsumer {
            precondition(
                gatingConsumersTaken < gatingConsumers,
                "the ring was made for fewer gating consumers")
            defer { gatingConsumersTaken += 1 }
            return GatingConsumer(
                base: base, capacity: capacity, index: gatingConsumersTaken, owner: owner)
        }

        /// The output gate, open (`UInt64.max`) until somebody publishes another value. One thread
        /// writes it: the journal where there is one.
        public var gate: SequenceCounter {
            SequenceCounter(word: base.atomicWord(at: BroadcastLayout.gateOffset), owner: owner)
        }

        /// The whole ring, for a reader in this process.
        public var region: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                start: base, count: BroadcastRing.byteCount(capacity: capacity))
        }

        /// The header space that belongs to the caller.
        public var callerHeader: UnsafeMutableRawBufferPointer {
            BroadcastLayout.callerHeader(of: base)
        }
    }
}

@usableFromInline
enum BroadcastLayout {
    /// "APUSBRC1" read as a little-endian word.
    @usableFromInline static let magic: UInt64 = 0x3143_5242_5355_5041
    @usableFromInline static let gatingConsumersMax = 8
    @usableFromInline static let callerHeaderOffset = 128
    @usableFromInline static let callerHeaderBytes = 512
    @usableFromInline static let claimOffset = 640
    @usableFromInline static let publishedOffset = 768
    @usableFromInline static let gateOffset = 896
    @usableFromInline static let marksOffset = 1024
    @usableFromInline static let markCount = 16
    @usableFromInline static let consumersOffset = 1152
    @usableFromInline static let slotsOffset = 2176

    /// Slots claimed at once; a lossy reader loses that much of the ring's depth.
    static func claimAhead(capacity: Int) -> UInt64 { UInt64(max(1, min(64, capacity / 8))) }

    /// Slots between two marks, so that the marks cover the whole ring.
    static func markShift(capacity: Int) -> UInt64 {
        UInt64(max(0, capacity.trailingZeroBitCount - markCount.trailingZeroBitCount))
    }

    @usableFromInline
    static func consumerOffset(_ index: Int) -> Int { consumersOffset + index * 128 }

    static func callerHeader(of base: UnsafeMutableRawPointer) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + callerHeaderOffset, count: callerHeaderBytes)
    }
}
