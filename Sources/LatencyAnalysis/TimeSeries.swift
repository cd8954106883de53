/// What the run was like over time: a bounded number of points, which grow wider as it goes on.
///
/// Recording seconds for ever would need memory for ever. When all places are taken, each two
/// neighbours become one, and from then on a point collects twice as many intervals.
public struct TimeSeries: Equatable, Sendable {
    /// Figures of one stage within one point.
    public struct Sample: Equatable, Sendable {
        public var count: UInt64 = 0
        /// The median; of several intervals, their medians' mean by count.
        public var p50: UInt64 = 0
        /// Of several intervals the worst one's.
        public var p99: UInt64 = 0
        public var max: UInt64 = 0

        public init() {}

        init(_ percentiles: Percentiles) {
            count = percentiles.count
            p50 = percentiles.p50
            p99 = percentiles.p99
            max = percentiles.max
        }

        mutating func merge(_ other: Sample) {
            guard other.count > 0 else { return }
            let sum = count + other.count
            p50 = UInt64(
                (Double(p50) * Double(count) + Double(other.p50) * Double(other.count))
                    / Double(sum))
            count = sum
            p99 = Swift.max(p99, other.p99)
            max = Swift.max(max, other.max)
        }
    }

    public struct Point: Equatable, Sendable {
        /// From the start of the run.
        public var startNanos: UInt64
        public var lengthNanos: UInt64
        /// By `Stage.rawValue`.
        public var samples: [Sample]
        public var hiccups: Sample
        /// Stamps that were overwritten before they were read.
        public var lost: UInt64

        mutating func merge(_ next: Point) {
            lengthNanos = next.startNanos + next.lengthNanos - startNanos
            for index in samples.indices { samples[index].merge(next.samples[index]) }
            hiccups.merge(next.hiccups)
            lost += next.lost
        }

        public subscript(stage: Stage) -> Sample { samples[stage.rawValue] }
    }

    public private(set) var points: [Point] = []
    /// Intervals that one point collects.
    public private(set) var intervalsPerPoint = 1
    private let capacity: Int
    private var intervalsInLast = 0

    /// `capacity` is even.
    public init(capacity: Int = 600) {
        precondition(capacity >= 2 && capacity % 2 == 0, "a series has an even number of places")
        self.capacity = capacity
        points.reserveCapacity(capacity)
    }

    public mutating func append(_ interval: Point) {
        if intervalsInLast > 0, intervalsInLast < intervalsPerPoint {
            points[points.count - 1].merge(interval)
            intervalsInLast += 1
            return
        }
        if points.count == capacity {
            for index in 0..<capacity / 2 {
                points[index] = points[2 * index]
                points[index].merge(points[2 * index + 1])
            }
            points.removeLast(capacity / 2)
            intervalsPerPoint *= 2
        }
        points.append(interval)
        intervalsInLast = 1
    }
}
