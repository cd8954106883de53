// A pool's future is the order of its free stack. Most of a large pool was never used, and the bottom
// of the stack shows it, so that only what lies above need be told.
extension FixedPool {
    /// Free indices, from the bottom of the stack up, that lie as in a new pool. Those from
    /// `capacity - untouchedCount` up are free.
    public var untouchedCount: Int {
        var position = 0
        while position < freeCount, freeStack[position] == Self.newIndex(position, of: capacity) {
            position += 1
        }
        return position
    }

    /// A free index, counted from the one to be handed out last.
    public func freeIndex(at position: Int) -> Int32 {
        precondition(position >= 0 && position < freeCount, "fewer indices are free")
        return freeStack[position]
    }

    /// Takes over the free stack of another pool of this capacity: `untouched` indices as in a new
    /// pool, on them `others` that `next` tells. False, and all is free, when an index is outside
    /// the pool or comes twice. The contents of records stay.
    public mutating func restoreFree<Failure: Error>(
        untouched: Int, others: Int, next: () throws(Failure) -> Int32
    ) throws(Failure) -> Bool {
        removeAll()
        guard untouched >= 0, others >= 0, untouched <= capacity, others <= capacity - untouched
        else { return false }
        // Indices from here up are those of the bottom.
        let end = capacity - untouched
        var seen = [UInt64](repeating: 0, count: (end + 63) / 64)
        for position in 0..<others {
            let index = try next()
            guard index >= 0, Int(index) < end, seen[Int(index) >> 6] >> UInt64(index & 63) & 1 == 0
            else {
                removeAll()
                return false
            }
            seen[Int(index) >> 6] |= 1 << UInt64(index & 63)
            freeStack[untouched + position] = index
        }
        freeCount = untouched + others
        return true
    }

    private static func newIndex(_ position: Int, of capacity: Int) -> Int32 {
        Int32(truncatingIfNeeded: capacity &- 1 &- position)
    }
}
