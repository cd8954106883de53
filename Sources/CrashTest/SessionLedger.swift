import Client
import Domain
import Wire

/// All that one trading session asked for and was told, over all lives of the venue.
///
/// Requests are noted as they are written, messages as they arrive, whether live or sent again. Each
/// message is judged by what was asked for and told before.
struct SessionLedger {
    enum Request: Equatable {
        case entry(Int)
        case change(Int)
        case deletion(Int)
        case deletionOfAll(Int32)
    }

    let session: UInt32
    let verdict: Verdict
    var orders: [KnownOrder] = []
    /// Orders by every name that they have, had or were to have.
    var byName: [UInt64: Int] = [:]
    /// Orders that are asked for or live.
    var open: Set<Int> = []
    /// Requests without answer, by MsgSeqNum of this logon.
    private(set) var unanswered: [(msgSeqNum: UInt32, request: Request)] = []
    /// What can be asked for again, in its order.
    private(set) var history: [(id: ApplMsgID, message: WireMessage)] = []
    /// Steps since the market was audited last.
    var steps: [OrderStep] = []
    private(set) var answerCount = 0
    private(set) var rejectCount = 0
    private(set) var fillCount = 0
    /// Rejects because the venue could not take more (102).
    private(set) var busyCount = 0
    /// Entries that were taken.
    private(set) var acceptedCount = 0

    var lastID: ApplMsgID? { history.last?.id }
    var isSettled: Bool { unanswered.isEmpty }
    var inFlightCount: Int { unanswered.count }

    init(session: UInt32, verdict: Verdict) {
        self.session = session
        self.verdict = verdict
    }

    /// The order that a message is about, if it is one of the session's.
    func order(of message: WireMessage) -> KnownOrder? { index(of: message).map { orders[$0] } }

    /// A deletion gives the order no new name: what it deleted is named as the original.
    private func index(of message: WireMessage) -> Int? {
        message.number("ClOrdID").flatMap { byName[$0] }
            ?? message.number("OrigClOrdID").flatMap { byName[$0] }
    }

    func fail(_ sentence: @autoclosure () -> String) {
        verdict.fail("session \(session): \(sentence())")
    }
}

// MARK: - What is asked

extension SessionLedger {
    mutating func noteEntry(_ request: OrderRequest, name: UInt64, msgSeqNum: UInt32) {
        byName[name] = orders.count
        open.insert(orders.count)
        unanswered.append((msgSeqNum, .entry(orders.count)))
        orders.append(KnownOrder(request, name: name))
    }

    mutating func noteChange(
        _ order: Int, name: UInt64, price: Int64, quantity: Int64, msgSeqNum: UInt32
    ) {
        byName[name] = order
        orders[order].pending = .change(name: name, price: price, quantity: quantity)
        unanswered.append((msgSeqNum, .change(order)))
    }

    mutating func noteDeletion(_ order: Int, msgSeqNum: UInt32) {
        orders[order].pending = .deletion
        unanswered.append((msgSeqNum, .deletion(order)))
    }

    mutating func noteDeletionOfAll(product: Int32, msgSeqNum: UInt32) {
        for index in open
        where orders[index].request.product == product && orders[index].leavesBy == nil {
            orders[index].leavesBy = msgSeqNum
        }
        unanswered.append((msgSeqNum, .deletionOfAll(product)))
    }

    /// A new logon numbers its requests from 1 again; what was not answered never will be.
    mutating func forgetUnanswered() { unanswered.removeAll() }
}

// MARK: - What the venue says

extension SessionLedger {
    /// Takes a message as it arrives.
    mutating func take(_ message: WireMessage) {
        var request: Request?
        if let number = message.number("MsgSeqNum") {
            guard let first = unanswered.first, UInt64(first.msgSeqNum) == number else {
                return fail("an answer to request \(number) out of order: \(message)")
            }
            request = first.request
            if message.number("LastFragment") != 0 {
                unanswered.removeFirst()
                answerCount += 1
            }
        }
        if let id = message.applMsgID, !remember(message, id) { return }
        if message.template == .reject {
            takeReject(message, request)
        } else {
            if case .entry = request, message.number("LastFragment") != 0 { acceptedCount += 1 }
            apply(message, request)
        }
    }

    /// Takes a message of the history, sent again because it did not arrive the first time.
    mutating func takeMissed(_ message: WireMessage) {
        guard let id = message.applMsgID else {
            return fail("a message was sent again without an ApplMsgID: \(message)")
        }
        if remember(message, id) { apply(message, nil) }
    }

    /// Returns whether the message is news. What was asked for again may still arrive as it was first
    /// sent, when it was asked for at that very moment.
    private mutating func remember(_ message: WireMessage, _ id: ApplMsgID) -> Bool {
        guard let lastID, id <= lastID else {
            history.append((id, message))
            return true
        }
        let known = history.last { $0.id == id }?.message
        guard let known, known.isResent, !message.isResent else {
            fail("ApplMsgID does not rise at \(message)")
            return false
        }
        let names = message.differences(from: known, exceptions: ["ApplID", "NoOrderEvents"])
        if !names.isEmpty { fail("told with other \(names): \(message); before was \(known)") }
        return false
    }

