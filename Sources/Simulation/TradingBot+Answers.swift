import Domain
import Wire

// What a bot is told, held against what it asked for and what it knew before.
extension TradingBot {
    func take(_ message: VenueMessage) {
        guard fetch?.due ?? 0 == 0 else { return takeResent(message) }
        if asksForOwnData {
            findings.check(
                "session data", record.note(message),
                "\(name): \(message.template) comes behind a later message of the session's data")
        }
        switch message.template {
        case .heartbeatNotification: break
        case .forcedLogoutNotification: state = .leaving
        case .reject: takeReject(message)
        case .logonResponse:
            answer(message, number: message.with { LogonResponseView($0).msgSeqNum })
            logonTime = message.with { LogonResponseView($0).requestTime }
        case .logoutResponse:
            answer(message, number: message.with { LogoutResponseView($0).msgSeqNum })
        case .userLoginResponse:
            if answer(message, number: message.with { UserLoginResponseView($0).msgSeqNum }) != nil
            {
                if state == .loggingOn {
                    state = .active
                    // It was away.
                    if asksForOwnData, random.coin() { askForOwnData() }
                }
            }
        case .newOrderResponse, .newOrderNRResponse: takeAccepted(message)
        case .modifyOrderResponse, .modifyOrderNRResponse: takeModified(message)
        case .deleteOrderResponse, .deleteOrderNRResponse: takeDeleted(message)
        case .orderExecResponse: takeExecuted(message)
        case .deleteAllOrderResponse, .deleteAllOrderNRResponse: takeDeletedAll(message)
        case .retransmitMEMessageResponse: takeOwnDataAnswer(message)
        case .orderExecNotification: takeRestingExecuted(message)
        case .deleteOrderBroadcast: takeDeletedByOther(message)
        case .orderExecReportBroadcast: takeReport(message)
        case .deleteAllOrderBroadcast: takeMassDeletion(message)
        case .deleteAllOrderQuoteEventBroadcast: takeMarketDeletion(message)
        case .tradingSessionStatusBroadcast: takeServiceEvent(message)
        case .throttleUpdateNotification: break
        default: findings.report("session \(session)", "was sent \(message.template)")
        }
    }

    private var name: String { "session \(session)" }

    // MARK: One answer for each request, in their order

    /// The request that a message answers: the oldest that is unanswered.
    @discardableResult
    func answer(
        _ message: VenueMessage, number: UInt32, isLast: Bool = true
    ) -> SentRequest? {
        guard let request = pending.first else {
            findings.report("answers", "\(name): \(message.template) answers nothing")
            return nil
        }
        guard
            findings.check(
                "answers", request.number == number,
                "\(name): \(message.template) answers \(number), and \(request.number) is due")
        else { return nil }
        findings.check(
            "answers", !request.isFlawed || message.template == .reject,
            "\(name): a flawed request \(number) was taken: \(message.template)")
        if isLast { pending.removeFirst() }
        return request
    }

    private func takeReject(_ message: VenueMessage) {
        let (number, reason, status) = message.with {
            let view = RejectView($0)
            return (view.msgSeqNum, view.sessionRejectReason, view.sessionStatus)
        }
        guard let request = answer(message, number: number) else { return }
        if status == 4 { state = .leaving }
        if case .retransmit = request.kind { fetch = nil }
        guard !request.isFlawed, !request.endsSession else { return }
        if case .session = request.kind, state != .active {
            // A second logon of a session that others hold, or a service that is busy.
            return
        }
        let text = message.with { String(decoding: RejectView($0).varText, as: UTF8.self) }
        if reason == 102, text.contains("durably") {
            findings.check(
                "admission",
                request.kind.isDeletion ? world.diskMayRefuseDeletions : world.diskMayRefuse,
                "\(name): \(number) (\(request.kind)) was refused, and the disk should take it")
        }
        findings.check(
            "rejects", Self.reasonsOfSoundRequests.contains(reason),
            "\(name): a sound request \(number) (\(request.kind)) was refused with \(reason): "
                + text)
    }

    /// Throttled, no room, wrong state, gone meanwhile, name in use.
    private static let reasonsOfSoundRequests: Set<UInt32> = [100, 102, 10_000, 10_002, 10_011]

    // MARK: Entries and changes

