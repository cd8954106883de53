import Client
import CommandLineTool
import Domain
import Platform
import Telemetry

/// What a load run measured.
struct LoadReport {
    /// Requests due within the run, and those that were written.
    var planned = 0
    var sent = 0
    /// Answers after the warm-up: what the percentiles are about.
    var measured = 0
    var unanswered = 0
    var rejects = 0
    var rejectsByReason: [UInt32: Int] = [:]
    var seconds = 0.0
    var offeredRate: Double?
    var achievedRate = 0.0
    /// From the planned time to the answer, and from the send to the answer.
    var latency: LatencySummary
    var service: LatencySummary
    /// Gaps between two turns of this program's own loop: what the machine did to it.
    var hiccups: LatencySummary
    var wasStopped = false
}

/// Offers requests on a plan, or one batch at a time, and measures the answers.
///
/// One thread turns one loop: write what is due, hand it over, take what has arrived. Latency counts
/// from the planned moment, so that a stall of the venue, or of this loop, shows in every request
/// that it delayed.
final class LoadRun<Stream: ByteStream> {
    private let options: LoadOptions
    private let clock: Clock
    private let sessions: [LoadSession<Stream>]
    /// Sleeps until something can be received anywhere, or so many nanoseconds have passed.
    private let waitAny: (Int) -> Void
    private let shouldStop: () -> Bool
    private let progress: (String) -> Void

    private var latency = LatencyHistogram()
    @exclusivity(unchecked) private var service = LatencyHistogram()
    @exclusivity(unchecked) private var interval = LatencyHistogram()
    private var hiccups = LatencyHistogram()
    @exclusivity(unchecked) private(set) var records: [LoadRecord] = []
    private(set) var log = ""
    private var measureFrom: UInt64 = 0
    private var sent = 0
    @exclusivity(unchecked) private var answeredInInterval = 0
    private var sentInInterval = 0
    private var intervalStart: UInt64 = 0
    private var lastTurn: UInt64 = 0
    private var nextStopCheck: UInt64 = 0
    private var isStopped = false
    private var turn = 0
    private var idleTurns = 0

    init(
        _ options: LoadOptions, sessions: [VenueSession<Stream>], clock: Clock,
        waitAny: @escaping (Int) -> Void, shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (String) -> Void = { _ in }
    ) {
        precondition(!sessions.isEmpty, "A load run has at least one session.")
        self.options = options
        self.clock = clock
        self.sessions = sessions.map { LoadSession($0, options: options, clock: clock) }
        self.waitAny = waitAny
        self.shouldStop = shouldStop
        self.progress = progress
        records.reserveCapacity(options.recordCapacity)
    }

    /// Logs on, offers the load, waits for the last answers, withdraws the orders, logs out.
    func run() throws(ToolError) -> LoadReport {
        for session in sessions { try session.venue.logon() }
        let start = clock.now().nanos + 10_000_000
        measureFrom = start + options.warmupNanos
        let end = measureFrom + options.durationNanos
        log = HistogramLog.header(
            startNanos: measureFrom,
            comments: ["apus-load: nanoseconds from the planned time to the answer"])
        intervalStart = start
        lastTurn = clock.now().nanos
        let plan: SendingPlan? =
            if case .open(let rate) = options.pacing {
                SendingPlan(startNanos: start, rate: rate, batch: options.batch)
            } else {
                nil
            }
        try offer(plan, start: start, end: end)
        let offered = clock.now().nanos
        try drain()
        closeInterval(at: offered)
        let report = makeReport(plan, from: start, to: min(offered, end))
        for session in sessions {
            try session.venue.deleteAllOrders(product: options.product)
            try session.venue.logout()
        }
        return report
    }

    private func offer(_ plan: SendingPlan?, start: UInt64, end: UInt64) throws(ToolError) {
        var number: UInt64 = 0
        while true {
            let now = clock.now().nanos
            noteTurn(now)
            if now >= end || isStopped { return }
            var work = 0
            var due = UInt64.max
            if let plan {
                work += writeDue(plan, &number, now)
                due = plan.moment(number)
            } else if now >= start {
                work += writeClosed()
            }
            work += try exchange()
            if now - min(now, intervalStart) >= 1_000_000_000 { closeInterval(at: now) }
            try idle(work, now: now, due: due)
        }
    }

    /// Writes what the plan says is due; a full session leaves it for the next turn.
    private func writeDue(_ plan: SendingPlan, _ number: inout UInt64, _ now: UInt64) -> Int {
        var count = 0
        while count < 1024 {
            let moment = plan.moment(number)
            if moment > now { break }
            let session = sessions[turn]
            guard session.hasRoom() else {
                // The next in line may have room; if none has, the plan waits and latency grows.
                turn = (turn + 1) % sessions.count
                if !sessions[turn].hasRoom() { break }
                continue
            }
            session.issue(plannedNanos: moment)
            number += 1
            count += 1
            if number % UInt64(options.batch) == 0 { turn = (turn + 1) % sessions.count }
        }
        sent += count
        sentInInterval += count
        return count
    }

