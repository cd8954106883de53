import CMemory

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
/// Linear probing in a power of two of buckets, at most a quarter full, so that probes stay short and the
/// bucket behind an entry is mostly empty, on which the processor may count. Removal shifts the
/// followers back: there are no tombstones, and a table that was busy all day is as fast as a new
/// one. One thread uses a table.
///
/// Memory for the whole capacity is taken at start, but the table begins with few buckets and
/// doubles them when a quarter is used. A hash goes to a random bucket, so the buckets in use are what
/// competes for cache: a venue that may hold a million orders and holds a thousand should not miss
/// the cache on each. The entries move over a few buckets per call, so that no call waits for all.
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
        /// `noIndex` marks an empty bucket, `removedIndex` one of the old buckets whose entry went.
        @usableFromInline var value: Int32

        @inlinable
        init(tag: UInt32, value: Int32) {
            self.tag = tag
            self.value = value
        }
    }

    /// All buckets there will ever be: `bucketsMin`, then twice as many, and so on, one behind the
    /// other. The generation of `n` buckets starts at `n - bucketsMin`.
    @usableFromInline let memory: UnsafeMutablePointer<Entry>
    @usableFromInline var entries: UnsafeMutablePointer<Entry>
    @usableFromInline var mask: Int
    @usableFromInline var used: Int
    /// Entries at which the buckets double; `Int.max` at the last size, 0 while entries move.
    @usableFromInline var growthThreshold: Int
    /// While entries move: the buckets they come from, and the next of them to be emptied.
    @usableFromInline var old: UnsafeMutablePointer<Entry>?
    @usableFromInline var oldMask: Int
    @usableFromInline var oldCursor: Int
    public let capacity: Int
    @usableFromInline let bucketsMin: Int
    @usableFromInline let bucketsMax: Int

    @inlinable static var removedIndex: Int32 { -2 }
    /// Buckets per value below which the table grows.
    @inlinable static var spread: Int { 4 }
    /// Old buckets emptied by each insertion and removal: as many as it takes to be done well before
    /// the next doubling.
    @inlinable static var bucketsMovedPerCall: Int { 2 * spread }

    /// Reserves buckets for `capacity` values, and touches their pages.
    public init(capacity: Int) {
        precondition(
            capacity > 0 && capacity <= 1 << 29, "a table's buckets are numbered with 32 bits")
        var buckets = 4
        while buckets < capacity * Self.spread { buckets *= 2 }
        bucketsMax = buckets
        bucketsMin = min(buckets, 1024)
        let count = 2 * bucketsMax - bucketsMin
        let memory = ReservedMemory.allocate(byteCount: count * MemoryLayout<Entry>.stride)
        self.memory = memory.bindMemory(to: Entry.self, capacity: count)
        self.memory.initialize(repeating: Entry(tag: 0, value: noIndex), count: count)
        self.capacity = capacity
        entries = self.memory
        mask = bucketsMin - 1
        used = 0
        growthThreshold = bucketsMin == bucketsMax ? .max : bucketsMin / Self.spread
        old = nil
        oldMask = 0
        oldCursor = 0
    }

    deinit { UnsafeMutableRawPointer(memory).deallocate() }
}

extension OpenAddressingTable {
    /// Values in the table.
    @inlinable public var count: Int { used }

    @inlinable public var isFull: Bool { used == capacity }

    /// Where a search ended: at a value, or at the bucket in which a new one would go.
    @frozen
    public struct Probe: BitwiseCopyable, Sendable {
        /// The value found, or `noIndex`.
        public let value: Int32
        /// Its bucket, or the empty one; `noIndex` for a value that has not moved yet.
        @usableFromInline let bucket: Int32
        @usableFromInline let tag: UInt32

        @inlinable init(value: Int32, bucket: Int32, tag: UInt32) {
            self.value = value
            self.bucket = bucket
            self.tag = tag
        }
    }

    /// The value under this hash that `matches` accepts, or `noIndex`.
    ///
    /// `matches` is asked about candidates whose folded hash agrees, which is nearly always the
    /// right one alone.
    @inlinable @inline(__always)
    public func find(hash: UInt64, matches: (Int32) -> Bool) -> Int32 {
        probe(hash: hash, matches: matches).value
    }

