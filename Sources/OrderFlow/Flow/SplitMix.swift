import Glibc

/// A small random source that repeats from its seed, the same on every machine.
public struct SplitMix: Sendable, RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 to `bound` - 1, cheaply; the bias is below bound / 2⁶⁴.
    public mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number from 0 up to, but not, 1.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// 0, 1, 2, … with a tail that falls as a power: most orders are near the touch, a few far away.
    mutating func powerLaw(exponent: Double, most: Int) -> Int {
        min(most, Int(pow(1 - unit(), -1 / exponent)) - 1)
    }
}
