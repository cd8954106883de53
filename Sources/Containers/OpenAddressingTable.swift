/// Spreads the entropy of a word over all its bits; a bijection, so no two words collide.
///
/// The finaliser of SplitMix64 (Stafford's variant 13).
@inlinable
public func mix64(_ word: UInt64) -> UInt64 {
    var mixed = word
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
}

/// Finds pool indices by a 64-bit hash, with the caller deciding about identity.
///
/// Linear probing in a power of two of buckets, at least twice the capacity, so that probes stay
/// short. Removal shifts the followers back: there are no tombstones, and a table that was busy all
/// day is as fast as a new one. One thread uses a table.
///
/// Pass hashes through `mix64` unless they are well mixed already.
@frozen
public struct OpenAddressingTable: ~Copyable, @unchecked Sendable {
    /// Eight entries share a cache line.
    @frozen
    @usableFromInline
    struct Entry: BitwiseCopyable {
        /// The folded hash. Its low bits are the home bucket, which removal needs; the others keep
        /// most strangers from the caller's comparison.
        @usableFromInline var tag: UInt32
        /// `noIndex` marks an empty bucket.
        @usableFromInline var value: Int32

        @inlinable
        init(tag: UInt32, value: Int32) {
            self.tag = tag
            self.value = value
        }
    }

    @usableFromInline let entries: UnsafeMutablePointer<Entry>
    @usableFromInline let mask: Int
    @usableFromInline var used: Int
    public let capacity: Int

    /// Reserves buckets for `capacity` values, and touches their pages.
    public init(capacity: Int) {
        precondition(
            capacity > 0 && capacity <= 1 << 30, "a table's buckets are numbered with 32 bits")
        var buckets = 4
        while buckets < capacity * 2 { buckets *= 2 }
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: buckets * MemoryLayout<Entry>.stride, alignment: 64)
        entries = memory.bindMemory(to: Entry.self, capacity: buckets)
        entries.initialize(repeating: Entry(tag: 0, value: noIndex), count: buckets)
        mask = buckets - 1
        used = 0
        self.capacity = capacity
    }

    deinit { UnsafeMutableRawPointer(entries).deallocate() }
}

extension OpenAddressingTable {
    /// Values in the table.
    @inlinable public var count: Int { used }

    @inlinable public var isFull: Bool { used == capacity }

    /// The value under this hash that `matches` accepts, or `noIndex`.
    ///
    /// `matches` is asked about candidates whose folded hash agrees, which is nearly always the
    /// right one alone.
    @inlinable
    public func find(hash: UInt64, matches: (Int32) -> Bool) -> Int32 {
        let tag = Self.fold(hash)
        var bucket = Int(truncatingIfNeeded: tag) & mask
        while true {
            let entry = entries[bucket]
            if entry.value == noIndex { return noIndex }
            if entry.tag == tag, matches(entry.value) { return entry.value }
            bucket = (bucket &+ 1) & mask
        }
    }

    /// Adds a value under a hash; false when the table is full. The caller has looked before
    /// whether an equal one is there.
    @inlinable
    public mutating func insert(hash: UInt64, value: Int32) -> Bool {
        precondition(value >= 0, "only pool indices are stored")
        guard used < capacity else { return false }
        let tag = Self.fold(hash)
        var bucket = Int(truncatingIfNeeded: tag) & mask
        while entries[bucket].value != noIndex { bucket = (bucket &+ 1) & mask }
        entries[bucket] = Entry(tag: tag, value: value)
        used &+= 1
        return true
    }

    /// Removes this value from under this hash; false when it is not there.
    @inlinable
    public mutating func remove(hash: UInt64, value: Int32) -> Bool {
        precondition(value >= 0, "only pool indices are stored")
        let tag = Self.fold(hash)
        var bucket = Int(truncatingIfNeeded: tag) & mask
        while true {
            let entry = entries[bucket]
            if entry.value == noIndex { return false }
            if entry.value == value, entry.tag == tag { break }
            bucket = (bucket &+ 1) & mask
        }
        closeGap(at: bucket)
        used &-= 1
        return true
    }

    /// Moves followers back into the gap, each only as far as its home bucket allows.
    @usableFromInline
    mutating func closeGap(at removed: Int) {
        var gap = removed
        var bucket = (removed &+ 1) & mask
        while entries[bucket].value != noIndex {
            let home = Int(truncatingIfNeeded: entries[bucket].tag) & mask
            // The follower may move when its home does not lie cyclically in (gap, bucket].
            if (bucket &- home) & mask >= (bucket &- gap) & mask {
                entries[gap] = entries[bucket]
                gap = bucket
            }
            bucket = (bucket &+ 1) & mask
        }
        entries[gap] = Entry(tag: 0, value: noIndex)
    }

    public mutating func removeAll() {
        entries.update(repeating: Entry(tag: 0, value: noIndex), count: mask + 1)
        used = 0
    }

    @inlinable
    static func fold(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }

    /// Audits the table in O(buckets): the count is right and every value can be reached.
    public func checkInvariants() {
        var found = 0
        for bucket in 0...mask where entries[bucket].value != noIndex {
            found += 1
            var probe = Int(truncatingIfNeeded: entries[bucket].tag) & mask
            while probe != bucket {
                precondition(entries[probe].value != noIndex, "a gap hides a value")
                probe = (probe + 1) & mask
            }
        }
        precondition(found == used, "the count differs from the values in the table")
    }
}
