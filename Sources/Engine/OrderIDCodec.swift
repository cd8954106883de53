import Containers
import Domain

/// Turns (command sequence, pool slot) into an OrderID and back, without a table.
///
/// An OrderID must never come twice, lead to its slot at once, and tell nobody how many orders others
/// entered. Sequence and slot together are unique; two rounds of multiplying by a secret odd number
/// and folding the upper half into the lower hide them. Each step is a bijection, so the OrderIDs are
/// unique too. "All ones" means "no value" on the wire and is stepped over by permuting once more
/// (cycle walking).
@frozen public struct OrderIDCodec: BitwiseCopyable, Sendable {
    /// Slots are 24 bits: 16 million live orders. Sequences are 40: a trillion commands.
    public static var slotBits: UInt64 { 24 }
    public static var orderCapacityMax: Int { 1 << 24 }
    public static var sequenceMax: UInt64 { (1 << 40) - 1 }

    let key: UInt64
    private let mask: UInt64
    private let first: UInt64
    private let second: UInt64
    private let firstInverse: UInt64
    private let secondInverse: UInt64

    /// `key` is the venue's secret; the same key gives the same OrderIDs.
    public init(key: UInt64) {
        self.key = key
        mask = mix64(key)
        first = mix64(mask) | 1
        second = mix64(first) | 1
        firstInverse = Self.inverse(of: first)
        secondInverse = Self.inverse(of: second)
    }

    /// Modulo 2⁶⁴, by Newton: an odd number is its own inverse in three bits, and each round doubles
    /// the bits that are right.
    private static func inverse(of odd: UInt64) -> UInt64 {
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        return inverse
    }

    @inline(__always)
    func encode(sequence: UInt64, slot: Int32) -> OrderID {
        precondition(sequence <= Self.sequenceMax, "the command sequence is used up")
        var word = permute(sequence &<< Self.slotBits | UInt64(UInt32(bitPattern: slot)))
        if word == .max { word = permute(word) }
        return OrderID(raw: word)
    }

    /// The slot an OrderID would be in if it were ours; any number gives some slot.
    @inline(__always)
    func slot(of orderID: OrderID) -> Int32 {
        guard !orderID.isNone else { return -1 }
        var word = unpermute(orderID.raw)
        if word == .max { word = unpermute(word) }
        return Int32(truncatingIfNeeded: word & ((1 &<< Self.slotBits) &- 1))
    }

    @inline(__always)
    private func permute(_ word: UInt64) -> UInt64 {
        var mixed = (word ^ mask) &* first
        mixed = (mixed ^ (mixed &>> 32)) &* second
        return mixed ^ (mixed &>> 32)
    }

    @inline(__always)
    private func unpermute(_ word: UInt64) -> UInt64 {
        // Folding by half the width undoes itself.
        var mixed = (word ^ (word &>> 32)) &* secondInverse
        mixed = (mixed ^ (mixed &>> 32)) &* firstInverse
        return mixed ^ mask
    }
}
