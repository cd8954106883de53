import Domain

/// Turns (command sequence, pool slot) into an OrderID and back, without a table.
///
/// An OrderID must never come twice, lead to its slot at once, and tell nobody how many orders others
/// entered. Sequence and slot together are unique; a keyed four-round Feistel permutation hides them.
/// It is a bijection, so the OrderIDs are unique too. "All ones" means "no value" on the wire and is
/// stepped over by permuting once more (cycle walking).
@frozen public struct OrderIDCodec: BitwiseCopyable, Sendable {
    /// Slots are 24 bits: 16 million live orders. Sequences are 40: a trillion commands.
    public static var slotBits: UInt64 { 24 }
    public static var orderCapacityMax: Int { 1 << 24 }
    public static var sequenceMax: UInt64 { (1 << 40) - 1 }

    let key: UInt64

    /// `key` is the venue's secret; the same key gives the same OrderIDs.
    public init(key: UInt64) { self.key = key }

    func encode(sequence: UInt64, slot: Int32) -> OrderID {
        precondition(sequence <= Self.sequenceMax, "the command sequence is used up")
        var word = sequence &<< Self.slotBits | UInt64(UInt32(bitPattern: slot))
        repeat { word = permute(word) } while word == .max
        return OrderID(raw: word)
    }

    /// The slot an OrderID would be in if it were ours; any number gives some slot.
    func slot(of orderID: OrderID) -> Int32 {
        guard !orderID.isNone else { return -1 }
        var word = orderID.raw
        repeat { word = unpermute(word) } while word == .max
        return Int32(truncatingIfNeeded: word & ((1 &<< Self.slotBits) &- 1))
    }

    @inline(__always)
    private func round(_ half: UInt32, _ number: UInt64) -> UInt32 {
        let mixed = (UInt64(half) ^ (key &>> (number &* 8))) &* (key &+ number &* 2 | 1)
        return UInt32(truncatingIfNeeded: (mixed ^ (mixed &>> 29)) &>> 17)
    }

    @inline(__always)
    private func permute(_ word: UInt64) -> UInt64 {
        var left = UInt32(truncatingIfNeeded: word &>> 32)
        var right = UInt32(truncatingIfNeeded: word)
        for number in UInt64(0)..<4 {
            let next = left ^ round(right, number)
            left = right
            right = next
        }
        return UInt64(left) &<< 32 | UInt64(right)
    }

    @inline(__always)
    private func unpermute(_ word: UInt64) -> UInt64 {
        var left = UInt32(truncatingIfNeeded: word &>> 32)
        var right = UInt32(truncatingIfNeeded: word)
        for number in 0..<UInt64(4) {
            let previous = right ^ round(left, 3 &- number)
            right = left
            left = previous
        }
        return UInt64(left) &<< 32 | UInt64(right)
    }
}
