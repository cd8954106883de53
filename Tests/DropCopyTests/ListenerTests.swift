import Domain
import TestSupport
import Testing
import Wire

@testable import DropCopy

extension PublisherTests {
    /// Who hears what, as it happens.
    @Suite struct ListenerTests {
        @Test func `A scope is a session of the own unit, or the whole unit`() throws {
            let publisher = try Publisher()
            let whole = publisher.listener(90001)
            let narrow = publisher.listener(91000)
            let operations = publisher.listener(90000)
            let one = publisher.listener(91002)
            whole.subscribe(5)
            narrow.subscribe(5, scope: 10002)
            operations.subscribe(5)
            one.subscribe(5, scope: 10001)
            publisher.engine.order(.a1)
            publisher.engine.order(.a2)
            publisher.engine.order(.b1)
            publisher.engine.order(.a1, isStandard: false)
            let sessions = [whole, narrow, operations, one].map { listener in
                listener.listen().map { $0.field("PartyIDSessionID") }
            }
            #expect(sessions == [[10001, 10002], [10002], [10001, 10002, 20001], [10001]])
        }

        @Test func `Trades are those of the own unit, lean orders' too`() throws {
            let publisher = try Publisher()
            let first = publisher.listener(90001)
            let second = publisher.listener(90002)
            let operations = publisher.listener(90000)
            for listener in [first, second, operations] { listener.subscribe(1) }
            publisher.engine.trade(.a1, with: .b1, levels: 2)
            publisher.engine.trade(.b1, with: .a2, isStandard: false)
            let told = [first, second, operations].map { listener in
                listener.listen().map {
                    [$0.field("ApplSeqNum"), $0.field("RootPartyIDSessionID")]
                }
            }
            #expect(told[0] == [[1, 10001], [2, 10001], [3, 10002]])
            #expect(told[1] == [[1, 20001], [2, 20001], [3, 20001]])
            #expect(told[2].map { $0[0] } == [1, 2, 3, 4, 5, 6])
            #expect(told[2].map { $0[1] } == [20001, 20001, 10001, 10001, 10002, 20001])
        }

