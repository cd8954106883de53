/// The ratio of two things measured in turns, with an interval that holds the true median with 95 %.
public struct RatioEstimate: Sendable, Equatable {
    public var median: Double
    public var low: Double
    public var high: Double
    public var pairs: Int
}

/// Measures two things in turns, so that whatever the machine does happens to both.
struct InterleavedPairs {
    private(set) var ours: [Double] = []
    private(set) var baseline: [Double] = []

    /// Runs both `pairs` times, starting with the one or the other in turn.
    init(
        _ pairs: Int, ours measureOurs: () throws -> Double,
        baseline measureBaseline: () throws -> Double
    ) rethrows {
        for pair in 0..<pairs {
            if pair % 2 == 0 {
                ours.append(try measureOurs())
                baseline.append(try measureBaseline())
            } else {
                baseline.append(try measureBaseline())
                ours.append(try measureOurs())
            }
        }
    }

    var ratio: RatioEstimate { Self.estimate(zip(ours, baseline).map { $0 / $1 }) }

    /// Median of the pairs' ratios; the interval comes from the order statistics around it, which
    /// needs no assumption about how the noise is distributed.
    static func estimate(_ ratios: [Double]) -> RatioEstimate {
        let sorted = ratios.sorted()
        let count = sorted.count
        // Normal approximation of the binomial: ranks n/2 ± 1.96·√n/2.
        let reach = 0.98 * Double(count).squareRoot()
        let low = max(0, Int((Double(count) / 2 - reach).rounded(.down)))
        let high = min(count - 1, Int((Double(count) / 2 + reach).rounded(.up)))
        return RatioEstimate(
            median: Self.median(sorted), low: sorted[low], high: sorted[high], pairs: count)
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1
            ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
