import Containers
import Domain
import Matching

// Mass cancels go in slices, each a sequenced command of its own, so that a session with a million
// orders does not hold the market up. Others trade between slices, also against orders that are not
// yet deleted. Orders entered after the mass cancel was sequenced stay.

extension Partition {
    /// Takes a DeleteAllOrderRequest and works its first slice.
    mutating func beginMassCancel(_ command: borrowing Command, into events: inout Events) {
        let status = statusForMassCancel(command)
        guard status.allowsDeletion else {
            return rejectState(command, status, into: &events)
        }
        let target = command.targetSession.isNone ? command.session : command.targetSession
        let unit = sessions[command.session.index].unit
        let trader = command.targetTrader.isNone ? command.trader : command.targetTrader
        guard sessions[target.index].unit == unit, trader == command.trader else {
            return reject(command, .notEntitledToOrder, into: &events)
        }
        guard command.deferredReject == .none else {
            return reject(command, command.deferredReject, into: &events)
        }
        guard massCancels.capacity - massCancels.count > massCancelReserve else {
            return reject(command, .massCancelsPending, into: &events)
        }
        var cancel = MassCancel()
        cancel.isRequested = true
        cancel.session = command.session
        cancel.sessionInstanceID = command.sessionInstanceID
        cancel.msgSeqNum = command.msgSeqNum
        cancel.requestTime = command.requestTime
        cancel.timeIn = command.timeIn
        cancel.target = target
        cancel.trader = trader
        cancel.enteringTrader = command.trader
        cancel.product = command.product
        cancel.instrument = command.instrument
        cancel.price = command.price
        cancel.side = command.attributes.side
        cancel.onlyOneSide = command.flags.contains(.onlyOneSide)
        enqueue(cancel)
        if massCancelQueue.count == 1 {
            continueMassCancel(into: &events)
        } else {
            conclude(command, into: &events)
        }
    }

    /// The last places are for what nobody can refuse: a loss per session, an operation, a restatement.
    var massCancelReserve: Int { sessions.count + 2 }

    /// Takes the loss of a session: its non-persistent orders go.
    mutating func endSession(_ command: borrowing Command, into events: inout Events) {
        let row = command.session.index
        guard sessions[row].instanceID == command.sessionInstanceID, command.sessionInstanceID != 0,
            lose(command.session, command.massActionReason), massCancelQueue.count == 1
        else { return conclude(command, into: &events) }
        continueMassCancel(into: &events)
    }

    /// A session is logged on no more. Returns whether a mass cancel was begun because of it.
    mutating func lose(_ session: SessionIndex, _ reason: MassActionReason) -> Bool {
        let row = session.index
        sessions[row].instanceID = 0
        guard sessionOrders.first(of: row) >= 0, !restartPendingLoss(of: session, reason) else {
            return false
        }
        var cancel = MassCancel()
        cancel.session = session
        cancel.target = session
        cancel.timeIn = timeIn
        cancel.reason = reason
        cancel.onlyNonPersistent = !sessions[row].cancelsPersistentOnDisconnect
        enqueue(cancel)
        return true
    }

    /// A session lost again while its last loss is still being worked: one pass does for both.
    private mutating func restartPendingLoss(
        of session: SessionIndex, _ reason: MassActionReason
    ) -> Bool {
        for position in 0..<massCancelQueue.count {
            let slot = massCancelQueue[position]
            guard !massCancels[slot].isRequested, !massCancels[slot].restates,
                massCancels[slot].session == session, massCancels[slot].reportCursor == 0
            else { continue }
            massCancels[slot].throughSequence = lastSequence
            massCancels[slot].cursor = sessionOrders.first(of: session.index)
            massCancels[slot].reason = reason
            return true
        }
        return false
    }

    mutating func enqueue(_ cancel: MassCancel) {
        let slot = massCancels.allocate()
        precondition(slot >= 0, "there is a place for every session's loss")
        massCancels[slot] = cancel
        massCancels[slot].throughSequence = lastSequence
        massCancels[slot].cursor = sessionOrders.first(of: cancel.target.index)
        for product in 0..<products.count {
            massCancelHits[hitsRow(slot, product)] = MassCancelHits()
        }
        let queued = massCancelQueue.push(slot)
        precondition(queued, "the queue has room for every mass cancel there can be")
    }

    func hitsRow(_ slot: Int32, _ product: Int) -> Int {
        Int(slot) * products.count + product
    }

