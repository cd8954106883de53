/// Values by key until they are asked for, in memory of a fixed size: the oldest make room.
///
/// A key leads to a set of eight places. In a full set the value put in first gives way, so what is
/// forgotten is old as long as the table is large enough for what is under way.
struct JoinTable<Value: BitwiseCopyable> {
    private struct Entry: BitwiseCopyable {
        var key: UInt64
        /// When it was put in, counted from 1; 0 marks a free place.
        var order: UInt64
        var value: Value
    }

    private static var placesPerSet: Int { 8 }

    private var entries: [Entry]
    private let setMask: UInt64
    private var insertions: UInt64 = 0
    /// Values that gave way to others.
    private(set) var forgotten: UInt64 = 0

    /// `capacity` is a power of two of at least 8.
    init(capacity: Int, filler: Value) {
        precondition(
            capacity >= Self.placesPerSet && capacity & (capacity - 1) == 0,
            "a join table's capacity is a power of two of at least 8")
        entries = Array(repeating: Entry(key: 0, order: 0, value: filler), count: capacity)
        setMask = UInt64(capacity / Self.placesPerSet - 1)
    }

    /// Puts a value in; one of the same key is replaced.
    mutating func insert(_ value: Value, for key: UInt64) {
        insertions += 1
        let first = firstPlace(key)
        var target = first
        for place in first..<first + Self.placesPerSet {
            if entries[place].order != 0, entries[place].key == key {
                target = place
                break
            }
            if entries[place].order < entries[target].order { target = place }
        }
        if entries[target].order != 0, entries[target].key != key { forgotten += 1 }
        entries[target] = Entry(key: key, order: insertions, value: value)
    }

    func find(_ key: UInt64) -> Value? {
        let first = firstPlace(key)
        for place in first..<first + Self.placesPerSet
        where entries[place].order != 0 && entries[place].key == key {
            return entries[place].value
        }
        return nil
    }

    private func firstPlace(_ key: UInt64) -> Int {
        // Keys are times that follow each other closely: multiplication spreads them (2^64 / φ).
        let spread = key &* 0x9E37_79B9_7F4A_7C15
        return Int((spread >> 32) & setMask) * Self.placesPerSet
    }
}
