import Client
import Domain
import OrderFlow
import Platform
import Wire

/// Finds out what became of orders whose answers were never seen.
///
/// The bot may have died before such an order was sent, while it was on its way, or before the answer
/// was read. Three facts settle it:
///
/// 1. Logging the session on again ends its last instance, and what that had sent and the venue had not
///    read yet is dropped: after the logon's answer no old order can enter any more.
/// 2. The drop copy tells of transactions in the engine's order. So an order entered now, the probe, is
///    told of after everything that the old orders did. The probe sells at once or not at all, at a price
///    that nobody bids.
/// 3. With the probe told of, the unit's trades (10500) are complete for the old orders. An order
///    without trades sold nothing.
public struct SellerRecovery<Stream: ByteStream> {
    private let store: SellerStore
    let desk: Desk<Stream>
    private let office: ListenerConnection<Stream>?
    let clock: Clock

    static var patienceNanos: UInt64 { 10_000_000_000 }
    /// Trades that one request for them brings at most.
    private static var pageCount: UInt64 { 100 }

    /// `desk` is open; `office` is the unit's back office, not logged on yet. Without one the
    /// session's own history is asked.
    public init(
        _ store: SellerStore, desk: Desk<Stream>, office: ListenerConnection<Stream>?, clock: Clock
    ) {
        self.store = store
        self.desk = desk
        self.office = office
        self.clock = clock
    }

    /// Settles every open order in the store; returns them.
    public func run() throws(ToolError) -> [SellerOrder] {
        var open = try store.orders().filter { $0.soldQty == nil }
        guard let oldest = open.first else { return [] }
        // Instances are numbered by each life of the venue, from 1.
        let isSameRun = open.allSatisfy { $0.instance < desk.venue.sessionInstanceID }
        var sold = Dictionary(uniqueKeysWithValues: open.map { ($0.clOrdID, Quantity.zero) })
        guard let office else {
            try enterProbe(desk.nextClOrdID())
            try readSessionData(since: oldest.clOrdID, isSameRun: isSameRun) {
                sold[$0]? += $1
            }
            try settle(&open, sold)
            return open
        }
        guard isSameRun else {
            throw .run(
                "order \(oldest.clOrdID.raw) was sent to a run of the venue that has ended: what it "
                    + "sold cannot be asked any more")
        }
        try office.logon()
        try awaitProbe(office)
        try readTrades(since: oldest.clOrdID, office) { trade in
            sold[ClOrdID(raw: trade.clOrdID)]? += Quantity(raw: trade.lastQty)
        }
        try settle(&open, sold)
        try office.logout()
        return open
    }

    /// Notes what orders sold.
    private func settle(
        _ open: inout [SellerOrder], _ sold: [ClOrdID: Quantity]
    ) throws(ToolError) {
        for index in open.indices {
            let quantity = sold[open[index].clOrdID] ?? .zero
            try store.settle(open[index].clOrdID, sold: quantity)
            open[index].soldQty = quantity
        }
    }

    /// Sells at once or not at all, at a price that nobody bids.
    private func enterProbe(_ probe: ClOrdID) throws(ToolError) {
        let traded = store.plan.traded
        desk.enter(
            OrderRequest(
                side: .sell, price: traded.floor(Self.unreachable), quantity: store.plan.slice,
                instrument: traded.instrument, product: traded.product,
                timeInForce: .immediateOrCancel), clOrdID: probe)
        guard try desk.settle(), desk.orders.counts.rejected == 0 else {
            throw .run("the venue did not take the probe: \(desk.orders.lastReject)")
        }
    }

    /// Enters the probe and waits until the drop copy tells of it.
    private func awaitProbe(_ office: ListenerConnection<Stream>) throws(ToolError) {
        let probe = desk.nextClOrdID()
        var isTold = false
        func hear(_ message: Inbound) {
            isTold = isTold || message.clOrdID == probe
        }
        try office.subscribe(
            to: .listenerData, scope: store.plan.session
        ) { message throws(ToolError) in hear(message) }
        try enterProbe(probe)
        let start = clock.now()
        while !isTold {
            let count = try office.receive { message throws(ToolError) in hear(message) }
            if count == 0 { office.wait(nanos: 1_000_000) }
            guard clock.now().nanos(since: start) < Self.patienceNanos else {
                throw .run("the drop copy did not tell of the probe within 10 s")
            }
        }
    }

    /// Ten million units: no price of these markets, and one that every tick table holds.
    private static var unreachable: Int64 { 10_000_000 * Price.unit }

    /// Hands over the session's trades since an order was named, newest page first.
    private func readTrades(
        since oldest: ClOrdID, _ office: ListenerConnection<Stream>,
        _ take: (TradeBroadcastView) -> Void
    ) throws(ToolError) {
        // Names are microseconds of the clock that the venue's stamps come from; a second more does no
        // harm.
        let earliest = (oldest.raw - 1_000_000) * 1_000
        guard var end = try readPage(office, nil, nil, { _ in }).newest else { return }
        while true {
            let begin = end > Self.pageCount ? end - Self.pageCount + 1 : 1
            var isEarlyEnough = begin == 1
            var next = begin
            while next <= end {
                let page = try readPage(office, next, end) { trade in
                    if trade.transactTime < earliest { isEarlyEnough = true }
                    if trade.rootPartyIDSessionID == store.plan.session { take(trade) }
                }
                guard let reached = page.end, reached >= next, !page.hasGap else {
                    throw .run(
                        "the drop copy has lost trades: what was sold cannot be asked any more")
                }
                next = reached + 1
            }
            if isEarlyEnough { return }
            end = begin - 1
        }
    }

    /// What an answer to a request for trades said.
    private struct Page {
        /// The last number that it brought, and the last there is.
        var end: UInt64?
        var newest: UInt64?
        var hasGap = false
    }

    /// Asks for trades of these numbers and hands them over.
    private func readPage(
        _ office: ListenerConnection<Stream>, _ first: UInt64?, _ last: UInt64?,
        _ take: (TradeBroadcastView) -> Void
    ) throws(ToolError) -> Page {
        var expected = 0
        var count = 0
        var page = Page()
        func hear(_ message: Inbound) {
            guard let told = ListenerMessage(message), told.isResent,
                told.stream == ETI.RefApplID.trade.rawValue
            else { return }
            count += 1
            if told.kind == .traded { take(TradeBroadcastView(message.base)) }
            if told.kind == .gap { page.hasGap = true }
        }
        try office.ask(
            "the request for trades", .retransmitted,
            others: { message throws(ToolError) in hear(message) },
            answer: { message in
                guard case .trades(let total, let end, let newest) = Retransmission(message) else {
                    return
                }
                expected = total
                page.end = end
                page.newest = newest
            },
            write: { state, out in state.retransmitTrades(from: first, through: last, into: out) })
        let start = clock.now()
        while count < expected {
            let heard = try office.receive { message throws(ToolError) in hear(message) }
            if heard == 0 { office.wait(nanos: 1_000_000) }
            guard clock.now().nanos(since: start) < Self.patienceNanos else {
                throw .run("the drop copy did not send the trades within 10 s")
            }
        }
        return page
    }
}