    private func writeClosed() -> Int {
        var count = 0
        for session in sessions where session.inFlight == 0 {
            let now = clock.now().nanos
            for _ in 0..<options.batch { session.issue(plannedNanos: now) }
            count += options.batch
        }
        sent += count
        sentInInterval += count
        return count
    }

    /// Hands over and takes, on every session; returns how much there was.
    private func exchange() throws(ToolError) -> Int {
        var work = 0
        for session in sessions {
            work += try session.flush()
            let number = session.venue.credentials.session
            work += try session.receive { entry, received in
                self.answered(entry, received, session: number)
            }
        }
        return work
    }

    private func answered(
        _ entry: RequestInFlight, _ received: UInt64, session: UInt32
    ) {
        answeredInInterval += 1
        guard entry.plannedNanos >= measureFrom else { return }
        interval.record(received - min(received, entry.plannedNanos))
        service.record(received - min(received, entry.sentNanos))
        if records.count < options.recordCapacity {
            records.append(
                LoadRecord(
                    plannedNanos: entry.plannedNanos, sentNanos: entry.sentNanos,
                    receivedNanos: received, session: session, msgSeqNum: entry.msgSeqNum,
                    template: entry.template.rawValue))
        }
    }
}

// MARK: - Turns of the loop

extension LoadRun {
    private func noteTurn(_ now: UInt64) {
        if lastTurn != 0 { hiccups.record(now - min(now, lastTurn)) }
        lastTurn = now
        if now >= nextStopCheck {
            nextStopCheck = now + 5_000_000
            if shouldStop() { isStopped = true }
        }
    }

    /// Sleeps when there is time for it. A sleep is no hiccup.
    private func idle(_ work: Int, now: UInt64, due: UInt64) throws(ToolError) {
        if work > 0 {
            idleTurns = 0
            return
        }
        for session in sessions {
            try session.venue.keepAlive(now: Timestamp(nanos: now))
        }
        idleTurns += 1
        guard !options.spins, idleTurns > 100 else { return }
        // A sleep may take a tenth of a millisecond longer than asked for.
        let room = due - min(due, now)
        guard room > 200_000 else { return }
        waitAny(Int(min(room - 100_000, 1_000_000)))
        lastTurn = 0
    }

    /// Waits for the answers still missing, not for ever.
    private func drain() throws(ToolError) {
        let patience = clock.now().nanos + 2_000_000_000
        while sessions.contains(where: { $0.inFlight > 0 }), clock.now().nanos < patience {
            if try exchange() == 0 { waitAny(1_000_000) }
        }
    }

    /// Ends an interval: its line for people, its line for the log, its share of the whole.
    private func closeInterval(at now: UInt64) {
        let length = now - min(now, intervalStart)
        let rate = Double(answeredInInterval) * 1e9 / Double(max(length, 1))
        let resting = sessions.reduce(0) { $0 + $1.restingCount }
        // Of orders planned in the warm-up nothing is measured.
        let measured =
            interval.count == 0
            ? (now <= measureFrom ? "warming up" : "none measured")
            : "p50 \(formatNanos(interval.value(atPercentile: 50))), "
                + "p99 \(formatNanos(interval.value(atPercentile: 99))), "
                + "max \(formatNanos(interval.max))"
        progress(
            "\(formatGrouped(sentInInterval)) sent, \(formatGrouped(Int(rate))) answers/s, "
                + "\(measured), \(formatGrouped(resting)) resting")
        if interval.count > 0 {
            let from = max(intervalStart, measureFrom)
            log += HistogramLog.line(
                interval, offsetNanos: from - measureFrom, lengthNanos: now - min(now, from))
        }
        latency.merge(interval)
        interval.reset()
        intervalStart = now
        answeredInInterval = 0
        sentInInterval = 0
    }

    private func makeReport(_ plan: SendingPlan?, from start: UInt64, to end: UInt64) -> LoadReport
    {
        var report = LoadReport(
            latency: LatencySummary(latency), service: LatencySummary(service),
            hiccups: LatencySummary(hiccups))
        report.sent = sent
        report.planned = sent
        if let plan, case .open(let rate) = options.pacing {
            report.offeredRate = rate
            let due = Double(end - min(end, start)) / plan.nanosPerOrder
            report.planned = max(sent, Int(due))
        }
        for session in sessions {
            report.unanswered += session.inFlight
            report.rejects += session.rejects
            report.rejectsByReason.merge(session.rejectsByReason) { $0 + $1 }
        }
        report.measured = Int(latency.count)
        report.seconds = Double(end - min(end, measureFrom)) / 1e9
        report.achievedRate =
            report.seconds > 0 ? Double(report.measured) / report.seconds : 0
        report.wasStopped = isStopped
        return report
    }
}
