import Domain

extension NaiveExchange {
    /// What naming an order leads to.
    enum Lookup {
        case found(NaiveOrder)
        case refused(RejectDetail)
    }

    /// Finds the order a modify or delete names, and asks whether the requester may touch it.
    func lookUp() -> Lookup {
        if command.orderID.isNone && command.origClOrdID.isNone { return .refused(.orderNotNamed) }
        let target = command.targetSession.isNone ? command.session : command.targetSession
        if unit(of: target) != unit(of: command.session) { return .refused(.orderNotFound) }

        var named: NaiveOrder?
        if !command.origClOrdID.isNone {
            let name = SessionName(session: target, clOrdID: command.origClOrdID)
            named = names[name].flatMap { self.order($0) }
            if named == nil { return .refused(.orderNotFound) }
        }
        if !command.orderID.isNone {
            guard let order = order(command.orderID), order.session == target else {
                return .refused(.orderNotFound)
            }
            if let named, named.orderID != order.orderID {
                return .refused(.orderIDsDisagree)
            }
            named = order
        }
        guard let order = named else { return .refused(.orderNotFound) }
        if order.instrument != command.instrument { return .refused(.instrumentChanged) }
        if order.trader != command.trader { return .refused(.notEntitledToOrder) }
        return .found(order)
    }

    mutating func deleteOrder() {
        if let (detail, value) = objectionToState(deleting: true) {
            return reject(detail, value: value)
        }
        switch lookUp() {
        case .refused(let detail): reject(detail)
        case .found(let order):
            if command.deferredReject != .none { return reject(command.deferredReject) }
            var answer = cancellation(of: order, .orderDeleted)
            answer.head.restatementReason = .orderCancelled
            sayOnBehalf(&answer, of: order, as: .orderDeletedByOther)
            answer.head.clOrdID = command.clOrdID
            let isPlain = order.attributes.isLean && order.session == command.session
            say(isPlain ? plain(answer) : answer)
            dismiss(order)
        }
    }

    /// What is said of an order that is withdrawn.
    private func cancellation(of order: NaiveOrder, _ kind: Event.Kind) -> RecordedEvent {
        var gone = order
        gone.leavesQty = .zero
        var answer = answering(about(gone, kind))
        answer.head.origClOrdID = order.clOrdID
        answer.head.ordStatus = .cancelled
        answer.head.execType = .cancelled
        answer.head.flags.insert(.rested)
        remember(order, in: &answer)
        return answer
    }

    mutating func modifyOrder() {
        if let (detail, value) = objectionToState() { return reject(detail, value: value) }
        switch lookUp() {
        case .refused(let detail): reject(detail)
        case .found(let order):
            if let (detail, value) = objectionToChange(of: order) {
                return reject(detail, value: value)
            }
            if command.quantity <= order.cumQty {
                cancelByModify(order)
            } else {
                change(order)
            }
        }
    }

    /// A new total that leaves nothing open withdraws the order; its old terms stay.
    private mutating func cancelByModify(_ order: NaiveOrder) {
        var answer = cancellation(of: order, .orderModified)
        if !command.clOrdID.isNone { answer.head.clOrdID = command.clOrdID }
        answer.head.restatementReason = .orderModified
        sayOnBehalf(&answer, of: order, as: .orderDeletedByOther)
        say(answer)
        dismiss(order)
    }

