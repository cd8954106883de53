import Client
import Domain
import Testing
import Wire

@testable import OrderFlow

@Suite("The drop copy against what a session was told")
struct ReconciliationTests {
    /// An execution of a resting order, as its session hears of it (10104).
    private func told(
        _ execID: UInt64, fills: Int = 1, into reconciliation: inout Reconciliation
    ) {
        let bytes = Published.message(OrderExecNotificationWriter.lengthMax) {
            let writer = OrderExecNotificationWriter($0)
            writer.initialize()
            writer.orderID = 77
            writer.clOrdID = 5
            writer.execID = execID
            writer.leavesQty = 400
            writer.cumQty = 600
            writer.ordStatus = OrdStatus.partiallyFilled.rawValue
            writer.lastFragment = 1
            let length = writer.finish(noFills: fills)
            for index in 0..<fills { fill(writer.fills(at: index), index) }
            return length
        }
        bytes.withUnsafeBytes {
            reconciliation.told(
                Inbound(template: .orderExecNotification, base: $0.baseAddress!))
        }
    }

    private func fill(_ writer: FillsGrpWriter, _ index: Int, price: Int64 = 101) {
        writer.initialize()
        writer.fillPx = price + Int64(index)
        writer.fillQty = 300
        writer.fillMatchID = UInt32(index + 1)
    }

    /// The same as the drop copy reports it (10117).
    private func published(
        _ execID: UInt64, fills: Int = 1, price: Int64 = 101, session: UInt32 = 10001,
        into reconciliation: inout Reconciliation
    ) {
        let bytes = Published.message(OrderExecReportBroadcastWriter.lengthMax) {
            let writer = OrderExecReportBroadcastWriter($0)
            writer.initialize()
            ApplMsgID(time: 0x1800_0000_0000_0000 + execID, index: 1).withBytes {
                writer.applMsgID = $0
            }
            writer.applID = 5
            writer.orderID = 77
            writer.clOrdID = 5
            writer.execID = execID
            writer.leavesQty = 400
            writer.cumQty = 600
            writer.ordStatus = OrdStatus.partiallyFilled.rawValue
            writer.lastFragment = 1
            writer.partyIDSessionID = session
            let length = writer.finish(noFills: fills)
            for index in 0..<fills { fill(writer.fills(at: index), index, price: price) }
            return length
        }
        bytes.withUnsafeBytes {
            let inbound = Inbound(template: .orderExecReportBroadcast, base: $0.baseAddress!)
            reconciliation.published(ListenerMessage(inbound)!)
        }
    }

    private func trade(
        _ execID: UInt64, _ index: Int = 0, side: Side = .buy, quantity: Int64 = 300,
        sideTradeID: UInt32 = 1, into body: (ListenerMessage) -> Void
    ) {
        let bytes = Published.message(TradeBroadcastWriter.fixedLength) {
            let writer = TradeBroadcastWriter($0)
            writer.initialize()
            writer.applID = 1
            writer.transactTime = execID
            writer.orderID = 77
            writer.lastPx = 101 + Int64(index)
            writer.lastQty = quantity
            writer.trdMatchID = UInt32(index + 1)
            writer.marketSegmentID = 200
            writer.sideTradeID = sideTradeID
            writer.side = side.rawValue
            writer.rootPartyIDSessionID = 10001
            return TradeBroadcastWriter.fixedLength
        }
        bytes.withUnsafeBytes {
            body(ListenerMessage(Inbound(template: .tradeBroadcast, base: $0.baseAddress!))!)
        }
    }

    @Test("whichever side is ahead waits for the other")
    func equality() {
        var reconciliation = Reconciliation(session: 10001)
        told(1, fills: 2, into: &reconciliation)
        told(2, into: &reconciliation)
        #expect(!reconciliation.isSettled)
        published(1, fills: 2, into: &reconciliation)
        trade(1, 0) { reconciliation.published($0) }
        trade(1, 1) { reconciliation.published($0) }
        published(2, into: &reconciliation)
        trade(2) { reconciliation.published($0) }
        published(3, into: &reconciliation)
        trade(3) { reconciliation.published($0) }
        told(3, into: &reconciliation)
        #expect(reconciliation.isSettled)
        reconciliation.finish()
        #expect(reconciliation.messages == 7 && reconciliation.equal == 7)
        #expect(reconciliation.trades == 4 && reconciliation.differences.isEmpty)
    }

    @Test("a missing message, a doubled one and another content are found")
    func differences() {
        var missing = Reconciliation(session: 10001)
        told(1, fills: 0, into: &missing)
        missing.finish()
        #expect(missing.messages == 1 && missing.equal == 0 && missing.differences.count == 1)

        var doubled = Reconciliation(session: 10001)
        told(1, fills: 0, into: &doubled)
        published(1, fills: 0, into: &doubled)
        published(1, fills: 0, into: &doubled)
        doubled.finish()
        #expect(doubled.messages == 2 && doubled.equal == 1)
        // Beside the one too many: its ApplMsgID does not rise.
        #expect(doubled.differences.count == 2)

        var other = Reconciliation(session: 10001)
        told(1, into: &other)
        published(1, price: 102, into: &other)
        trade(1) { other.published($0) }
        other.finish()
        #expect(other.messages == 2 && other.equal == 1 && other.differences.count == 1)

        var lost = Reconciliation(session: 10001)
        let bytes = Published.message(BroadcastErrorNotificationWriter.lengthMax) {
            let writer = BroadcastErrorNotificationWriter($0)
            writer.initialize()
            return writer.setVarText("")
        }
        bytes.withUnsafeBytes {
            let inbound = Inbound(
                template: .broadcastErrorNotification, base: $0.baseAddress!)
            lost.published(ListenerMessage(inbound)!)
        }
        #expect(lost.messages == 1 && lost.equal == 0)
    }

    @Test("other sessions of the unit are passed over")
    func otherSessions() {
        var reconciliation = Reconciliation(session: 10001)
        published(1, session: 10002, into: &reconciliation)
        reconciliation.finish()
        #expect(reconciliation.messages == 0 && reconciliation.differences.isEmpty)
    }

    @Test("a hole in the numbers of trades is found")
    func numbers() {
        var reconciliation = Reconciliation(session: 10001)
        for number in [5, 6, 7] as [UInt64] { reconciliation.numbered(number) }
        #expect(reconciliation.differences.isEmpty)
        reconciliation.numbered(9)
        #expect(reconciliation.differences.count == 1)
    }

    @Test("trades balance when each match step is bought and sold alike, and no side comes twice")
    func balance() {
        var balance = TradeBalance()
        trade(1, side: .buy, quantity: 500, sideTradeID: 1) { balance.add($0) }
        trade(1, side: .sell, quantity: 200, sideTradeID: 2) { balance.add($0) }
        #expect(!balance.isBalanced)
        trade(1, side: .sell, quantity: 300, sideTradeID: 3) { balance.add($0) }
        #expect(balance.isBalanced && balance.steps == 1)
        trade(2, 1, side: .sell, sideTradeID: 4) { balance.add($0) }
        var lostSide = balance
        lostSide.finish()
        #expect(!lostSide.isBalanced && lostSide.differences.count == 1)
        trade(2, 1, side: .buy, sideTradeID: 4) { balance.add($0) }
        #expect(!balance.isBalanced)
    }
}
