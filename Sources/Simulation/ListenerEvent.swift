import Wire

/// ApplMsgID: two big-endian numbers, later ones greater.
struct MessageID: Hashable, Comparable {
    var time: UInt64 = 0
    var index: UInt64 = 0

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) {
        time = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        index = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    static func < (a: MessageID, b: MessageID) -> Bool { (a.time, a.index) < (b.time, b.index) }

    /// As on the wire; nothing for no value.
    var bytes: [UInt8] {
        guard time != 0 else { return [] }
        return withUnsafeBytes(of: (time.bigEndian, index.bigEndian)) { [UInt8]($0) }
    }
}

extension ListenerEvent {
    /// ApplMsgID and content of a message of stream 5.
    static func read(
        _ template: TemplateID, _ base: UnsafeRawPointer
    ) -> (id: MessageID, event: ListenerEvent?) {
        switch template {
        case .orderExecReportBroadcast: read(OrderExecReportBroadcastView(base), base)
        case .deleteOrderBroadcast: read(DeleteOrderBroadcastView(base))
        case .deleteAllOrderBroadcast: read(DeleteAllOrderBroadcastView(base))
        case .deleteAllOrderQuoteEventBroadcast:
            read(DeleteAllOrderQuoteEventBroadcastView(base))
        case .tradingSessionStatusBroadcast: read(TradingSessionStatusBroadcastView(base))
        default: (MessageID(), nil)
        }
    }

    private static func read(
        _ view: OrderExecReportBroadcastView, _ base: UnsafeRawPointer
    ) -> (id: MessageID, event: ListenerEvent?) {
        let fills = TradingBot.fills(
            base + OrderExecReportBroadcastView.fillsOffset(noLegs: view.legsCount), view.fillsCount
        )
        return (
            MessageID(view.applMsgID),
            .order(
                OrderState(
                    orderID: view.orderID, session: view.partyIDSessionID,
                    security: view.securityID, product: view.marketSegmentID, side: view.side,
                    price: view.price, quantity: view.orderQty, leavesQty: view.leavesQty,
                    executed: view.cumQty, cancelled: view.cxlQty,
                    isPersistent: view.execInst == 1 || view.execInst == 5,
                    priority: view.trdRegTSTimePriority, enteredAt: view.trdRegTSEntryTime,
                    trader: view.partyIDExecutingTrader, execID: view.execID,
                    execType: view.execType, isLastFragment: view.lastFragment == 1, fills: fills))
        )
    }

    private static func read(
        _ view: DeleteOrderBroadcastView
    ) -> (id: MessageID, event: ListenerEvent?) {
        (
            MessageID(view.applMsgID),
            .deleted(
                orderID: view.orderID, session: view.partyIDSessionID, execID: view.execID,
                executed: view.cumQty)
        )
    }

    private static func read(
        _ view: DeleteAllOrderBroadcastView
    ) -> (id: MessageID, event: ListenerEvent?) {
        (
            MessageID(view.applMsgID),
            .massDeleted(
                MassDeletion(
                    session: view.targetPartyIDSessionID,
                    trader: view.targetPartyIDExecutingTrader, product: view.marketSegmentID,
                    security: view.securityID, side: view.side, kinds: view.execInst,
                    reason: view.massActionReason, execID: view.massActionReportID,
                    left: (0..<view.notAffectedOrdersCount).map {
                        view.notAffectedOrders(at: $0).notAffectedOrderID
                    }, isLastFragment: view.lastFragment == 1))
        )
    }

    private static func read(
        _ view: DeleteAllOrderQuoteEventBroadcastView
    ) -> (id: MessageID, event: ListenerEvent?) {
        (
            MessageID(view.applMsgID),
            .marketDeleted(
                product: view.marketSegmentID, security: view.securityID, kinds: view.execInst)
        )
    }

    private static func read(
        _ view: TradingSessionStatusBroadcastView
    ) -> (id: MessageID, event: ListenerEvent?) {
        (
            MessageID(view.applMsgID),
            .service(event: view.tradSesEvent, product: view.marketSegmentID)
        )
    }
}
