import Client
import Glibc
import LinuxPlatform
import OrderFlow

/// The traders and listeners of one history, together, over all lives of the programs.
final class Market {
    let verdict: Verdict
    let traders: [Trader]
    let listeners: [Listener]
    private var audit: MarketAudit
    private let shouldStop: () -> Bool

    /// Of the demonstration market.
    private static let productCount = 3
    private static let patienceNanos: UInt64 = 20_000_000_000

    init(seed: UInt64, verdict: Verdict, shouldStop: @escaping () -> Bool) {
        self.verdict = verdict
        self.shouldStop = shouldStop
        traders = CredentialsFile.demonstration.enumerated().map { index, credentials in
            Trader(credentials, seed: seed &* 1_000_003 &+ UInt64(index), verdict: verdict)
        }
        let sessions = traders.map(\.ledger.session)
        // Market operations hear all, and one of the firms its own.
        let firm = Int(seed % 3)
        listeners = [
            Listener(office: 90000, sessions: Set(sessions), verdict: verdict),
            Listener(
                office: 90001 + UInt32(firm), sessions: [sessions[firm]], verdict: verdict),
        ]
        audit = MarketAudit(verdict: verdict)
    }

    /// Requests answered, refused, and executions told of.
    var counts: (requests: Int, rejects: Int, executions: Int) {
        traders.reduce((0, 0, 0)) {
            (
                $0.0 + $1.ledger.answerCount, $0.1 + $1.ledger.rejectCount,
                $0.2 + $1.ledger.fillCount
            )
        }
    }

    var tradeCount: Int { audit.tradeCount }

    /// Starts both programs and logs everybody on.
    func open(_ deployment: Deployment) throws(ToolError) {
        try deployment.startVenue()
        try deployment.startPublisher()
        try connectTraders(port: deployment.venuePort)
        try connectListeners(port: deployment.publisherPort)
    }

    /// Judges everything once more, logs everybody out and ends both programs.
    func close(_ deployment: Deployment) throws(ToolError) {
        try settleTraders()
        try judge()
        try judgeHistory()
        try logout()
        try deployment.stop()
    }

    /// Kills the venue in the middle of trading and brings it back, with everybody's state judged.
    @discardableResult
    func killVenue(_ deployment: Deployment) throws(ToolError) -> KillOutcome {
        deployment.killVenue()
        return try resume(deployment)
    }

    /// Brings the venue back after it was killed.
    func resume(_ deployment: Deployment) throws(ToolError) -> KillOutcome {
        loseVenue()
        var outcome = KillOutcome()
        outcome.startNanos = try deployment.startVenue()
        try connectTraders(port: deployment.venuePort)
        for trader in traders {
            let messages = try trader.fetchRestart(products: Self.productCount)
            outcome.missed += messages.count
            outcome.inFlight += trader.ledger.takeRestart(messages)
        }
        return outcome
    }

    func connectTraders(port: UInt16) throws(ToolError) {
        for trader in traders { try trader.connect(port: port) }
    }

    func connectListeners(port: UInt16) throws(ToolError) {
        for listener in listeners { try listener.connect(port: port) }
    }

    /// Trades for a while, and ends with requests just sent.
    func trade(nanos: UInt64, inFlight: Int) throws(ToolError) {
        let begin = SystemClock.monotonicNanos()
        repeat {
            try checkStop()
            for trader in traders { try trader.act(inFlight: inFlight) }
            var count = 0
            for trader in traders { count += try trader.look() }
            for listener in listeners { count += try listener.look() }
            if count == 0 { Nap.nanos(50_000) }
        } while SystemClock.monotonicNanos() - begin < nanos
        for trader in traders { try trader.act(inFlight: inFlight + inFlight / 2 + 1) }
    }

    /// Waits until every request is answered.
    func settleTraders() throws(ToolError) {
        try wait("requests are not answered", until: { traders.allSatisfy(\.ledger.isSettled) })
    }

    /// Waits until the listeners heard all that sessions were told, judges both, and then what the
    /// sessions' ledgers say together.
    func judge() throws(ToolError) {
        do {
            try wait("", until: { listeners.map { $0.reconcile(traders) }.allSatisfy { $0 } })
        } catch let error {
            if shouldStop() { throw error }
        }
        for listener in listeners { listener.judge() }
        judgeWithoutListeners()
    }

    /// Judges only what the sessions' ledgers say together.
    func judgeWithoutListeners() {
        audit.take(traders.flatMap(\.ledger.steps)) { session, order in
            traders.first { $0.ledger.session == session }?.ledger.orders[order].isUncertain
                ?? false
        }
        audit.finish()
        for trader in traders { trader.ledger.beginLife() }
    }

    /// Compares all history, asked for again, with what was told.
    func judgeHistory() throws(ToolError) {
        for trader in traders { trader.ledger.judgeHistory(try trader.fetch(after: nil)) }
        for listener in listeners { try listener.judgeHistory() }
    }

    /// The venue was killed: takes what it still sent.
    private func loseVenue() {
        for trader in traders {
            trader.drain()
            trader.ledger.noteKill()
        }
    }

    /// The publisher was killed.
    func losePublisher() {
        for listener in listeners { listener.drain() }
    }

    func logoutTraders() throws(ToolError) {
        for trader in traders { try trader.logout() }
    }

    func logout() throws(ToolError) {
        try logoutTraders()
        for listener in listeners { try listener.logout() }
    }

    private func wait(_ what: String, until isDone: () -> Bool) throws(ToolError) {
        let begin = SystemClock.monotonicNanos()
        while !isDone() {
            try checkStop()
            var count = 0
            for trader in traders { count += try trader.look() }
            for listener in listeners { count += try listener.look() }
            guard SystemClock.monotonicNanos() - begin < Self.patienceNanos else {
                throw .run("\(what) within 20 s")
            }
            if count == 0 { Nap.nanos(200_000) }
        }
    }

    func checkStop() throws(ToolError) {
        if shouldStop() { throw .run("stopped") }
    }
}

/// What a kill of the venue and its return were like.
struct KillOutcome {
    /// From the start of the process until it served.
    var startNanos: UInt64 = 0
    /// Messages that had not arrived and were sent again.
    var missed = 0
    var inFlight = InFlightOutcome()
}
