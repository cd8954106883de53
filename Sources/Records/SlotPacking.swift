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

    /// Packs a slot at `offset`, which moves behind it. There are 130 bytes of room.
    @inlinable public static func pack(
        _ slot: borrowing Slot, against template: borrowing Slot,
        into bytes: UnsafeMutableRawBufferPointer, at offset: inout Int
    ) {
        precondition(
            offset >= 0 && bytes.count - offset >= 130, "a packed slot has room for 130 bytes")
        let base = bytes.baseAddress! + offset
        var mask: UInt16 = 0
        var end = 2
        for word in 0..<16 where slot.words[word] != template.words[word] {
            mask |= 1 &<< UInt16(truncatingIfNeeded: word)
            base.storeBytes(
                of: slot.words[word].littleEndian, toByteOffset: end, as: UInt64.self)
            end &+= 8
        }
        base.storeBytes(of: mask.littleEndian, as: UInt16.self)
        offset &+= end
    }

    /// Unpacks a slot at `offset`, which moves behind it. False when the bytes end before the slot
    /// does; then the slot is half made. Any bytes may be given.
    @inlinable public static func unpack(
        _ slot: inout Slot, against template: borrowing Slot,
        from bytes: UnsafeRawBufferPointer, at offset: inout Int
    ) -> Bool {
        guard offset >= 0, bytes.count - offset >= 2, let start = bytes.baseAddress else {
            return false
        }
        let base = start + offset
        let mask = UInt16(littleEndian: base.loadUnaligned(as: UInt16.self))
        let end = 2 &+ mask.nonzeroBitCount &* 8
        guard bytes.count - offset >= end else { return false }
        var place = 2
        for word in 0..<16 {
            if mask & 1 &<< UInt16(truncatingIfNeeded: word) != 0 {
                slot.words[word] = UInt64(
                    littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                place &+= 8
            } else {
                slot.words[word] = template.words[word]
            }
        }
        offset &+= end
        return true
    }
}
