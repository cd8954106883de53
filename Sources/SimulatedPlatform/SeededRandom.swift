/// Numbers that only look random: the same seed gives the same ones, on every machine.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// SplitMix64: every 64-bit state is passed once, so any seed is a good one.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 to `bound` - 1; `bound` is above 0.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "there is nothing to draw from")
        return Int(((next() >> 32) &* UInt64(bound)) >> 32)
    }

    public mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    public mutating func pick(_ range: ClosedRange<UInt64>) -> UInt64 {
        let width = range.upperBound - range.lowerBound
        return width == .max ? next() : range.lowerBound + next() % (width + 1)
    }

    public mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// True so many times in a million.
    public mutating func chance(perMillion: Int) -> Bool {
        perMillion > 0 && below(1_000_000) < perMillion
    }

    /// True with one half.
    public mutating func coin() -> Bool { next() >> 63 == 1 }

    /// A generator of its own, which this one's later numbers do not follow.
    public mutating func fork() -> SeededRandom { SeededRandom(seed: next()) }
}
