import Domain
import Telemetry

/// A measurement as an HdrHistogram log: an interval a second, a tag for each stage.
struct HDRLog {
    let header: String

    init(start: Timestamp, subject: String, conditions: [RunCondition]) {
        header = HistogramLog.header(
            startNanos: start.nanos,
            comments: ["apus-latency: \(Self.oneLine(subject)); nanoseconds"]
                + conditions.map { Self.oneLine("\($0.name): \($0.value)") })
    }

    static func line(
        _ tag: String, _ histogram: borrowing LatencyHistogram, _ interval: LogInterval
    ) -> String {
        HistogramLog.line(
            histogram, tag: tag, offsetNanos: interval.offsetNanos,
            lengthNanos: interval.lengthNanos)
    }

    /// A comment is one line.
    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
