import Containers
import Domain
import Matching

// A venue that begins again ends every session, as nobody is connected any more, and then tells anew
// what there still is, as T7 does after a market reset: that it begins, each live order to its owner,
// and that it is done, product by product.
//
// All of it is worked in slices, between which others' commands come, behind the mass cancels that were
// under way. An order is told as it is when its turn comes; one that was entered after the restart is
// known to its owner and not told. Orders that the loss of their session costs are gone by then.
extension Partition {
    mutating func restart(_ command: borrowing Command, into events: inout Events) {
        if businessDay == 0, command.date != .max { businessDay = command.date }
        forgetLogons()
        for row in 0..<sessions.count where sessions[row].instanceID != 0 {
            _ = lose(SessionIndex(row), .sessionLoss)
        }
        removeRestatement()
        var restatement = MassCancel()
        restatement.restates = true
        restatement.session = SessionIndex(0)
        restatement.target = SessionIndex(0)
        restatement.timeIn = command.timeIn
        enqueue(restatement)
        emitSessionEvent(.marketReset, flags: .endOfTransaction, into: &events)
    }

    /// Whoever asked for a mass cancel is gone. The numbers of logons begin again in each life, and no
    /// answer may reach a namesake.
    private mutating func forgetLogons() {
        for position in 0..<massCancelQueue.count {
            massCancels[massCancelQueue[position]].sessionInstanceID = 0
        }
    }

    /// What an earlier restart has not told yet, this one tells.
    private mutating func removeRestatement() {
        for _ in 0..<massCancelQueue.count {
            let slot = massCancelQueue.pop()
            if massCancels[slot].restates {
                massCancels.free(slot)
            } else {
                _ = massCancelQueue.push(slot)
            }
        }
    }

    /// Works one slice: a session looked at counts as a slot of the event ring.
    mutating func restate(_ slot: Int32, into events: inout Events) {
        guard massCancels[slot].target.index < sessions.count else {
            finish(slot)
            return endRestatement(into: &events)
        }
        let end = unpublished + configuration.massCancelSlice
        var looked = 0
        while unpublished + looked < end, massCancels[slot].target.index < sessions.count {
            let order = massCancels[slot].cursor
            if order >= 0,
                books.orders[order].entrySequence <= massCancels[slot].throughSequence
            {
                massCancels[slot].cursor = sessionOrders.next(after: order)
                emitRestated(order, into: &events)
            } else {
                looked += 1
                let next = massCancels[slot].target.index + 1
                massCancels[slot].target = SessionIndex(next)
                massCancels[slot].cursor =
                    next < sessions.count ? sessionOrders.first(of: next) : noIndex
            }
        }
        var event = makeEvent(.commandApplied)
        event.flags = .endOfTransaction
        emit(event, into: &events)
    }

    private mutating func emitRestated(_ order: Int32, into events: inout Events) {
        let owner = books.orders[order].session
        let isNew = books.orders[order].cumQty == .zero
        emit(
            OrderReport(
                .orderRestated, to: Addressee(owner, instance: sessions[owner.index].instanceID),
                flags: [.rested, .rests], clOrdID: books.orders[order].clOrdID, origClOrdID: .none,
                Outcome(
                    ordStatus: isNew ? .new : .partiallyFilled, execType: .restated,
                    reason: .bookRestatement)),
            order, makeContext(order), into: &events)
    }

    /// Every product in one transaction, which holds no message of any unit.
    private mutating func endRestatement(into events: inout Events) {
        guard products.count > 0 else {
            var event = makeEvent(.commandApplied)
            event.flags = .endOfTransaction
            return emit(event, into: &events)
        }
        for row in 0..<products.count {
            emitSessionEvent(
                .endOfRestatement, of: ProductIndex(row),
                flags: row == products.count - 1 ? .endOfTransaction : [],
                messageIndex: UInt32(2 * row), into: &events)
        }
    }
}
