import Client
import LinuxPlatform
import OrderFlow
import Platform
import Wire

/// A back office on the drop copy that writes down what it hears and compares it with what the sessions
/// were told.
final class Listener {
    private let office: UInt32
    private let sessions: Set<UInt32>
    private var connection: ListenerConnection<TCPByteStream>?
    private(set) var ledger: ListenerLedger
    private var audit: DropCopyAudit
    /// How much of each ledger the audit has.
    private var toldCounts: [UInt32: Int] = [:]
    private var dataCount = 0
    private var tradeCount = 0

    init(office: UInt32, sessions: Set<UInt32>, verdict: Verdict) {
        self.office = office
        self.sessions = sessions
        ledger = ListenerLedger(office: office, verdict: verdict)
        audit = DropCopyAudit(office: office, verdict: verdict)
    }

    /// Pairs that the audit found.
    var comparedCount: Int { audit.eventCount + audit.tradeCount }

    /// Connects, subscribes, and asks for what it missed.
    func connect(port: UInt16) throws(ToolError) {
        let connection = ListenerConnection(
            session: office, password: "apus-\(office)", stream: try TCPByteStream(port: port),
            clock: SystemClock.utc)
        self.connection = connection
        // What is published now is behind what is asked for, so it is taken after it.
        var live: [WireMessage] = []
        try connection.logon()
        try connection.subscribe(to: .listenerData) { live.append(WireMessage($0)) }
        try connection.subscribe(to: .trade) { live.append(WireMessage($0)) }
        for message in try fetchData(connection, after: ledger.lastID, live: { live.append($0) }) {
            ledger.take(message)
        }
        let next = UInt64(ledger.trades.count + 1)
        for message in try fetchTrades(connection, from: next, live: { live.append($0) }) {
            ledger.take(message)
        }
        for message in live { ledger.take(message) }
    }

    /// Takes what has arrived; returns how many messages there were.
    @discardableResult
    func look() throws(ToolError) -> Int {
        guard let connection else { return 0 }
        let count = try connection.receive { ledger.take(WireMessage($0)) }
        try connection.keepAlive(now: SystemClock.utc.now())
        return count
    }

    /// The publisher is gone: what it sent before still counts as told.
    func drain() {
        connection?.receiveToEnd { ledger.take(WireMessage($0)) }
        connection?.close()
        connection = nil
    }

    func logout() throws(ToolError) {
        try connection?.logout()
        connection = nil
    }

    /// Hands the audit what is new on both sides; true when nothing waits for its counterpart.
    func reconcile(_ traders: [Trader]) -> Bool {
        for trader in traders where sessions.contains(trader.ledger.session) {
            let history = trader.ledger.history
            for (_, message) in history[toldCounts[trader.ledger.session, default: 0]...] {
                guard let order = trader.ledger.order(of: message) else { continue }
                audit.take(
                    told: message, isStandard: order.request.isStandard,
                    product: order.request.product)
            }
            toldCounts[trader.ledger.session] = history.count
        }
        for (_, message) in ledger.data[dataCount...] { audit.take(heard: message) }
        for trade in ledger.trades[tradeCount...] { audit.take(trade: trade) }
        dataCount = ledger.data.count
        tradeCount = ledger.trades.count
        return audit.isSettled
    }

    /// Both sides are complete.
    func judge() { audit.judge() }

    /// Asks for everything again and compares it with what was heard.
    func judgeHistory() throws(ToolError) {
        guard let connection else { return }
        let data = try fetchData(connection, after: nil) { ledger.take($0) }
        let trades = try fetchTrades(connection, from: 1) { ledger.take($0) }
        ledger.judgeHistory(data: data, trades: trades)
    }

    private func fetchData(
        _ connection: ListenerConnection<TCPByteStream>, after id: ApplMsgID?,
        live: (WireMessage) -> Void
    ) throws(ToolError) -> [WireMessage] {
        var all: [WireMessage] = []
        var start = id
        while true {
            let part = try connection.fetch(start: start) { state, start, out in
                state.retransmitListenerData(after: start, through: nil, into: out)
            } live: {
                live($0)
            }
            all += part
            guard let last = part.last?.applMsgID else { return all }
            start = last
        }
    }

    private func fetchTrades(
        _ connection: ListenerConnection<TCPByteStream>, from first: UInt64,
        live: (WireMessage) -> Void
    ) throws(ToolError) -> [WireMessage] {
        var all: [WireMessage] = []
        while true {
            let part = try connection.fetch(start: first + UInt64(all.count)) { state, start, out in
                state.retransmitTrades(from: start, through: nil, into: out)
            } live: {
                live($0)
            }
            all += part
            if part.isEmpty { return all }
        }
    }
}
