import Client
import Domain

/// Compares what the drop copy tells of a session with what the session was told itself.
///
/// Both sides tell of the same events in the same order: every answer and notification about an order
/// has one message of listener data, every execution in it one trade. Whichever side is ahead waits
/// in a queue for the other, so pipelining does not matter and little is kept.
struct Reconciliation {
    /// What one message says happened to one order, whoever says it.
    struct OrderFact: Equatable {
        var order: OrderState
        var execID: Timestamp
        var fills: [Inbound.Fill]
    }

    /// One side of one trade.
    struct TradeFact: Equatable {
        var orderID: OrderID
        var execID: Timestamp
        var fill: Inbound.Fill
    }

    /// Messages that either side has: listener data and trades together.
    private(set) var messages = 0
    /// Those that both have, with the same content.
    private(set) var equal = 0
    private(set) var trades = 0
    /// The first differences, for people.
    private(set) var differences: [String] = []
    private static var differencesKept: Int { 10 }

    private let session: UInt32
    private var orders = Queues<OrderFact>()
    private var executions = Queues<TradeFact>()
    private var lastApplMsgID = ApplMsgID.none
    private var lastApplSeqNum: UInt64?

    init(session: UInt32) { self.session = session }

    /// Nothing waits for its counterpart.
    var isSettled: Bool { orders.isSettled && executions.isSettled }

    /// The session was told something; answers and notifications about orders count.
    mutating func told(_ message: Inbound) {
        switch message.kind {
        case .accepted, .modified, .deleted, .executed, .restingExecuted, .deletedByOther,
            .reported:
            break
        default: return
        }
        let fills = (0..<message.fillCount).map(message.fill(at:))
        take(
            orders.add(
                OrderFact(order: message.orderState, execID: message.execID, fills: fills),
                to: .told))
        for fill in fills {
            take(
                executions.add(
                    TradeFact(orderID: message.orderID, execID: message.execID, fill: fill),
                    to: .told))
        }
    }

    /// The drop copy published something; what is about other sessions is none of ours.
    mutating func published(_ message: ListenerMessage) {
        guard message.session == session || message.kind == .gap else { return }
        switch message.kind {
        case .orderReported, .orderDeleted:
            if message.applMsgID <= lastApplMsgID {
                note("ApplMsgID does not rise at \(message.execID.nanos)")
            }
            lastApplMsgID = message.applMsgID
            guard let order = message.order else { return }
            take(
                orders.add(
                    OrderFact(
                        order: order, execID: message.execID,
                        fills: (0..<message.fillCount).map(message.fill(at:))),
                    to: .published))
        case .traded:
            trades += 1
            guard let order = message.order else { return }
            take(
                executions.add(
                    TradeFact(
                        orderID: order.orderID, execID: message.execID, fill: message.fill(at: 0)),
                    to: .published))
        case .gap:
            messages += 1
            note("the drop copy has lost a message (10032)")
        case .massDeleted: break
        }
    }

    /// A trade of the unit, whichever session's: their numbers have no gaps.
    mutating func numbered(_ applSeqNum: UInt64) {
        if let last = lastApplSeqNum, applSeqNum != last + 1 {
            note("trade \(applSeqNum) of the unit came after trade \(last)")
        }
        lastApplSeqNum = applSeqNum
    }

    /// The end: what still waits for its counterpart has none.
    mutating func finish() {
        for fact in orders.waitingTold {
            difference("an order's event that was not published: \(fact)")
        }
        for fact in orders.waitingPublished { difference("an event nobody was told of: \(fact)") }
        for fact in executions.waitingTold { difference("an execution without trade: \(fact)") }
        for fact in executions.waitingPublished {
            difference("a trade nobody was told of: \(fact)")
        }
        orders = Queues()
        executions = Queues()
    }

    private mutating func take<Fact: Equatable>(_ pair: Queues<Fact>.Pair?) {
        guard let pair else { return }
        messages += 1
        if pair.told == pair.published {
            equal += 1
        } else {
            note("told \(pair.told); published \(pair.published)")
        }
    }

    private mutating func difference(_ words: String) {
        messages += 1
        note(words)
    }

    private mutating func note(_ words: String) {
        guard differences.count < Self.differencesKept else { return }
        differences.append("session \(session): \(words)")
    }
}

/// Facts of one kind from two sides, each in its order; at most one of the queues holds any.
private struct Queues<Fact: Equatable> {
    struct Pair {
        var told: Fact
        var published: Fact
    }

    private var told: [Fact] = []
    private var published: [Fact] = []
    /// Facts already paired, at the front of whichever queue is in use.
    private var head = 0

    enum Side { case told, published }

    var isSettled: Bool { told.count + published.count == head }

    /// Adds a fact to one side; returns it with its counterpart when the other side had one waiting.
    mutating func add(_ fact: Fact, to side: Side) -> Pair? {
        switch side {
        case .told:
            guard let other = Self.takeFirst(&published, &head) else {
                told.append(fact)
                return nil
            }
            return Pair(told: fact, published: other)
        case .published:
            guard let other = Self.takeFirst(&told, &head) else {
                published.append(fact)
                return nil
            }
            return Pair(told: other, published: fact)
        }
    }

    private static func takeFirst(_ queue: inout [Fact], _ head: inout Int) -> Fact? {
        guard head < queue.count else { return nil }
        let fact = queue[head]
        head += 1
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        }
        return fact
    }

    /// What waits for a counterpart.
    var waitingTold: ArraySlice<Fact> { told[(told.isEmpty ? 0 : head)...] }
    var waitingPublished: ArraySlice<Fact> { published[(published.isEmpty ? 0 : head)...] }
}
