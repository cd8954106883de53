import Domain
import OrderFlow
import Telemetry

/// A published event as a listener had it.
public struct ListenerArrival: BitwiseCopyable, Sendable {
    public var execID: Timestamp
    public var engineOut: Timestamp
    public var dropCopyIn: Timestamp
    public var dropCopyOut: Timestamp
    public var listenerIn: Timestamp

    public init(
        execID: Timestamp, engineOut: Timestamp, dropCopyIn: Timestamp, dropCopyOut: Timestamp,
        listenerIn: Timestamp
    ) {
        self.execID = execID
        self.engineOut = engineOut
        self.dropCopyIn = dropCopyIn
        self.dropCopyOut = dropCopyOut
        self.listenerIn = listenerIn
    }
}

/// What was seen, and what could not be used.
public struct MeasurementCounts: Equatable, Sendable {
    /// Answered requests whose stamps were read.
    public var answers: UInt64 = 0
    /// Stamps that were overwritten before they were read.
    public var lostStamps: UInt64 = 0
    /// How often that happened.
    public var overruns: UInt64 = 0
    public var listenerMessages: UInt64 = 0
    /// Messages whose transaction no answer was known to: it had no request, or its stamps were lost.
    public var unjoinedMessages: UInt64 = 0
    /// Messages that this program had no room for before it could look at them.
    public var droppedMessages: UInt64 = 0
    /// Lines of the clients' record files.
    public var records: UInt64 = 0
    /// Those without stamps of the same session and MsgSeqNum at their time.
    public var unjoinedRecords: UInt64 = 0
    /// Stamps of requests that no record file has; only counted where there is one.
    public var unjoinedStamps: UInt64 = 0

    public init() {}
}

/// From stamps, records and listeners' messages to histograms: pure, stepped by its caller.
///
/// Sources are noted as they come; `closeInterval` ends an interval of the run. All memory is taken
/// at the start. One thread uses it.
public final class LatencyPipeline {
    /// Where the run began, for everything that is told in time since then.
    public let start: Timestamp
    @exclusivity(unchecked) public private(set) var counts = MeasurementCounts()
    public private(set) var series: TimeSeries
    /// The machine's hiccups over the whole run.
    private(set) var hiccups = LatencyHistogram()
    @exclusivity(unchecked) private var slow = SlowRequests()
    private let meters: [StageMeter]

    /// When the answers of late transactions left, by ExecID, for the messages that tell of them.
    @exclusivity(unchecked) private var gatewayOut: JoinTable<Timestamp>
    /// Messages that came before their answer's stamps, oldest first.
    @exclusivity(unchecked) private var waiting: WaitingArrivals
    private let joinsListeners: Bool

    private var intervalStart: UInt64
    private var lostInInterval: UInt64 = 0
    /// How long a message may be ahead of the stamps of its answer.
    static let patienceNanos: UInt64 = 1_000_000_000

    /// `joinsListeners`: whether messages of the drop copy are to be noted.
    public init(
        start: Timestamp, joinsListeners: Bool = false, joinCapacity: Int = 1 << 16,
        seriesCapacity: Int = 600
    ) {
        self.start = start
        self.joinsListeners = joinsListeners
        intervalStart = start.nanos
        series = TimeSeries(capacity: seriesCapacity)
        meters = Stage.allCases.map { _ in StageMeter() }
        gatewayOut = JoinTable(capacity: joinsListeners ? joinCapacity : 8, filler: .none)
        waiting = WaitingArrivals(capacity: joinsListeners ? joinCapacity / 4 : 2)
    }
}

// MARK: - Sources

extension LatencyPipeline {
    /// Stamps as the venue's gateway wrote them.
    public func note(_ stamps: RequestStamps) {
        noteAnswer(stamps)
        slow.note(MeasuredRequest(stamps))
    }

    /// When the public was told of a transaction that these stamps are of.
    public func notePublic(_ stamps: RequestStamps, at publicOut: Timestamp) {
        self[.feedWay].record(from: stamps.engineOut, to: publicOut)
        if publicOut < stamps.gatewayOut {
            self[.feedBeforeAnswer].record(from: publicOut, to: stamps.gatewayOut)
        } else {
            self[.feedAfterAnswer].record(from: stamps.gatewayOut, to: publicOut)
        }
    }

