import Client
import Domain
import Testing

@testable import CrashTest

/// What all sessions and listeners were told together is held against the rules.
@Suite struct AuditTests {
    private let verdict = Verdict()

    private func step(
        _ session: UInt32, _ order: Int, at transaction: UInt64, isBuy: Bool, placedBy: UInt64,
        restsAt price: Int64?, trades: (price: Int64, quantity: Int64, matchID: UInt32)? = nil,
        isAggressor: Bool = false
    ) -> OrderStep {
        var telling = Telling(name: 1, transaction: transaction)
        if let trades {
            telling.price = trades.price
            telling = telling.traded(
                trades.quantity, matchID: trades.matchID, at: transaction, isAggressor: isAggressor)
        }
        return OrderStep(
            transaction: transaction, session: session, order: order, instrument: 2001,
            product: 200, isBuy: isBuy, placedBy: placedBy, restsAt: price,
            fills: telling.reported(.trade).fills)
    }

    private func judge(_ steps: [OrderStep]) {
        var audit = MarketAudit(verdict: verdict)
        audit.take(steps) { _, _ in false }
        audit.finish()
    }

    @Test func priceAndTimeAreKept() {
        judge([
            step(1, 0, at: 1, isBuy: true, placedBy: 1, restsAt: 100),
            step(2, 0, at: 2, isBuy: true, placedBy: 2, restsAt: 100),
            step(1, 0, at: 3, isBuy: true, placedBy: 1, restsAt: nil, trades: (100, 5, 1)),
            step(
                3, 0, at: 3, isBuy: false, placedBy: 3, restsAt: nil, trades: (100, 5, 1),
                isAggressor: true),
        ])
        #expect(verdict.violations == [])
    }

    @Test func whoCameFirstIsNotPassedOver() {
        judge([
            step(1, 0, at: 1, isBuy: true, placedBy: 1, restsAt: 100),
            step(2, 0, at: 2, isBuy: true, placedBy: 2, restsAt: 100),
            step(2, 0, at: 3, isBuy: true, placedBy: 2, restsAt: nil, trades: (100, 5, 1)),
            step(
                3, 0, at: 3, isBuy: false, placedBy: 3, restsAt: nil, trades: (100, 5, 1),
                isAggressor: true),
        ])
        #expect(verdict.violations.count == 1)
        #expect(verdict.violations.first?.contains("was before it") == true)
    }

    @Test func aBetterPriceIsNotPassedOver() {
        judge([
            step(1, 0, at: 1, isBuy: false, placedBy: 1, restsAt: 99),
            step(2, 0, at: 2, isBuy: false, placedBy: 2, restsAt: 100),
            step(2, 0, at: 3, isBuy: false, placedBy: 2, restsAt: nil, trades: (100, 5, 1)),
            step(
                3, 0, at: 3, isBuy: true, placedBy: 3, restsAt: nil, trades: (100, 5, 1),
                isAggressor: true),
        ])
        #expect(verdict.violations.count == 1)
    }

    /// An order that rested before a crash may be gone by a request whose answer was lost.
    @Test func whatTheCrashLeavesInDoubtIsPassedOverByRight() {
        var audit = MarketAudit(verdict: verdict)
        audit.take([
            step(1, 0, at: 1, isBuy: true, placedBy: 1, restsAt: 100),
            step(2, 0, at: 2, isBuy: true, placedBy: 2, restsAt: 100),
        ]) { _, _ in false }
        audit.take([
            step(2, 0, at: 3, isBuy: true, placedBy: 2, restsAt: nil, trades: (100, 5, 1)),
            step(
                3, 0, at: 3, isBuy: false, placedBy: 3, restsAt: nil, trades: (100, 5, 1),
                isAggressor: true),
        ]) { session, order in (session, order) == (1, 0) }
        audit.finish()
        #expect(verdict.violations == [])
    }

    @Test func aMatchHasTwoSides() {
        judge([
            step(1, 0, at: 1, isBuy: true, placedBy: 1, restsAt: nil, trades: (100, 5, 1))
        ])
        #expect(verdict.violations.first?.contains("were bought") == true)
    }

    @Test func listenersHearEverythingOnce() {
        let order = Telling(name: 1, transaction: 10)
        let trade = order.traded(2, matchID: 4, at: 12)
        var audit = DropCopyAudit(office: 90000, verdict: verdict)
        audit.take(told: order.accepted(answering: 3), isStandard: true, product: 200)
        audit.take(heard: order.reported(.new, isResent: false, stream: 5))
        audit.take(heard: trade.reported(.trade, isResent: false, stream: 5))
        audit.take(trade: trade.confirmed(1))
        #expect(!audit.isSettled)
        audit.take(told: trade.reported(.trade), isStandard: true, product: 200)
        #expect(audit.isSettled)
        audit.judge()
        #expect(verdict.violations == [])
        #expect(audit.eventCount == 2 && audit.tradeCount == 1)
    }

    @Test func whatListenersMissOrHearOtherwiseIsNoticed() {
        let order = Telling(name: 1, transaction: 10)
        var audit = DropCopyAudit(office: 90000, verdict: verdict)
        audit.take(told: order.accepted(answering: 3), isStandard: true, product: 200)
        audit.judge()
        #expect(verdict.violations.last?.contains("was not told") == true)
        let trade = order.traded(2, matchID: 4, at: 12)
        audit.take(told: trade.reported(.trade), isStandard: false, product: 200)
        audit.judge()
        #expect(verdict.violations.last?.contains("heard no trade") == true)
        audit.take(trade: trade.confirmed(1))
        audit.judge()
        #expect(verdict.violations.last?.contains("nobody was told of") == true)
        audit.take(told: trade.reported(.trade), isStandard: true, product: 200)
        var other = trade
        other.leavesQty += 1
        audit.take(heard: other.reported(.trade, stream: 5))
        #expect(verdict.violations.last?.contains("LeavesQty") == true)
    }

    @Test func numbersHaveNoGapsAndNothingIsPublishedTwice() {
        let order = Telling(name: 1, transaction: 10)
        let trade = order.traded(1, matchID: 4, at: 12)
        var ledger = ListenerLedger(office: 90000, verdict: verdict)
        ledger.take(trade.confirmed(1))
        // Asked for and published at once.
        ledger.take(trade.confirmed(1, isResent: true))
        ledger.take(order.reported(.new, isResent: true, stream: 5))
        ledger.take(order.reported(.new, isResent: false, stream: 5))
        #expect(verdict.violations == [])
        ledger.take(trade.confirmed(3))
        #expect(verdict.violations.last?.contains("came after") == true)
        ledger.take(trade.confirmed(1))
        #expect(verdict.violations.last?.contains("published twice") == true)
        ledger.take(Telling(name: 2, transaction: 9).reported(.new, isResent: false, stream: 5))
        #expect(verdict.violations.last?.contains("not at its time") == true)
    }
}
