import Synchronization

/// Carries records from one thread or process to one other, in order and without loss.
///
/// A record is a head of exactly one slot plus any number of continuation slots that become visible
/// together with it. The producer writes the slots and the tail; the consumer writes the head.
///
/// ```
///    0  identity     magic, version, slot bytes, capacity
///  128  head         next position to read; written by the consumer
///  256  tail         next position to write; written by the producer
///  384  slots        capacity x stride of Record
/// ```
///
/// Cursors are positions that only grow: at a billion slots a second they last 500 years.
public enum Ring<Record: BitwiseCopyable> {
    /// Bytes that a ring of this capacity occupies.
    public static func byteCount(capacity: Int) -> Int {
        RingLayout.slotsOffset + capacity * MemoryLayout<Record>.stride
    }

    /// Makes a ring in memory of its own, with every page touched.
    public static func make(capacity: Int) -> Ends {
        let memory = OwnedMemory(byteCount: byteCount(capacity: capacity))
        return format(memory.bytes.baseAddress!, capacity: capacity, owner: memory)
    }

    /// Makes a ring in memory of the caller, replacing what was there.
    ///
    /// `owner` is kept alive by both ends; without one the caller sees to it that the memory
    /// outlives them.
    public static func create(
        in region: UnsafeMutableRawBufferPointer, capacity: Int, owner: AnyObject? = nil
    ) throws(RingError) -> Ends {
        let needed = byteCount(capacity: capacity)
        let base = try RingIdentity.checkRoom(region, needed: needed)
        base.atomicWord(at: RingIdentity.magicOffset).pointee.store(0, ordering: .releasing)
        return format(base, capacity: capacity, owner: owner)
    }

    private static func format(
        _ base: UnsafeMutableRawPointer, capacity: Int, owner: AnyObject?
    ) -> Ends {
        RingIdentity.checkShape(
            slotBytes: MemoryLayout<Record>.stride, slotAlignment: MemoryLayout<Record>.alignment,
            capacity: capacity)
        (base + RingLayout.headOffset).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
            .initialize(to: Atomic(0))
        (base + RingLayout.tailOffset).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
            .initialize(to: Atomic(0))
        RingIdentity.write(
            to: base, slotBytes: MemoryLayout<Record>.stride, capacity: capacity,
            gatingConsumers: 0, genesis: 0)
        RingIdentity.seal(base, magic: RingLayout.magic)
        return Ends(base: base, capacity: capacity, owner: owner)
    }

    /// Continues as the producer of a ring created earlier or elsewhere.
    public static func attachProducer(
        in region: UnsafeMutableRawBufferPointer, owner: AnyObject? = nil
    ) throws(RingError) -> Producer {
        let found = try checked(region)
        return Producer(
            base: region.baseAddress!, capacity: found.capacity, head: found.head,
            tail: found.tail, owner: owner)
    }

    /// Continues as the consumer of a ring created earlier or elsewhere, at the first position
    /// that was not released.
    public static func attachConsumer(
        in region: UnsafeMutableRawBufferPointer, owner: AnyObject? = nil
    ) throws(RingError) -> Consumer {
        let found = try checked(region)
        return Consumer(
            base: region.baseAddress!, capacity: found.capacity, head: found.head, owner: owner)
    }

    private static func checked(
        _ region: UnsafeMutableRawBufferPointer
    ) throws(RingError) -> (capacity: Int, head: UInt64, tail: UInt64) {
        let capacity = try RingIdentity.check(
            UnsafeRawBufferPointer(region), magic: RingLayout.magic,
            slotBytes: MemoryLayout<Record>.stride, slotsOffset: RingLayout.slotsOffset)
        let base = region.baseAddress!
        // Head first: the tail loaded afterwards can only be further on, never behind it.
        let head = base.atomicWord(at: RingLayout.headOffset).pointee.load(ordering: .acquiring)
        let tail = base.atomicWord(at: RingLayout.tailOffset).pointee.load(ordering: .acquiring)
        guard tail &- head <= UInt64(capacity) else {
            throw .badCursors(behind: head, ahead: tail)
        }
        return (capacity, head, tail)
    }

    /// The two ends of a new ring, each to be taken once.
    public struct Ends: ~Copyable, @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        let capacity: Int
        let owner: AnyObject?
        var producerTaken = false
        var consumerTaken = false

        init(base: UnsafeMutableRawPointer, capacity: Int, owner: AnyObject?) {
            self.base = base
            self.capacity = capacity
            self.owner = owner
        }

        public mutating func takeProducer() -> Producer {
            precondition(!producerTaken, "a ring has one producer")
            producerTaken = true
            return Producer(base: base, capacity: capacity, head: 0, tail: 0, owner: owner)
        }

        public mutating func takeConsumer() -> Consumer {
            precondition(!consumerTaken, "a ring has one consumer")
            consumerTaken = true
            return Consumer(base: base, capacity: capacity, head: 0, owner: owner)
        }
    }
}

@usableFromInline
enum RingLayout {
    /// "APUSRNG1" read as a little-endian word.
    @usableFromInline static let magic: UInt64 = 0x3147_4E52_5355_5041
    @usableFromInline static let headOffset = 128
    @usableFromInline static let tailOffset = 256
    @usableFromInline static let slotsOffset = 384
}
