import Domain
import Platform
import TestSupport
import Testing
import Wire

@testable import DropCopy

extension PublisherTests {
    /// The publisher and its venue come and go independently.
    @Suite struct VenueLivesTests {
        @Test func `Sessions stay while the venue is away, and hear its next life`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            listener.subscribe(5)
            listener.subscribe(1)
            publisher.engine.trade(.a1, with: .b1)
            #expect(listener.listen().count == 2)
            publisher.venues.isLive = false
            // What the dead venue left in its ring still counts.
            publisher.engine.trade(.a1, with: .b1)
            publisher.pass(millis: 300)
            #expect(listener.take().count == 2)
            #expect(publisher.status.takeNotices() == [.venueLost])
            publisher.restartVenue(genesis: 2)
            publisher.engine.trade(.a1, with: .b1)
            publisher.venues.isLive = true
            publisher.pass(millis: 300)
            let messages = listener.take()
            #expect(messages.count == 2 && !listener.peer.isClosed)
            #expect(messages.first { $0.template == .tradeBroadcast }?.field("ApplSeqNum") == 1)
            #expect(publisher.status.takeNotices() == [.venueBack])
            #expect(listener.resendTrades().count == 1)
            #expect(publisher.status.failure == nil)
        }

        @Test func `What was there before the publisher is no news`() throws {
            var engine = Engine(capacity: 1 << 12)
            for _ in 0..<50 { engine.trade(.a1, with: .b1) }
            let publisher = try Publisher(engine, TestLibrary()) { $0.recordsPerCycle = 1 }
            let listener = TestListener(publisher)
            // Both are there before the publisher has read what the ring holds.
            let frames =
                Frames.logon(session: 90001, password: "apus-90001", heartbeat: 60_000)
                + Frames.subscribe(2, stream: 1)
            let answers = listener.exchange(frames).map(\.template)
            #expect(answers == [.logonResponse, .subscribeResponse])
            publisher.engine.trade(.a1, with: .b1)
            publisher.settle()
            #expect(listener.take().map { $0.field("ApplSeqNum") } == [51])
        }

        @Test func `The same life found again is no new one`() throws {
            let publisher = try Publisher()
            let listener = publisher.listener()
            listener.subscribe(1)
            publisher.engine.trade(.a1, with: .b1)
            publisher.venues.genesis = Engine.genesis
            publisher.venues.makeReader = { publisher.engine.feed() }
            publisher.venues.isLive = false
            publisher.pass(millis: 500)
            #expect(listener.take().count == 1)
            #expect(publisher.agent.counters.venuesAttached == 1)
        }

        @Test func `A listener that is behind is waited for, but not for ever`() throws {
            let publisher = try Publisher(Engine(capacity: 1 << 14), TestLibrary()) {
                $0.liveBytesMax = 2000
                $0.handoverNanos = 1_000_000_000
            }
            let slow = publisher.listener(90001)
            slow.subscribe(5)
            slow.peer.isStalled = true
            for _ in 0..<100 { publisher.engine.order(.a1) }
            publisher.settle()
            publisher.venues.isLive = false
            publisher.pass(millis: 200)
            publisher.restartVenue(genesis: 2)
            publisher.pass(millis: 500)
            #expect(publisher.agent.counters.venuesAttached == 1)
            slow.peer.isStalled = false
            publisher.pass(millis: 500)
            #expect(slow.take().count == 100)
            #expect(publisher.agent.counters.venuesAttached == 2)

            slow.peer.isStalled = true
            for _ in 0..<100 { publisher.engine.order(.a1) }
            publisher.settle()
            publisher.venues.isLive = false
            publisher.pass(millis: 200)
            publisher.restartVenue(genesis: 3)
            publisher.pass(millis: 1500)
            #expect(slow.peer.wasAborted)
            #expect(publisher.agent.counters.venuesAttached == 3)
        }

        @Test func `A venue with another market ends the publisher with a sentence`() throws {
            let publisher = try Publisher()
            publisher.venues.isLive = false
            publisher.restartVenue(genesis: 2, hasSameMarket: false)
            publisher.pass(millis: 500)
            #expect(publisher.status.failure?.contains("another configuration") == true)
        }

        @Test func `A full archive ends the publisher with a sentence`() throws {
            let library = TestLibrary()
            library.make = { FullSegments() }
            let publisher = try Publisher(Engine(capacity: 1 << 14), library)
            for _ in 0..<1000 { publisher.engine.order(.a1) }
            publisher.settle()
            #expect(publisher.status.failure == "the disk is full")
        }

        @Test(arguments: 1...5)
        func `Killed again and again, it tells the same to a listener that asks again`(
            _ seed: Int
        ) throws {
            let library = TestLibrary()
            var publisher = try Publisher(Engine(capacity: 1 << 14), library)
            var random = UInt64(seed)
            var heardData: [Message] = []
            var heardTrades: [Message] = []
            for _ in 0..<20 {
                let listener = publisher.listener()
                // As a listener does that comes back: subscribe, then ask for what is missing.
                listener.subscribe(5)
                listener.subscribe(1)
                heardData += listener.resendAll(behind: heardData.last?.applMsgID ?? [])
                let next = heardTrades.last.map { $0.field("ApplSeqNum") + 1 } ?? 1
                heardTrades += listener.resendTrades(from: next)
                for _ in 0..<10 {
                    random = random &* 6_364_136_223_846_793_005 &+ 1
                    switch random >> 62 {
                    case 0: publisher.engine.order(.a1)
                    case 1: publisher.engine.silence()
                    default: publisher.engine.trade(.a1, with: .a2, levels: 2)
                    }
                    for _ in 0..<Int(random >> 40) % 4 { publisher.step() }
                }
                for message in listener.take() {
                    if message.template == .tradeBroadcast {
                        heardTrades.append(message)
                    } else {
                        heardData.append(message)
                    }
                }
                // The killed publisher's files are there for the next one.
                let store = try #require(
                    library.stores[Engine.genesis] as? TestSegments)
                library.stores[Engine.genesis] = store.snapshot()
                publisher = try Publisher(takingOver: publisher, library)
            }
            publisher.settle()
            let listener = publisher.listener()
            heardData += listener.resendAll(behind: heardData.last?.applMsgID ?? [])
            heardTrades += listener.resendTrades(
                from: heardTrades.last.map { $0.field("ApplSeqNum") + 1 } ?? 1)
            let data = listener.resendAll()
            let trades = listener.resendTrades()
            #expect(heardData.map(\.essence) == data.map(\.essence))
            #expect(heardTrades.map(\.essence) == trades.map(\.essence))
            #expect(trades.map { $0.field("ApplSeqNum") } == Array(1...UInt64(trades.count)))
            #expect(data.count > 100 && !data.contains { $0.template != .orderExecReportBroadcast })
        }
    }
}

/// Segments of which there is one, and then no more.
private final class FullSegments: SegmentStore {
    private let memory = MemorySegments(segmentBytes: 64 << 10, segmentCountMax: nil)

    var segmentBytes: Int { memory.segmentBytes }
    var segmentCountMax: Int? { nil }
    var storedCount: Int { memory.storedCount }

    func open(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        try memory.open(number)
    }

    func create(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        guard number == 0 else { throw SegmentError("the disk is full") }
        return try memory.create(number)
    }

    func drop(_ number: Int) {}
    func name(of number: Int) -> String { memory.name(of: number) }
}
