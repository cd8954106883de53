import Domain

/// A mass cancel under way.
struct NaiveMassCancel {
    /// The request or the end of the session that began it.
    var cause: Command
    var beganAt: Timestamp
    /// The session whose orders are meant.
    var target: SessionIndex
    /// Whose orders; `none` = everybody's.
    var trader: TraderID
    /// Orders that were meant when it began. They have to go, unless they leave of themselves or
    /// are changed so that they are no longer meant.
    var outstanding: Set<OrderID>
    var hits: [ProductIndex: Hits] = [:]
    var slices = 0
    var ordersAtBegin: Int

    struct Hits {
        var persistent = false
        var nonPersistent = false
        var standard = false

        var kinds: ExecInst {
            persistent ? (nonPersistent ? .bothKinds : .persistent) : .nonPersistent
        }
    }
}

extension NaiveExchange {
    mutating func beginMassCancelOnRequest() {
        let target = command.targetSession.isNone ? command.session : command.targetSession
        if unit(of: target) != unit(of: command.session) { return reject(.notEntitledToOrder) }
        if !command.targetTrader.isNone && command.targetTrader != command.trader {
            return reject(.notEntitledToOrder)
        }
        begin(target: target, trader: command.trader)
    }

    mutating func endSession() {
        let session = command.session.index
        guard sessionInstances[session] == command.sessionInstanceID,
            command.sessionInstanceID != 0
        else { return }
        sessionInstances[session] = 0
        begin(target: command.session, trader: .none)
    }

    private mutating func begin(target: SessionIndex, trader: TraderID) {
        var massCancel = NaiveMassCancel(
            cause: command, beganAt: execID, target: target, trader: trader, outstanding: [],
            ordersAtBegin: liveOrderCount)
        for book in books {
            for order in book.buys + book.sells where isMeant(order, by: massCancel) {
                massCancel.outstanding.insert(order.orderID)
            }
        }
        massCancels.append(massCancel)
        // The first slice belongs to the command itself, unless others are still waiting.
        if massCancels.count == 1 { workOnMassCancel() }
    }

    /// True when the mass cancel asks for this order.
    func isMeant(_ order: NaiveOrder, by massCancel: NaiveMassCancel) -> Bool {
        guard order.session == massCancel.target, order.entryTime < massCancel.beganAt else {
            return false
        }
        let cause = massCancel.cause
        if cause.kind == .sessionEnded {
            return !order.attributes.execInst.isPersistent
                || referenceData.sessions[massCancel.target.index].cancelsPersistentOnDisconnect
        }
        return productIndex(of: order.instrument) == cause.product
            && (cause.instrument.isNone || order.instrument == cause.instrument)
            && (cause.price.isNone || order.price == cause.price)
            && (!cause.flags.contains(.onlyOneSide) || order.side == cause.attributes.side)
            && (massCancel.trader.isNone || order.trader == massCancel.trader)
    }

    /// One slice of the oldest mass cancel.
    mutating func workOnMassCancel() {
        guard !massCancels.isEmpty else { return }
        var massCancel = massCancels.removeFirst()
        massCancel.slices += 1
        forgetOrdersNoLongerMeant(&massCancel)
        for orderID in choices.removedOrders {
            guard let order = order(orderID), isMeant(order, by: massCancel) else {
                violations.append("mass cancel removed order \(orderID.raw), which was not meant")
                continue
            }
            remove(order, by: &massCancel)
        }
        if choices.removedOrders.count > massCancelSlice {
            violations.append("a slice removed \(choices.removedOrders.count) orders")
        }
        if !choices.completesMassCancel {
            massCancels.insert(massCancel, at: 0)
            return
        }
        if !massCancel.outstanding.isEmpty {
            violations.append("mass cancel left \(massCancel.outstanding.count) orders")
        }
        report(massCancel)
    }

    private func forgetOrdersNoLongerMeant(_ massCancel: inout NaiveMassCancel) {
        massCancel.outstanding = massCancel.outstanding.filter { orderID in
            order(orderID).map { isMeant($0, by: massCancel) } ?? false
        }
    }

    private mutating func remove(_ order: NaiveOrder, by massCancel: inout NaiveMassCancel) {
        massCancel.outstanding.remove(order.orderID)
        var hits = massCancel.hits[productIndex(of: order.instrument)] ?? NaiveMassCancel.Hits()
        if order.attributes.execInst.isPersistent {
            hits.persistent = true
        } else {
            hits.nonPersistent = true
        }
        if order.attributes.isStandard { hits.standard = true }
        massCancel.hits[productIndex(of: order.instrument)] = hits

        var gone = order
        gone.leavesQty = .zero
        var event = notifying(order.session, about(gone, .orderRemoved))
        event.head.flags = order.attributes.isStandard ? [.standard, .rested] : [.rested]
        event.context = nil
        event.parties = nil
        event.texts = nil
        event.head.ordStatus = .cancelled
        event.head.execType = .cancelled
        event.head.restatementReason = .orderCancelled
        withdraw(order)
        say(event)
    }

    /// Tells those concerned that a mass cancel is complete.
    private mutating func report(_ massCancel: NaiveMassCancel) {
        let cause = massCancel.cause
        for product in referenceData.products.indices.map({ ProductIndex($0) }) {
            guard let hits = massCancel.hits[product] else { continue }
            if cause.kind == .deleteAllOrders && massCancel.target == cause.session { continue }
            var told = notifying(massCancel.target, bare(.massCancelReported))
            told.head.instrument = cause.instrument
            told.head.price = cause.price
            told.head.massActionReason =
                cause.kind == .sessionEnded ? cause.massActionReason : .requested
            told.head.execInst = hits.kinds
            if hits.standard { told.head.flags.insert(.standard) }
            say(told)
        }
        guard cause.kind == .deleteAllOrders else { return }
        var answer = bare(.massCancelled)
        answer.head.session = cause.session
        answer.head.sessionInstanceID = cause.sessionInstanceID
        answer.head.msgSeqNum = cause.msgSeqNum
        answer.head.requestTime = cause.requestTime
        answer.head.timeIn = cause.timeIn
        answer.head.instrument = cause.instrument
        answer.head.price = cause.price
        answer.head.trader = cause.targetTrader
        if let hits = massCancel.hits[cause.product] {
            answer.head.execInst = hits.kinds
            if hits.standard { answer.head.flags.insert(.standard) }
            if massCancel.target == cause.session { answer.head.flags.insert(.hitOwnOrders) }
        }
        if cause.flags.contains(.onlyOneSide) {
            answer.head.flags.insert(.onlyOneSide)
            answer.head.side = cause.attributes.side
        }
        say(answer)
    }
}
