import Synchronization

/// The line on which a cursor lives alone: two 64-byte cache lines, because the hardware fetches
/// them in pairs.
@usableFromInline let cursorLineBytes = 128

@usableFromInline typealias Cursor = UnsafeMutablePointer<Atomic<UInt64>>

/// Zeroed and thereby page-touched bytes that live as long as the last handle on them.
@usableFromInline
final class OwnedMemory: @unchecked Sendable {
    @usableFromInline let bytes: UnsafeMutableRawBufferPointer

    @usableFromInline
    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: cursorLineBytes)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}

extension UnsafeRawPointer {
    /// A word in the mapping seen as an atomic for loads; the mapping may be read only.
    @inlinable
    func atomicWord(at offset: Int) -> UnsafePointer<Atomic<UInt64>> {
        (self + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

extension UnsafeMutableRawPointer {
    @inlinable
    func atomicWord(at offset: Int) -> Cursor {
        (self + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// The first line of every ring: who wrote it, in which layout, for which slots.
///
/// All fields are 8-byte words, so that any process can read them whatever its pointer size.
@usableFromInline
enum RingIdentity {
    @usableFromInline static let version: UInt64 = 1

    @usableFromInline static let magicOffset = 0
    @usableFromInline static let versionOffset = 8
    @usableFromInline static let slotBytesOffset = 16
    @usableFromInline static let capacityOffset = 24
    @usableFromInline static let gatingConsumersOffset = 32
    @usableFromInline static let genesisOffset = 40

    /// Fills the line; `seal` follows when the rest of the ring is ready.
    @usableFromInline
    static func write(
        to base: UnsafeMutableRawPointer, slotBytes: Int, capacity: Int, gatingConsumers: Int,
        genesis: UInt64
    ) {
        let words: [(Int, UInt64)] = [
            (versionOffset, version),
            (slotBytesOffset, UInt64(slotBytes)),
            (capacityOffset, UInt64(capacity)),
            (gatingConsumersOffset, UInt64(gatingConsumers)),
            (genesisOffset, genesis),
        ]
        for (offset, word) in words {
            base.atomicWord(at: offset).pointee.store(word, ordering: .relaxed)
        }
    }

    /// Stores the magic number. Release: pairs with the acquire load in `check`, so that whoever
    /// sees the magic sees the whole header.
    @usableFromInline
    static func seal(_ base: UnsafeMutableRawPointer, magic: UInt64) {
        base.atomicWord(at: magicOffset).pointee.store(magic, ordering: .releasing)
    }

    @usableFromInline
    static func word(_ base: UnsafeRawPointer, at offset: Int) -> UInt64 {
        base.atomicWord(at: offset).pointee.load(ordering: .relaxed)
    }

    /// Checks a header written by somebody else and returns the capacity it states.
    @usableFromInline
    static func check(
        _ region: UnsafeRawBufferPointer, magic: UInt64, slotBytes: Int, slotsOffset: Int
    ) throws(RingError) -> Int {
        guard region.count >= slotsOffset, let base = region.baseAddress else {
            throw .regionTooSmall(needed: slotsOffset, found: region.count)
        }
        guard UInt(bitPattern: base) % UInt(cursorLineBytes) == 0 else { throw .misaligned }
        // Acquire: pairs with `seal`.
        let found = base.atomicWord(at: magicOffset).pointee.load(ordering: .acquiring)
        guard found == magic else { throw .notThisKindOfRing(magic: found) }
        let version = word(base, at: versionOffset)
        guard version == Self.version else { throw .unknownVersion(version) }
        let foundSlotBytes = word(base, at: slotBytesOffset)
        guard foundSlotBytes == UInt64(slotBytes) else {
            throw .slotSizeDiffers(expected: slotBytes, found: foundSlotBytes)
        }
        let capacity = word(base, at: capacityOffset)
        guard capacity >= 2, capacity <= 1 << 40, capacity & (capacity - 1) == 0 else {
            throw .badCapacity(capacity)
        }
        let needed = slotsOffset + Int(capacity) * slotBytes
        guard region.count >= needed else {
            throw .regionTooSmall(needed: needed, found: region.count)
        }
        return Int(capacity)
    }

    /// Checks memory that a ring is about to be created in.
    @usableFromInline
    static func checkRoom(
        _ region: UnsafeMutableRawBufferPointer, needed: Int
    ) throws(RingError) -> UnsafeMutableRawPointer {
        guard region.count >= needed, let base = region.baseAddress else {
            throw .regionTooSmall(needed: needed, found: region.count)
        }
        guard UInt(bitPattern: base) % UInt(cursorLineBytes) == 0 else { throw .misaligned }
        return base
    }

    /// Asserts what only a bug in the caller can break.
    @usableFromInline
    static func checkShape(slotBytes: Int, slotAlignment: Int, capacity: Int) {
        precondition(slotBytes % 8 == 0, "a slot is a whole number of 8-byte words")
        precondition(slotAlignment <= cursorLineBytes, "slots start on a 128-byte line")
        precondition(
            capacity >= 2 && capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
    }
}
