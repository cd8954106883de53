import Client
import Domain
import Platform

/// How fast rows are sent.
public enum ReplaySpeed: Equatable, Sendable {
    case asFastAsPossible
    /// So many times as fast as recorded.
    case times(Double)
}

/// Sends a flow to the venue as two participants and compares what comes back.
///
/// Requests of one session are pipelined, at most `window` in flight; before the other session
/// sends, everything in flight is waited for.
final class ReplayDriver<Stream: ByteStream> {
    private let flow: RecordedFlow
    private let speed: ReplaySpeed
    private let form: OrderForm
    private let terms: ReplayTerms
    private let clock: Clock
    private let resting: VenueSession<Stream>
    private let aggressive: VenueSession<Stream>
    private let dropCopy: DropCopyWatch<Stream>?
    private let feed: FeedWatch?
    private var planner: RequestPlanner
    private var comparison: ReplayComparison
    private var current = ReplayComparison.Party.resting
    private var lastRow = 0
    /// Asked now and then; true ends the replay early.
    private let shouldStop: () -> Bool
    /// Told now and then how far the replay is.
    private let progress: (ReplayReport) -> Void
    private var sinceLook = 0

    private static var window: Int { 256 }
    /// Requests written between two looks at the sockets.
    private static var batch: Int { 32 }
    private static var patienceNanos: UInt64 { 10_000_000_000 }

    init(
        flow: RecordedFlow, terms: ReplayTerms, speed: ReplaySpeed, clock: Clock,
        resting: VenueSession<Stream>, aggressive: VenueSession<Stream>,
        dropCopy: DropCopyWatch<Stream>? = nil, feed: FeedWatch? = nil,
        shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (ReplayReport) -> Void = { _ in }
    ) {
        self.flow = flow
        self.terms = terms
        self.speed = speed
        self.clock = clock
        self.resting = resting
        self.aggressive = aggressive
        self.dropCopy = dropCopy
        self.feed = feed
        self.shouldStop = shouldStop
        self.progress = progress
        form = terms.form
        planner = RequestPlanner(terms)
        comparison = ReplayComparison(flow, feed: feed)
    }

    var report: ReplayReport { comparison.report }
    var roundTrip: LatencySummary { comparison.roundTrip }
    var book: ClientOrderBook { comparison.book }

    /// Logs on, replays, logs out. Returns false when it was stopped before the end.
    func run(_ plan: FlowPlan) throws(ToolError) -> (report: ReplayReport, isComplete: Bool) {
        try dropCopy?.start(
            sessions: (resting.credentials.session, aggressive.credentials.session))
        try resting.logon()
        try aggressive.logon()
        try enterSeed()
        let start = clock.now()
        let isComplete = try replay(plan, start: start)
        var report = comparison.report
        report.nanos = clock.now().nanos(since: start)
        report.dropCopy = try dropCopy?.finish()
        report.feed = feed?.finish()
        try resting.logout()
        try aggressive.logout()
        return (report, isComplete)
    }

    private func enterSeed() throws(ToolError) {
        for order in flow.seed {
            try send(FlowStep(entering: order), isCompared: false)
        }
        try drain()
    }

    private func replay(_ plan: FlowPlan, start: Timestamp) throws(ToolError) -> Bool {
        var plan = plan
        var firstTime: Int64?
        while let step = plan.next() {
            if case .times(let factor) = speed {
                let first = firstTime ?? step.timeNanos
                firstTime = first
                let offset = Double(step.timeNanos - first) / factor
                guard try waitUntil(start.adding(nanos: UInt64(max(0, offset)))) else {
                    return false
                }
            }
            try send(step, isCompared: true)
            sinceLook += 1
            if sinceLook >= Self.batch {
                try look()
                if shouldStop() { return false }
            }
        }
        try drain()
        return true
    }

