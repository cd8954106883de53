import Client
import Domain
import Platform

/// Who watches the drop copy for one participant.
struct BackOfficeCredentials {
    var session: UInt32
    var password: String
}

/// What a replay found out about the drop copy.
public struct DropCopyReport: Sendable {
    /// Events and trades that the sessions or the drop copy told of.
    public var messages = 0
    /// Those that both told of, with the same content.
    public var equal = 0
    /// Sides of trades confirmed to the two participants.
    public var trades = 0
    /// Every trade has two sides of one price and quantity.
    public var isBalanced = true
    /// The first differences, for people.
    public var differences: [String] = []

    public var isEqual: Bool { equal == messages && isBalanced && differences.isEmpty }
}

/// Listens to the drop copy during a replay, as the back offices of both participants, and compares it
/// with what the participants' sessions are told.
final class DropCopyWatch<Stream: ByteStream> {
    private var offices: [Office]
    private var balance = TradeBalance()
    private let clock: Clock

    private static var patienceNanos: UInt64 { 10_000_000_000 }

    private struct Office {
        let connection: ListenerConnection<Stream>
        var reconciliation: Reconciliation
    }

    /// `resting` and `aggressive` are the participants' sessions; each has its unit's back office.
    init(
        resting: (session: UInt32, office: ListenerConnection<Stream>),
        aggressive: (session: UInt32, office: ListenerConnection<Stream>), clock: Clock
    ) {
        offices = [resting, aggressive].map {
            Office(
                connection: $0.office, reconciliation: Reconciliation(session: $0.session))
        }
        self.clock = clock
    }

    /// Logs on and subscribes, before the participants do anything.
    func start(sessions: (resting: UInt32, aggressive: UInt32)) throws(ToolError) {
        for (index, session) in [sessions.resting, sessions.aggressive].enumerated() {
            let office = offices[index].connection
            try office.logon()
            try office.subscribe(to: .listenerData, scope: session) { message throws(ToolError) in
                take(message, index)
            }
            try office.subscribe(to: .trade) { message throws(ToolError) in take(message, index) }
        }
    }

    /// A participant's session was told something.
    func told(_ message: Inbound, _ party: ReplayComparison.Party) {
        offices[party == .resting ? 0 : 1].reconciliation.told(message)
    }

    /// Takes what the drop copy has published; returns how many messages there were.
    @discardableResult
    func look() throws(ToolError) -> Int {
        var count = 0
        for index in offices.indices {
            count += try offices[index].connection.receive { message throws(ToolError) in
                take(message, index)
            }
            try offices[index].connection.keepAlive(now: clock.now())
        }
        return count
    }

    /// Waits for what is still on its way, then judges.
    func finish() throws(ToolError) -> DropCopyReport {
        var lastHeard = clock.now()
        while !isSettled, clock.now().nanos(since: lastHeard) < Self.patienceNanos {
            if try look() > 0 {
                lastHeard = clock.now()
            } else {
                offices[0].connection.wait(nanos: 1_000_000)
            }
        }
        balance.finish()
        var report = DropCopyReport()
        for index in offices.indices {
            offices[index].reconciliation.finish()
            let found = offices[index].reconciliation
            report.messages += found.messages
            report.equal += found.equal
            report.trades += found.trades
            report.differences += found.differences
            try offices[index].connection.logout()
        }
        report.isBalanced = balance.isBalanced
        report.differences += balance.differences.prefix(10)
        return report
    }

    private var isSettled: Bool { offices.allSatisfy { $0.reconciliation.isSettled } }

    private func take(_ message: Inbound, _ index: Int) {
        guard let published = ListenerMessage(message) else { return }
        if published.kind == .traded {
            offices[index].reconciliation.numbered(published.applSeqNum)
            balance.add(published)
        }
        offices[index].reconciliation.published(published)
    }
}
