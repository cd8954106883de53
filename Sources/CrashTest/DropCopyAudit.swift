import Domain
import Wire

/// Compares what a back office heard with what its sessions were told: every event of a standard order
/// and every execution once, with the same content.
///
/// Whichever side is ahead waits for the other, until `judge` says that both are complete.
struct DropCopyAudit {
    private struct EventKey: Hashable {
        var transaction: UInt64
        var orderID: UInt64
        /// An execution may come in parts; the first fill tells them apart.
        var firstFill: Int32?
        /// An order may be restated in the transaction of its last change.
        var execType: UInt64
    }

    private struct FillKey: Hashable {
        var orderID: UInt64
        var fillExecID: Int32
        var product: UInt64
    }

    private let office: UInt32
    private let verdict: Verdict
    private var told: [EventKey: WireMessage] = [:]
    private var heard: [EventKey: WireMessage] = [:]
    private var executions: [FillKey: (fill: WireFill, transaction: UInt64)] = [:]
    private var trades: [FillKey: WireMessage] = [:]
    /// Pairs found so far.
    private(set) var eventCount = 0
    private(set) var tradeCount = 0

    init(office: UInt32, verdict: Verdict) {
        self.office = office
        self.verdict = verdict
    }

    /// Nothing waits for its counterpart.
    var isSettled: Bool {
        told.isEmpty && heard.isEmpty && executions.isEmpty && trades.isEmpty
    }

    /// A session was told something about an order entered with `isStandard` in `product`.
    mutating func take(told message: WireMessage, isStandard: Bool, product: Int32) {
        guard let key = Self.key(message) else { return }
        if isStandard {
            if let published = heard.removeValue(forKey: key) {
                compare(published, message)
            } else if told.updateValue(message, forKey: key) != nil {
                fail("told twice: \(message)")
            }
        }
        for fill in message.fills {
            let fillKey = FillKey(
                orderID: key.orderID, fillExecID: fill.execID, product: UInt64(product))
            if let trade = trades.removeValue(forKey: fillKey) {
                compare(trade, fill, key.transaction)
            } else if executions.updateValue((fill, key.transaction), forKey: fillKey) != nil {
                fail("an execution was told twice: \(message)")
            }
        }
    }

    /// The office heard an order's event.
    mutating func take(heard message: WireMessage) {
        guard let key = Self.key(message) else { return }
        if let answer = told.removeValue(forKey: key) {
            compare(message, answer)
        } else if heard.updateValue(message, forKey: key) != nil {
            fail("heard twice: \(message)")
        }
    }

    /// The office heard of a trade.
    mutating func take(trade: WireMessage) {
        let key = FillKey(
            orderID: trade.number("OrderID") ?? 0,
            fillExecID: Int32(truncatingIfNeeded: trade.number("SideTradeID") ?? 0),
            product: trade.number("MarketSegmentID") ?? 0)
        if let (fill, transaction) = executions.removeValue(forKey: key) {
            compare(trade, fill, transaction)
        } else if trades.updateValue(trade, forKey: key) != nil {
            fail("a trade was heard twice: \(trade)")
        }
    }

    /// Both sides are complete: what has no counterpart now never will.
    mutating func judge() {
        for message in told.values { fail("was not told: \(message)") }
        for message in heard.values { fail("heard what no session was told: \(message)") }
        for (fill, transaction) in executions.values {
            fail("heard no trade for \(fill) of transaction \(transaction)")
        }
        for trade in trades.values { fail("heard of a trade nobody was told of: \(trade)") }
        told.removeAll()
        heard.removeAll()
        executions.removeAll()
        trades.removeAll()
    }

    private mutating func compare(_ published: WireMessage, _ told: WireMessage) {
        eventCount += 1
        let names = published.differences(
            from: told, exceptions: ["ApplID", "ApplMsgID", "NoOrderEvents"])
        if !names.isEmpty {
            fail("heard other \(names): \(published); the session was told \(told)")
        }
    }

    private mutating func compare(_ trade: WireMessage, _ fill: WireFill, _ transaction: UInt64) {
        tradeCount += 1
        let isEqual =
            trade.signed("LastPx") == fill.price && trade.signed("LastQty") == fill.quantity
            && trade.number("TrdMatchID") == UInt64(fill.matchID)
            && trade.number("TransactTime") == transaction
        if !isEqual { fail("heard of another trade than \(fill): \(trade)") }
    }

    private static func key(_ message: WireMessage) -> EventKey? {
        guard let transaction = message.number("ExecID"), let orderID = message.number("OrderID")
        else { return nil }
        return EventKey(
            transaction: transaction, orderID: orderID, firstFill: message.fills.first?.execID,
            execType: message.number("ExecType") ?? 0)
    }

    private func fail(_ sentence: @autoclosure () -> String) {
        verdict.fail("office \(office): \(sentence())")
    }
}