    /// Writes a step's request, after waiting for whatever must be answered before it.
    private func send(_ step: FlowStep, isCompared: Bool) throws(ToolError) {
        lastRow = step.lastRow
        let party: ReplayComparison.Party = step.action == .take ? .aggressive : .resting
        if step.action == .reduceOrDelete || step.action != .nothing && party != current {
            try drain()
            current = party
        }
        let leavesQty = comparison.book.order(clOrdID: FlowUnits.clOrdID(step.orderID))?.leavesQty
        guard let request = planner.request(for: step, leavesQty: leavesQty) else {
            return comparison.skipped(step)
        }
        let session = party == .resting ? resting : aggressive
        try waitForRoom(session)
        let number = session.request { [terms, form] state, out in
            switch request {
            case .new(let order, let name), .take(let order, let name):
                state.newOrder(order, clOrdID: name, form: form, into: out)
            case .modify(let order, let name):
                state.modifyOrder(
                    order, clOrdID: name, origClOrdID: name, form: form, into: out)
            case .delete(let name):
                state.deleteOrder(
                    origClOrdID: name, instrument: terms.instrument, product: terms.product,
                    into: out)
            }
        }
        comparison.sent(
            step, by: party, msgSeqNum: number, at: clock.now().nanos, isCompared: isCompared)
    }
}

// MARK: - Waiting

extension ReplayDriver {
    /// Hands over what is written and takes what has arrived; returns how many messages did.
    @discardableResult
    private func look() throws(ToolError) -> Int {
        sinceLook = 0
        try resting.flush()
        try aggressive.flush()
        var count = 0
        count += try aggressive.receive { message throws(ToolError) in
            dropCopy?.told(message, .aggressive)
            try comparison.heard(message, by: .aggressive, at: clock.now().nanos)
        }
        count += try resting.receive { message throws(ToolError) in
            dropCopy?.told(message, .resting)
            try comparison.heard(message, by: .resting, at: clock.now().nanos)
        }
        try dropCopy?.look()
        // Heartbeats and snapshots come for ever: what counts is rows told of.
        if let feed {
            let open = feed.openCount
            feed.look()
            count += max(0, open - feed.openCount)
        }
        let now = clock.now()
        try resting.keepAlive(now: now)
        try aggressive.keepAlive(now: now)
        progress(comparison.report)
        return count
    }

    private func waitForRoom(_ session: VenueSession<Stream>) throws(ToolError) {
        // The feed is asked where it is only when it holds the replay up.
        try waitWhile {
            comparison.openCount >= Self.window || !session.hasRoom()
                || feed.map { $0.openCount + comparison.openCount >= $0.window } == true
        }
    }

    /// Waits until every step is judged.
    private func drain() throws(ToolError) {
        try waitWhile { comparison.openCount > 0 }
        comparison.settle(row: lastRow)
    }

    private func waitWhile(_ condition: () -> Bool) throws(ToolError) {
        guard condition() else { return }
        var lastHeard = clock.now()
        var idleLooks = 0
        while condition() {
            if try look() > 0 {
                lastHeard = clock.now()
                idleLooks = 0
                continue
            }
            idleLooks += 1
            guard idleLooks > 50 else { continue }
            if clock.now().nanos(since: lastHeard) > Self.patienceNanos {
                if let feed, feed.openCount > 0, comparison.openCount == 0 {
                    feed.stopWaiting()
                    continue
                }
                throw .run("the venue fell silent: 10 s without \(comparison.waitingFor)")
            }
            rest(nanos: 2_000_000)
        }
    }

    /// Waits for a moment of the recording; false when the replay was stopped meanwhile.
    private func waitUntil(_ moment: Timestamp) throws(ToolError) -> Bool {
        while clock.now() < moment {
            try look()
            if shouldStop() { return false }
            rest(nanos: min(1_000_000, Int(clamping: moment.nanos(since: clock.now()))))
        }
        return true
    }

    /// Sleeps where the next message is due: at an open step's session; notices come to the resting.
    private func rest(nanos: Int) {
        guard nanos > 0 else { return }
        if comparison.openCount == 0, let feed, feed.openCount > 0 {
            return feed.wait(nanos: UInt64(nanos))
        }
        (current == .aggressive && comparison.inFlight > 0 ? aggressive : resting)
            .wait(nanos: nanos)
    }
}