    private mutating func change(_ order: NaiveOrder) {
        var changed = order
        if !command.clOrdID.isNone { changed.clOrdID = command.clOrdID }
        changed.price = command.price
        changed.orderQty = command.quantity
        changed.leavesQty = command.quantity - order.cumQty
        changed.attributes.tradingCapacity = command.attributes.tradingCapacity
        changed.matchInstCrossID = command.matchInstCrossID
        let hasParties = command.flags.contains(.hasParties)
        let hasTexts = command.flags.contains(.hasTexts)
        // The short form has no place for most details: saying nothing leaves what was there.
        if hasParties || hasTexts || !command.flags.contains(.shortForm) {
            changed.hasParties = hasParties
            changed.hasTexts = hasTexts
            details[order.orderID] = commandDetails
        }
        let renews = order.price != changed.price || changed.orderQty > order.orderQty

        displace(order)
        unname(order)
        name(changed)
        var steps: [Fill] = []
        if renews {
            changed.timePriority = execID
            steps = match(&changed)
        }
        place(changed)
        let rests = changed.leavesQty > .zero

        var answer = answering(about(changed, steps.isEmpty ? .orderModified : .aggressorExecuted))
        answer.head.origClOrdID = order.clOrdID
        answer.head.execType = steps.isEmpty ? .replaced : .trade
        answer.head.restatementReason = .orderModified
        answer.head.flags.insert(.rested)
        if !steps.isEmpty { answer.head.flags.insert(.answersModify) }
        if renews { answer.head.flags.insert(.priorityRenewed) }
        if rests {
            answer.head.flags.insert(.rests)
        } else {
            answer.head.ordStatus = .filled
        }
        remember(order, in: &answer)
        sayOnBehalf(&answer, of: order, as: .orderModifiedByOther)
        if steps.isEmpty {
            say(answer)
        } else {
            sayAggressor(answer, steps, cumBefore: order.cumQty)
        }
        if !rests { dismiss(changed) }
    }

    /// The first rule a change breaks.
    private func objectionToChange(of order: NaiveOrder) -> (RejectDetail, Int64)? {
        let terms = command.attributes
        if order.session != command.session && order.attributes.isLean {
            return (.notEntitledToOrder, 0)
        }
        if isTaken(command.clOrdID, in: order.session, except: order.orderID) {
            return (.clOrdIDNotUnique, 0)
        }
        if command.deferredReject != .none { return (command.deferredReject, 0) }

        if terms.ordType != .limit { return (.ordTypeNotOffered, 0) }
        if terms.timeInForce != order.attributes.timeInForce { return (.timeInForceChanged, 0) }
        if terms.execInst.isBookOrCancel { return (.bookOrCancelNotOffered, 0) }
        if !command.stopPrice.isNone { return (.stopPriceNotOffered, 0) }
        if terms.side != order.side { return (.sideChanged, 0) }
        if terms.isStandard != order.attributes.isStandard { return (.recoveryChanged, 0) }
        if terms.execInst.isPersistent != order.attributes.execInst.isPersistent {
            return (.persistenceChanged, 0)
        }
        if command.price.isNone { return (.limitWithoutPrice, 0) }
        if let objection = objectionToPrice() { return objection }
        if command.quantity < .zero {
            return (.quantityNotPositive, product(of: command.instrument).lot.raw)
        }
        if let objection = objectionToQuantity() { return objection }
        if command.quantity > order.cumQty, command.price != order.price,
            let objection = objectionForPriceLevels()
        {
            return objection
        }
        return nil
    }

    /// Notes what the order was before the event, and who asked.
    private func remember(_ order: NaiveOrder, in event: inout RecordedEvent) {
        event.context?.previousPrice = order.price
        event.context?.previousLeavesQty = order.leavesQty
        event.context?.previousTimePriority = order.timePriority
        event.context?.enteringTrader = command.trader
    }

    /// When a session touches another's order, the owner is told first.
    private mutating func sayOnBehalf(
        _ answer: inout RecordedEvent, of order: NaiveOrder, as kind: Event.Kind
    ) {
        guard order.session != command.session else { return }
        var told = notifying(order.session, answer)
        told.head.kind = kind
        told.head.flags.subtract([.answersModify, .priorityRenewed])
        if kind == .orderDeletedByOther {
            told.head.restatementReason = .orderCancelled
        } else {
            told.head.execType = .replaced
        }
        say(told)
        answer.head.flags.insert(.onBehalf)
    }
}
