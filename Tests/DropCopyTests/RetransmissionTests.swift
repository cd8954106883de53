import Domain
import TestSupport
import Testing
import Wire

@testable import DropCopy

extension PublisherTests {
    /// Messages once more.
    @Suite struct RetransmissionTests {
        /// A publisher whose first unit has had so many messages of listener data, and trades.
        private func publisher(trades: Int) throws -> Publisher {
            let publisher = try Publisher()
            for _ in 0..<trades { publisher.engine.trade(.a1, with: .b1) }
            publisher.settle()
            return publisher
        }

        private func resend(
            _ listener: TestListener, behind begin: [UInt8] = [], through end: [UInt8] = [],
            scope: UInt32 = .max, stream: UInt8 = 5, partition: UInt16 = 1
        ) -> [Message] {
            listener.request {
                Frames.retransmitListenerData(
                    $0, behind: begin, through: end, scope: scope, stream: stream,
                    partition: partition)
            }
        }

        private func resendTrades(
            _ listener: TestListener, _ begin: UInt64 = .max, _ end: UInt64 = .max,
            stream: UInt8 = 1, partition: UInt16 = 1
        ) -> [Message] {
            listener.request {
                Frames.retransmit(
                    $0, from: begin, through: end, stream: stream, partition: partition)
            }
        }