    /// Stamps were overwritten before they could be read.
    public func noteOverrun(lost: UInt64) {
        counts.overruns += 1
        counts.lostStamps += lost
        lostInInterval += lost
    }

    /// A request of a client's record file, with its stamps if there are any.
    public func note(_ record: LoadRecord, stamps: RequestStamps?) {
        counts.records += 1
        let planned = Timestamp(nanos: record.plannedNanos)
        let sent = Timestamp(nanos: record.sentNanos)
        let received = Timestamp(nanos: record.receivedNanos)
        self[.sending].record(from: planned, to: sent)
        self[.service].record(from: sent, to: received)
        self[.response].record(from: planned, to: received)
        guard let stamps else { return }
        noteAnswer(stamps)
        self[.request].record(from: sent, to: stamps.gatewayIn)
        self[.answer].record(from: stamps.gatewayOut, to: received)
        slow.note(
            MeasuredRequest(stamps, planned: planned, sent: sent, received: received))
    }

    /// Stamps that are in no stage, for the drop copy's messages about their request.
    public func noteOther(_ stamps: RequestStamps) { rememberForListeners(stamps) }

    /// What record files and stamps do not have in common.
    public func noteUnjoined(records: UInt64, stamps: UInt64) {
        counts.unjoinedRecords += records
        counts.unjoinedStamps += stamps
    }

    /// A message that a listener received.
    public func note(_ arrival: ListenerArrival) {
        counts.listenerMessages += 1
        self[.copyIn].record(from: arrival.engineOut, to: arrival.dropCopyIn)
        self[.copyThrough].record(from: arrival.dropCopyIn, to: arrival.dropCopyOut)
        self[.copyWay].record(from: arrival.dropCopyOut, to: arrival.listenerIn)
        self[.copyDelay].record(from: arrival.engineOut, to: arrival.listenerIn)
        if !join(arrival.execID, arrival.listenerIn) {
            let gaveWay = waiting.append(arrival.execID, arrival.listenerIn)
            if gaveWay { counts.unjoinedMessages += 1 }
        }
    }

    public func noteDroppedMessages(_ count: UInt64) { counts.droppedMessages += count }

    /// Looks again for the stamps of messages that were ahead of them; call it after every round.
    public func joinWaiting(now: Timestamp) {
        for _ in 0..<waiting.count {
            let (execID, listenerIn) = waiting.removeFirst()
            if join(execID, listenerIn) { continue }
            if now.nanos(since: listenerIn) < Self.patienceNanos {
                _ = waiting.append(execID, listenerIn)
            } else {
                counts.unjoinedMessages += 1
            }
        }
    }

    /// At the end: nobody waits any longer.
    public func giveUpWaiting() {
        joinWaiting(now: .none)
    }

    private func join(_ execID: Timestamp, _ listenerIn: Timestamp) -> Bool {
        guard let gatewayOut = gatewayOut.find(execID.nanos) else { return false }
        self[.copyAfterAnswer].record(from: gatewayOut, to: listenerIn)
        return true
    }

    private func rememberForListeners(_ stamps: RequestStamps) {
        guard joinsListeners, !stamps.execID.isNone else { return }
        gatewayOut.insert(stamps.gatewayOut, for: stamps.execID.nanos)
    }

    private func noteAnswer(_ stamps: RequestStamps) {
        counts.answers += 1
        rememberForListeners(stamps)
        self[.kernel].record(from: stamps.kernelReceive, to: stamps.gatewayIn)
        guard !stamps.engineIn.isNone else {
            self[.gatewayOnly].record(from: stamps.gatewayIn, to: stamps.gatewayOut)
            return
        }
        self[.queue].record(from: stamps.gatewayIn, to: stamps.engineIn)
        self[.engine].record(from: stamps.engineIn, to: stamps.engineOut)
        self[.back].record(from: stamps.engineOut, to: stamps.answerIn)
        self[.encoding].record(from: stamps.answerIn, to: stamps.gatewayOut)
        self[.venue].record(from: stamps.gatewayIn, to: stamps.gatewayOut)
    }

