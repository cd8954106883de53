/// Bounds of one-byte fields that lie within eight bytes, checked all at once.
///
/// `least` and `most` hold a byte for each field, in the order of the bytes and below 128, and zero
/// where there is none; `fields` holds 0xFF and zero there.
@inlinable @inline(__always)
func areWithinBounds(
    base: UnsafeRawPointer, fields: UInt64, least: UInt64, most: UInt64
) -> Bool {
    let high = fields & 0x8080_8080_8080_8080
    let bytes = base.loadUnaligned(as: UInt64.self) & fields
    // A sum or difference reaches the high bit of its byte when the bound is broken. It carries into the
    // next byte only when this one's high bit was set before, which breaks the bounds by itself.
    let above = bytes | (bytes &+ ((fields ^ high) &- most))
    let below = ~((bytes | high) &- least)
    return (above | below) & high == 0
}
