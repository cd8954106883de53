import Glibc
import Telemetry

/// The figures that stand for a histogram, in nanoseconds, found in one walk over its buckets.
public struct Percentiles: Equatable, Sendable {
    public var count: UInt64 = 0
    public var min: UInt64 = 0
    public var p50: UInt64 = 0
    public var p90: UInt64 = 0
    public var p99: UInt64 = 0
    public var p999: UInt64 = 0
    public var p9999: UInt64 = 0
    public var max: UInt64 = 0

    public init() {}

    public init(_ histogram: borrowing LatencyHistogram) {
        count = histogram.count
        min = histogram.min
        max = histogram.max
        let values = histogram.values(at: [0.5, 0.9, 0.99, 0.999, 0.9999])
        // A bucket's highest value may lie above all that was counted.
        p50 = Swift.min(values[0], max)
        p90 = Swift.min(values[1], max)
        p99 = Swift.min(values[2], max)
        p999 = Swift.min(values[3], max)
        p9999 = Swift.min(values[4], max)
    }

    /// With the name that each has in tables.
    static let names = ["count", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max"]
}

extension LatencyHistogram {
    /// The values that these shares of all values, rising from 0 to 1, do not exceed: each the highest
    /// of its bucket, as `value(atPercentile:)` gives it.
    func values(at shares: [Double]) -> [UInt64] {
        var values = [UInt64](repeating: 0, count: shares.count)
        guard count > 0 else { return values }
        let wanted = shares.map { Swift.max(1, UInt64($0 * Double(count) + 0.5)) }
        var seen: UInt64 = 0
        var next = 0
        forEachBucket { bucket in
            seen += bucket.count
            while next < wanted.count, seen >= wanted[next] {
                values[next] = bucket.highest
                next += 1
            }
        }
        return values
    }

    /// The curve of values over percentiles, from the median on, for an axis of nines.
    func curve() -> [CurvePoint] {
        guard count > 0 else { return [] }
        // Beyond 1 − 1/count there is one value, the largest.
        let last = Swift.max(1, log10(Double(count)))
        let steps = 160
        let nines = (0...steps).map { last * Double($0) / Double(steps) }
        let values = values(at: nines.map { 1 - pow(10, -$0) })
        return zip(nines, values).map { CurvePoint(nines: $0, nanos: $1) }
    }
}

/// One point of a percentile curve.
public struct CurvePoint: Equatable, Sendable {
    /// −log10(1 − share): 1 is 90 %, 2 is 99 %, and so on.
    public var nines: Double
    public var nanos: UInt64
}
