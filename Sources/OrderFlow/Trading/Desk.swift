import Client
import Domain
import Platform
import Wire

/// A participant at work: a session that is logged on, its orders, and verbs to trade with.
///
/// Nothing here waits but `open` and `close`. Requests leave with `flush`; `look` takes what the venue
/// says. One thread uses it.
///
/// ```swift
/// let desk = Desk(credentials, stream: try TCPByteStream(port: 19043), clock: .realtime)
/// try desk.open()
/// desk.enter(OrderRequest(side: .buy, price: price, quantity: quantity, instrument: 2001, product: 200))
/// try desk.flush()
/// try desk.look { execution in ... }
/// try desk.close()
/// ```
public final class Desk<Stream: ByteStream> {
    public let venue: VenueSession<Stream>
    public private(set) var orders = OwnOrders()
    private let clock: Clock
    private var lastClOrdID: UInt64

    public init(_ credentials: Credentials, stream: Stream, clock: Clock) {
        venue = VenueSession(credentials, stream: stream, clock: clock)
        self.clock = clock
        // Microseconds: names of one run are above those of all runs before it.
        lastClOrdID = clock.now().nanos / 1_000
    }

    /// Logs the session and its trader on.
    public func open() throws(ToolError) { try venue.logon() }

    /// A name for an order that no order of the session had before.
    public func nextClOrdID() -> ClOrdID {
        lastClOrdID += 1
        return ClOrdID(raw: lastClOrdID)
    }

    /// Whether a request can be written now: the venue takes them as fast as they come.
    public var hasRoom: Bool { venue.hasRoom() }
}

// MARK: - Requests; each needs `hasRoom`

extension Desk {
    /// Enters an order, under a name of the caller's where one is given.
    @discardableResult
    public func enter(_ order: OrderRequest, clOrdID: ClOrdID? = nil) -> ClOrdID {
        let name = clOrdID ?? nextClOrdID()
        let number = venue.request { state, out in
            state.newOrder(order, clOrdID: name, into: out)
        }
        orders.noteEntry(order, clOrdID: name, msgSeqNum: number)
        return name
    }

    /// Moves an order to another price and open quantity; false when there is no such order.
    @discardableResult
    public func change(_ clOrdID: ClOrdID, price: Price, leavesQty: Quantity) -> Bool {
        guard let order = orders[clOrdID] else { return false }
        let request = OrderRequest(
            side: order.side, price: price, quantity: order.cumQty + leavesQty,
            instrument: order.instrument, product: order.product, execInst: order.execInst)
        let number = venue.request { state, out in
            state.modifyOrder(request, clOrdID: clOrdID, origClOrdID: clOrdID, into: out)
        }
        orders.noteChange(clOrdID, price: price, msgSeqNum: number)
        return true
    }

    /// Withdraws an order; false when there is no such order, or its deletion was asked for already.
    @discardableResult
    public func delete(_ clOrdID: ClOrdID) -> Bool {
        guard let order = orders[clOrdID], !order.isLeaving else { return false }
        let number = venue.request { state, out in
            state.deleteOrder(
                origClOrdID: clOrdID, instrument: order.instrument, product: order.product,
                into: out)
        }
        orders.noteDeletion(clOrdID, msgSeqNum: number)
        return true
    }
}

// MARK: - The venue

extension Desk {
    public func flush() throws(ToolError) { try venue.flush() }

    /// Takes what has arrived, and keeps the session alive; returns how many messages there were.
    @discardableResult
    public func look(
        _ onExecution: (OwnOrders.Execution) -> Void = { _ in }
    ) throws(ToolError) -> Int {
        let count = try venue.receive { message in
            orders.take(message, onExecution: onExecution)
        }
        try venue.keepAlive(now: clock.now())
        return count
    }

    /// Takes what arrives until every request is answered; false when that takes longer than `nanos`.
    public func settle(
        nanos: UInt64 = 10_000_000_000, _ onExecution: (OwnOrders.Execution) -> Void = { _ in }
    ) throws(ToolError) -> Bool {
        let start = clock.now()
        while orders.awaitsAnswer {
            try flush()
            if try look(onExecution) > 0 { continue }
            guard clock.now().nanos(since: start) < nanos else { return false }
            venue.wait(nanos: 1_000_000)
        }
        return true
    }

    /// Withdraws every own order in a product and waits for the answer.
    public func deleteAll(
        product: Int32, _ onExecution: (OwnOrders.Execution) -> Void = { _ in }
    ) throws(ToolError) {
        let number = venue.request { state, out in
            state.deleteAllOrders(product: product, into: out)
        }
        orders.noteDeletionOfAll(product: product, msgSeqNum: number)
        guard try settle(onExecution) else {
            throw .run("session \(venue.credentials.session): the deletion was not answered")
        }
    }

    /// Withdraws every own order and logs out.
    public func close(
        _ onExecution: (OwnOrders.Execution) -> Void = { _ in }
    ) throws(ToolError) {
        _ = try settle(onExecution)
        for product in Set(orders.all.map(\.product)) {
            try deleteAll(product: product, onExecution)
        }
        try venue.logout()
    }
}
