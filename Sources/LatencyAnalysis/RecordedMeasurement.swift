import Domain
import OrderFlow
import Telemetry

/// Puts a measurement together again from files: what apus-load recorded, what was saved of the
/// venue's stamps, or both.
///
/// With record files only their requests count: every stage is then about the same requests.
struct RecordedMeasurement {
    let measurement: SavedMeasurement
    let records: [LoadRecord]

    /// What files without intervals are cut into.
    static let intervalNanos: UInt64 = 1_000_000_000
    /// More intervals than a day has seconds are not believed.
    static let intervalsMax: UInt64 = 86_400

    private enum Source {
        case stamps(Int)
        /// Stamps of a request in no record: only for the messages that tell of it.
        case otherStamps(Int)
        case record(Int)
        case arrival(Int)
    }

    /// Everything in the order of its time; with records, what lies between the first's plan and the
    /// last's answer.
    private func timeline(_ join: RecordJoin?) -> [(nanos: UInt64, source: Source)] {
        var timeline: [(nanos: UInt64, source: Source)] = []
        timeline.reserveCapacity(
            max(records.count, measurement.stamps.count) + measurement.arrivals.count)
        let last = records.reduce(0) { max($0, $1.receivedNanos) }
        for (index, stamps) in measurement.stamps.enumerated() {
            let nanos = stamps.gatewayOut.nanos
            if join == nil {
                timeline.append((nanos, .stamps(index)))
            } else if join?.isJoined[index] == false, nanos <= last {
                timeline.append((nanos, .otherStamps(index)))
            }
        }
        for (index, record) in records.enumerated() {
            timeline.append((record.receivedNanos, .record(index)))
        }
        let window = join == nil ? 0...UInt64.max : min(firstPlan, last)...last
        for (index, arrival) in measurement.arrivals.enumerated()
        where window.contains(arrival.listenerIn.nanos) {
            timeline.append((arrival.listenerIn.nanos, .arrival(index)))
        }
        timeline.sort { $0.nanos < $1.nanos }
        return timeline
    }

    /// When the first recorded request was due.
    private var firstPlan: UInt64 { records.reduce(UInt64.max) { min($0, $1.plannedNanos) } }

    /// Runs everything through a pipeline; `log` gets each interval's histograms.
    func run(
        log: (_ tag: String, _ histogram: borrowing LatencyHistogram, _ interval: LogInterval) ->
            Void = { _, _, _ in }
    ) throws(ToolError) -> LatencyPipeline {
        let join =
            records.isEmpty ? nil : RecordJoin(records: records, stamps: measurement.stamps)
        let timeline = timeline(join)
        guard let last = timeline.last else {
            throw ToolError(.input, "the files hold no request: expected at least one")
        }
        let start = records.isEmpty ? measurement.start : Timestamp(nanos: firstPlan)
        let pipeline = LatencyPipeline(
            start: start, joinsListeners: !measurement.arrivals.isEmpty)
        var next = 0
        func play(before end: UInt64) {
            while next < timeline.count, timeline[next].nanos < end {
                switch timeline[next].source {
                case .stamps(let index): pipeline.note(measurement.stamps[index])
                case .otherStamps(let index): pipeline.noteOther(measurement.stamps[index])
                case .arrival(let index): pipeline.note(measurement.arrivals[index])
                case .record(let index):
                    let stamps = join?.stampsOfRecord[index].map { measurement.stamps[$0] }
                    pipeline.note(records[index], stamps: stamps)
                }
                next += 1
            }
            pipeline.joinWaiting(now: Timestamp(nanos: end))
        }
        for interval in try intervals(from: start.nanos, to: last.nanos) {
            play(before: interval.end.nanos)
            for lost in interval.lostStamps { pipeline.noteOverrun(lost: lost) }
            pipeline.noteDroppedMessages(interval.droppedMessages)
            pipeline.closeInterval(
                at: interval.end, hiccups: try Self.histogram(interval.hiccups), log: log)
        }
        // A measurement that was killed has things behind its last interval.
        if next < timeline.count {
            let end = last.nanos + 1
            play(before: end)
            pipeline.closeInterval(
                at: Timestamp(nanos: end), hiccups: LatencyHistogram(), log: log)
        }
        pipeline.giveUpWaiting()
        // Without any stamps nothing is missing: the records are all there is.
        if let join, !measurement.stamps.isEmpty {
            pipeline.noteUnjoined(records: join.unjoinedRecords, stamps: join.unjoinedStamps)
        }
        return pipeline
    }

    /// The saved intervals that the run has part in; without any, a second each.
    private func intervals(
        from start: UInt64, to end: UInt64
    ) throws(ToolError) -> [SavedMeasurement.Interval] {
        let saved = measurement.intervals.filter { interval in
            interval.end.nanos > start
        }
        if !saved.isEmpty {
            let isPart = records.isEmpty ? saved.count : partCount(saved, end)
            return Array(saved[..<isPart])
        }
        let count = (max(end, start) - start) / Self.intervalNanos + 1
        guard count <= Self.intervalsMax else {
            throw ToolError(
                .input, "the files' times span \(count) seconds: expected at most a day of them")
        }
        return (1...count).map { number in
            SavedMeasurement.Interval(
                end: Timestamp(nanos: start + number * Self.intervalNanos), hiccups: [])
        }
    }

    /// So many of the saved intervals until one covers the end.
    private func partCount(_ saved: [SavedMeasurement.Interval], _ end: UInt64) -> Int {
        let covering = saved.firstIndex { $0.end.nanos > end }
        return covering.map { $0 + 1 } ?? saved.count
    }

    private static func histogram(_ bytes: [UInt8]) throws(ToolError) -> LatencyHistogram {
        guard !bytes.isEmpty else { return LatencyHistogram() }
        do {
            return try HistogramEncoding.decode(bytes)
        } catch {
            throw ToolError(.input, "a saved interval's hiccups cannot be read: \(error)")
        }
    }
}
