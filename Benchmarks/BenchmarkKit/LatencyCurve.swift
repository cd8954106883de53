/// Latency against the offered rate.
package struct LatencyCurve {
    /// One rate, run in slices: medians over these, which a stall of the machine in a few of them leaves
    /// alone.
    package struct Step: Equatable {
        /// Requests a second, and answers.
        package var offered: Double
        package var achieved: Double
        /// Of a slice, in nanoseconds from the planned time to the answer.
        package var p50: UInt64
        package var p99: UInt64

        package init(offered: Double, achieved: Double, p50: UInt64, p99: UInt64) {
            self.offered = offered
            self.achieved = achieved
            self.p50 = p50
            self.p99 = p99
        }

        /// Answers come as fast as requests.
        package var keepsUp: Bool { achieved >= 0.95 * offered }
    }

    /// By rising rate.
    package private(set) var steps: [Step] = []

    package init() {}

    package mutating func add(_ step: Step) { steps.append(step) }

    /// Whether a higher rate has nothing more to show: the last one was not kept up with, or its median is
    /// more than a hundred times the least.
    package var isSaturated: Bool {
        guard let last = steps.last, let least = steps.map(\.p50).min() else { return false }
        return !last.keepsUp || last.p50 > 100 * least
    }

    /// The highest rate that is kept up with and whose percentile, `\.p50` or `\.p99`, is at most
    /// `kneeFactor` times the least of any rate: not of the lowest, as a machine that has little to do is
    /// slow to begin.
    package func knee(by percentile: KeyPath<Step, UInt64>) -> Step? {
        guard let least = steps.map({ $0[keyPath: percentile] }).min() else { return nil }
        return steps.last { $0.keepsUp && $0[keyPath: percentile] <= Self.kneeFactor * least }
    }

    package static let kneeFactor: UInt64 = 3
}