        @Test func `What was told live comes again as it was`() throws {
            let publisher = try Publisher()
            let live = publisher.listener(90001)
            live.subscribe(5)
            live.subscribe(1)
            for _ in 0..<70 {
                publisher.engine.order(.a2)
                publisher.engine.trade(.a1, with: .a2, levels: 2)
                publisher.engine.massCancel(.a1)
                publisher.engine.halt(.a1)
            }
            publisher.engine.sessionEvent(.endOfDayService)
            let told = live.listen()
            // Without a subscription, and by another session of the unit.
            let later = publisher.listener(91000)
            let data = later.resendAll()
            let trades = later.resendTrades()
            #expect(
                data.map(\.essence)
                    == told.filter { $0.template != .tradeBroadcast }.map(\.essence))
            #expect(
                trades.map(\.essence)
                    == told.filter { $0.template == .tradeBroadcast }.map(\.essence))
            #expect(data.count == 421 && trades.count == 280)
        }

        @Test func `Trades are asked for by the numbers of today`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            listener.subscribe(1)
            for _ in 0..<3 { publisher.engine.trade(.a1, with: .b1) }
            publisher.engine.sessionEvent(.startOfService, isNewDay: true)
            publisher.settle()
            _ = listener.take()
            // Nothing has a number yet.
            let none = try #require(resendTrades(listener).first)
            #expect(none.field("ApplTotalMessageCount") == 0)
            #expect(none.field("RefApplLastSeqNum") == .max)
            for _ in 0..<2 { publisher.engine.trade(.a1, with: .b1, levels: 2) }
            let live = listener.listen()
            #expect(live.map { $0.field("ApplSeqNum") } == [1, 2, 3, 4])
            let all = resendTrades(listener)
            #expect(all.first?.field("ApplEndSeqNum") == 4)
            #expect(all.first?.field("RefApplLastSeqNum") == 4)
            #expect(all.dropFirst().map(\.essence) == live.map(\.essence))
            let some = resendTrades(listener, 2, 3)
            #expect(some.dropFirst().map { $0.field("ApplSeqNum") } == [2, 3])
            #expect(resendTrades(listener, 5).count == 1)
        }

        @Test func `A resent message says so, and forgets when it was sent`() throws {
            let publisher = try publisher(trades: 1)
            let listener = publisher.listener()
            let message = try #require(resend(listener).last)
            #expect(message.field("ApplResendFlag") == 1)
            #expect(message.field("ApplSubID") == UInt64(UInt32.max))
            #expect(message.field("TrdRegTSTimeOut") == .max)
            #expect(message.field("NotificationIn") == .max)
            #expect(message.field("SendingTime") > TestClock.start)
            let trade = try #require(resendTrades(listener).last)
            #expect(trade.field("ApplResendFlag") == 1)
            #expect(trade.field("ApplSubID") == UInt64(UInt32.max))
        }

        @Test func `A range is open at its begin and closed at its end`() throws {
            let publisher = try publisher(trades: 10)
            let listener = publisher.listener()
            let ids = resend(listener).dropFirst().map(\.applMsgID)
            #expect(ids.count == 10)
            let answer = resend(listener, behind: ids[2], through: ids[5])
            #expect(answer.dropFirst().map(\.applMsgID) == Array(ids[3...5]))
            #expect(answer[0].field("ApplTotalMessageCount") == 3)
            #expect(answer[0].rawField("ApplEndMsgID") == ids[5])
            #expect(answer[0].rawField("RefApplLastMsgID") == ids[9])
            let tail = resend(listener, behind: ids[7])
            #expect(tail.dropFirst().map(\.applMsgID) == Array(ids[8...]))
            let head = resend(listener, through: ids[1])
            #expect(head.dropFirst().map(\.applMsgID) == Array(ids[...1]))
            let nothing = resend(listener, behind: ids[9])
            #expect(nothing.count == 1 && nothing[0].field("ApplTotalMessageCount") == 0)
            #expect(nothing[0].rawField("ApplEndMsgID") == [UInt8](repeating: 0, count: 16))
            #expect(nothing[0].rawField("RefApplLastMsgID") == ids[9])
        }

        @Test func `An answer has a hundred messages at most`() throws {
            let publisher = try publisher(trades: 250)
            let listener = publisher.listener()
            let first = resend(listener)
            #expect(first.count == 101 && first[0].field("ApplTotalMessageCount") == 100)
            #expect(first[0].rawField("ApplEndMsgID") == first[100].applMsgID)
            let all = listener.resendAll()
            #expect(all.count == 250 && Set(all.map(\.applMsgID)).count == 250)
            let trades = resendTrades(listener)
            #expect(trades.count == 101 && trades[0].field("ApplEndSeqNum") == 100)
            #expect(trades[0].field("RefApplLastSeqNum") == 250)
            #expect(
                listener.resendTrades().map { $0.field("ApplSeqNum") } == Array(1...250))
        }

        @Test func `No event is cut in two, unless it fills an answer alone`() throws {
            let publisher = try Publisher()
            for _ in 0..<98 { publisher.engine.order(.a1) }
            publisher.engine.trade(.a1, with: .b1, fragments: 3)
            publisher.engine.trade(.a1, with: .b1, fragments: 120)
            publisher.settle()
            let listener = publisher.listener()
            #expect(resend(listener).count == 1 + 98)
            let behind = resend(listener)[98].applMsgID
            #expect(resend(listener, behind: behind).count == 1 + 3)
            let all = listener.resendAll()
            #expect(all.count == 98 + 3 + 120)
            #expect(all.map { $0.field("LastFragment") }.filter { $0 == 1 }.count == 100)
        }

        @Test func `Fragments among messages of the same unit stay together`() throws {
            let publisher = try Publisher()
            for _ in 0..<95 { publisher.engine.order(.a1) }
            publisher.engine.trade(.a1, with: .a2, levels: 2, fragments: 2)
            publisher.settle()
            let listener = publisher.listener()
            let first = resend(listener)
            // The resting orders' reports before the first fragment may stand before the cut.
            #expect(first.count == 1 + 97)
            #expect(listener.resendAll().count == 95 + 6)
        }

        @Test func `Nothing stands between a response and what it announces`() throws {
            let publisher = try publisher(trades: 300)
            let listener = publisher.listener()
            listener.subscribe(5)
            for round in 0..<50 {
                publisher.engine.trade(.a1, with: .b1)
                let answer = listener.request {
                    Frames.retransmitListenerData($0) + Frames.heartbeat()
                }
                let start = try #require(
                    answer.firstIndex { $0.template == .retransmitMEMessageResponse })
                let resent = answer[(start + 1)...(start + 100)]
                #expect(resent.allSatisfy { $0.field("ApplResendFlag") == 1 }, "round \(round)")
                #expect(answer.count == 102)
            }
        }

        @Test func `Numbers of trades are asked for from first to last`() throws {
            let publisher = try publisher(trades: 20)
            let listener = publisher.listener()
            let table: [(UInt64, UInt64, [UInt64])] = [
                (5, 7, [5, 6, 7]), (19, .max, [19, 20]), (.max, 2, [1, 2]), (20, 20, [20]),
                (18, 99, [18, 19, 20]), (0, 1, [1]), (21, .max, []), (30, 40, []),
            ]
            for (begin, end, expected) in table {
                let answer = resendTrades(listener, begin, end)
                #expect(answer.dropFirst().map { $0.field("ApplSeqNum") } == expected)
                #expect(answer[0].field("ApplTotalMessageCount") == UInt64(expected.count))
                #expect(answer[0].field("ApplEndSeqNum") == expected.last ?? .max)
                #expect(answer[0].field("RefApplLastSeqNum") == 20)
            }
            let stranger = publisher.listener(90000)
            #expect(stranger.resendTrades().count == 40)
        }

        @Test func `Before the first message there is none`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            let trades = resendTrades(listener)
            #expect(trades.count == 1 && trades[0].field("RefApplLastSeqNum") == .max)
            #expect(trades[0].field("ApplEndSeqNum") == .max)
            let data = resend(listener)
            #expect(data.count == 1)
            #expect(data[0].rawField("RefApplLastMsgID") == [UInt8](repeating: 0, count: 16))
            for stream in [2, 6] as [UInt8] {
                let answer = resendTrades(listener, stream: stream, partition: .max)
                #expect(answer.map(\.template) == [.retransmitResponse])
            }
        }

        @Test func `What is not offered or makes no sense is refused, and the session lives`()
            throws
        {
            let publisher = try publisher(trades: 3)
            let listener = publisher.listener()
            let ids = resend(listener).dropFirst().map(\.applMsgID)
            let answers = [
                resend(listener, scope: 20001), resend(listener, scope: 77),
                resend(listener, stream: 4), resend(listener, stream: 1),
                resend(listener, partition: 2),
                resend(listener, behind: ids[2], through: ids[0]),
                resendTrades(listener, 3, 2), resendTrades(listener, partition: .max),
                resendTrades(listener, partition: 2), resendTrades(listener, stream: 5),
                resendTrades(listener, stream: 2, partition: 1),
            ]
            for (index, answer) in answers.enumerated() {
                #expect(
                    answer.map(\.reject) == [Refused(5, msgSeqNum: UInt32(index + 3))],
                    "case \(index)")
            }
            #expect(answers[0][0].text == answers[1][0].text)
            #expect(resend(listener, scope: 10001).count == 4)
            #expect(resend(listener, scope: 10002).count == 1)
        }

        @Test func `A listener of all units has places of its own`() throws {
            let publisher = try publisher(trades: 60)
            let operations = publisher.listener(90000)
            operations.subscribe(5)
            publisher.engine.trade(.a1, with: .b1)
            let live = operations.listen()
            let all = operations.resendAll()
            #expect(all.count == 122)
            #expect(Set(all.map(\.applMsgID)).count == 122)
            for (a, b) in zip(all, all.dropFirst()) {
                #expect(a.applMsgID.lexicographicallyPrecedes(b.applMsgID))
            }
            #expect(all.suffix(2).map(\.essence) == live.map(\.essence))
            #expect(operations.resendAll(scope: 20001).count == 61)
        }

        @Test func `A gap is resent as a gap`() throws {
            let publisher = try Publisher(capacity: 64)
            publisher.engine.trade(.a1, with: .b1)
            publisher.settle()
            publisher.engine.trade(.a1, with: .b1, levels: 2)
            publisher.engine.fillRing()
            publisher.engine.trade(.a1, with: .b1)
            publisher.settle()
            let listener = publisher.listener()
            let data = listener.resendAll()
            #expect(data.map(\.template.rawValue) == [10117, 10032, 10117])
            #expect(data[1].field("RefApplSubID") == UInt64(UInt32.max))
            let trades = resendTrades(listener)
            #expect(trades.map(\.template.rawValue) == [10009, 10500, 10032, 10032, 10500])
            // From within the gap, or up to it: what was asked for may be in it.
            var inside = data[0].applMsgID
            inside[7] += 3
            #expect(
                resend(listener, behind: inside).dropFirst().map(\.template.rawValue)
                    == [10032, 10117])
            #expect(
                resend(listener, through: inside).dropFirst().map(\.template.rawValue)
                    == [10117, 10032])
            #expect(
                resend(listener, through: data[0].applMsgID).dropFirst().map(\.template.rawValue)
                    == [10117])
            #expect(resend(listener, behind: data[2].applMsgID).count == 1)
        }

        @Test func `What is forgotten is a gap in front`() throws {
            let library = TestLibrary()
            library.make = { MemorySegments(segmentBytes: 64 << 10, segmentCountMax: 2) }
            let publisher = try Publisher(Engine(capacity: 1 << 13), library)
            for _ in 0..<1000 { publisher.engine.trade(.a1, with: .b1) }
            publisher.settle()
            let listener = publisher.listener()
            let data = listener.resendAll()
            #expect(data[0].template == .broadcastErrorNotification)
            #expect(data.dropFirst().allSatisfy { $0.template == .orderExecReportBroadcast })
            #expect(listener.resendAll(behind: data[1].applMsgID).count == data.count - 2)
            let trades = resendTrades(listener)
            let first = trades[1].field("ApplSeqNum")
            #expect(first > 500 && trades[0].field("RefApplLastSeqNum") == 1000)
            let older = resendTrades(listener, first - 2, first)
            #expect(older.map(\.template.rawValue) == [10009, 10032, 10032, 10500])
            #expect(resendTrades(listener, 1, 150).count == 101)
        }

        @Test func `A listener that asks without reading waits for room`() throws {
            let publisher = try Publisher()
            for _ in 0..<120 {
                publisher.engine.trade(.a1, with: .b1, levels: 100)
                publisher.settle()
            }
            let listener = publisher.listener()
            listener.peer.isStalled = true
            var requests: [UInt8] = []
            for number in 2..<12 as Range<UInt32> {
                requests += Frames.retransmitListenerData(number)
            }
            publisher.network.deliver(listener.connection, requests)
            for _ in 0..<100 { publisher.step() }
            let unsent = publisher.network.unsentBytes(listener.connection)
            #expect(unsent > 300_000 && unsent < 800_000)
            listener.peer.isStalled = false
            for _ in 0..<100 { publisher.step() }
            let messages = listener.take()
            #expect(
                messages.filter { $0.template == .retransmitMEMessageResponse }.count == 10)
            #expect(messages.count == 10 * 101)
        }
    }
}
