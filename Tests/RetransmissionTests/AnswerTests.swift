import Archive
import Domain
import Reports
import SessionServer
import TestSupport
import Testing
import Wire

@testable import Retransmission

@Suite(.serialized) struct AnswerTests {
    @Test func `Everything comes again in the one form that sessions are told it in later`()
        throws
    {
        let bench = try Bench()
        bench.publish(.orderAccepted, 0)
        bench.publish(.orderModified, 0)
        bench.publish(.orderDeleted, 0)
        bench.add(.restingExecuted, 1)
        bench.add(.aggressorExecuted, 0, fills: 3)
        bench.publish()
        bench.publish(.orderDeletedByOther, 0)
        bench.publish(.orderModifiedByOther, 0)
        bench.add(.massCancelled, 0, flags: .hitOwnOrders)
        bench.publish()
        bench.publish(.massCancelReported, 0)
        bench.publish(.ordersDeletedByMarket, 0)
        bench.publish(.tradingSessionEvent, -1)
        let (answer, messages) = try #require(bench.asked(0))
        let order = TemplateID.orderExecReportBroadcast
        #expect(
            messages.map(\.template) == [
                order, order, order, order, order, order, .deleteAllOrderBroadcast,
                .deleteAllOrderBroadcast, .deleteAllOrderQuoteEventBroadcast,
                .tradingSessionStatusBroadcast,
            ])
        #expect(answer.messageCount == 10 && !answer.isRefused)
        #expect(answer.end == messages.last?.id && answer.last == answer.end)
        for message in messages {
            #expect(message.field("ApplResendFlag") == 1)
            #expect(message.field("ApplSubID") == UInt64(UInt32.max))
            #expect(message.field("ApplID") == 4 && message.field("PartitionID") == 1)
            #expect(message.field("TrdRegTSTimeOut") == .max)
            #expect(message.field("NotificationIn") == .max)
            #expect(message.field("SendingTime") > Bench.execID(0))
        }
        #expect(
            messages.map(\.id.execID) == (1...10).map { Bench.execID($0) })
        #expect(messages[3].field("NoFills") == 3 && messages[3].id.index == 2)
        // The other session of the unit has its own side of the trade, and what is told to all.
        let other = try #require(bench.asked(1)).messages
        #expect(other.map(\.template) == [order, .tradingSessionStatusBroadcast])
        #expect(other[0].field("NoFills") == 1)
        #expect(try #require(bench.asked(2)).messages.count == 1)
        try expectNoAlarms(messages + other)
    }

    @Test func `Of lean orders come executions and what was not asked for, and no more`() throws {
        let bench = try Bench()
        for kind: Event.Kind in [
            .orderAccepted, .orderModified, .orderDeleted, .restingExecuted,
            .orderDeletedByOther, .massCancelReported,
        ] { bench.publish(kind, 0, isStandard: false) }
        bench.add(.aggressorExecuted, 0, isStandard: false, fills: 1)
        bench.publish()
        // Nobody was hit, and somebody else's order was changed: neither is in the history.
        bench.publish(.massCancelled, 0)
        bench.add(.orderModified, 0, flags: .onBehalf)
        bench.publish()
        bench.publish(.requestRejected, 0)
        let messages = try #require(bench.asked(0)).messages
        #expect(messages.map(\.id.execID) == (4...7).map { Bench.execID($0) })
        try expectNoAlarms(messages)
    }

    @Test func `A market reset names the session's last message, wherever the answer begins`()
        throws
    {
        let bench = try Bench()
        bench.publish(.orderAccepted, 0)
        bench.publish(.orderAccepted, 1)
        bench.add(.tradingSessionEvent, -1, announced: .marketReset)
        bench.publish()
        bench.publish(.orderRestated, 0)
        bench.add(.tradingSessionEvent, -1, announced: .endOfRestatement)
        bench.publish()
        func last(_ messages: [Message], _ event: UInt64) throws -> ApplMsgID? {
            let message = messages.first {
                $0.template == .tradingSessionStatusBroadcast && $0.field("TradSesEvent") == event
            }
            return try #require(message).rawField("RefApplLastMsgID")
                .withUnsafeBytes { ApplMsgID($0) }
        }
        for (session, sequence, count) in [(0, 1, 4), (1, 2, 3)] as [(Int, UInt64, Int)] {
            let id = ApplMsgID(execID: Bench.execID(sequence), index: 0)
            let all = try #require(bench.asked(session)).messages
            #expect(all.count == count)
            let rest = try #require(bench.asked(session, behind: id)).messages
            #expect(try last(all, 102) == id && last(rest, 102) == id)
            #expect(try last(all, 103) == nil)
            try expectNoAlarms(all)
        }
        // Who never had a message is named none.
        #expect(try last(#require(bench.asked(2)).messages, 102) == nil)
    }

    @Test func `A range is open at its begin and closed at its end`() throws {
        let bench = try Bench()
        for _ in 0..<10 { bench.publish(.orderAccepted, 0) }
        func id(_ sequence: UInt64) -> ApplMsgID {
            ApplMsgID(execID: Bench.execID(sequence), index: 0)
        }
        let some = try #require(bench.asked(0, behind: id(3), upTo: id(6)))
        #expect(some.messages.map(\.id) == [id(4), id(5), id(6)])
        #expect(some.answer.end == id(6) && some.answer.last == id(10))
        let none = try #require(bench.asked(0, behind: id(10)))
        #expect(none.messages.isEmpty && none.answer.end == .min && none.answer.last == id(10))
        let nobody = try #require(bench.asked(1))
        #expect(nobody.messages.isEmpty && nobody.answer.last == .min)
    }

    @Test func `An answer has a hundred messages at most, and no event is cut in two`() throws {
        let bench = try Bench()
        for _ in 0..<99 { bench.publish(.orderAccepted, 0) }
        // One event in three fragments.
        for fragment in 0..<3 {
            bench.add(
                .aggressorExecuted, 0, flags: fragment < 2 ? .moreFragments : [], fills: 4)
        }
        bench.publish()
        bench.publish(.orderAccepted, 0)
        let first = try #require(bench.asked(0))
        #expect(first.messages.count == 99)
        let rest = try #require(bench.asked(0, behind: first.answer.end))
        #expect(rest.messages.count == 4 && rest.answer.end == rest.answer.last)
        #expect(rest.messages.map { $0.field("LastFragment") } == [0, 0, 1, 1])
    }

    @Test func `An answer waits until the history has what the session was told`() throws {
        let bench = try Bench()
        bench.publish(.orderAccepted, 0)
        bench.ask(0, through: 2)
        #expect(bench.answer() == nil)
        bench.publish(.orderAccepted, 0)
        let late = try #require(bench.answer())
        #expect(late.messages.count == 2)
        // What came after it asked is not part of the answer.
        bench.publish(.orderAccepted, 0)
        bench.ask(0, through: 2)
        #expect(try #require(bench.answer()).messages.count == 2)
        // But not for ever.
        bench.ask(0, through: 9)
        #expect(bench.answer() == nil)
        TestClock.nanos += 6_000_000_000
        #expect(try #require(bench.answer()).answer.isRefused)
        // And then others have their turn.
        #expect(try #require(bench.asked(0)).messages.count == 3)
    }

    @Test func `Buffers come back, and many ask at once`() throws {
        let bench = try Bench()
        for _ in 0..<5 { bench.publish(.orderAccepted, 0) }
        for round in 0..<20 {
            var asked = 0
            while bench.ask(round % 2) { asked += 1 }
            #expect(asked >= 3)
            for _ in 0..<asked { #expect(bench.answer() != nil) }
        }
    }

    /// An independent program decodes the messages and finds nothing to complain about.
    private func expectNoAlarms(_ messages: [Message]) throws {
        guard let program = TestFiles.program("tshark") else { return }
        var capture = PacketCapture()
        for message in messages { capture.send(message.bytes, fromClient: false) }
        let dissected = try Dissector.dissect(capture, with: program)
        #expect(dissected.count == messages.count)
        for message in dissected {
            #expect(message.alarms == [] && message.unnamed == [], "\(message)")
        }
    }
}
