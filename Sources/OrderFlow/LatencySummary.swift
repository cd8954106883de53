import CommandLineTool
import Telemetry

/// The percentiles that reports show, in nanoseconds.
public struct LatencySummary: Equatable, Sendable {
    public var count: UInt64
    public var p50: UInt64
    public var p90: UInt64
    public var p99: UInt64
    public var p999: UInt64
    public var p9999: UInt64
    public var max: UInt64

    public init(_ histogram: borrowing LatencyHistogram) {
        count = histogram.count
        p50 = histogram.value(atPercentile: 50)
        p90 = histogram.value(atPercentile: 90)
        p99 = histogram.value(atPercentile: 99)
        p999 = histogram.value(atPercentile: 99.9)
        p9999 = histogram.value(atPercentile: 99.99)
        max = histogram.max
    }

    /// Writes the percentiles as fields of an object.
    func write(_ json: inout JSONWriter) {
        json.field("p50_ns", p50)
        json.field("p90_ns", p90)
        json.field("p99_ns", p99)
        json.field("p999_ns", p999)
        json.field("p9999_ns", p9999)
        json.field("max_ns", max)
    }

    static let columns: [(String, TextTable.Alignment)] = [
        ("count", .right), ("p50", .right), ("p90", .right), ("p99", .right), ("p99.9", .right),
        ("p99.99", .right), ("max", .right),
    ]

    var cells: [String] {
        [formatGrouped(count)] + [p50, p90, p99, p999, p9999, max].map(formatNanos)
    }
}
