import Domain
import Telemetry

/// Collects the times of one stage: those of the interval under way, and all before it.
///
/// Used by one thread that nothing calls back into, so its histograms go without dynamic exclusivity
/// checks.
final class StageMeter {
    @exclusivity(unchecked) private(set) var interval = LatencyHistogram()
    @exclusivity(unchecked) private(set) var total = LatencyHistogram()
    /// Times that came out negative: one of the two clocks, or the order of events, is not what was
    /// thought. They are in no histogram.
    private(set) var negativeCount: UInt64 = 0
    private(set) var mostNegativeNanos: UInt64 = 0

    /// Counts the time between two points; nothing when either was not measured.
    func record(from start: Timestamp, to end: Timestamp) {
        guard !start.isNone, !end.isNone else { return }
        if end < start {
            negativeCount += 1
            mostNegativeNanos = max(mostNegativeNanos, start.nanos - end.nanos)
        } else {
            interval.record(end.nanos - start.nanos)
        }
    }

    /// Adds the interval to the whole and starts the next.
    func closeInterval() {
        guard interval.count > 0 else { return }
        total.merge(interval)
        interval.reset()
    }

    var hasCounted: Bool { total.count > 0 || interval.count > 0 || negativeCount > 0 }
}