    private subscript(stage: Stage) -> StageMeter { meters[stage.rawValue] }
}

// MARK: - Time

extension LatencyPipeline {
    /// Ends the interval under way; `hiccups` are the machine's during it.
    ///
    /// `log` is given each stage's tag and histogram before they become part of the whole.
    public func closeInterval(
        at end: Timestamp, hiccups interval: borrowing LatencyHistogram,
        log: (_ tag: String, _ histogram: borrowing LatencyHistogram, _ interval: LogInterval) ->
            Void = { _, _, _ in }
    ) {
        let length = end.nanos - min(intervalStart, end.nanos)
        let place = LogInterval(
            offsetNanos: intervalStart - min(start.nanos, intervalStart), lengthNanos: length)
        var point = TimeSeries.Point(
            startNanos: place.offsetNanos, lengthNanos: length,
            samples: Array(repeating: TimeSeries.Sample(), count: Stage.allCases.count),
            hiccups: TimeSeries.Sample(Percentiles(interval)), lost: lostInInterval)
        for stage in Stage.allCases where self[stage].interval.count > 0 {
            let meter = self[stage]
            point.samples[stage.rawValue] = TimeSeries.Sample(Percentiles(meter.interval))
            log(stage.tag, meter.interval, place)
            meter.closeInterval()
        }
        if interval.count > 0 {
            log(Self.hiccupTag, interval, place)
            hiccups.merge(interval)
        }
        series.append(point)
        lostInInterval = 0
        intervalStart = end.nanos
    }

    /// The tag of the machine's own interruptions in logs.
    static var hiccupTag: String { "hiccups" }

    /// When the interval under way began.
    public var currentIntervalStart: Timestamp { Timestamp(nanos: intervalStart) }
}

/// Where an interval lies in a run.
public struct LogInterval: Equatable, Sendable {
    public var offsetNanos: UInt64
    public var lengthNanos: UInt64
}

// MARK: - Results

extension LatencyPipeline {
    /// The stages that something was counted for, over all closed intervals.
    public func summaries(withCurves: Bool = false) -> [StageSummary] {
        Stage.allCases.compactMap { stage in
            let meter = self[stage]
            guard meter.hasCounted else { return nil }
            return StageSummary(
                stage: stage, percentiles: Percentiles(meter.total),
                negativeCount: meter.negativeCount, mostNegativeNanos: meter.mostNegativeNanos,
                curve: withCurves ? meter.total.curve() : [])
        }
    }

    public var hiccupPercentiles: Percentiles { Percentiles(hiccups) }
    public var hiccupCurve: [CurvePoint] { hiccups.curve() }
    public var slowest: [MeasuredRequest] { slow.requests }
}

/// The figures of one stage.
public struct StageSummary: Equatable, Sendable {
    public var stage: Stage
    public var percentiles: Percentiles
    public var negativeCount: UInt64
    public var mostNegativeNanos: UInt64
    public var curve: [CurvePoint]
}

/// Messages that wait for stamps, oldest first, in memory of a fixed size.
struct WaitingArrivals {
    private var entries: [(execID: Timestamp, listenerIn: Timestamp)]
    private var head = 0
    private(set) var count = 0

    init(capacity: Int) {
        entries = Array(repeating: (.none, .none), count: capacity)
    }

    mutating func removeFirst() -> (execID: Timestamp, listenerIn: Timestamp) {
        precondition(count > 0, "nothing waits")
        defer {
            head = (head + 1) % entries.count
            count -= 1
        }
        return entries[head]
    }

    /// Returns whether the oldest had to give way.
    mutating func append(_ execID: Timestamp, _ listenerIn: Timestamp) -> Bool {
        let isFull = count == entries.count
        if isFull { _ = removeFirst() }
        entries[(head + count) % entries.count] = (execID, listenerIn)
        count += 1
        return isFull
    }
}
