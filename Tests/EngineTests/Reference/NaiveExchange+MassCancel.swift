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
    /// When the order examined last had come in; orders are examined in the order of entry.
    var examinedThrough = Timestamp.zero
    var hits: [ProductIndex: Hits] = [:]
    /// Orders stay because their instrument is closed; standard ones among them.
    var hasLeft = false
    var hasLeftStandard = false

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
        if let (detail, value) = objectionToState(deleting: true) {
            return reject(detail, value: value)
        }
        let target = command.targetSession.isNone ? command.session : command.targetSession
        if unit(of: target) != unit(of: command.session) { return reject(.notEntitledToOrder) }
        if !command.targetTrader.isNone && command.targetTrader != command.trader {
            return reject(.notEntitledToOrder)
        }
        if command.deferredReject != .none { return reject(command.deferredReject) }
        if choices.refusesMassCancel {
            if massCancels.count < 64 { violations.append("there is room for a mass cancel") }
            return reject(.massCancelsPending)
        }
        begin(target: target, trader: command.trader)
    }

    mutating func endSession() {
        let session = command.session.index
        guard sessionInstances[session] == command.sessionInstanceID,
            command.sessionInstanceID != 0
        else { return }
        let before = massCancels.count
        lose(command.session, command.massActionReason)
        if massCancels.count > before { workOnFirst() }
    }

    /// The start is done when nothing is left of earlier logons.
    mutating func startSession() {
        sessionInstances[command.session.index] = command.sessionInstanceID
        var started = answering(applied())
        if massCancels.contains(where: { isEarlier($0, than: command.session) }) {
            started.head.sessionInstanceID = 0
        }
        say(started)
    }

    /// True for what another logon of the session asked for, or what its end costs.
    private func isEarlier(_ massCancel: NaiveMassCancel, than session: SessionIndex) -> Bool {
        let cause = massCancel.cause
        guard cause.session == session else { return false }
        switch cause.kind {
        case .sessionEnded: return true
        case .deleteAllOrders:
            return cause.sessionInstanceID != sessionInstances[session.index]
        default: return false
        }
    }

    /// True for a mass cancel, the last one of its kind, that a logon of the session waits for.
    private func endsStart(_ massCancel: NaiveMassCancel) -> Bool {
        let session = massCancel.cause.session
        return sessionInstances[session.index] != 0 && isEarlier(massCancel, than: session)
            && !massCancels.contains { isEarlier($0, than: session) }
    }

    private mutating func sayStarted(after massCancel: NaiveMassCancel) {
        guard endsStart(massCancel) else { return }
        var started = applied()
        started.head.session = massCancel.cause.session
        started.head.sessionInstanceID = sessionInstances[massCancel.cause.session.index]
        say(started)
    }

    /// A session ends; what it costs is deleted in its turn.
    mutating func lose(_ session: SessionIndex, _ reason: MassActionReason) {
        sessionInstances[session.index] = 0
        if sessionOrders[session.index].isEmpty { return }
        // A session lost again while its orders are still being deleted: one pass does for both.
        if let pending = massCancels.firstIndex(where: {
            $0.cause.kind == .sessionEnded && $0.target == session
        }) {
            massCancels[pending].beganAt = execID
            massCancels[pending].examinedThrough = .zero
            massCancels[pending].cause.massActionReason = reason
            return
        }
        var cause = Command(kind: .sessionEnded)
        cause.timeIn = command.timeIn
        cause.session = session
        cause.massActionReason = reason
        massCancels.append(
            NaiveMassCancel(cause: cause, beganAt: execID, target: session, trader: .none))
    }

    private mutating func begin(target: SessionIndex, trader: TraderID) {
        massCancels.append(
            NaiveMassCancel(cause: command, beganAt: execID, target: target, trader: trader))
        workOnFirst()
    }

    /// The first slice belongs to the command itself, unless others are still waiting.
    private mutating func workOnFirst() {
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
        if cause.kind == .changeMarketState {
            let isHalt = cause.marketStateAction == .halt
            return (cause.product.isNone || productIndex(of: order.instrument) == cause.product)
                && (cause.instrument.isNone || order.instrument == cause.instrument)
                && !(isHalt && order.attributes.execInst.isPersistent)
        }
        return productIndex(of: order.instrument) == cause.product
            && (cause.instrument.isNone || order.instrument == cause.instrument)
            && (cause.price.isNone || order.price == cause.price)
            && (!cause.flags.contains(.onlyOneSide) || order.side == cause.attributes.side)
            && (massCancel.trader.isNone || order.trader == massCancel.trader)
    }

    /// One slice of the oldest mass cancel: so many orders are examined, meant or not.
    mutating func workOnMassCancel() {
        guard !massCancels.isEmpty else { return }
        var massCancel = massCancels.removeFirst()
        if massCancel.cause.kind == .changeMarketState {
            return workOnMarketOperation(massCancel)
        }
        if massCancel.cause.kind == .restart { return workOnRestatement(massCancel) }
        var candidates = sessionOrders[massCancel.target.index]
            .compactMap { order($0) }
            .filter { $0.entryTime > massCancel.examinedThrough }[...]
        var left = massCancelSlice
        while left > 0 {
            guard let order = candidates.first, order.entryTime < massCancel.beganAt else {
                candidates = []
                break
            }
            candidates = candidates.dropFirst()
            massCancel.examinedThrough = order.entryTime
            left -= 1
            guard isMeant(order, by: massCancel) else { continue }
            if massCancel.cause.kind == .deleteAllOrders, state(of: order.instrument) == .closed {
                leave(order, by: &massCancel)
                left -= 1
            } else {
                remove(order, by: &massCancel)
            }
        }
        if candidates.isEmpty {
            report(massCancel)
        } else {
            massCancels.insert(massCancel, at: 0)
            say(applied())
        }
    }

    mutating func remove(_ order: NaiveOrder, by massCancel: inout NaiveMassCancel) {
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
        var event = plain(about(gone, .orderRemoved))
        event.head.session = order.session
        event.head.requestTime = massCancel.cause.requestTime
        event.head.timeIn = massCancel.cause.timeIn
        event.head.flags.insert(.rested)
        event.head.ordStatus = .cancelled
        event.head.execType = .cancelled
        event.head.restatementReason = .orderCancelled
        dismiss(order)
        say(event)
    }

    /// The order's instrument is closed: it stays, and whom the mass cancel concerns is told so.
    private mutating func leave(_ order: NaiveOrder, by massCancel: inout NaiveMassCancel) {
        let product = massCancel.cause.product
        let isOwn = massCancel.target == massCancel.cause.session
        massCancel.hasLeft = true
        if order.attributes.isStandard { massCancel.hasLeftStandard = true }
        var told = about(massCancel, product, to: massCancel.target, .orderNotAffected)
        told.head.flags.insert(.moreFragments)
        if !order.attributes.isStandard { told.head.flags.remove(.standard) }
        told.head.execInst =
            order.attributes.execInst.isPersistent ? .persistent : .nonPersistent
        told.head.orderID = order.orderID
        told.head.clOrdID = order.clOrdID
        guard isOwn else { return say(notifying(massCancel.target, told)) }
        told.head.flags.insert(.hitOwnOrders)
        told.head.sessionInstanceID = massCancel.cause.sessionInstanceID
        told.head.msgSeqNum = massCancel.cause.msgSeqNum
        say(told)
    }

    /// An event about a mass cancel in one product.
    func about(
        _ massCancel: NaiveMassCancel, _ product: ProductIndex, to session: SessionIndex,
        _ kind: Event.Kind
    ) -> RecordedEvent {
        let cause = massCancel.cause
        var event = bare(kind)
        event.head.requestTime = cause.requestTime
        event.head.timeIn = cause.timeIn
        event.head.session = session
        event.head.instrument = cause.instrument
        event.head.price = cause.price
        event.head.trader = massCancel.trader
        event.head.massActionReason = cause.massActionReason
        event.head.flags = [.hasContext]
        if cause.flags.contains(.onlyOneSide) {
            event.head.flags.insert(.onlyOneSide)
            event.head.side = cause.attributes.side
        }
        if let hits = massCancel.hits[product] {
            event.head.execInst = hits.kinds
            if hits.standard { event.head.flags.insert(.standard) }
        } else if massCancel.hasLeft {
            event.head.execInst = .bothKinds
        }
        if massCancel.hasLeftStandard { event.head.flags.insert(.standard) }
        var context = EventContext()
        context.product = product
        context.unit = unit(of: session)
        context.ownerSession = massCancel.target
        context.enteringTrader = cause.kind == .deleteAllOrders ? cause.trader : .none
        event.context = context
        return event
    }

    /// Tells those concerned that a mass cancel is complete.
    private mutating func report(_ massCancel: NaiveMassCancel) {
        let cause = massCancel.cause
        defer { sayStarted(after: massCancel) }
        let isOwn = cause.kind == .deleteAllOrders && massCancel.target == cause.session
        for product in referenceData.products.indices.map({ ProductIndex($0) }) where !isOwn {
            let hasLeft = massCancel.hasLeft && product == cause.product
            guard massCancel.hits[product] != nil || hasLeft else { continue }
            let told = about(massCancel, product, to: massCancel.target, .massCancelReported)
            // A loss belongs to the history of the logon that was lost.
            say(cause.kind == .sessionEnded ? told : notifying(massCancel.target, told))
        }
        if cause.kind == .sessionEnded {
            if massCancel.hits.isEmpty, !endsStart(massCancel) { say(applied()) }
            return
        }
        var answer = about(massCancel, cause.product, to: cause.session, .massCancelled)
        answer.head.sessionInstanceID = cause.sessionInstanceID
        answer.head.msgSeqNum = cause.msgSeqNum
        if isOwn && (massCancel.hits[cause.product] != nil || massCancel.hasLeft) {
            answer.head.flags.insert(.hitOwnOrders)
        }
        say(answer)
    }
}