    private func takeAccepted(_ message: VenueMessage) {
        guard let fields = AnswerFields(message) else { return }
        let (number, execID, orderID) = (fields.number, fields.execID, fields.orderID)
        let (leaves, cancelled) = (fields.leavesQty, fields.cancelled)
        guard let request = answer(message, number: number) else { return }
        guard case .enter(let terms) = request.kind else {
            return findings.report(
                "answers", "\(name): \(message.template) answers \(request.kind)")
        }
        findings.check(
            "answers", terms.isStandard == fields.isStandard && fields.clOrdID == request.clOrdID,
            "\(name): request \(number) is answered for another order")
        findings.check(
            "quantities",
            leaves + cancelled == terms.quantity && (leaves == 0 || cancelled == 0)
                && (leaves == 0) == terms.isImmediate,
            "\(name): order of \(terms.quantity) has \(leaves) open and \(cancelled) cancelled")
        var order = makeOrder(fields.orderID, request, terms, execID)
        order.priority = fields.priority
        order.cancelled = cancelled
        order.isLive = leaves > 0
        add(order)
        note(
            Transaction(
                execID: execID, kind: .entered(terms), fills: [], leavesQty: leaves,
                cancelledQty: cancelled, session: session), request, of: orderID)
    }

    private func makeOrder(
        _ orderID: UInt64, _ request: SentRequest, _ terms: OrderTerms, _ execID: UInt64
    ) -> OwnOrder {
        OwnOrder(
            orderID: orderID, clOrdID: request.clOrdID, session: session, trader: trader,
            instrument: terms.instrument, product: terms.product, side: terms.side,
            isStandard: terms.isStandard, isPersistent: terms.isPersistent, price: terms.price,
            quantity: terms.quantity, priority: execID, enteredAt: execID)
    }

    private func add(_ order: OwnOrder) {
        findings.check(
            "OrderID", world.usedOrderIDs.insert(order.orderID).inserted,
            "\(name): OrderID \(order.orderID) was given twice")
        orders[order.orderID] = order
    }

    private func note(_ transaction: Transaction, _ request: SentRequest, of orderID: UInt64) {
        findings.check(
            "ExecID", transaction.execID > lastExecID,
            "\(name): ExecID \(transaction.execID) follows \(lastExecID)")
        lastExecID = max(lastExecID, transaction.execID)
        if let order = orders[orderID] {
            world.tell(
                transaction.execID, orderID, leavesQty: order.open, executed: order.executed)
        }
        var transaction = transaction
        transaction.number = request.number
        if let socket = connection?.socket {
            transaction.arrival = world.arrivals.place(of: socket, offset: request.endOffset)
        }
        world.replay.add(transaction)
    }

    private func takeModified(_ message: VenueMessage) {
        guard let fields = AnswerFields(message) else { return }
        let (number, execID, orderID) = (fields.number, fields.execID, fields.orderID)
        let (leaves, executed, cancelled) = (fields.leavesQty, fields.executed, fields.cancelled)
        guard let request = answer(message, number: number) else { return }
        guard case .change(let name, let terms, _) = request.kind else {
            return findings.report(
                "answers", "\(self.name): \(message.template) answers \(request.kind)")
        }
        guard name.targetSession == Null.u32 else { return }
        guard let before = known(orderID, "a change") else { return }
        var order = before
        order.clOrdID = request.clOrdID
        findings.check(
            "quantities", order.isUnsure || executed == order.executed,
            "\(self.name): \(executed) of an order are executed, \(order.executed) were told")
        findings.check(
            "quantities",
            leaves + executed + cancelled == max(terms.quantity, cancelled + executed)
                && (leaves == 0) == (terms.quantity <= executed),
            "\(self.name): a change to \(terms.quantity) leaves \(leaves), \(executed) executed, "
                + "\(cancelled) cancelled")
        order.executed = executed
        applyChange(&order, terms, leaves: leaves, cancelled: cancelled, execID: execID)
        orders[orderID] = order
        note(
            Transaction(
                execID: execID, kind: .changed(before, terms), fills: [], leavesQty: leaves,
                cancelledQty: cancelled, session: session), request, of: orderID)
    }

    private func applyChange(
        _ order: inout OwnOrder, _ terms: OrderTerms, leaves: Int64, cancelled: Int64,
        execID: UInt64
    ) {
        // The rule of T7: another price or more quantity goes to the end of the queue.
        if terms.quantity > order.executed,
            terms.price != order.price || terms.quantity > order.quantity
        {
            order.priority = execID
        }
        if terms.quantity > order.executed {
            order.price = terms.price
            order.quantity = terms.quantity
            order.cancelled = cancelled
        } else {
            order.cancelled = cancelled
        }
        if leaves == 0 { order.isLive = false }
    }

