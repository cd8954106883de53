import Wire

/// A session's question for its own data, and how far it is answered.
struct SessionFetch {
    /// Behind this message.
    var begin: MessageID
    /// The last one told before it asked.
    let toldBefore: MessageID
    /// The answer's last message, and the last one there is.
    var end = MessageID()
    var last = MessageID()
    /// Messages that are still to come, with nothing else between.
    var due = 0
    /// Of the answer and those before it that led here.
    var previous: MessageID?
    /// How often each id came.
    var seen: [MessageID: Int] = [:]
    /// The venue says that something is lost for good.
    var hasGap = false
}

/// What a restart tells anew, as far as it was heard.
struct Restatement {
    /// Engine time of the market reset.
    var time: UInt64
    var orders: [UInt64: RestatedOrder] = [:]
}

struct RestatedOrder: Equatable {
    var clOrdID: UInt64
    var side: UInt8
    var price: Int64
    var quantity: Int64
    var leavesQty: Int64
    var executed: Int64
    var priority: UInt64
}

// A bot that was away asks for what it missed, or for what it heard once before, and compares.
extension TradingBot {
    /// Begins where it was, now and then earlier, at the start, or where it began before.
    func askForOwnData() {
        guard fetch == nil, state == .active, !isQuiet else { return }
        var begin = record.last
        switch random.below(4) {
        case 0 where !record.toldIDs.isEmpty: begin = random.pick(record.toldIDs)
        case 1: begin = MessageID()
        case 2: begin = caughtUpBehind ?? begin
        default: break
        }
        ask(behind: begin)
    }

    private func ask(behind begin: MessageID) {
        let number = connection?.nextNumber ?? 1
        fetch = SessionFetch(begin: begin, toldBefore: record.last)
        send(
            RequestFrames.retransmit(number, stream: 4, behind: begin.bytes),
            SentRequest(number: number, kind: .retransmit))
    }

    func takeOwnDataAnswer(_ message: VenueMessage) {
        let (number, count, end, last) = message.with {
            let view = RetransmitMEMessageResponseView($0)
            return (
                view.msgSeqNum, Int(view.applTotalMessageCount), MessageID(view.applEndMsgID),
                MessageID(view.refApplLastMsgID)
            )
        }
        guard answer(message, number: number) != nil, var asked = fetch else { return }
        asked.due = count
        asked.end = count == 0 ? asked.begin : end
        asked.last = last
        fetch = asked
        findings.check(
            "session data", last >= asked.toldBefore,
            "session \(session) was told \(asked.toldBefore), and the last there is is \(last)")
        if count == 0 { finishFetch() }
    }

    /// One of the messages behind the answer.
    func takeResent(_ message: VenueMessage) {
        fetch?.due -= 1
        if message.template == .broadcastErrorNotification {
            fetch?.hasGap = true
            restatement = nil
        } else {
            check(message)
        }
        if fetch?.due == 0 { finishFetch() }
    }

    private func check(_ message: VenueMessage) {
        let flag = message.with {
            $0.load(
                fromByteOffset: OrderExecReportBroadcastView.applResendFlagOffset, as: UInt8.self)
        }
        switch message.template {
        case .orderExecReportBroadcast, .deleteAllOrderBroadcast,
            .deleteAllOrderQuoteEventBroadcast, .tradingSessionStatusBroadcast:
            findings.check(
                "session data", flag == 1,
                "session \(session): \(message.template) came between resent messages")
        default:
            return findings.report(
                "session data",
                "session \(session): \(message.template) came between resent messages")
        }
        let id = SessionRecord.id(ofBroadcast: message)
        let before = fetch!.previous ?? fetch!.begin
        let place = fetch!.seen[id, default: 0]
        findings.check(
            "session data", (id > before || place > 0 && id == before) && id <= fetch!.end,
            "session \(session): \(id) was resent behind \(before), of an answer up to \(fetch!.end)"
        )
        findings.check(
            "session data", id <= caughtUpBehind ?? id || id.time >= logonTime || record.knows(id),
            "session \(session): \(id), from before the logon at \(logonTime), was missing when it "
                + "asked for all that it had missed")
        findings.check(
            "session data", record.agrees(with: message, id, place: place),
            "session \(session): \(id) is resent otherwise than it was told")
        follow(message, id)
        fetch?.seen[id] = place + 1
        fetch?.previous = id
    }

