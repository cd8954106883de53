import Domain
import OrderFlow
import Telemetry
import Testing

@testable import LatencyAnalysis

@Suite("Pipeline")
struct PipelineTests {
    private func percentiles(_ pipeline: LatencyPipeline, _ stage: Stage) -> Percentiles? {
        pipeline.summaries().first { $0.stage == stage }?.percentiles
    }

    private func close(_ pipeline: LatencyPipeline, afterNanos nanos: UInt64 = 1_000_000_000) {
        pipeline.closeInterval(
            at: pipeline.currentIntervalStart.adding(nanos: nanos), hiccups: LatencyHistogram())
    }

    @Test("each part of the way is measured between its own two stamps")
    func parts() {
        let pipeline = LatencyPipeline(start: MadeUpRun.start)
        pipeline.note(MadeUpRun.stamps(1, queue: 10, engine: 200, back: 30, encoding: 400))
        close(pipeline)
        let expected: [(Stage, UInt64)] = [
            (.queue, 10), (.engine, 200), (.back, 30), (.encoding, 400), (.venue, 640),
        ]
        #expect(pipeline.summaries().map(\.stage) == expected.map(\.0))
        for (stage, nanos) in expected {
            let figures = percentiles(pipeline, stage)
            #expect(figures?.count == 1 && figures?.min == nanos && figures?.max == nanos)
        }
        #expect(pipeline.counts.answers == 1)
    }

    @Test("what never reached the engine is a stage of its own")
    func gatewayOnly() {
        let pipeline = LatencyPipeline(start: MadeUpRun.start)
        var stamps = MadeUpRun.stamps(1)
        stamps.execID = .none
        stamps.engineIn = .none
        stamps.engineOut = .none
        stamps.answerIn = .none
        pipeline.note(stamps)
        close(pipeline)
        #expect(pipeline.summaries().map(\.stage) == [.gatewayOnly])
    }

    @Test("the kernel's stage is there only where the kernel was asked")
    func kernel() {
        let pipeline = LatencyPipeline(start: MadeUpRun.start)
        var stamps = MadeUpRun.stamps(1)
        stamps.kernelReceive = Timestamp(nanos: stamps.gatewayIn.nanos - 77)
        pipeline.note(stamps)
        pipeline.note(MadeUpRun.stamps(2))
        close(pipeline)
        #expect(percentiles(pipeline, .kernel)?.count == 1)
        #expect(percentiles(pipeline, .kernel)?.max == 77)
    }

