import Client
import Domain
import OrderFlow

/// The session that the screen's user trades with.
public final class TradingDesk {
    private let desk: Desk<TCPByteStream>
    private let session: UInt32
    private var rejectsSeen = 0
    private var executionsSeen = 0

    /// `desk` is open.
    public init(_ desk: Desk<TCPByteStream>) {
        self.desk = desk
        session = desk.venue.credentials.session
    }

    /// Takes what the venue says; true when there was anything.
    public func look(_ state: inout ScreenState) throws(ToolError) -> Bool {
        var last: OwnOrders.Execution?
        let count = try desk.look { last = $0 }
        if let last {
            let row = state.row(of: last.instrument)
            state.say(
                "\(last.side == .buy ? "bought" : "sold") \(PriceText.quantity(last.quantity)) "
                    + "\(row?.name ?? "\(last.instrument)") at "
                    + PriceText.plain(last.price, tick: row?.tick))
        }
        let rejects = desk.orders.counts.rejected
        if rejects > rejectsSeen {
            rejectsSeen = rejects
            state.say("refused: \(desk.orders.lastReject)", isWarning: true)
        }
        return count > 0
    }

    public func fill(_ state: inout ScreenState) {
        var own = OwnSession(session: session)
        own.orders = desk.orders.all
        for (instrument, position) in desk.orders.positions {
            own.net[instrument] = position.net
            if let row = state.row(of: instrument), !row.last.isNone {
                own.profit[instrument] = position.profit(markedAt: row.last)
            }
        }
        state.own = own
        state.chosenOrder = max(0, min(state.chosenOrder, own.orders.count - 1))
    }

    /// Does what a key asked for.
    public func perform(
        _ action: ScreenAction, _ state: inout ScreenState
    ) throws(ToolError) {
        guard desk.hasRoom else {
            return state.say("the venue does not take requests at the moment", isWarning: true)
        }
        switch action {
        case .enter(let entry):
            desk.enter(
                OrderRequest(
                    side: entry.side, price: entry.price, quantity: entry.quantity,
                    instrument: entry.securityID, product: entry.product))
            state.say("sent")
        case .delete(let clOrdID, _):
            state.say(desk.delete(clOrdID) ? "deletion sent" : "there is no such order any more")
        case .deleteAll(let product, _):
            try desk.deleteAll(product: product)
            state.say("deleted")
        case .quit: break
        }
        try desk.flush()
    }

    /// Deletes the own orders and logs out.
    public func close() throws(ToolError) { try desk.close() }
}
