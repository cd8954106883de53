/// An input read as a list of decisions: numbers and pieces, and zeros once it is used up.
struct FuzzInput {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isEmpty: Bool { position >= bytes.count }
    var left: Int { bytes.count - position }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian number of the size asked for.
    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        var value: Number = 0
        for index in 0..<Number.bitWidth / 8 {
            value |= Number(truncatingIfNeeded: UInt64(byte())) << Number(8 * index)
        }
        return value
    }

    /// A number from 0 up to but not including `bound`, which is at most 65,536.
    mutating func below(_ bound: Int) -> Int {
        bound <= 256 ? Int(byte()) % max(1, bound) : Int(number(UInt16.self)) % bound
    }

    /// The next bytes, fewer where the input ends.
    mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
        let end = min(position + count, bytes.count)
        defer { position = end }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }

    mutating func rest() -> UnsafeRawBufferPointer { take(left) }
}

extension UnsafeRawBufferPointer {
    /// Runs `body` on a copy that takes exactly as much memory as it needs, so that a sanitizer sees
    /// who reads beyond it.
    func withExactCopy<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { copy.deallocate() }
        copy.copyMemory(from: self)
        return body(UnsafeRawBufferPointer(copy))
    }
}
