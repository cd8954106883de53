/// Finds rows by their numbers; filled at the start, and only read from then on.
///
/// The number lies beside the row in a power of two of buckets, of which at most a quarter are used:
/// mostly the first one looked at is the right one. One thread fills a table, any may read it.
@frozen
public struct NumberTable: ~Copyable, @unchecked Sendable {
    @frozen
    @usableFromInline
    struct Entry: BitwiseCopyable {
        @usableFromInline let number: UInt32
        /// `noIndex` marks an empty bucket.
        @usableFromInline let row: Int32

        @inlinable
        init(number: UInt32, row: Int32) {
            self.number = number
            self.row = row
        }
    }

    @usableFromInline let entries: UnsafeMutablePointer<Entry>
    @usableFromInline let mask: Int

    /// A table in which each number stands for its place among `numbers`; of equal ones the first is
    /// found.
    public init(_ numbers: [UInt32]) {
        precondition(numbers.count <= 1 << 28, "rows are numbered with 32 bits")
        var buckets = 4
        while buckets < numbers.count * 4 { buckets *= 2 }
        mask = buckets - 1
        entries = .allocate(capacity: buckets)
        entries.initialize(repeating: Entry(number: 0, row: noIndex), count: buckets)
        for (row, number) in numbers.enumerated() {
            var bucket = Self.home(of: number) & mask
            while entries[bucket].row != noIndex { bucket = (bucket + 1) & mask }
            entries[bucket] = Entry(number: number, row: Int32(row))
        }
    }

    deinit { entries.deallocate() }

    /// The row of a number, or `noIndex`.
    @inlinable @inline(__always)
    public func row(of number: UInt32) -> Int32 {
        var bucket = Self.home(of: number) & mask
        while true {
            let entry = entries[bucket]
            if entry.number == number || entry.row == noIndex { return entry.row }
            bucket = (bucket &+ 1) & mask
        }
    }

    /// Spreads numbers that follow one another, and those that agree in their low bits (Fibonacci
    /// hashing).
    @inlinable @inline(__always)
    static func home(of number: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(number) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
