import Containers
import Domain

// Deletions that market operations cause. They are worked like mass cancels, in slices between which
// others' commands come, but from session to session: whom a halt cost orders is told so.
extension Partition {
    var isMarketOperationPending: Bool { marketOperationPending != nil }

    /// Where the market operation under way is kept, of which there is one at most.
    var marketOperationPending: Int32? {
        for position in 0..<massCancelQueue.count
        where massCancels[massCancelQueue[position]].operation != nil {
            return massCancelQueue[position]
        }
        return nil
    }

    /// Whether a market operation will come to an order, and delete it.
    func isAhead(_ order: Int32, of slot: Int32) -> Bool {
        let operation = massCancels[slot]
        let (owner, entry) = (books.orders[order].session, books.orders[order].entrySequence)
        guard isMeant(order, by: slot), entry <= operation.throughSequence else { return false }
        guard owner == operation.target else { return owner.index > operation.target.index }
        return operation.cursor >= 0 && entry >= books.orders[operation.cursor].entrySequence
    }

    /// The states are changed; deletes what they do not allow, and answers. A halt spares persistent
    /// orders; a day's end takes every order, as all are for the day.
    mutating func beginMarketOperation(_ command: borrowing Command, into events: inout Events) {
        var operation = MassCancel()
        operation.isRequested = true
        operation.operation = command.marketStateAction
        operation.session = command.session
        operation.sessionInstanceID = command.sessionInstanceID
        operation.msgSeqNum = command.msgSeqNum
        operation.requestTime = command.requestTime
        operation.timeIn = command.timeIn
        operation.target = SessionIndex(0)
        operation.product = command.product
        operation.instrument = command.instrument
        operation.reason = command.instrument.isNone ? .productHalt : .instrumentSuspended
        operation.onlyNonPersistent = command.marketStateAction == .halt
        enqueue(operation)
        if massCancelQueue.count == 1 {
            continueMassCancel(into: &events)
        } else {
            conclude(command, into: &events)
        }
    }

    /// Works one slice: so many orders and sessions are looked at, meant or not.
    mutating func continueMarketOperation(_ slot: Int32, into events: inout Events) {
        var left = configuration.massCancelSlice
        while left > 0, massCancels[slot].target.index < sessions.count {
            let order = massCancels[slot].cursor
            if order >= 0,
                books.orders[order].entrySequence <= massCancels[slot].throughSequence
            {
                massCancels[slot].cursor = sessionOrders.next(after: order)
                if isMeant(order, by: slot) { removeForMassCancel(order, slot, into: &events) }
                left -= 1
            } else {
                left -= reportToTarget(slot, into: &events) ? 2 : 1
                let next = massCancels[slot].target.index + 1
                massCancels[slot].target = SessionIndex(next)
                massCancels[slot].cursor =
                    next < sessions.count ? sessionOrders.first(of: next) : -1
            }
        }
        if massCancels[slot].target.index == sessions.count {
            concludeMarketOperation(slot, into: &events)
        } else {
            var event = makeEvent(.commandApplied)
            event.flags = .endOfTransaction
            emit(event, into: &events)
        }
    }

    /// Tells the session that is done with which orders a halt cost it, if any. Returns whether.
    ///
    /// T7 announces no expiry order by order or session by session: the end of the day says it to all.
    private mutating func reportToTarget(_ slot: Int32, into events: inout Events) -> Bool {
        let cancel = massCancels[slot]
        guard cancel.operation == .halt else { return false }
        let row = hitsRow(slot, cancel.product.index)
        let hits = massCancelHits[row]
        massCancelHits[row] = MassCancelHits()
        guard !hits.isEmpty else { return false }
        var event = makeEvent(.ordersDeletedByMarket)
        fillMassCancel(&event, cancel, hits)
        event.session = cancel.target
        event.sessionInstanceID = sessions[cancel.target.index].instanceID
        emitMassCancel(event, cancel, cancel.target, cancel.product, into: &events)
        return true
    }

    private mutating func concludeMarketOperation(_ slot: Int32, into events: inout Events) {
        let cancel = massCancels[slot]
        if cancel.operation == .endOfDay { announceEndOfDay(cancel.product, into: &events) }
        finish(slot)
        answerMarketState(
            session: cancel.session, instance: cancel.sessionInstanceID,
            msgSeqNum: cancel.msgSeqNum, into: &events)
    }

    /// A product's end of day by itself, and the end of the service with that of the last.
    private mutating func announceEndOfDay(
        _ product: ProductIndex, into events: inout Events
    ) {
        var messageIndex: UInt32 = 0
        if !product.isNone {
            emitSessionEvent(.endOfDayService, of: product, flags: [], into: &events)
            messageIndex = 2
        }
        guard isDayOver else { return }
        emitSessionEvent(
            .endOfDayService, flags: [], messageIndex: messageIndex, into: &events)
    }
}