    @Test("a negative time is counted, told, and in no histogram")
    func negative() throws {
        let pipeline = LatencyPipeline(start: MadeUpRun.start)
        var stamps = MadeUpRun.stamps(1)
        stamps.answerIn = Timestamp(nanos: stamps.engineOut.nanos - 5)
        pipeline.note(stamps)
        close(pipeline)
        let back = try #require(pipeline.summaries().first { $0.stage == .back })
        #expect(back.percentiles.count == 0)
        #expect(back.negativeCount == 1 && back.mostNegativeNanos == 5)
        #expect(
            StageTable.negatives([back])
                == ["engine out → answer in: 1 negative, down to -5ns, not counted"])
    }

    @Test("a message joins the stamps of its transaction, whichever comes first")
    func joining() {
        let pipeline = LatencyPipeline(start: MadeUpRun.start, joinsListeners: true)
        let (first, second) = (MadeUpRun.stamps(1), MadeUpRun.stamps(2))
        pipeline.note(first)
        pipeline.note(MadeUpRun.arrival(first, way: 20_000))
        pipeline.note(MadeUpRun.arrival(second, way: 30_000))
        #expect(pipeline.counts.unjoinedMessages == 0)
        pipeline.note(second)
        pipeline.joinWaiting(now: second.gatewayOut)
        close(pipeline)
        // Engine out to listener is 6 µs + way; the answer left 7 µs after engine out.
        let figures = percentiles(pipeline, .copyAfterAnswer)
        #expect(figures?.count == 2 && figures?.min == 19_000 && figures?.max == 29_000)
        #expect(percentiles(pipeline, .copyDelay)?.max == 36_000)
        #expect(percentiles(pipeline, .copyIn)?.max == 5_000)
        #expect(percentiles(pipeline, .copyThrough)?.max == 1_000)
        #expect(percentiles(pipeline, .copyWay)?.max == 30_000)
        #expect(pipeline.counts.unjoinedMessages == 0)
    }

    @Test("a message without an answer is given up after a second, and counted")
    func patience() {
        let pipeline = LatencyPipeline(start: MadeUpRun.start, joinsListeners: true)
        let arrival = MadeUpRun.arrival(MadeUpRun.stamps(1))
        pipeline.note(arrival)
        pipeline.joinWaiting(now: arrival.listenerIn.adding(nanos: 999_999_999))
        #expect(pipeline.counts.unjoinedMessages == 0)
        pipeline.joinWaiting(now: arrival.listenerIn.adding(nanos: 1_000_000_000))
        #expect(pipeline.counts.unjoinedMessages == 1)
        pipeline.note(MadeUpRun.arrival(MadeUpRun.stamps(2)))
        pipeline.giveUpWaiting()
        #expect(pipeline.counts.unjoinedMessages == 2)
    }

    @Test("messages that wait have bounded room: the oldest gives way and is counted")
    func waitingRoom() {
        let pipeline = LatencyPipeline(
            start: MadeUpRun.start, joinsListeners: true, joinCapacity: 8)
        for number in 1...5 { pipeline.note(MadeUpRun.arrival(MadeUpRun.stamps(number))) }
        #expect(pipeline.counts.unjoinedMessages == 3)
        pipeline.note(MadeUpRun.stamps(5))
        pipeline.joinWaiting(now: MadeUpRun.stamps(5).gatewayOut)
        close(pipeline)
        #expect(percentiles(pipeline, .copyAfterAnswer)?.count == 1)
    }

    @Test(
        "a closed interval is a point of the series and a line of the log, then part of the whole")
    func intervals() {
        let pipeline = LatencyPipeline(start: MadeUpRun.start)
        pipeline.note(MadeUpRun.stamps(1, engine: 100))
        pipeline.noteOverrun(lost: 9)
        var tags: [String] = []
        var hiccups = LatencyHistogram()
        hiccups.record(5_000)
        pipeline.closeInterval(
            at: MadeUpRun.start.adding(nanos: 1_000), hiccups: hiccups
        ) { tag, histogram, interval in
            tags.append("\(tag) \(histogram.count) \(interval.offsetNanos) \(interval.lengthNanos)")
        }
        pipeline.note(MadeUpRun.stamps(2, engine: 300))
        close(pipeline)
        #expect(
            tags == [
                "gateway_in..engine_in 1 0 1000", "engine_in..engine_out 1 0 1000",
                "engine_out..answer_in 1 0 1000", "answer_in..gateway_out 1 0 1000",
                "gateway_in..gateway_out 1 0 1000", "hiccups 1 0 1000",
            ])
        let points = pipeline.series.points
        #expect(points.count == 2)
        #expect(points[0][.engine].max == 100 && points[1][.engine].max == 300)
        #expect(points[0].lost == 9 && points[1].lost == 0)
        #expect(points[0].hiccups.max == 5_000 && points[1].hiccups.count == 0)
        #expect(points[1].startNanos == 1_000)
        #expect(percentiles(pipeline, .engine)?.count == 2)
        #expect(pipeline.hiccupPercentiles.max == 5_000)
        #expect(pipeline.counts.overruns == 1 && pipeline.counts.lostStamps == 9)
    }

    @Test("the slowest ten are kept, slowest first")
    func slowest() {
        var slow = SlowRequests(capacity: 10)
        var run = MadeUpRun(seed: 3)
        var all: [UInt64] = []
        for number in 1...500 {
            let stamps = MadeUpRun.stamps(number, engine: run.random(below: 1 << 30))
            slow.note(MeasuredRequest(stamps))
            all.append(MeasuredRequest(stamps).wholeNanos)
        }
        #expect(slow.requests.map(\.wholeNanos) == all.sorted(by: >).prefix(10).map { $0 })
    }
}