    private func takeExecuted(_ message: VenueMessage) {
        let (number, orderID, execID, leaves, executed, cancelled, isLast) = message.with {
            let view = OrderExecResponseView($0)
            return (
                view.msgSeqNum, view.orderID, view.execID, view.leavesQty, view.cumQty, view.cxlQty,
                view.lastFragment == 1
            )
        }
        guard let request = answer(message, number: number, isLast: isLast) else { return }
        let fills = message.with { base in
            Self.fills(
                base + OrderExecResponseView.fillsOffset, OrderExecResponseView(base).fillsCount)
        }
        guard isLast else {
            pending[0].fills += fills
            return
        }
        let all = request.fills + fills
        let filled = all.reduce(0) { $0 + $1.quantity }
        switch request.kind {
        case .enter(let terms):
            var order = makeOrder(orderID, request, terms, execID)
            order.executed = executed
            order.cancelled = cancelled
            order.isLive = leaves > 0
            findings.check(
                "quantities",
                filled == executed && leaves + executed + cancelled == terms.quantity,
                "\(name): of \(terms.quantity) are \(executed) executed (\(filled) in fills), "
                    + "\(cancelled) cancelled, \(leaves) open")
            checkPrices(all, terms)
            add(order)
            tell(all, product: terms.product)
            note(
                Transaction(
                    execID: execID, kind: .entered(terms), fills: all, leavesQty: leaves,
                    cancelledQty: cancelled, session: session), request, of: orderID)
        case .change(let orderName, let terms, _):
            checkPrices(all, terms)
            guard orderName.targetSession == Null.u32 else { return }
            guard let before = known(orderID, "an execution by a change") else { return }
            var order = before
            order.clOrdID = request.clOrdID
            findings.check(
                "quantities",
                (order.isUnsure || executed == order.executed + filled)
                    && leaves + executed + cancelled == terms.quantity,
                "\(name): a change to \(terms.quantity) executed \(filled): \(executed) in all, "
                    + "\(leaves) open, \(cancelled) cancelled")
            applyChange(&order, terms, leaves: leaves, cancelled: cancelled, execID: execID)
            order.executed = executed
            orders[orderID] = order
            tell(all, product: order.product)
            note(
                Transaction(
                    execID: execID, kind: .changed(before, terms), fills: all, leavesQty: leaves,
                    cancelledQty: cancelled, session: session), request, of: orderID)
        default:
            findings.report("answers", "\(name): executions answer \(request.kind)")
        }
    }

    static func fills(_ base: UnsafeRawPointer, _ count: Int) -> [TradeFill] {
        (0..<count).map { index in
            let view = FillsGrpView(base + index * FillsGrpView.size)
            return TradeFill(
                price: view.fillPx, quantity: view.fillQty, matchID: view.fillMatchID,
                executionID: UInt32(bitPattern: view.fillExecID))
        }
    }

    /// Nothing executes outside its limit.
    private func checkPrices(_ fills: [TradeFill], _ terms: OrderTerms) {
        for fill in fills where terms.price != Null.i64 {
            findings.check(
                "limits", terms.side == 1 ? fill.price <= terms.price : fill.price >= terms.price,
                "\(name): an order at \(terms.price) traded at \(fill.price)")
        }
    }

    private func tell(_ fills: [TradeFill], product: Int32) {
        for fill in fills {
            let key = FillKey(product: product, executionID: fill.executionID)
            findings.check(
                "executions", toldFills.updateValue(fill, forKey: key) == nil,
                "\(name): execution \(fill.executionID) was told twice")
        }
    }

    // MARK: Deletions

