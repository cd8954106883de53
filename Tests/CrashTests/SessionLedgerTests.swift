import Client
import Domain
import Testing

@testable import CrashTest

/// A session's ledger notices whatever is not as it was told.
@Suite struct SessionLedgerTests {
    private let verdict = Verdict()

    /// A session with one live persistent order, told of at its entry.
    private func ledger(_ order: Telling) -> SessionLedger {
        var ledger = SessionLedger(session: 10001, verdict: verdict)
        ledger.noteEntry(order.request, name: order.name, msgSeqNum: 3)
        ledger.take(order.accepted(answering: 3))
        return ledger
    }

    /// What a restart tells, around the orders that it restates.
    private func restart(_ restated: [WireMessage], at transaction: UInt64) -> [WireMessage] {
        [Telling.service(102, at: transaction, index: 0)] + restated
            + [Telling.service(103, at: transaction, index: 9)]
    }

    private let order = Telling(name: 1, transaction: 10)

    @Test func aTrueRestartIsGood() {
        var ledger = ledger(order)
        ledger.noteKill()
        let outcome = ledger.takeRestart(
            restart([order.restated(at: 20).reported(.restated, index: 1)], at: 20))
        #expect(verdict.violations == [])
        #expect(outcome.restated == 1)
        #expect(ledger.open.count == 1)
    }

    @Test func aLostOrderIsNoticed() {
        var ledger = ledger(order)
        _ = ledger.takeRestart(restart([], at: 20))
        #expect(verdict.violations.contains { $0.contains("restated 0 times") })
    }

    @Test func anOrderRestatedTwiceIsNoticed() {
        var ledger = ledger(order)
        let again = order.restated(at: 20)
        _ = ledger.takeRestart(
            restart(
                [again.reported(.restated, index: 1), again.reported(.restated, index: 2)], at: 20))
        #expect(verdict.violations.contains { $0.contains("restated 2 times") })
    }

    @Test(arguments: ["price", "quantity", "priority", "name", "side"])
    func anOtherOrderIsNoticed(_ what: String) {
        var ledger = ledger(order)
        var changed = order.restated(at: 20)
        switch what {
        case "price": changed.price += 1
        case "quantity": changed.leavesQty -= 1
        case "priority": changed.priority += 1
        case "name":
            changed.origName = changed.name
            changed.name = 77
        default: changed.side = .sell
        }
        _ = ledger.takeRestart(restart([changed.reported(.restated, index: 1)], at: 20))
        #expect(!verdict.isGood)
    }

    @Test func anOrderOfNobodyIsNoticed() {
        var ledger = ledger(order)
        let foreign = Telling(name: 99, transaction: 15)
        ledger.takeMissed(foreign.reported(.new))
        #expect(verdict.violations.contains { $0.contains("never sent") })
    }

    @Test func aLostExecutionIsNoticed() {
        var ledger = ledger(order)
        // Of three executions the second is not told.
        ledger.takeMissed(order.traded(1, matchID: 1, at: 12).reported(.trade))
        #expect(verdict.isGood)
        let lost = order.traded(1, matchID: 1, at: 12).traded(1, matchID: 2, at: 13)
        ledger.takeMissed(lost.traded(1, matchID: 3, at: 14).reported(.trade))
        #expect(verdict.violations.contains { $0.contains("executions told of") })
    }

    @Test func aDoubledMessageIsNoticed() {
        var ledger = ledger(order)
        let trade = order.traded(1, matchID: 1, at: 12).reported(.trade)
        ledger.takeMissed(trade)
        ledger.takeMissed(trade)
        #expect(verdict.violations.contains { $0.contains("does not rise") })
    }

    @Test func whatIsNotPersistentMayNotStay() {
        var mortal = order
        mortal.execInst = .nonPersistent
        var ledger = ledger(mortal)
        _ = ledger.takeRestart(restart([], at: 20))
        #expect(verdict.violations.contains { $0.contains("nobody withdrew it") })
    }

    @Test func aLeanOrderMayGoByARequestInFlight() {
        var lean = order
        lean.execInst = .nonPersistent
        lean.isStandard = false
        var ledger = ledger(lean)
        ledger.noteDeletion(0, msgSeqNum: 4)
        ledger.noteKill()
        _ = ledger.takeRestart(restart([], at: 20))
        #expect(verdict.violations == [])
        #expect(ledger.open.isEmpty)
    }

    @Test func anExecutionTellsOfAPlaceWhoseAnswerWasLost() {
        var ledger = SessionLedger(session: 10001, verdict: verdict)
        ledger.noteEntry(order.request, name: order.name, msgSeqNum: 3)
        ledger.takeMissed(order.traded(1, matchID: 1, at: 15).reported(.trade))
        #expect(ledger.orders[0].placedBy == 10)
        #expect(ledger.steps.map(\.placedBy) == [10])
    }

    @Test func aRequestIsNotDoneWithoutTheOneBefore() {
        var ledger = ledger(order)
        let (second, third) = (
            Telling(name: 2, transaction: 11), Telling(name: 3, transaction: 12)
        )
        ledger.noteEntry(second.request, name: 2, msgSeqNum: 4)
        ledger.noteEntry(third.request, name: 3, msgSeqNum: 5)
        ledger.noteKill()
        let outcome = ledger.takeRestart(
            [third.reported(.new)]
                + restart(
                    [
                        order.restated(at: 20).reported(.restated, index: 1),
                        third.restated(at: 20).reported(.restated, index: 2),
                    ], at: 20))
        #expect(outcome.requests == 2 && outcome.done == 1)
        #expect(verdict.violations.count == 1)
        #expect(verdict.violations.first?.contains("was done, but not request 4") == true)
    }

    @Test func requestsInFlightMayBeDoneOrNot() {
        var ledger = ledger(order)
        let second = Telling(name: 2, transaction: 11)
        ledger.noteEntry(second.request, name: 2, msgSeqNum: 4)
        ledger.noteChange(0, name: 7, price: order.price, quantity: order.quantity, msgSeqNum: 5)
        ledger.noteKill()
        let outcome = ledger.takeRestart(
            [second.reported(.new)]
                + restart(
                    [
                        order.restated(at: 20).reported(.restated, index: 1),
                        second.restated(at: 20).reported(.restated, index: 2),
                    ], at: 20))
        #expect(verdict.violations == [])
        #expect(outcome.done == 1 && outcome.restated == 2)
        #expect(ledger.orders[0].name == 1 && ledger.orders[0].pending == nil)
    }

    @Test func aHistoryThatDiffersIsNoticed() {
        var ledger = ledger(order)
        let trade = order.traded(1, matchID: 1, at: 12)
        ledger.takeMissed(trade.reported(.trade))
        let told = order.reported(.new)
        ledger.judgeHistory([told, trade.reported(.trade)])
        #expect(verdict.violations == [])
        ledger.judgeHistory([told])
        #expect(verdict.violations.count == 1)
        var other = trade
        other.fills[0].quantity += 1
        ledger.judgeHistory([told, other.reported(.trade)])
        #expect(verdict.violations.last?.contains("FillsGrp") == true)
    }

    @Test func answersComeInTheOrderOfRequests() {
        var ledger = SessionLedger(session: 10001, verdict: verdict)
        let second = Telling(name: 2, transaction: 11)
        ledger.noteEntry(order.request, name: 1, msgSeqNum: 3)
        ledger.noteEntry(second.request, name: 2, msgSeqNum: 4)
        ledger.take(second.accepted(answering: 4))
        #expect(verdict.violations.contains { $0.contains("out of order") })
    }
}