    /// Works one slice of the oldest mass cancel; with nothing to do it is an empty command.
    mutating func continueMassCancel(into events: inout Events) {
        let slot = massCancelQueue.first
        guard slot >= 0 else {
            var event = makeEvent(.commandApplied)
            event.flags = .endOfTransaction
            return emit(event, into: &events)
        }
        requestTime = massCancels[slot].requestTime
        timeIn = massCancels[slot].timeIn
        guard massCancels[slot].operation == nil else {
            return continueMarketOperation(slot, into: &events)
        }
        guard !massCancels[slot].restates else { return restate(slot, into: &events) }
        var examined = 0
        while examined < configuration.massCancelSlice, massCancels[slot].cursor >= 0 {
            let order = massCancels[slot].cursor
            guard books.orders[order].entrySequence <= massCancels[slot].throughSequence else {
                massCancels[slot].cursor = -1
                break
            }
            massCancels[slot].cursor = sessionOrders.next(after: order)
            examined += 1
            guard isMeant(order, by: slot) else { continue }
            if mayDelete(order, by: slot) {
                removeForMassCancel(order, slot, into: &events)
            } else {
                leave(order, slot, into: &events)
                // It takes two slots of the ring.
                examined += 1
            }
        }
        if massCancels[slot].cursor < 0 {
            report(slot, into: &events)
        } else {
            var event = makeEvent(.commandApplied)
            event.flags = .endOfTransaction
            emit(event, into: &events)
        }
    }

    // A call that borrows the partition would copy it first.
    @inline(__always)
    func isMeant(_ order: Int32, by slot: Int32) -> Bool {
        let row = books.orders[order].instrument.index
        let cancel = massCancels[slot]
        if cancel.onlyNonPersistent, books.orders[order].execInst.isPersistent { return false }
        if !cancel.product.isNone, instruments[row].product != cancel.product { return false }
        if !cancel.instrument.isNone, books.orders[order].instrument != cancel.instrument {
            return false
        }
        if !cancel.trader.isNone, books.orders[order].trader != cancel.trader { return false }
        if !cancel.price.isNone, books.orders[order].price != cancel.price { return false }
        return !cancel.onlyOneSide || books.orders[order].side == cancel.side
    }

    /// A participant can do nothing where the market is closed.
    private func mayDelete(_ order: Int32, by slot: Int32) -> Bool {
        !massCancels[slot].isRequested
            || instruments[books.orders[order].instrument.index].allowsDeletion
    }

    /// Tells whom it concerns that an order stays which the request means, as T7 lists the orders that a
    /// mass deletion does not affect: nothing else on the session says that an instrument is closed.
    private mutating func leave(_ order: Int32, _ slot: Int32, into events: inout Events) {
        let cancel = massCancels[slot]
        massCancelHits[hitsRow(slot, cancel.product.index)].addLeft(books.orders[order])
        var kind = MassCancelHits()
        kind.add(books.orders[order])
        var event = makeEvent(.orderNotAffected)
        event.flags = .moreFragments
        fillMassCancel(&event, cancel, kind)
        event.orderID = books.orders[order].orderID
        event.clOrdID = books.orders[order].clOrdID
        event.session = cancel.target
        if cancel.target == cancel.session {
            event.flags.insert(.hitOwnOrders)
            event.sessionInstanceID = cancel.sessionInstanceID
            event.msgSeqNum = cancel.msgSeqNum
        } else {
            event.sessionInstanceID = sessions[cancel.target.index].instanceID
        }
        emitMassCancel(event, cancel, cancel.target, cancel.product, into: &events)
    }

    mutating func removeForMassCancel(
        _ order: Int32, _ slot: Int32, into events: inout Events
    ) {
        let product = instruments[books.orders[order].instrument.index].product
        massCancelHits[hitsRow(slot, product.index)].add(books.orders[order])
        books.remove(order)
        books.orders[order].leavesQty = .zero
        let owner = Addressee(books.orders[order].session, instance: 0)
        let slot = takeSlot(into: &events)
        emit(
            OrderReport(
                .orderRemoved, to: owner,
                flags: books.orders[order].isStandard ? [.rested, .standard] : .rested,
                clOrdID: books.orders[order].clOrdID, origClOrdID: .none, .deleted),
            order, at: slot)
        retire(order)
    }

    /// Whether a mass cancel is under way that another logon of the session asked for, or whose loss it is.
    func hasEarlierMassCancel(of session: SessionIndex, besides other: Int32 = noIndex) -> Bool {
        for position in 0..<massCancelQueue.count {
            let slot = massCancelQueue[position]
            if slot != other, isEarlierMassCancel(slot, of: session) { return true }
        }
        return false
    }

    private func isEarlierMassCancel(_ slot: Int32, of session: SessionIndex) -> Bool {
        massCancels[slot].session == session && !massCancels[slot].restates
            && massCancels[slot].operation == nil
            && massCancels[slot].sessionInstanceID != sessions[session.index].instanceID
    }

    /// Whether the start of a session that is logged on again is done with this mass cancel.
    private func endsStart(_ slot: Int32) -> Bool {
        let session = massCancels[slot].session
        return sessions[session.index].instanceID != 0 && isEarlierMassCancel(slot, of: session)
            && !hasEarlierMassCancel(of: session, besides: slot)
    }