    /// The same with the place, for a caller who goes on to insert or to remove. The place is good
    /// until the table next changes.
    @inlinable @inline(__always)
    public func probe(hash: UInt64, matches: (Int32) -> Bool) -> Probe {
        let tag = Self.fold(hash)
        var bucket = Int(truncatingIfNeeded: tag) & mask
        while true {
            let entry = entries[bucket]
            if entry.value == noIndex { break }
            if entry.tag == tag, matches(entry.value) {
                return Probe(
                    value: entry.value, bucket: Int32(truncatingIfNeeded: bucket), tag: tag)
            }
            bucket = (bucket &+ 1) & mask
        }
        let vacancy = Int32(truncatingIfNeeded: bucket)
        guard let old else { return Probe(value: noIndex, bucket: vacancy, tag: tag) }
        bucket = Int(truncatingIfNeeded: tag) & oldMask
        while true {
            let entry = old[bucket]
            if entry.value == noIndex {
                return Probe(value: noIndex, bucket: vacancy, tag: tag)
            }
            if entry.tag == tag, entry.value >= 0, matches(entry.value) {
                return Probe(value: entry.value, bucket: noIndex, tag: tag)
            }
            bucket = (bucket &+ 1) & oldMask
        }
    }

    /// Has the bucket at hand in which a search for this hash will begin.
    @inlinable @inline(__always)
    public func prefetch(hash: UInt64) {
        cmemory_prefetch(entries + Int(truncatingIfNeeded: Self.fold(hash)) & mask)
    }

    /// What a search for this hash is likely to find, with nobody asked about identity: for looking ahead.
    @inlinable @inline(__always)
    public func guess(hash: UInt64) -> Int32 {
        let tag = Self.fold(hash)
        var bucket = Int(truncatingIfNeeded: tag) & mask
        while true {
            let entry = entries[bucket]
            if entry.value == noIndex || entry.tag == tag { return entry.value }
            bucket = (bucket &+ 1) & mask
        }
    }

    /// Does the next bit of the table's growth, if there is any: to be called before the `probe` that
    /// an `insert(at:)` follows. Without it the table never grows, and in the end refuses.
    @inlinable @inline(__always)
    public mutating func keepGrowing() {
        if used >= growthThreshold { growSome() }
    }

    @usableFromInline @inline(never)
    mutating func growSome() {
        if old != nil { moveSome() } else { grow() }
    }

    /// Adds a value under a hash; false when the table is full. The caller has looked before
    /// whether an equal one is there.
    @inlinable
    public mutating func insert(hash: UInt64, value: Int32) -> Bool {
        precondition(value >= 0, "only pool indices are stored")
        guard used < capacity else { return false }
        keepGrowing()
        place(Entry(tag: Self.fold(hash), value: value))
        used &+= 1
        return true
    }

    /// Adds a value where a probe for its hash found none; false when the table is full.
    @inlinable @inline(__always)
    public mutating func insert(at probe: Probe, value: Int32) -> Bool {
        precondition(
            value >= 0 && entries[Int(probe.bucket)].value == noIndex,
            "the place of a probe is good until the table changes")
        guard used < capacity else { return false }
        entries[Int(probe.bucket)] = Entry(tag: probe.tag, value: value)
        used &+= 1
        return true
    }

    @inlinable @inline(__always)
    mutating func place(_ entry: Entry) {
        var bucket = Int(truncatingIfNeeded: entry.tag) & mask
        while entries[bucket].value != noIndex { bucket = (bucket &+ 1) & mask }
        entries[bucket] = entry
    }

    /// Removes this value from under this hash; false when it is not there.
    @inlinable
    public mutating func remove(hash: UInt64, value: Int32) -> Bool {
        precondition(value >= 0, "only pool indices are stored")
        if old != nil { moveSome() }
        let tag = Self.fold(hash)
        var bucket = Int(truncatingIfNeeded: tag) & mask
        while true {
            let entry = entries[bucket]
            if entry.value == noIndex { return removeOld(tag: tag, value: value) }
            if entry.value == value, entry.tag == tag { break }
            bucket = (bucket &+ 1) & mask
        }
        closeGap(at: bucket)
        used &-= 1
        return true
    }

