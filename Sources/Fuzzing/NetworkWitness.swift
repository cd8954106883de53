import Client
import Domain
import LinuxPlatform
import OrderFlow

/// Trades with itself in an instrument of its own, and knows the right answer to each request.
final class NetworkWitness {
    private let connection: VenueSession<TCPByteStream>
    private var names: UInt64 = 0
    private(set) var rounds = 0
    private(set) var worstNanos: UInt64 = 0
    private let answerNanosMax: UInt64

    static let credentials = CredentialsFile.demonstration[2]

    init(port: UInt16, answerNanosMax: UInt64) throws {
        self.answerNanosMax = answerNanosMax
        connection = VenueSession(
            Self.credentials, stream: try TCPByteStream(port: port), clock: SystemClock.utc)
        try connection.logon()
    }

    func leave() throws { try connection.logout() }

    /// One order rests and is deleted; one rests and another takes it.
    func round() throws {
        rounds += 1
        let sold = try enter(.sell, .day)
        try delete(sold)
        _ = try enter(.sell, .day)
        _ = try enter(.buy, .immediateOrCancel)
        try connection.keepAlive(now: SystemClock.utc.now())
    }

    private static let price = Price(units: 700)
    private static let quantity = Quantity(units: 3)

    private func enter(_ side: Side, _ timeInForce: TimeInForce) throws -> ClOrdID {
        names += 1
        let name = ClOrdID(raw: names)
        let request = OrderRequest(
            side: side, price: Self.price, quantity: Self.quantity, instrument: 3001, product: 300,
            timeInForce: timeInForce, isStandard: false)
        let isAggressor = side == .buy
        var state: OrderState?
        var filled = Quantity.zero
        try ask(
            "a new order", isAggressor ? .executed : .accepted,
            answer: {
                state = $0.orderState
                filled = $0.filledQty
            },
            write: { $0.newOrder(request, clOrdID: name, into: $1) })
        guard let state else { throw wrong("a new order has no state") }
        guard state.clOrdID == name else {
            throw wrong("order \(name.raw) was answered as \(state.clOrdID.raw)")
        }
        let expected = isAggressor ? (Quantity.zero, Self.quantity) : (Self.quantity, .zero)
        guard state.leavesQty == expected.0, state.cumQty == expected.1 else {
            throw wrong("order \(name.raw) has \(state.leavesQty) left and \(state.cumQty) done")
        }
        guard !isAggressor || filled == Self.quantity else {
            throw wrong("the fills of order \(name.raw) add up to \(filled)")
        }
        return name
    }

    private func delete(_ name: ClOrdID) throws {
        var named: ClOrdID?
        var leavesQty: Quantity?
        try ask(
            "a deletion", .deleted,
            answer: {
                named = $0.origClOrdID
                leavesQty = $0.leavesQty
            },
            write: {
                $0.deleteOrder(origClOrdID: name, instrument: 3001, product: 300, into: $1)
            })
        guard named == name, leavesQty == .zero else {
            throw wrong("the deletion of order \(name.raw) was answered as another")
        }
    }

    private func ask(
        _ what: String, _ kind: Inbound.Kind, answer: (Inbound) -> Void,
        write: (inout OrderEntrySession, UnsafeMutableRawPointer) -> Int
    ) throws {
        let startedAt = SystemClock.monotonicNanos()
        try connection.ask(what, kind, answer: answer, write: write)
        let nanos = SystemClock.monotonicNanos() - startedAt
        worstNanos = max(worstNanos, nanos)
        guard nanos <= answerNanosMax else {
            throw wrong("\(what) took \(nanos / 1_000_000) ms")
        }
    }

    private func wrong(_ sentence: String) -> ToolError { .run("the witness: \(sentence)") }
}