    /// All that was told in the range came again.
    private func finishFetch() {
        guard let done = fetch else { return }
        fetch = nil
        let isWhole = done.end >= done.last
        if isWhole, !done.hasGap, done.begin <= lastBeforeLogon {
            caughtUpBehind = min(done.begin, caughtUpBehind ?? done.begin)
        }
        let missing = record.ids(
            behind: done.begin, upTo: isWhole ? max(done.end, done.toldBefore) : done.end
        ).filter { $0 <= max(done.toldBefore, done.end) }
            .first { record.count(of: $0) > done.seen[$0, default: 0] }
        findings.check(
            "session data", missing == nil || done.hasGap,
            "session \(session) was told \(missing.map { "\($0)" } ?? ""), and is not told again "
                + "behind \(done.begin) up to \(done.end)")
        guard !isWhole, state == .active, !isQuiet, findings.isEmpty else {
            restatement = nil
            return
        }
        ask(behind: done.end)
        fetch?.previous = done.previous
    }

    // MARK: What a restart tells anew

    /// At rest after a restart, whose market reset has this engine time: the orders there are.
    func expectRestatement(at time: UInt64) {
        expectedRestatement = Restatement(time: time)
        for order in liveOrders where !order.isUnsure {
            expectedRestatement?.orders[order.orderID] = RestatedOrder(
                clOrdID: order.mayHaveOtherName ? 0 : order.clOrdID, side: order.side,
                price: order.price,
                quantity: order.quantity, leavesQty: order.open, executed: order.executed,
                priority: order.priority)
        }
    }

    private func follow(_ message: VenueMessage, _ id: MessageID) {
        switch message.template {
        case .tradingSessionStatusBroadcast:
            let (event, last) = message.with {
                let view = TradingSessionStatusBroadcastView($0)
                return (view.tradSesEvent, MessageID(view.refApplLastMsgID))
            }
            switch event {
            case 102:
                let told = record.ids(behind: MessageID(), upTo: id).last { $0 < id }
                findings.check(
                    "session data",
                    fetch?.previous.map { $0 == last } ?? (told.map { $0 <= last } ?? true),
                    "session \(session): the market reset names \(last), before it came "
                        + "\(String(describing: fetch?.previous ?? told))")
                restatement = Restatement(time: id.time)
            case 103: endRestatement()
            default: break
            }
        case .orderExecReportBroadcast:
            let isRestated = message.with {
                OrderExecReportBroadcastView($0).execType == ExecTypeCode.restated
            }
            if isRestated { noteRestated(message) }
        default: break
        }
    }

    private func noteRestated(_ message: VenueMessage) {
        let (orderID, order) = message.with {
            let view = OrderExecReportBroadcastView($0)
            return (
                view.orderID,
                RestatedOrder(
                    clOrdID: view.clOrdID, side: view.side, price: view.price,
                    quantity: view.orderQty, leavesQty: view.leavesQty, executed: view.cumQty,
                    priority: view.trdRegTSTimePriority)
            )
        }
        restatement?.orders[orderID] = order
    }

    private func endRestatement() {
        defer { restatement = nil }
        guard let told = restatement, let expected = expectedRestatement,
            told.time == expected.time
        else { return }
        func isSame(_ order: RestatedOrder, _ other: RestatedOrder?) -> Bool {
            guard var other else { return false }
            // An order whose entry or change was never answered may have any name.
            if order.clOrdID == 0 { other.clOrdID = 0 }
            return order == other
        }
        findings.check(
            "restatement",
            told.orders.count == expected.orders.count
                && expected.orders.allSatisfy { isSame($0.value, told.orders[$0.key]) },
            "session \(session) is told anew of \(told.orders), and has \(expected.orders)")
    }
}

/// ExecType `D`, as on the wire.
private enum ExecTypeCode {
    static let restated = UInt8(ascii: "D")
}