        @Test func `Messages are of the template that the event asks for`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            listener.subscribe(5)
            publisher.engine.order(.a1)
            publisher.engine.trade(.b1, with: .a1)
            publisher.engine.trade(.a1, with: .b1, levels: 3)
            publisher.engine.delete(.a1)
            publisher.engine.delete(.a1, isOnBehalf: true)
            publisher.engine.modifyOnBehalf(.a1, against: .b1)
            publisher.engine.massCancel(.a1)
            publisher.engine.massCancel(.a1, hitsOwn: true)
            publisher.engine.massCancel(.a1, isStandard: false)
            let messages = listener.listen()
            #expect(
                messages.map(\.template.rawValue)
                    == [10117, 10117, 10117, 10112, 10112, 10117, 10122, 10122])
            #expect(messages.prefix(3).map { $0.field("NoFills") } == [0, 1, 3])
        }

        @Test func `A message says on which subscription it comes, and when`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            listener.subscribe(5, scope: 10001)
            listener.subscribe(5)
            publisher.engine.order(.a1)
            let messages = listener.listen()
            #expect(messages.map { $0.field("ApplSubID") } == [1, 2])
            let message = try #require(messages.first)
            #expect(message.field("ApplID") == 5 && message.field("ApplResendFlag") == 0)
            #expect(message.field("PartitionID") == 1)
            #expect(message.field("TrdRegTSTimeOut") == 1000)
            #expect(message.field("NotificationIn") > TestClock.start)
            #expect(message.field("SendingTime") >= message.field("NotificationIn"))
            #expect(messages[0].applMsgID == messages[1].applMsgID)
        }

        @Test func `A subscription begins with what comes next, and ends when asked`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            publisher.engine.trade(.a1, with: .b1)
            publisher.settle()
            listener.subscribe(1)
            listener.subscribe(5)
            publisher.engine.trade(.a1, with: .b1)
            let messages = listener.listen()
            #expect(messages.map(\.template) == [.tradeBroadcast, .orderExecReportBroadcast])
            #expect(messages[0].field("ApplSeqNum") == 2)
            let answer = listener.request { Frames.unsubscribe($0, handle: 1) }
            #expect(answer.map(\.template) == [.unsubscribeResponse])
            publisher.engine.trade(.a1, with: .b1)
            #expect(listener.listen().map(\.template) == [.orderExecReportBroadcast])
        }

        @Test func `Subscribing again and again takes no more room`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            for handle in 1...50 as ClosedRange<UInt32> {
                listener.subscribe(1)
                _ = listener.request { Frames.unsubscribe($0, handle: handle) }
            }
            listener.subscribe(1)
            #expect(publisher.agent.turns.count == 1)
            publisher.engine.trade(.a1, with: .b1)
            #expect(listener.listen().count == 1)
        }

        @Test func `What others do shows in no number`() throws {
            func listen(_ others: Bool) throws -> [Message] {
                let publisher = try Publisher()
                let listener = publisher.listener()
                listener.subscribe(1)
                listener.subscribe(5)
                for _ in 0..<20 {
                    if others {
                        publisher.engine.trade(.b1, with: .b1)
                        publisher.engine.order(.b1)
                    } else {
                        publisher.engine.silence()
                        publisher.engine.silence()
                    }
                    publisher.engine.trade(.a1, with: .a2)
                }
                return listener.listen()
            }
            let (alone, together) = (try listen(false), try listen(true))
            #expect(alone.count == 80)
            #expect(alone.map(\.essence) == together.map(\.essence))
        }

        @Test func `Every message once and in order, whatever the listener's pace`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            listener.subscribe(5)
            listener.subscribe(1)
            var messages: [Message] = []
            for round in 0..<60 {
                listener.peer.isStalled = round % 3 != 0
                for _ in 0..<10 { publisher.engine.trade(.a1, with: .a2, levels: 3) }
                publisher.settle()
                messages += listener.take()
            }
            listener.peer.isStalled = false
            messages += listener.listen()
            let trades = messages.filter { $0.template == .tradeBroadcast }
            let reports = messages.filter { $0.template == .orderExecReportBroadcast }
            #expect(trades.map { $0.field("ApplSeqNum") } == Array(1...3600))
            #expect(reports.count == 2400)
            let ids = reports.map(\.applMsgID)
            for (a, b) in zip(ids, ids.dropFirst()) {
                #expect(a.lexicographicallyPrecedes(b))
            }
        }

        @Test func `A listener that does not read is cut, and the others hear everything`() throws {
            let publisher = try Publisher()
            let slow = publisher.listener(90001)
            let quick = publisher.listener(91000)
            slow.subscribe(1)
            quick.subscribe(1)
            slow.peer.isStalled = true
            var heard = 0
            for _ in 0..<700 {
                publisher.engine.trade(.a1, with: .b1)
                publisher.step(nanos: 10_000_000)
                heard += quick.take().count
            }
            #expect(heard + quick.listen().count == 700)
            #expect(slow.peer.wasAborted && !quick.peer.isClosed)
            // The one message that was under way may have been let through by the timers' spacing.
            #expect(publisher.agent.port.counters.slowConsumersCut == 1)
        }

        @Test func `Who falls out of the history is cut too`() throws {
            let library = TestLibrary()
            library.make = { MemorySegments(segmentBytes: 64 << 10, segmentCountMax: 2) }
            let publisher = try Publisher(Engine(capacity: 1 << 14), library) {
                $0.liveBytesMax = 1000
            }
            let slow = publisher.listener(90001)
            slow.subscribe(5)
            slow.peer.isStalled = true
            for _ in 0..<1000 { publisher.engine.trade(.a1, with: .b1) }
            publisher.settle()
            #expect(slow.peer.wasAborted)
            #expect(publisher.agent.counters.listenersLeftBehind == 1)
        }

        @Test func `Two hundred listeners hear the same`() throws {
            let publisher = try Publisher(capacity: 1 << 14, connections: 256)
            let listeners = (0..<200).map { publisher.listener(91_000 + UInt32($0)) }
            for listener in listeners {
                listener.subscribe(5)
                listener.subscribe(1)
            }
            for _ in 0..<20 { publisher.engine.trade(.a1, with: .b1, levels: 2) }
            publisher.settle()
            let told = listeners.map { $0.take().map(\.essence) }
            for (index, messages) in told.enumerated() {
                #expect(messages.count == (index % 2 == 0 ? 60 : 80))
                #expect(Set(messages) == Set(told[index % 2]))
            }
        }

        @Test func `A long execution comes in fragments`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            listener.subscribe(5)
            publisher.engine.trade(.a1, with: .b1, levels: 100, fragments: 3)
            let messages = listener.listen()
            #expect(messages.map { $0.field("LastFragment") } == [0, 0, 1])
            #expect(messages.map { $0.field("NoFills") } == [100, 100, 100])
        }

        @Test func `What was lost is told with a gap message, in its place`() throws {
            let publisher = try Publisher(capacity: 64)
            let listener = publisher.listener()
            listener.subscribe(5)
            listener.subscribe(1)
            publisher.engine.trade(.a1, with: .b1)
            publisher.settle()
            publisher.engine.trade(.a1, with: .b1, levels: 2)
            publisher.engine.fillRing()
            publisher.engine.trade(.a1, with: .b1)
            let messages = listener.listen()
            let data = messages.filter {
                $0.template == .orderExecReportBroadcast
                    || $0.template == .broadcastErrorNotification && $0.field("RefApplID") == 5
            }
            #expect(
                data.map(\.template.rawValue) == [10117, 10032, 10117], "\(messages)")
            let trades = messages.filter {
                $0.template == .tradeBroadcast
                    || $0.template == .broadcastErrorNotification && $0.field("RefApplID") == 1
            }
            #expect(trades.map(\.template.rawValue) == [10500, 10032, 10032, 10500])
            #expect(trades.last?.field("ApplSeqNum") == 4)
            #expect(trades[1].field("RefApplSubID") == 2 && data[1].field("RefApplSubID") == 1)
            #expect(publisher.agent.counters.gapsSent == 3)
        }
    }
}

/// The publisher as its listeners see it. Serial, because its clock is one for all.
@Suite(.serialized) struct PublisherTests {}
