import Domain

/// A finished measurement, as every form of output shows it.
public struct LatencyReport: Sendable {
    /// When the machine itself stood still.
    public struct Gap: Equatable, Sendable {
        /// From the start of the run.
        public var offsetNanos: UInt64
        public var nanos: UInt64

        public init(offsetNanos: UInt64, nanos: UInt64) {
            self.offsetNanos = offsetNanos
            self.nanos = nanos
        }
    }

    /// What was measured, in a few words.
    public var subject: String
    public var start: Timestamp
    public var lengthNanos: UInt64
    public var stages: [StageSummary]
    public var counts: MeasurementCounts
    public var series: TimeSeries
    public var slowest: [MeasuredRequest]
    /// Nothing was read of the machine's own pauses when its count is 0.
    public var hiccups: Percentiles
    public var hiccupCurve: [CurvePoint]
    /// The longest pauses, longest first.
    public var worstHiccups: [Gap]
    public var conditions: [RunCondition]
    /// Sentences about what the figures leave out.
    public var omissions: [String]
    /// Sentences about what went wrong on the way.
    public var notes: [String]

    public init(
        subject: String, pipeline: LatencyPipeline, end: Timestamp, worstHiccups: [Gap] = [],
        conditions: [RunCondition] = [], notes: [String] = []
    ) {
        self.subject = subject
        start = pipeline.start
        lengthNanos = end.nanos(since: pipeline.start)
        stages = pipeline.summaries(withCurves: true)
        counts = pipeline.counts
        series = pipeline.series
        slowest = pipeline.slowest
        hiccups = pipeline.hiccupPercentiles
        hiccupCurve = pipeline.hiccupCurve
        self.worstHiccups = worstHiccups
        self.conditions = conditions
        self.notes = notes
        omissions = []
        omissions = Self.omissions(self)
    }

    public subscript(stage: Stage) -> StageSummary? { stages.first { $0.stage == stage } }

    /// The stage that stands for the whole: the client's view if there is one.
    public var headline: StageSummary? { self[.response] ?? self[.venue] ?? stages.first }

    public var seconds: Double { Double(lengthNanos) / 1e9 }

    /// Answers, or the clients' records where there are only those, by the second.
    public var ratePerSecond: Double {
        let count = Swift.max(counts.answers, counts.records)
        return seconds > 0 ? Double(count) / seconds : 0
    }

    /// What a reader has to know that the figures do not say: short, in the order of importance.
    private static func omissions(_ report: LatencyReport) -> [String] {
        var sentences: [String] = []
        if report[.response] == nil {
            sentences.append(
                "The way between client and gateway is not included: the venue's own clock readings "
                    + "are all there is. Record files of apus-load add it.")
        }
        if report.counts.answers > 0, report[.kernel] == nil {
            sentences.append(
                "The time that a request lay in the kernel before the gateway read it is not included."
            )
        }
        if report[.venue] != nil {
            sentences.append(
                "The sending itself comes after the last stamp: one send serves a whole batch.")
        }
        if report[.copyDelay] == nil {
            sentences.append("No drop copy was listened to.")
        }
        return sentences
    }
}