@Suite("Measuring tools")
struct MeasuringToolTests {
    @Test(
        "percentiles found in one walk are the histogram's own", arguments: [1, 2, 3] as [UInt64])
    func percentiles(seed: UInt64) {
        var run = MadeUpRun(seed: seed)
        var histogram = LatencyHistogram()
        for _ in 0..<20_000 { histogram.record(run.random(below: 1 << run.random(below: 40) + 1)) }
        let figures = Percentiles(histogram)
        #expect(figures.p50 == histogram.value(atPercentile: 50))
        #expect(figures.p90 == histogram.value(atPercentile: 90))
        #expect(figures.p99 == histogram.value(atPercentile: 99))
        #expect(figures.p999 == histogram.value(atPercentile: 99.9))
        #expect(figures.p9999 == min(histogram.value(atPercentile: 99.99), histogram.max))
        #expect(figures.min == histogram.min && figures.max == histogram.max)
        let curve = histogram.curve()
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.nanos <= $1.nanos })
        #expect(curve.last?.nines == 4.301029995663981 || curve.count == 161)
    }

    @Test("an empty histogram has figures and no curve")
    func nothing() {
        let histogram = LatencyHistogram()
        #expect(Percentiles(histogram) == Percentiles())
        #expect(histogram.curve().isEmpty)
    }

    @Test("a join table finds what is young and forgets what is oldest, and says how often")
    func joinTable() {
        var table = JoinTable(capacity: 64, filler: 0)
        for key in UInt64(1)...1000 {
            table.insert(Int(key) * 2, for: key)
            #expect(table.find(key) == Int(key) * 2)
        }
        table.insert(5, for: 1000)
        #expect(table.find(1000) == 5)
        let kept = (UInt64(1)...1000).filter { table.find($0) != nil }.count
        #expect(kept == 64 && table.forgotten == 936)
        #expect(table.find(5000) == nil)
    }

    @Test("in a full set the oldest gives way")
    func oldestGivesWay() {
        var table = JoinTable(capacity: 8, filler: 0)
        for key in UInt64(1)...8 { table.insert(0, for: key) }
        table.insert(0, for: 9)
        #expect(table.find(1) == nil && table.find(2) != nil && table.find(9) != nil)
    }

    @Test("a series never exceeds its places, and loses no count, maximum or moment")
    func series() {
        var series = TimeSeries(capacity: 8)
        var run = MadeUpRun(seed: 9)
        var (sum, largest): (UInt64, UInt64) = (0, 0)
        for index in 0..<1000 {
            var point = TimeSeries.Point(
                startNanos: UInt64(index) * 10, lengthNanos: 10,
                samples: Array(repeating: TimeSeries.Sample(), count: Stage.allCases.count),
                hiccups: TimeSeries.Sample(), lost: 1)
            var sample = TimeSeries.Sample()
            sample.count = run.random(below: 5)
            sample.max = sample.count > 0 ? run.random(below: 1000) : 0
            (sum, largest) = (sum + sample.count, max(largest, sample.max))
            point.samples[Stage.engine.rawValue] = sample
            series.append(point)
            #expect(series.points.count <= 8)
            let end = series.points.last!.startNanos + series.points.last!.lengthNanos
            #expect(end == UInt64(index + 1) * 10)
        }
        let points = series.points
        #expect(points.reduce(0) { $0 + $1[.engine].count } == sum)
        #expect(points.map { $0[.engine].max }.max() == largest)
        #expect(points.reduce(0) { $0 + $1.lost } == 1000)
        #expect(series.intervalsPerPoint == 128)
        for (a, b) in zip(points, points.dropFirst()) {
            #expect(a.startNanos + a.lengthNanos == b.startNanos)
        }
    }
}

@Suite("The public feed's stages")
struct PublicFeedStageTests {
    @Test("the public is before or after the answer, and each transaction counts once")
    func signs() throws {
        let start = Timestamp(nanos: 1_000_000)
        let pipeline = LatencyPipeline(start: start)
        var stamps = RequestStamps(sessionID: 1, sessionInstanceID: 1, msgSeqNum: 1)
        stamps.engineOut = start.adding(nanos: 100)
        stamps.gatewayOut = start.adding(nanos: 1_000)
        pipeline.notePublic(stamps, at: start.adding(nanos: 400))
        pipeline.notePublic(stamps, at: start.adding(nanos: 1_000))
        pipeline.notePublic(stamps, at: start.adding(nanos: 3_000))
        pipeline.closeInterval(at: start.adding(nanos: 10_000), hiccups: LatencyHistogram())
        let figures = Dictionary(
            uniqueKeysWithValues: pipeline.summaries().map { ($0.stage, $0) })
        #expect(figures[.feedWay]?.percentiles.count == 3)
        #expect(figures[.feedWay]?.percentiles.max == 2_900)
        #expect(figures[.feedBeforeAnswer]?.percentiles.count == 1)
        #expect(figures[.feedBeforeAnswer]?.percentiles.max == 600)
        #expect(figures[.feedAfterAnswer]?.percentiles.count == 2)
        #expect(figures[.feedAfterAnswer]?.percentiles.max == 2_000)
        #expect(figures.values.allSatisfy { $0.negativeCount == 0 })
        for summary in figures.values { #expect(summary.stage.label.count <= 23) }
    }
}
