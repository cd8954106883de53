import Domain
import Synchronization

/// When the engine was done with each of its last commands (TrdRegTSTimeOut).
///
/// An observation and not state, so it lies beside the events and not in them: a replay makes the
/// same events at other times. Entries are found by the command's sequence number.
///
/// ```
///    0  magic, version, capacity, 8 bytes each
///  128  entries: per command its sequence and the nanoseconds, 8 bytes each, at sequence & mask
/// ```
///
/// Every command makes at least one event. A log with as many entries as the event ring has slots
/// therefore knows the time of every event that is still in the ring.
public enum EngineOutLog {
    /// "APUSEOL1" read as a little-endian word.
    static let magic: UInt64 = 0x314C_4F45_5355_5041
    static let version: UInt64 = 1
    @usableFromInline static let entriesOffset = 128
    @usableFromInline static let entryBytes = 16

    /// Bytes that a log of this many commands occupies.
    public static func byteCount(capacity: Int) -> Int { entriesOffset + capacity * entryBytes }

    /// Makes a log in memory of its own.
    public static func make(capacity: Int) -> Writer {
        create(in: PartMemory(byteCount: byteCount(capacity: capacity)), capacity: capacity)
    }

    /// Makes a log at `offset` of a part of the surface.
    public static func create(
        in memory: PartMemory, offset: Int = 0, capacity: Int
    ) -> Writer {
        precondition(
            capacity > 0 && capacity & (capacity - 1) == 0, "a log's capacity is a power of two")
        precondition(
            offset % 128 == 0 && memory.bytes.count - offset >= byteCount(capacity: capacity),
            "the part has room for the log")
        let base = memory.bytes.baseAddress! + offset
        for index in 0..<capacity * 2 {
            (base + entriesOffset + index * 8).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
                .initialize(to: Atomic(0))
        }
        base.storeBytes(of: version, toByteOffset: 8, as: UInt64.self)
        base.storeBytes(of: UInt64(capacity), toByteOffset: 16, as: UInt64.self)
        base.bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(to: Atomic(0))
        // Release: pairs with the acquire load in `Reader.init`.
        base.assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.store(magic, ordering: .releasing)
        return Writer(base: base, capacity: capacity, owner: memory)
    }

    /// Notes times; the engine's thread has the one there is.
    @frozen
    public struct Writer: ~Copyable, @unchecked Sendable {
        @usableFromInline let base: UnsafeMutableRawPointer
        @usableFromInline let mask: UInt64
        @usableFromInline let owner: AnyObject

        init(base: UnsafeMutableRawPointer, capacity: Int, owner: AnyObject) {
            self.base = base
            mask = UInt64(capacity - 1)
            self.owner = owner
        }

        /// Notes when the engine was done with a command; its events are published afterwards.
        @inlinable
        public func note(_ time: Timestamp, of sequence: UInt64) {
            let entry = base + EngineOutLog.offset(of: sequence, mask)
            entry.assumingMemoryBound(to: Atomic<UInt64>.self)
                .pointee.store(sequence, ordering: .relaxed)
            // Release fence: pairs with the acquire fence in `Reader.time`. A reader that took a
            // newer time than it asked for sees the newer sequence too.
            atomicMemoryFence(ordering: .releasing)
            (entry + 8).assumingMemoryBound(to: Atomic<UInt64>.self)
                .pointee.store(time.nanos, ordering: .relaxed)
        }

        /// A reader in this process.
        public var reader: Reader {
            Reader(base: UnsafeRawPointer(base), mask: mask, owner: owner)
        }
    }

    /// Looks times up, possibly from another process through a read-only mapping.
    @frozen
    public struct Reader: @unchecked Sendable {
        @usableFromInline let base: UnsafeRawPointer
        @usableFromInline let mask: UInt64
        @usableFromInline let owner: AnyObject?

        init(base: UnsafeRawPointer, mask: UInt64, owner: AnyObject?) {
            self.base = base
            self.mask = mask
            self.owner = owner
        }

        /// Checks a log that somebody else made. `owner` is kept alive by the reader.
        public init(
            in region: UnsafeRawBufferPointer, owner: AnyObject? = nil
        ) throws(SurfaceLayoutError) {
            guard region.count >= entriesOffset, let base = region.baseAddress,
                UInt(bitPattern: base) % 8 == 0
            else { throw .tooSmall(part: .events, needed: entriesOffset, found: region.count) }
            // Acquire: pairs with the release store in `create`.
            let magic = base.assumingMemoryBound(to: Atomic<UInt64>.self)
                .pointee.load(ordering: .acquiring)
            guard magic == EngineOutLog.magic else { throw .notThisPart(.events, magic: magic) }
            let version = base.load(fromByteOffset: 8, as: UInt64.self)
            guard version == EngineOutLog.version else {
                throw .unknownVersion(.events, version)
            }
            let capacity = base.load(fromByteOffset: 16, as: UInt64.self)
            guard capacity > 0, capacity <= 1 << 40, capacity & (capacity - 1) == 0 else {
                throw .contradiction(.events)
            }
            let needed = byteCount(capacity: Int(capacity))
            guard region.count >= needed else {
                throw .tooSmall(part: .events, needed: needed, found: region.count)
            }
            self.init(base: base, mask: capacity - 1, owner: owner)
        }

        /// When the engine was done with this command, or `none` when that is no longer known.
        ///
        /// To be asked only about commands of which an event was seen in the ring: then the time
        /// was noted before, and is either still here or replaced by a later command's.
        @inlinable
        public func time(of sequence: UInt64) -> Timestamp {
            let entry = base + EngineOutLog.offset(of: sequence, mask)
            let nanos = (entry + 8).assumingMemoryBound(to: Atomic<UInt64>.self)
                .pointee.load(ordering: .relaxed)
            // Acquire fence: pairs with the release fence in `Writer.note`. The sequence is looked
            // at after the time: if the time is a later command's, so is the sequence.
            atomicMemoryFence(ordering: .acquiring)
            let found = entry.assumingMemoryBound(to: Atomic<UInt64>.self)
                .pointee.load(ordering: .relaxed)
            return found == sequence ? Timestamp(nanos: nanos) : .none
        }
    }

    @inlinable @inline(__always)
    static func offset(of sequence: UInt64, _ mask: UInt64) -> Int {
        entriesOffset &+ Int(truncatingIfNeeded: sequence & mask) &* entryBytes
    }
}