    private mutating func takeReject(_ message: WireMessage, _ request: Request?) {
        rejectCount += 1
        let reason = RejectReason(rawValue: UInt32(message.number("SessionRejectReason") ?? 0))
        if reason == .temporarilyUnavailable { busyCount += 1 }
        switch request {
        case .entry(let order):
            end(order)
            // Entries here have nothing wrong with them.
            if reason != .temporarilyUnavailable { fail("a good order was refused: \(message)") }
        case .change(let order), .deletion(let order):
            orders[order].pending = nil
            let isKnown = orders[order].state != .ended
            if reason != .temporarilyUnavailable, isKnown {
                fail("a request about a live order was refused: \(message)")
            }
        case .deletionOfAll:
            let number = message.number("MsgSeqNum").map { UInt32(truncatingIfNeeded: $0) }
            for index in open where orders[index].leavesBy == number {
                orders[index].leavesBy = nil
            }
            if reason != .temporarilyUnavailable {
                fail("the deletion of all orders was refused: \(message)")
            }
        case nil: fail("a reject answers nothing: \(message)")
        }
    }
}

// MARK: - Messages as events

extension SessionLedger {
    private mutating func apply(_ message: WireMessage, _ request: Request?) {
        switch message.template {
        case .newOrderResponse, .newOrderNRResponse, .modifyOrderResponse, .modifyOrderNRResponse,
            .deleteOrderResponse, .deleteOrderNRResponse, .orderExecResponse,
            .orderExecNotification, .orderExecReportBroadcast, .deleteOrderBroadcast:
            applyToOrder(message)
        case .deleteAllOrderResponse, .deleteAllOrderNRResponse:
            guard case .deletionOfAll = request else {
                return fail("nobody asked for \(message)")
            }
            // From the moment on that the engine took it up: it may go on in slices. Where the engine is
            // ahead of the clock that moment is not told, but comes after all that was told of the order.
            let number = message.number("MsgSeqNum").map { UInt32(truncatingIfNeeded: $0) }
            for index in open where orders[index].leavesBy == number {
                let last = steps.last { $0.order == index }?.transaction ?? 0
                end(index, at: max(message.number("TrdRegTSTimeIn") ?? 0, last))
            }
        case .deleteAllOrderBroadcast: applyMassDeletion(message)
        // A heartbeat says that nothing was said for long: the machine was busy with something else.
        case .tradingSessionStatusBroadcast, .heartbeatNotification: break
        default: fail("unexpected: \(message)")
        }
    }

    private mutating func applyToOrder(_ message: WireMessage) {
        guard let index = index(of: message) else {
            return fail("an order that was never sent: \(message)")
        }
        let isNews = orders[index].take(message, named: message.number("ClOrdID")) { sentence in
            verdict.fail("session \(session): \(sentence): \(message)")
        }
        fillCount += message.fills.count
        if orders[index].state == .ended { open.remove(index) }
        if isNews { addStep(of: index, message.number("ExecID") ?? 0, message.fills) }
    }

    /// Tells the audit of the market where the order stands now.
    mutating func addStep(of index: Int, _ transaction: UInt64, _ fills: [WireFill] = []) {
        let order = orders[index]
        steps.append(
            OrderStep(
                transaction: transaction, session: session, order: index,
                instrument: order.request.instrument, product: order.request.product,
                isBuy: order.isBuy, placedBy: order.placedBy,
                restsAt: order.state == .live ? order.price : nil, fills: fills))
    }

    /// A report of orders withdrawn in mass: by a request whose answer did not arrive, or with a lost
    /// session.
    private mutating func applyMassDeletion(_ message: WireMessage) {
        guard let product = message.number("MarketSegmentID").map({ Int32(truncatingIfNeeded: $0) })
        else { return }
        let transaction = message.number("MassActionReportID") ?? 0
        let kinds = ExecInst(rawValue: UInt8(message.number("ExecInst") ?? 0))
        let inProduct = open.filter { orders[$0].request.product == product }
        // Deletions are done in the order in which they were asked for.
        let first = inProduct.compactMap { orders[$0].leavesBy }.min()
        let isRequested = message.number("MassActionReason") == 0
        for index in inProduct {
            let order = orders[index]
            let isMeant =
                isRequested
                ? order.leavesBy != nil && order.leavesBy == first
                : kinds == .bothKinds || order.isPersistent == kinds.isPersistent
            if isMeant { end(index, at: transaction) }
        }
    }

    /// The order is in no book any more.
    mutating func end(_ index: Int, at transaction: UInt64? = nil) {
        orders[index].state = .ended
        orders[index].pending = nil
        orders[index].leavesBy = nil
        open.remove(index)
        if let transaction { addStep(of: index, transaction) }
    }
}