    private func takeDeleted(_ message: VenueMessage) {
        guard let fields = AnswerFields(message) else { return }
        let (number, execID, orderID) = (fields.number, fields.execID, fields.orderID)
        let (executed, cancelled) = (fields.executed, fields.cancelled)
        guard let request = answer(message, number: number) else { return }
        guard case .delete(let orderName, _) = request.kind else {
            return findings.report("answers", "\(name): a deletion answers \(request.kind)")
        }
        guard orderName.targetSession == Null.u32 else { return }
        guard let order = known(orderID, "a deletion") else { return }
        findings.check(
            "quantities",
            order.isUnsure
                || (executed == order.executed && executed + cancelled == order.quantity),
            "\(name): deleted with \(executed) executed and \(cancelled) cancelled of "
                + "\(order.quantity), \(order.executed) were told")
        orders[orderID]?.isLive = false
        orders[orderID]?.executed = executed
        orders[orderID]?.cancelled = cancelled
        note(
            Transaction(
                execID: execID, kind: .deleted(order), fills: [], leavesQty: 0,
                cancelledQty: cancelled, session: session), request, of: orderID)
    }

    private func takeDeletedAll(_ message: VenueMessage) {
        let metSome = message.template == .deleteAllOrderResponse
        let (number, isLast, left) = message.with { base -> (UInt32, Bool, [UInt64]) in
            guard metSome else { return (DeleteAllOrderNRResponseView(base).msgSeqNum, true, []) }
            let view = DeleteAllOrderResponseView(base)
            return (
                view.msgSeqNum, view.lastFragment == 1,
                (0..<view.notAffectedOrdersCount).map {
                    view.notAffectedOrders(at: $0).notAffectedOrderID
                }
            )
        }
        guard let request = answer(message, number: number, isLast: isLast),
            case .deleteAll(let terms) = request.kind
        else { return findings.report("answers", "\(name): a mass deletion answers another") }
        let meant = liveOrders.filter {
            terms.mean(product: $0.product, instrument: $0.instrument, side: $0.side)
        }
        // An entry whose answer was lost may have made an order too.
        let mayBeMore = lostEntries.values.contains { entry in
            terms.mean(
                product: entry.terms.product, instrument: entry.terms.instrument,
                side: entry.terms.side)
        }
        // Where the market closes, orders stay, and are named.
        let mayClose = world.scenario.mishaps.operations > 0
        findings.check(
            "mass deletion",
            left.isEmpty
                || mayClose && (mayBeMore || Set(left).isSubset(of: meant.map(\.orderID))),
            "\(name): \(left) were left alone where these were meant: \(meant)")
        guard isLast else {
            pending[0].left.formUnion(left)
            return
        }
        findings.check(
            "mass deletion",
            meant.contains { $0.isUnsure } || metSome == !meant.isEmpty || mayBeMore && metSome,
            "\(name): \(message.template) where these were meant: \(meant)")
        for order in meant where !request.left.contains(order.orderID) {
            orders[order.orderID]?.isLive = false
        }
    }

    // MARK: What nobody asked for

    /// An own order that lives, as far as this session knows.
    private func known(_ orderID: UInt64, _ what: String) -> OwnOrder? {
        guard let order = orders[orderID] else {
            findings.report("orders", "\(name): \(what) of order \(orderID), which it never had")
            return nil
        }
        guard
            findings.check(
                "orders", order.isLive || order.isUnsure,
                "\(name): \(what) of order \(orderID), which was gone")
        else { return nil }
        return order
    }

    private func takeRestingExecuted(_ message: VenueMessage) {
        let (orderID, clOrdID, execID, leaves, executed, id) = message.with {
            let view = OrderExecNotificationView($0)
            return (
                view.orderID, view.clOrdID, view.execID, view.leavesQty, view.cumQty,
                [UInt8](view.applMsgID)
            )
        }
        noteApplMsgID(id)
        let fills = message.with { base in
            Self.fills(
                base + OrderExecNotificationView.fillsOffset,
                OrderExecNotificationView(base).fillsCount)
        }
        adoptLostEntry(orderID, clOrdID, execID)
        guard let order = known(orderID, "an execution") else { return }
        guard
            findings.check("executions", fills.count == 1, "\(name): \(fills.count) fills at once")
        else { return }
        findings.check(
            "quantities",
            order.isUnsure
                || (executed == order.executed + fills[0].quantity
                    && leaves == order.open - fills[0].quantity && leaves >= 0),
            "\(name): an execution of \(fills[0].quantity) leaves \(leaves) of \(order.open), "
                + "\(executed) executed after \(order.executed)")
        findings.check(
            "limits", order.isUnsure || fills[0].price == order.price,
            "\(name): an order resting at \(order.price) traded at \(fills[0].price)")
        orders[orderID]?.executed = executed
        if leaves == 0 { orders[orderID]?.isLive = false }
        world.tell(execID, orderID, leavesQty: leaves, executed: executed)
        tell(fills, product: order.product)
    }

