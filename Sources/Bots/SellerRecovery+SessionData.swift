import Client
import Domain
import OrderFlow
import Wire

// Out of the session's own history on the order port, without a drop copy.
extension SellerRecovery {
    /// What orders sold since one of them was named, as the session's history has it.
    ///
    /// The probe is answered after everything that old orders did, so what is asked for behind it has
    /// all of that. A venue that began again is believed only when its history goes back beyond that:
    /// then it tells of the restart.
    func readSessionData(
        since oldest: ClOrdID, isSameRun: Bool, _ take: (ClOrdID, Quantity) -> Void
    ) throws(ToolError) {
        // Names are microseconds of the clock that the venue's stamps come from; a second more does no
        // harm.
        var begin = ApplMsgID(time: (oldest.raw - 1_000_000) * 1_000, index: 0)
        var hasRestart = false
        while let end = try readPage(
            behind: begin,
            { message throws(ToolError) in
                switch message.kind {
                case .gap:
                    throw .run("the venue has lost a part of the session's history")
                case .serviceEvent:
                    let view = TradingSessionStatusBroadcastView(message.base)
                    if view.tradSesEvent == TradSesEvent.marketReset.rawValue { hasRestart = true }
                case .reported: take(message.clOrdID, Self.executed(message))
                default: break
                }
            })
        {
            begin = end
        }
        guard isSameRun || hasRestart else {
            throw .run(
                "order \(oldest.raw) was sent to a run of the venue that has ended: what it sold "
                    + "cannot be asked any more")
        }
    }

    /// What this very event executed.
    private static func executed(_ message: Inbound) -> Quantity {
        var quantity = Quantity.zero
        for index in 0..<message.fillCount { quantity += message.fill(at: index).quantity }
        return quantity
    }

    /// Asks for the messages behind one, and hands them over. Returns the last one's place; nil when there
    /// are none.
    private func readPage(
        behind begin: ApplMsgID, _ take: (Inbound) throws(ToolError) -> Void
    ) throws(ToolError) -> ApplMsgID? {
        var expected = 0
        var count = 0
        var last: ApplMsgID?
        var isAnswered = false
        func hear(_ message: Inbound) throws(ToolError) {
            guard isAnswered, count < expected else { return }
            count += 1
            try take(message)
        }
        try desk.venue.ask(
            "the request for session data", .retransmitted,
            others: { message throws(ToolError) in try hear(message) },
            answer: { message in
                guard case .messages(let total, let end, _) = Retransmission(message) else {
                    return
                }
                (expected, last, isAnswered) = (total, end, true)
            },
            write: { state, out in
                state.retransmitSessionData(after: begin, through: nil, into: out)
            })
        let start = clock.now()
        while count < expected {
            let heard = try desk.venue.receive { message throws(ToolError) in try hear(message) }
            if heard == 0 { desk.venue.wait(nanos: 1_000_000) }
            guard clock.now().nanos(since: start) < Self.patienceNanos else {
                throw .run("the venue did not send the session's history within 10 s")
            }
        }
        return expected > 0 ? last : nil
    }
}