    /// Moves the value that a probe found to where another probe, made after it, found none: it has
    /// another name now.
    @inlinable @inline(__always)
    public mutating func move(from probe: Probe, to place: Probe) {
        precondition(
            probe.value >= 0 && entries[Int(place.bucket)].value == noIndex,
            "the places of probes are good until the table changes")
        // For a moment there is one more entry than values: most of the buckets are empty.
        entries[Int(place.bucket)] = Entry(tag: place.tag, value: probe.value)
        used &+= 1
        remove(at: probe)
    }

    /// Removes the value that a probe found.
    @inlinable @inline(__always)
    public mutating func remove(at probe: Probe) {
        if probe.bucket < 0 {
            let isRemoved = removeOld(tag: probe.tag, value: probe.value)
            precondition(isRemoved, "the place of a probe is good until the table changes")
            return
        }
        let bucket = Int(probe.bucket)
        precondition(
            entries[bucket].value == probe.value,
            "the place of a probe is good until the table changes")
        used &-= 1
        // Mostly nobody stands behind it.
        if entries[(bucket &+ 1) & mask].value == noIndex {
            entries[bucket] = Entry(tag: 0, value: noIndex)
        } else {
            closeGap(at: bucket)
        }
    }

    /// An entry that has not moved yet leaves a mark, so that probes still find those behind it.
    @usableFromInline
    mutating func removeOld(tag: UInt32, value: Int32) -> Bool {
        guard let old else { return false }
        var bucket = Int(truncatingIfNeeded: tag) & oldMask
        while true {
            let entry = old[bucket]
            if entry.value == noIndex { return false }
            if entry.value == value, entry.tag == tag { break }
            bucket = (bucket &+ 1) & oldMask
        }
        old[bucket].value = Self.removedIndex
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

    /// Begins to use twice as many buckets.
    @usableFromInline
    mutating func grow() {
        old = entries
        oldMask = mask
        oldCursor = 0
        let buckets = (mask + 1) * 2
        entries = memory + (buckets - bucketsMin)
        mask = buckets - 1
        growthThreshold = 0
        moveSome()
    }

    /// Moves the entries of the next old buckets. What has moved leaves a mark, as if removed.
    @usableFromInline
    mutating func moveSome() {
        guard let old else { return }
        let end = min(oldCursor + Self.bucketsMovedPerCall, oldMask + 1)
        while oldCursor < end {
            if old[oldCursor].value >= 0 {
                place(old[oldCursor])
                old[oldCursor].value = Self.removedIndex
            }
            oldCursor += 1
        }
        if oldCursor > oldMask {
            self.old = nil
            growthThreshold = mask + 1 == bucketsMax ? .max : (mask + 1) / Self.spread
        }
    }

    public mutating func removeAll() {
        memory.update(
            repeating: Entry(tag: 0, value: noIndex), count: 2 * bucketsMax - bucketsMin)
        entries = memory
        mask = bucketsMin - 1
        used = 0
        growthThreshold = bucketsMin == bucketsMax ? .max : bucketsMin / Self.spread
        old = nil
    }

    @inlinable
    static func fold(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }

    /// Audits the table in O(buckets): the count is right and every value can be reached.
    public func checkInvariants() {
        var found = Self.audit(entries, mask)
        if let old { found += Self.audit(old, oldMask) }
        precondition(found == used, "the count differs from the values in the table")
        precondition(growthThreshold == .max || used <= mask, "the table did not grow in time")
    }

    private static func audit(_ entries: UnsafeMutablePointer<Entry>, _ mask: Int) -> Int {
        var found = 0
        for bucket in 0...mask where entries[bucket].value >= 0 {
            found += 1
            var probe = Int(truncatingIfNeeded: entries[bucket].tag) & mask
            while probe != bucket {
                precondition(entries[probe].value != noIndex, "a gap hides a value")
                probe = (probe + 1) & mask
            }
        }
        return found
    }
}
