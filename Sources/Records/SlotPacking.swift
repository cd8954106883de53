/// Slots without their empty fields, for records on disk.
///
/// Of a slot only the words that differ from a template are kept, which both sides know: first a mask of
/// 16 bits, bit n for word n, then these words in rising order. Everything is little-endian and without
/// gaps.
///
/// ```
/// slot      7  0  0  5 …         template  7  0  0  0 …
/// packed    mask 0b1000 | word 3 = 5
/// ```
public enum SlotPacking {
    /// The most bytes that so many slots take.
    @inlinable public static func byteCountMax(slotCount: Int) -> Int { slotCount * 130 }

    /// Packs a slot at `offset`, which moves behind it. There are 130 bytes of room, and all of it may be
    /// written to: which words are kept differs from slot to slot, and a branch would be guessed wrong.
    @inlinable public static func pack(
        _ slot: borrowing Slot, against template: borrowing Slot,
        into bytes: UnsafeMutableRawBufferPointer, at offset: inout Int
    ) {
        precondition(
            offset >= 0 && bytes.count - offset >= 130, "a packed slot has room for 130 bytes")
        let base = bytes.baseAddress! + offset
        var mask: UInt64 = 0
        var end = 2
        for word in 0..<16 {
            let value = slot.words[word]
            let differs: UInt64 = value == template.words[word] ? 0 : 1
            base.storeBytes(of: value.littleEndian, toByteOffset: end, as: UInt64.self)
            mask |= differs &<< UInt64(truncatingIfNeeded: word)
            end &+= Int(truncatingIfNeeded: differs) &* 8
        }
        base.storeBytes(of: UInt16(truncatingIfNeeded: mask).littleEndian, as: UInt16.self)
        offset &+= end
    }

    /// Unpacks a slot at `offset`, which moves behind it. False, with nothing changed, when the bytes
    /// end before the slot does. Any bytes may be given.
    @inlinable @inline(__always)
    public static func unpack(
        _ slot: inout Slot, against template: borrowing Slot,
        from bytes: UnsafeRawBufferPointer, at offset: inout Int
    ) -> Bool {
        guard offset >= 0, bytes.count - offset >= 2, let start = bytes.baseAddress else {
            return false
        }
        var place = start + offset
        var mask = UInt16(littleEndian: place.loadUnaligned(as: UInt16.self))
        let byteCount = 2 &+ mask.nonzeroBitCount &* 8
        guard bytes.count - offset >= byteCount else { return false }
        place += 2
        slot = copy template
        while mask != 0 {
            slot.words[mask.trailingZeroBitCount] = UInt64(
                littleEndian: place.loadUnaligned(as: UInt64.self))
            mask &= mask &- 1
            place += 8
        }
        offset &+= byteCount
        return true
    }
}