    /// An order may have been entered though its answer was lost.
    private func adoptLostEntry(_ orderID: UInt64, _ clOrdID: UInt64, _ execID: UInt64) {
        guard orders[orderID] == nil, let (terms, _) = lostEntries[clOrdID] else { return }
        var order = makeOrder(
            orderID, SentRequest(number: 0, kind: .session, clOrdID: clOrdID), terms, execID)
        order.isUnsure = true
        orders[orderID] = order
        world.usedOrderIDs.insert(orderID)
    }

    private func noteApplMsgID(_ id: [UInt8]) {
        findings.check(
            "ApplMsgID", lastApplMsgID.lexicographicallyPrecedes(id),
            "\(name): ApplMsgID does not rise")
        lastApplMsgID = id
    }

    private func takeDeletedByOther(_ message: VenueMessage) {
        let (orderID, clOrdID, execID, id) = message.with {
            let view = DeleteOrderBroadcastView($0)
            return (view.orderID, view.origClOrdID, view.execID, [UInt8](view.applMsgID))
        }
        noteApplMsgID(id)
        adoptLostEntry(orderID, clOrdID, execID)
        guard known(orderID, "a deletion by another") != nil else { return }
        orders[orderID]?.isLive = false
    }

    private func takeReport(_ message: VenueMessage) {
        let (orderID, clOrdID, execID, price, leaves, executed, quantity, priority, id, kind) =
            message.with {
                let view = OrderExecReportBroadcastView($0)
                return (
                    view.orderID, view.clOrdID, view.execID, view.price, view.leavesQty,
                    view.cumQty, view.orderQty, view.trdRegTSTimePriority, [UInt8](view.applMsgID),
                    view.execType
                )
            }
        noteApplMsgID(id)
        adoptLostEntry(orderID, clOrdID, execID)
        if kind == ExecType.restated.rawValue { return world.takeRestatement(message, bot: self) }
        guard known(orderID, "a change by another") != nil else { return }
        orders[orderID]?.clOrdID = clOrdID
        orders[orderID]?.price = price
        orders[orderID]?.quantity = quantity
        orders[orderID]?.executed = executed
        orders[orderID]?.cancelled = 0
        orders[orderID]?.priority = priority
        let fills = message.with { base in
            let view = OrderExecReportBroadcastView(base)
            return Self.fills(
                base + OrderExecReportBroadcastView.fillsOffset(noLegs: view.legsCount),
                view.fillsCount)
        }
        tell(fills, product: orders[orderID]?.product ?? 0)
        if leaves == 0 { orders[orderID]?.isLive = false }
    }

    private func takeMassDeletion(_ message: VenueMessage) {
        let (product, security, side, kinds, id, isLast) = message.with {
            let view = DeleteAllOrderBroadcastView($0)
            return (
                view.marketSegmentID, view.securityID, view.side, view.execInst,
                [UInt8](view.applMsgID), view.lastFragment == 1
            )
        }
        noteApplMsgID(id)
        guard isLast else { return }
        // Another session of the unit asked for it. What was entered while it went on stays, and
        // only the public book can say which orders those are.
        for order in liveOrders
        where order.product == product
            && (security == Null.i64 || Int64(order.instrument) == security)
            && (side == Null.u8 || order.side == side)
            && (kinds == 3 || order.isPersistent == (kinds == 1))
        {
            orders[order.orderID]?.isUnsure = true
        }
    }

    private func takeMarketDeletion(_ message: VenueMessage) {
        let (product, security, kinds) = message.with {
            let view = DeleteAllOrderQuoteEventBroadcastView($0)
            return (view.marketSegmentID, view.securityID, view.execInst)
        }
        guard kinds != Null.u8 else { return }
        for order in liveOrders
        where order.product == product
            && (security == Null.i64 || Int64(order.instrument) == security)
            && (kinds == 3 || order.isPersistent == (kinds == 1))
        {
            orders[order.orderID]?.isLive = false
        }
    }

    private func takeServiceEvent(_ message: VenueMessage) {
        let (product, event) = message.with {
            let view = TradingSessionStatusBroadcastView($0)
            return (view.marketSegmentID, view.tradSesEvent)
        }
        guard event == 104 else { return }
        for order in liveOrders where product == Null.i32 || order.product == product {
            orders[order.orderID]?.isLive = false
        }
    }
}
