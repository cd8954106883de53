import Client
import Domain
import Testing
import Wire

@testable import OrderFlow

@Suite("Listener")
struct ListenerTests {
    @Test("every request is complete and numbered in turn")
    func requests() {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: OrderEntrySession.requestLengthMax, alignment: 16)
        defer { memory.deallocate() }
        var session = ListenerSession(session: 90001, password: "apus-90001")
        let verbs: [(inout ListenerSession) -> Int] = [
            { $0.logon(into: memory) },
            { $0.subscribe(to: .listenerData, scope: 10001, into: memory) },
            { $0.subscribe(to: .trade, into: memory) }, { $0.unsubscribe(7, into: memory) },
            { $0.retransmitTrades(from: 3, through: nil, into: memory) },
            {
                $0.retransmitListenerData(
                    after: ApplMsgID(time: 1 << 60, index: 2), through: nil, scope: 10001,
                    into: memory)
            },
            { $0.logout(into: memory) },
        ]
        for (index, verb) in verbs.enumerated() {
            let length = verb(&session)
            let bytes = UnsafeRawBufferPointer(start: memory, count: length)
            guard case .frame(let template, length) = Framing.judge(bytes) else {
                Issue.record("request \(index) is no frame")
                continue
            }
            #expect(template.firstViolation(in: memory, length: length) == nil)
            #expect(FrameHeader(memory).msgSeqNum == UInt32(index + 1))
            if index == 0 {
                let usage = LogonRequestView(memory).applUsageOrders
                #expect(usage == ETI.ApplUsageOrders.noUsage.rawValue)
            }
        }
    }

    @Test("an order's report is read with its stamps, ids and executions")
    func orderReport() throws {
        let bytes = Published.orderReport(
            execID: 50, engineOut: 60, dropCopyIn: 70, dropCopyOut: 80, fills: 2)
        try Published.read(bytes) { message in
            #expect(message.kind == .orderReported)
            #expect(message.stream == 5 && message.subscription == 3 && !message.isResent)
            #expect(message.applMsgID == ApplMsgID(time: 0x1800_0000_0000_0000, index: 9))
            #expect(message.applSeqNum == Null.u64)
            #expect(message.execID.nanos == 50 && message.engineOut.nanos == 60)
            #expect(message.dropCopyIn.nanos == 70 && message.dropCopyOut.nanos == 80)
            #expect(message.session == 10001 && message.isLastFragment)
            #expect(message.order?.orderID == OrderID(raw: 77))
            #expect(message.order?.leavesQty == Quantity(units: 4))
            #expect(message.fillCount == 2)
            #expect(message.fill(at: 1).price == Price(raw: 102))
            #expect(message.fill(at: 1).matchID == 2)
        }
    }

    @Test("deletions and mass deletions are read with their transaction")
    func deletions() throws {
        try Published.read(Published.deletion(execID: 51)) { message in
            #expect(message.kind == .orderDeleted && message.execID.nanos == 51)
            #expect(message.session == 10001 && message.order?.hasEnded == true)
            #expect(message.applMsgID.isNone && message.isResent && message.fillCount == 0)
        }
        try Published.read(Published.massDeletion(execID: 52)) { message in
            #expect(message.kind == .massDeleted && message.execID.nanos == 52)
            #expect(message.session == 20001 && message.order == nil)
            #expect(!message.isLastFragment)
        }
    }

    @Test("a trade is one execution, with its number in the stream")
    func trade() throws {
        try Published.read(Published.trade(execID: 53, number: 8)) { message in
            #expect(message.kind == .traded && message.stream == 1)
            #expect(message.execID.nanos == 53 && message.applSeqNum == 8)
            #expect(message.engineOut.isNone && message.dropCopyOut.nanos == 90)
            #expect(message.fillCount == 1)
            #expect(
                message.fill(at: 0)
                    == Inbound.Fill(
                        price: Price(raw: 500), quantity: Quantity(units: 3), matchID: 12))
            #expect(message.order?.ordStatus == .filled)
        }
    }

    @Test("a gap names its stream and subscription, and nothing else")
    func gap() throws {
        try Published.read(Published.gap(stream: 5, subscription: 3)) { message in
            #expect(message.kind == .gap && message.stream == 5 && message.subscription == 3)
            #expect(message.execID.isNone && message.order == nil && !message.isResent)
        }
        try Published.read(Published.gap(stream: 1, subscription: Null.u32)) { message in
            #expect(message.kind == .gap && message.stream == 1 && message.isResent)
        }
    }

    @Test("answers to retransmission requests say how far they reach")
    func retransmissions() throws {
        let trades = Published.message(RetransmitResponseWriter.fixedLength) {
            let writer = RetransmitResponseWriter($0)
            writer.initialize()
            writer.msgSeqNum = 4
            writer.applTotalMessageCount = 2
            writer.applEndSeqNum = 9
            return RetransmitResponseWriter.fixedLength
        }
        try Published.readOne(trades) { inbound in
            #expect(inbound.kind == .retransmitted && inbound.msgSeqNum == 4)
            #expect(Retransmission(inbound) == .trades(count: 2, end: 9, last: nil))
        }
        let last = ApplMsgID(time: 1 << 60, index: 7)
        let messages = Published.message(RetransmitMEMessageResponseWriter.fixedLength) {
            let writer = RetransmitMEMessageResponseWriter($0)
            writer.initialize()
            writer.msgSeqNum = 5
            writer.applTotalMessageCount = 0
            last.withBytes { writer.refApplLastMsgID = $0 }
            return RetransmitMEMessageResponseWriter.fixedLength
        }
        try Published.readOne(messages) { inbound in
            #expect(inbound.msgSeqNum == 5)
            #expect(Retransmission(inbound) == .messages(count: 0, end: nil, last: last))
        }
        try Published.readOne(Published.logonResponse(1)) { #expect(Retransmission($0) == nil) }
    }

    @Test("answers are no published messages")
    func answers() throws {
        let bytes = Published.message(SubscribeResponseWriter.fixedLength) {
            let writer = SubscribeResponseWriter($0)
            writer.initialize()
            writer.applSubID = 3
            return SubscribeResponseWriter.fixedLength
        }
        var stream = InboundStream()
        Published.put(bytes, into: &stream)
        let inbound = try #require(try stream.next())
        #expect(inbound.kind == .subscribed && inbound.subscription == 3)
        #expect(ListenerMessage(inbound) == nil)
    }

    @Test("an ApplMsgID's bytes compare as the pair does, and come back")
    func identifiers() {
        let ids = [
            ApplMsgID(time: 1 << 60, index: 0xFF), ApplMsgID(time: 1 << 60, index: 0x100),
            ApplMsgID(time: (1 << 60) + 1, index: 0),
        ]
        for (a, b) in zip(ids, ids.dropFirst()) {
            #expect(a < b)
            let (first, second) = (a.withBytes(Array.init), b.withBytes(Array.init))
            #expect(first.lexicographicallyPrecedes(second))
            #expect(first.withUnsafeBytes { ApplMsgID($0) } == a)
        }
    }

    @Test("what is published right behind the answer to a subscription is not lost")
    func behindTheAnswer() throws {
        let stream = ScriptedStream()
        let listener = ListenerConnection(
            session: 90001, password: "apus-90001", stream: stream, clock: TestClock.clock)
        stream.answers = [Published.logonResponse(1)]
        try listener.logon()
        stream.answers = [
            Published.subscribeResponse(2, subscription: 3)
                + Published.orderReport(execID: 54, engineOut: 1, dropCopyIn: 2, dropCopyOut: 3)
        ]
        var heard: [UInt64] = []
        let subscription = try listener.subscribe(to: .listenerData) { inbound in
            if let message = ListenerMessage(inbound) { heard.append(message.execID.nanos) }
        }
        #expect(subscription == 3)
        #expect(heard == [54])
    }

    @Test("a refused subscription says why")
    func refusal() throws {
        let stream = ScriptedStream()
        let listener = ListenerConnection(
            session: 90001, password: "apus-90001", stream: stream, clock: TestClock.clock)
        stream.answers = [Published.reject(1, "not your session")]
        let error = #expect(throws: ToolError.self) {
            try listener.subscribe(to: .listenerData, scope: 20001) { _ in }
        }
        #expect(error?.description.contains("not your session") == true)
    }
}

/// A connection whose other side says what a test has written down, one piece for each send.
private final class ScriptedStream: ByteStream {
    var answers: [[UInt8]] = []
    private var arrived: [UInt8] = []

    func send(_ bytes: UnsafeRawBufferPointer) throws(ToolError) -> Int {
        if !answers.isEmpty { arrived += answers.removeFirst() }
        return bytes.count
    }

    func receive(into space: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = min(space.count, arrived.count)
        space.copyBytes(from: arrived[..<count])
        arrived.removeFirst(count)
        return count
    }

    func wait(nanos: Int) {}
    func close() {}
}
