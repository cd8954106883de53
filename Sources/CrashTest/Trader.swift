import Client
import Domain
import LinuxPlatform
import OrderFlow
import Platform

/// A trading session at work that writes down what it asked for and what it was told.
final class Trader {
    private let credentials: Credentials
    private var venue: VenueSession<TCPByteStream>?
    private var workload: Workload
    private var lastName: UInt64 = 0
    var ledger: SessionLedger

    init(_ credentials: Credentials, seed: UInt64, verdict: Verdict) {
        self.credentials = credentials
        workload = Workload(seed: seed)
        ledger = SessionLedger(session: credentials.session, verdict: verdict)
    }

    /// Connects and logs on; nobody trades meanwhile.
    func connect(port: UInt16) throws(ToolError) {
        let venue = VenueSession(
            credentials, stream: try TCPByteStream(port: port), clock: SystemClock.utc)
        try venue.logon()
        self.venue = venue
    }

    /// Writes and sends requests until so many have no answer.
    func act(inFlight: Int) throws(ToolError) {
        guard let venue else { return }
        while ledger.inFlightCount < inFlight, venue.hasRoom() {
            write(workload.next(ledger), venue)
        }
        try venue.flush()
    }

    /// Asks for the deletion of some live orders.
    func deleteSome(_ count: Int) throws(ToolError) {
        guard let venue else { return }
        for index in ledger.open.filter({ ledger.orders[$0].isFree }).sorted().prefix(count) {
            write(.delete(index), venue)
        }
        try venue.flush()
    }

    /// Takes what has arrived; returns how many messages there were.
    @discardableResult
    func look() throws(ToolError) -> Int {
        guard let venue else { return 0 }
        let count = try venue.receive { ledger.take(WireMessage($0)) }
        try venue.keepAlive(now: SystemClock.utc.now())
        return count
    }

    /// The venue is gone: what it sent before still counts as told.
    func drain() {
        venue?.receiveToEnd { ledger.take(WireMessage($0)) }
        venue?.close()
        venue = nil
    }

    func logout() throws(ToolError) {
        try venue?.logout()
        venue = nil
    }

    private func write(_ action: Workload.Action, _ venue: VenueSession<TCPByteStream>) {
        switch action {
        case .enter(let order, let form):
            let name = nextName()
            let number = venue.request { state, out in
                state.newOrder(order, clOrdID: ClOrdID(raw: name), form: form, into: out)
            }
            ledger.noteEntry(order, name: name, msgSeqNum: number)
        case .change(let index, let price, let quantity, let form):
            let order = ledger.orders[index]
            let name = nextName()
            var request = order.request
            request.price = Price(raw: price)
            request.quantity = Quantity(raw: quantity)
            let number = venue.request { state, out in
                state.modifyOrder(
                    request, clOrdID: ClOrdID(raw: name), origClOrdID: ClOrdID(raw: order.name),
                    form: form, into: out)
            }
            ledger.noteChange(
                index, name: name, price: price, quantity: quantity, msgSeqNum: number)
        case .delete(let index):
            let order = ledger.orders[index]
            let number = venue.request { state, out in
                state.deleteOrder(
                    origClOrdID: ClOrdID(raw: order.name), instrument: order.request.instrument,
                    product: order.request.product, into: out)
            }
            ledger.noteDeletion(index, msgSeqNum: number)
        case .deleteAll(let product):
            let number = venue.request { state, out in
                state.deleteAllOrders(product: product, into: out)
            }
            ledger.noteDeletionOfAll(product: product, msgSeqNum: number)
        }
    }

    private func nextName() -> UInt64 {
        lastName += 1
        return lastName
    }
}

// MARK: - History

extension Trader {
    /// Session data behind a message, as the venue sends it again; with nil from the first.
    func fetch(after id: ApplMsgID?) throws(ToolError) -> [WireMessage] {
        guard let venue else { return [] }
        var all: [WireMessage] = []
        var start = id
        while true {
            let part = try venue.fetch(start: start) { state, start, out in
                state.retransmitSessionData(after: start, through: nil, into: out)
            } live: {
                ledger.take($0)
            }
            all += part
            guard let last = part.last?.applMsgID else { return all }
            start = last
        }
    }
}

extension Trader {
    /// What the session missed, up to the end of the restatement that a restart brings, which goes on
    /// while sessions log on already. `products` end it one by one.
    func fetchRestart(products: Int) throws(ToolError) -> [WireMessage] {
        var found: [ApplMsgID: WireMessage] = [:]
        var last = ledger.lastID
        let begin = SystemClock.monotonicNanos()
        while found.values.count(where: { $0.number("TradSesEvent") == 103 }) < products {
            let missed = try venue?.fetch(start: last) { state, start, out in
                state.retransmitSessionData(after: start, through: nil, into: out)
            } live: { message in
                if let id = message.applMsgID { found[id] = message }
            }
            for message in missed ?? [] {
                guard let id = message.applMsgID else { continue }
                found[id] = message
                last = max(last ?? id, id)
            }
            guard missed?.isEmpty != false else { continue }
            guard SystemClock.monotonicNanos() - begin < 20_000_000_000 else {
                throw .run("session \(ledger.session): the restatement does not end within 20 s")
            }
            Nap.nanos(1_000_000)
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension SessionConnection {
    /// Takes what still arrives until the other side's end shows.
    func receiveToEnd(_ take: (Inbound) -> Void) {
        let begin = SystemClock.monotonicNanos()
        while SystemClock.monotonicNanos() - begin < 5_000_000_000 {
            do {
                if try receive({ take($0) }) == 0 { wait(nanos: 1_000_000) }
            } catch {
                return
            }
        }
    }

    /// One answer to a request for messages again behind `start`: the messages that follow it. What was
    /// published meanwhile goes to `live`.
    func fetch<Start>(
        start: Start, write: (inout State, Start, UnsafeMutableRawPointer) -> Int,
        live: (WireMessage) -> Void
    ) throws(ToolError) -> [WireMessage] {
        var resent: [WireMessage] = []
        var expected = 0
        func take(_ inbound: Inbound) {
            let message = WireMessage(inbound)
            if message.isResent { resent.append(message) } else { live(message) }
        }
        try ask(
            "the retransmission", .retransmitted, others: { take($0) },
            answer: { expected = Self.count($0) },
            write: { state, out in write(&state, start, out) })
        let begin = SystemClock.monotonicNanos()
        while resent.count < expected {
            if try receive({ take($0) }) > 0 { continue }
            guard SystemClock.monotonicNanos() - begin < 10_000_000_000 else {
                throw .run("only \(resent.count) of \(expected) messages were sent again")
            }
            wait(nanos: 1_000_000)
        }
        return resent
    }

    private static func count(_ answer: Inbound) -> Int {
        switch Retransmission(answer) {
        case .trades(let count, _, _), .messages(let count, _, _): count
        case nil: 0
        }
    }
}
