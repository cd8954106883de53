/// A small generator of random numbers that a seed makes repeatable.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number from 0 up to, not including, `end`.
    mutating func below(_ end: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(end)).high)
    }

    mutating func between(_ first: Int64, _ last: Int64) -> Int64 {
        first + Int64(next().multipliedFullWidth(by: UInt64(last - first + 1)).high)
    }

    /// True with so many chances in a thousand.
    mutating func happens(perMille: Int) -> Bool { below(1000) < perMille }
}
