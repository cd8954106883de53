/// Divides by a fixed positive step, or finds that a value is no multiple of it, without dividing.
///
/// For d = 2ᵏ·m with m odd, a multiple of d times the inverse of m modulo 2⁶⁴, rotated right by k, is
/// the quotient. As no two values give the same, what is no multiple gives more than the quotient of
/// any multiple, so that one comparison finds it together with what is too large.
@frozen public struct StepScale: Equatable, BitwiseCopyable, Sendable {
    @usableFromInline let shift: UInt64
    @usableFromInline let inverse: UInt64
    /// Larger quotients are refused.
    @usableFromInline let stepsMax: UInt64

    /// `stepsMax` must not be more than 64 bits hold of such steps.
    @usableFromInline init(step: UInt64, stepsMax: UInt64) {
        precondition(step > 0, "a step is positive")
        precondition(stepsMax <= .max / step, "the largest multiple fits in a word")
        shift = UInt64(step.trailingZeroBitCount)
        inverse = Self.inverse(of: step >> shift)
        self.stepsMax = stepsMax
    }

    /// `stepsMax` is cut to what a signed value holds.
    public init(step: Int64, stepsMax: Int64) {
        precondition(step > 0 && stepsMax >= 0, "a step is positive")
        self.init(step: UInt64(step), stepsMax: UInt64(min(stepsMax, .max / step)))
    }

    /// The number of an inverse is the inverse of the inverse.
    public var step: Int64 { Int64(Self.inverse(of: inverse) << shift) }

    /// How many steps `value` is; nil when it is no whole number of them, or too many.
    @inlinable @inline(__always)
    public func steps(in value: UInt64) -> UInt64? {
        let product = value &* inverse
        let quotient = product &>> shift | product &<< (0 &- shift)
        return quotient <= stepsMax ? quotient : nil
    }

    /// Newton: each round doubles the number of right bits; five rounds from three reach 64.
    private static func inverse(of odd: UInt64) -> UInt64 {
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        return inverse
    }
}

/// The same for values on both sides of zero.
@frozen public struct TickScale: Equatable, BitwiseCopyable, Sendable {
    /// Counts from the lowest value there is.
    @usableFromInline let scale: StepScale
    /// How far below zero that is.
    @usableFromInline let depth: UInt64

    /// Quotients further from zero than `stepsMax`, which is cut to what 64 bits hold, are refused.
    public init(step: Int64, stepsMax: Int64 = .max) {
        precondition(step > 0 && stepsMax >= 0, "a step is positive")
        let stepsMax = UInt64(min(stepsMax, .max / step))
        scale = StepScale(step: UInt64(step), stepsMax: stepsMax * 2)
        depth = stepsMax * UInt64(step)
    }

    public var step: Int64 { scale.step }

    /// How many steps `value` is; nil when it is no whole number of them, or too many.
    @inlinable @inline(__always)
    public func steps(in value: Int64) -> Int64? {
        guard let steps = scale.steps(in: UInt64(bitPattern: value) &+ depth) else { return nil }
        return Int64(bitPattern: steps &- scale.stepsMax &>> 1)
    }
}