    private mutating func emitStarted(_ session: SessionIndex, into events: inout Events) {
        var event = makeEvent(.commandApplied)
        event.flags = .endOfTransaction
        event.session = session
        event.sessionInstanceID = sessions[session.index].instanceID
        emit(event, into: &events)
    }

    /// All orders are done: answers the requester, or reports the loss product by product.
    private mutating func report(_ slot: Int32, into events: inout Events) {
        let cancel = massCancels[slot]
        let endsStart = endsStart(slot)
        if cancel.isRequested {
            answerMassCancel(slot, cancel, isLast: !endsStart, into: &events)
            if endsStart { emitStarted(cancel.session, into: &events) }
            finish(slot)
            return
        }
        // A few reports a command, so that the ring's reserve holds for any product list.
        var product = nextHit(slot, from: cancel.reportCursor)
        if product == products.count, !endsStart {
            var event = makeEvent(.commandApplied)
            event.flags = .endOfTransaction
            emit(event, into: &events)
        }
        var reported = 0
        while product < products.count, reported < Self.reportsPerCommandMax {
            let next = nextHit(slot, from: product + 1)
            reported += 1
            emitMassCancelReport(
                cancel, ProductIndex(product), massCancelHits[hitsRow(slot, product)],
                isLast: next == products.count ? !endsStart : reported == Self.reportsPerCommandMax,
                into: &events)
            product = next
        }
        massCancels[slot].reportCursor = product
        guard product == products.count else { return }
        if endsStart { emitStarted(cancel.session, into: &events) }
        finish(slot)
    }

    private static let reportsPerCommandMax = 8

    /// The first product at or after this one in which a mass cancel hit orders.
    private func nextHit(_ slot: Int32, from product: Int) -> Int {
        var next = product
        while next < products.count, massCancelHits[hitsRow(slot, next)].isEmpty { next += 1 }
        return next
    }

    mutating func finish(_ slot: Int32) {
        _ = massCancelQueue.pop()
        massCancels.free(slot)
    }

    private mutating func answerMassCancel(
        _ slot: Int32, _ cancel: MassCancel, isLast: Bool, into events: inout Events
    ) {
        let hits = massCancelHits[hitsRow(slot, cancel.product.index)]
        let isOwn = cancel.target == cancel.session
        if !isOwn, hits.isTold {
            emitMassCancelReport(cancel, cancel.product, hits, isLast: false, into: &events)
        }
        var event = makeEvent(.massCancelled)
        if isLast { event.flags = .endOfTransaction }
        if isOwn, hits.isTold { event.flags.insert(.hitOwnOrders) }
        fillMassCancel(&event, cancel, hits)
        event.session = cancel.session
        event.sessionInstanceID = cancel.sessionInstanceID
        event.msgSeqNum = cancel.msgSeqNum
        emitMassCancel(event, cancel, cancel.session, cancel.product, into: &events)
    }

    private mutating func emitMassCancelReport(
        _ cancel: MassCancel, _ product: ProductIndex, _ hits: MassCancelHits, isLast: Bool,
        into events: inout Events
    ) {
        var event = makeEvent(.massCancelReported)
        if isLast { event.flags = .endOfTransaction }
        fillMassCancel(&event, cancel, hits)
        event.session = cancel.target
        // A loss is told to nobody who logged on since: it belongs to the history of the old logon.
        event.sessionInstanceID =
            cancel.isRequested ? sessions[cancel.target.index].instanceID : 0
        emitMassCancel(event, cancel, cancel.target, product, into: &events)
    }

    func fillMassCancel(
        _ event: inout Event, _ cancel: MassCancel, _ hits: MassCancelHits
    ) {
        event.instrument = cancel.instrument
        event.trader = cancel.trader
        event.price = cancel.price
        event.side = cancel.side
        event.execInst = hits.execInst
        event.massActionReason = cancel.reason
        if hits.hasStandard { event.flags.insert(.standard) }
        if cancel.onlyOneSide { event.flags.insert(.onlyOneSide) }
    }

    mutating func emitMassCancel(
        _ event: Event, _ cancel: MassCancel, _ addressee: SessionIndex,
        _ product: ProductIndex, into events: inout Events
    ) {
        var context = EventContext()
        context.product = product
        context.unit = sessions[addressee.index].unit
        context.ownerSession = cancel.target
        context.enteringTrader = cancel.enteringTrader
        context.messageIndex = takeMessageIndex(of: context.unit)
        emit(event, context, into: &events)
    }

    /// An order leaves its session's list: no mass cancel may stay pointed at it.
    @inline(never)
    mutating func moveCursors(past order: Int32) {
        for position in 0..<massCancelQueue.count {
            let slot = massCancelQueue[position]
            if massCancels[slot].cursor == order {
                massCancels[slot].cursor = sessionOrders.next(after: order)
            }
        }
    }
}
