import Wire

/// What a session was told of its own data (stream 4), to hold against what it is told when it asks
/// again.
///
/// T7 resends single-order events as whole orders (10117) and mass deletions as 10122; what came in
/// that form at once must come again byte for byte, but for its stamps and the flag.
struct SessionRecord {
    enum Content: Equatable {
        case order(OrderFacts)
        case massDeletion(reportID: UInt64)
        case bytes([UInt8])
    }

    struct OrderFacts: Equatable {
        var orderID: UInt64
        var execID: UInt64
        var leavesQty: Int64
        var executed: Int64
        var cancelled: Int64
        var fills: [TradeFill]
    }

    /// By ApplMsgID; the fragments of one answer may share theirs.
    private var told: [MessageID: [Content]] = [:]
    private(set) var toldIDs: [MessageID] = []
    /// What came when asked for, which must be the same each time.
    private var resent: [MessageID: [[UInt8]]] = [:]

    /// The last message told unasked.
    var last: MessageID { toldIDs.last ?? MessageID() }

    /// The ids told behind one, up to another.
    func ids(behind begin: MessageID, upTo end: MessageID) -> ArraySlice<MessageID> {
        let first = toldIDs.firstIndex { $0 > begin } ?? toldIDs.count
        return toldIDs[first...].prefix { $0 <= end }
    }

    func count(of id: MessageID) -> Int { told[id]?.count ?? 0 }

    /// Whether a message was told, unasked or again.
    func knows(_ id: MessageID) -> Bool { told[id] != nil || resent[id] != nil }

    /// Takes a message that came unasked. False when its ApplMsgID is before an earlier one's.
    mutating func note(_ message: VenueMessage) -> Bool {
        guard let (id, content) = Self.read(message) else { return true }
        guard id >= last else { return false }
        if id > last { toldIDs.append(id) }
        told[id, default: []].append(content)
        return true
    }

    /// Whether a message that came when asked for is the one that was told before, the `place`-th of
    /// its id; and the same as whenever it was asked for.
    mutating func agrees(with message: VenueMessage, _ id: MessageID, place: Int) -> Bool {
        let bytes = Self.withoutStamps(message)
        var known = resent[id] ?? []
        if place < known.count {
            guard known[place] == bytes else { return false }
        } else {
            known.append(bytes)
            resent[id] = known
        }
        guard let contents = told[id] else { return true }
        guard place < contents.count else { return false }
        switch contents[place] {
        case .order(let facts):
            return message.template == .orderExecReportBroadcast
                && message.with(Self.facts(ofReport:)) == facts
        case .massDeletion(let reportID):
            return message.template == .deleteAllOrderBroadcast
                && message.with { DeleteAllOrderBroadcastView($0).massActionReportID } == reportID
        case .bytes(let told): return bytes == told
        }
    }

    static func id(ofBroadcast message: VenueMessage) -> MessageID {
        message.with {
            MessageID(
                UnsafeRawBufferPointer(
                    start: $0 + OrderExecReportBroadcastView.applMsgIDOffset, count: 16))
        }
    }

    // MARK: Messages as they come unasked

    /// Nil for what is not of the session's data.
    private static func read(_ message: VenueMessage) -> (MessageID, Content)? {
        let id: MessageID
        let content: Content
        switch message.template {
        case .orderExecReportBroadcast, .deleteAllOrderBroadcast,
            .deleteAllOrderQuoteEventBroadcast, .tradingSessionStatusBroadcast:
            id = Self.id(ofBroadcast: message)
            content = .bytes(withoutStamps(message))
        case .orderExecNotification:
            id = Self.id(ofBroadcast: message)
            content = .order(message.with(facts(ofNotification:)))
        case .deleteOrderBroadcast:
            id = Self.id(ofBroadcast: message)
            content = .order(message.with(facts(ofDeletion:)))
        case .newOrderResponse, .modifyOrderResponse, .deleteOrderResponse:
            guard let fields = AnswerFields(message) else { return nil }
            id = idOfAnswer(message)
            content = .order(
                OrderFacts(
                    orderID: fields.orderID, execID: fields.execID, leavesQty: fields.leavesQty,
                    executed: fields.executed, cancelled: fields.cancelled, fills: []))
        case .orderExecResponse:
            id = idOfAnswer(message)
            content = .order(message.with(facts(ofExecution:)))
        case .deleteAllOrderResponse:
            id = idOfAnswer(message)
            content = .massDeletion(
                reportID: message.with { DeleteAllOrderResponseView($0).massActionReportID })
        default: return nil
        }
        // An answer about another session's order is in no history of this one.
        return id.time == 0 || id.time == Null.u64 ? nil : (id, content)
    }

    private static func idOfAnswer(_ message: VenueMessage) -> MessageID {
        message.with {
            MessageID(
                UnsafeRawBufferPointer(start: $0 + NewOrderResponseView.applMsgIDOffset, count: 16))
        }
    }

    private static func facts(ofExecution base: UnsafeRawPointer) -> OrderFacts {
        let view = OrderExecResponseView(base)
        return OrderFacts(
            orderID: view.orderID, execID: view.execID, leavesQty: view.leavesQty,
            executed: view.cumQty, cancelled: view.cxlQty,
            fills: TradingBot.fills(base + OrderExecResponseView.fillsOffset, view.fillsCount))
    }

    private static func facts(ofNotification base: UnsafeRawPointer) -> OrderFacts {
        let view = OrderExecNotificationView(base)
        return OrderFacts(
            orderID: view.orderID, execID: view.execID, leavesQty: view.leavesQty,
            executed: view.cumQty, cancelled: view.cxlQty,
            fills: TradingBot.fills(base + OrderExecNotificationView.fillsOffset, view.fillsCount))
    }

    private static func facts(ofDeletion base: UnsafeRawPointer) -> OrderFacts {
        let view = DeleteOrderBroadcastView(base)
        return OrderFacts(
            orderID: view.orderID, execID: view.execID, leavesQty: 0, executed: view.cumQty,
            cancelled: view.cxlQty, fills: [])
    }

    static func facts(ofReport base: UnsafeRawPointer) -> OrderFacts {
        let view = OrderExecReportBroadcastView(base)
        let fills = base + OrderExecReportBroadcastView.fillsOffset(noLegs: view.legsCount)
        return OrderFacts(
            orderID: view.orderID, execID: view.execID, leavesQty: view.leavesQty,
            executed: view.cumQty, cancelled: view.cxlQty,
            fills: TradingBot.fills(fills, view.fillsCount))
    }

    /// A broadcast without what differs from one delivery to the next.
    private static func withoutStamps(_ message: VenueMessage) -> [UInt8] {
        var bytes = message.bytes
        bytes.withUnsafeMutableBytes {
            let header = RBCHeaderMEWriter(ofMessage: $0.baseAddress!)
            header.trdRegTSTimeOut = 0
            header.notificationIn = 0
            header.sendingTime = 0
            header.applResendFlag = 0
        }
        return bytes
    }
}
