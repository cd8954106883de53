// Fixed texts lie in slots of known size, filled up with zero bytes.

/// Copies a text into its slot: what does not fit is cut, what is left over becomes zero.
@usableFromInline
func storeText(_ text: UnsafeRawBufferPointer, at slot: UnsafeMutableRawPointer, size: Int) {
    let count = min(text.count, size)
    if count > 0, let source = text.baseAddress {
        slot.copyMemory(from: source, byteCount: count)
    }
    (slot + count).initializeMemory(as: UInt8.self, repeating: 0, count: size - count)
}

extension UnsafeRawBufferPointer {
    /// The slot of a fixed text without the zero bytes that fill it up.
    @inlinable public var withoutPadding: UnsafeRawBufferPointer {
        var end = count
        while end > 0, self[end - 1] == 0 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[0..<end])
    }
}
