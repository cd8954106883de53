/// One slot of a ring, 128 bytes, as sixteen words.
@frozen public struct Slot: BitwiseCopyable, Sendable {
    public var words: InlineArray<16, UInt64>

    @inlinable public init() { words = .init(repeating: 0) }

    /// The bytes of a trivial value of at most 128 bytes; zero behind them.
    @inlinable public init<Value: BitwiseCopyable>(bytesOf value: Value) {
        precondition(MemoryLayout<Value>.size <= 128, "the value exceeds a slot")
        self.init()
        withUnsafeBytes(of: value) { source in
            withUnsafeMutableBytes(of: &words) {
                $0.baseAddress!.copyMemory(
                    from: source.baseAddress!, byteCount: MemoryLayout<Value>.size)
            }
        }
    }

    /// The first bytes as a trivial value, for which any bytes are valid.
    @inlinable public func read<Value: BitwiseCopyable>(as type: Value.Type) -> Value {
        precondition(MemoryLayout<Value>.size <= 128, "the value exceeds a slot")
        return withUnsafeBytes(of: words) { $0.loadUnaligned(as: Value.self) }
    }

    @inlinable public subscript(word: Int) -> UInt64 {
        get { words[word] }
        set { words[word] = newValue }
    }
}

extension Slot: Equatable {
    @inlinable public static func == (a: Slot, b: Slot) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<16 { difference |= a.words[index] ^ b.words[index] }
        return difference == 0
    }
}
