/// Divides by a fixed positive step, or finds that a value is no multiple of it, without dividing.
///
/// For d = 2ᵏ·m with m odd, a multiple of d times the inverse of m modulo 2⁶⁴ is the quotient,
/// shifted left by k. A value that is no multiple gives a quotient that is out of range or fails the
/// check back. Two multiplications instead of a division of up to 40 cycles.
@frozen public struct TickScale: Equatable, BitwiseCopyable, Sendable {
    public let step: Int64
    @usableFromInline let shift: Int64
    @usableFromInline let inverse: Int64
    /// Quotients further from zero than this are refused.
    public let stepsMax: Int64

    /// `stepsMax` is cut to what 64 bits hold.
    public init(step: Int64, stepsMax: Int64 = .max) {
        precondition(step > 0, "a step is positive")
        self.step = step
        shift = Int64(step.trailingZeroBitCount)
        let odd = step >> shift
        // Newton: each round doubles the number of right bits; five rounds from three reach 64.
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        self.inverse = inverse
        self.stepsMax = min(stepsMax, Int64.max / step)
    }

    /// How many steps `value` is; nil when it is no whole number of them, or too many.
    @inlinable @inline(__always)
    public func steps(in value: Int64) -> Int64? {
        let quotient = (value &* inverse) &>> shift
        // One comparison for both ends of the range.
        guard
            UInt64(bitPattern: quotient &+ stepsMax) <= UInt64(bitPattern: stepsMax &* 2),
            quotient &* step == value
        else { return nil }
        return quotient
    }
}
