import Bots
import Client
import Domain
import LinuxPlatform
import LocalDropCopy
import OrderFlow
import PublicBooks
import Testing
import Wire

/// A bot with its desk and the next moment of its own time.
final class BotAtWork<B: Bot> {
    var bot: B
    let desk: Desk<TCPByteStream>
    var next: UInt64 = 0

    init(_ bot: B, _ credentials: Credentials, port: UInt16) throws {
        self.bot = bot
        desk = Desk(
            credentials, stream: try TCPByteStream(port: port), clock: SystemClock.utc)
        try desk.open()
    }

    /// Lets it act, and waits until everything that it asked is answered.
    func act(at now: UInt64, _ top: TopOfBook?) throws {
        try look()
        next = max(now + 1, try bot.act(at: now, desk: desk, top: top))
        try settle()
    }

    func settle() throws {
        var executions: [OwnOrders.Execution] = []
        #expect(try desk.settle { executions.append($0) })
        for execution in executions { bot.note(execution) }
    }

    func look() throws {
        var executions: [OwnOrders.Execution] = []
        try desk.look { executions.append($0) }
        for execution in executions { bot.note(execution) }
    }

    /// Withdraws its orders, hears what is still said, and ends.
    func finish() throws {
        try desk.close { self.bot.note($0) }
        try bot.end(desk: desk)
    }
}

extension TopOfBook {
    /// The book of a market in which only these orders rest.
    init(_ orders: OwnOrders) {
        func best(_ side: Side) -> PublicLevel {
            let prices = orders.all.filter { $0.side == side }.map(\.price)
            guard let best = side == .buy ? prices.max() : prices.min() else { return .none }
            let quantity = orders.all.filter { $0.side == side && $0.price == best }
                .reduce(Quantity.zero) { $0 + $1.leavesQty }
            return PublicLevel(price: best, quantity: quantity, orderCount: 0)
        }
        self.init(bid: best(.buy), ask: best(.sell))
    }
}

/// What the drop copy says each session has traded: the sum of its 10500.
final class TradeLedger {
    private let office: ListenerConnection<TCPByteStream>
    /// Bought less sold by session, and how many sides of trades.
    private(set) var net: [UInt32: Int64] = [:]
    private(set) var sides = 0
    private(set) var lastHeard = SystemClock.monotonicNanos()

    /// Listens as market operations, who hear all.
    init(_ publisher: LocalDropCopy) throws {
        office = ListenerConnection(
            session: 90000, password: "apus-90000",
            stream: try TCPByteStream(port: publisher.port), clock: SystemClock.utc)
        try office.logon()
        try office.subscribe(to: .trade) { _ in }
    }

    func look() throws {
        try office.receive { message in
            guard message.kind == .traded else { return }
            let trade = TradeBroadcastView(message.base)
            sides += 1
            net[trade.rootPartyIDSessionID, default: 0] +=
                trade.side == Side.buy.rawValue ? trade.lastQty : -trade.lastQty
            lastHeard = SystemClock.monotonicNanos()
        }
        try office.keepAlive(now: SystemClock.utc.now())
    }

    /// Hears until there are so many sides of trades; false when nothing comes for 10 s.
    func hear(sides count: Int) throws -> Bool { try waits { $0.sides >= count } }

    /// Hears until a session has traded so much; false when nothing comes for 10 s.
    func hear(net quantity: Quantity, of session: UInt32) throws -> Bool {
        try waits { $0.net[session] ?? 0 == quantity.raw }
    }

    private func waits(_ isEnough: (TradeLedger) -> Bool) throws -> Bool {
        lastHeard = SystemClock.monotonicNanos()
        while !isEnough(self) {
            try look()
            guard SystemClock.monotonicNanos() - lastHeard < 10_000_000_000 else { return false }
            office.wait(nanos: 1_000_000)
        }
        return true
    }
}

extension Credentials {
    static func demonstration(_ unit: UInt32) -> Credentials {
        Credentials(
            session: unit * 10_000 + 1, sessionPassword: "apus-\(unit)", trader: unit * 10 + 1,
            traderPassword: "apus-\(unit)1")
    }
}

extension TradedInstrument {
    static let apple = TradedInstrument(
        instrument: 2001, product: 200, tick: Price(raw: 1_000_000))
}

/// A path for a database that is removed, with what SQLite puts beside it.
func withDatabase(_ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try body(folder.path + "/seller.db")
}
