/// The arithmetic between values and bucket indices, for a lowest value of 1.
///
/// Bucket 0 divides the values below `2 * half` into steps of 1; each further bucket covers the next
/// power of two in `half` steps twice as wide as those before.
@frozen
@usableFromInline
struct HistogramLayout: Equatable, Sendable {
    @usableFromInline let highest: UInt64
    @usableFromInline let significantDigits: Int
    /// log2 of half the steps of a bucket.
    @usableFromInline let halfMagnitude: Int
    @usableFromInline let countsLength: Int

    init(highest: UInt64, significantDigits: Int) {
        precondition(
            (1...5).contains(significantDigits), "a histogram keeps 1 to 5 significant digits")
        precondition(
            highest >= 2 && highest <= 1 << 62, "a histogram's highest value is 2 up to 2^62")
        self.highest = highest
        self.significantDigits = significantDigits
        // Values up to 2 * 10^digits need steps of 1.
        var largestWithUnitSteps = 2
        for _ in 0..<significantDigits { largestWithUnitSteps *= 10 }
        var magnitude = 1
        while 1 << magnitude < largestWithUnitSteps { magnitude += 1 }
        halfMagnitude = magnitude - 1
        var bucketCount = 1
        var firstUncovered = UInt64(1) << UInt64(magnitude)
        while firstUncovered <= highest {
            firstUncovered <<= 1
            bucketCount += 1
        }
        countsLength = (bucketCount + 1) << halfMagnitude
    }

    @inlinable
    func index(of value: UInt64) -> Int {
        let unitSteps = (UInt64(2) &<< UInt64(truncatingIfNeeded: halfMagnitude)) &- 1
        let bucket = (63 &- halfMagnitude) &- (value | unitSteps).leadingZeroBitCount
        let step = Int(truncatingIfNeeded: value &>> UInt64(truncatingIfNeeded: bucket))
        return (bucket &<< halfMagnitude) &+ step
    }

    /// The lowest value that is counted at this index.
    func value(at index: Int) -> UInt64 {
        let half = 1 << halfMagnitude
        let bucket = Swift.max(0, (index >> halfMagnitude) - 1)
        let step = index - bucket * half
        return UInt64(step) << UInt64(bucket)
    }

    /// The highest value that is counted where this one is.
    func highestEquivalent(_ value: UInt64) -> UInt64 {
        let unitSteps = (UInt64(2) << UInt64(halfMagnitude)) - 1
        let bucket = (63 - halfMagnitude) - (value | unitSteps).leadingZeroBitCount
        return value | ((1 << UInt64(bucket)) - 1)
    }
}
