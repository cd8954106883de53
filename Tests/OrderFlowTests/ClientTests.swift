import Client
import Domain
import Testing
import Wire

@testable import OrderFlow

@Suite("Client")
struct ClientTests {
    /// A conversation of the venue's side: answers, a reject with text, fills, an unknown template.
    private func conversation() -> [UInt8] {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
        defer { memory.deallocate() }
        var bytes: [UInt8] = []
        func add(_ length: Int) {
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: memory, count: length))
        }
        let logon = LogonResponseWriter(memory)
        logon.initialize()
        logon.msgSeqNum = 1
        add(LogonResponseWriter.fixedLength)
        let accepted = NewOrderResponseWriter(memory)
        accepted.initialize()
        accepted.msgSeqNum = 2
        accepted.orderID = 77
        accepted.clOrdID = 5
        accepted.leavesQty = 100
        accepted.lastFragment = 1
        add(accepted.finish())
        let reject = RejectWriter(memory)
        reject.initialize()
        reject.msgSeqNum = 3
        reject.sessionRejectReason = 10000
        reject.sessionStatus = 0
        add(reject.setVarText("no such order"))
        memory.storeBytes(of: 48, as: UInt32.self)
        memory.storeBytes(of: 10999, toByteOffset: 4, as: UInt16.self)
        add(48)
        let executed = OrderExecNotificationWriter(memory)
        executed.initialize()
        executed.orderID = 77
        executed.clOrdID = 5
        executed.leavesQty = 60
        executed.cumQty = 40
        executed.lastFragment = 1
        let length = executed.finish(noFills: 2)
        for index in 0..<2 {
            executed.fills(at: index).initialize()
            executed.fills(at: index).fillPx = Int64(index + 1) * 100
            executed.fills(at: index).fillQty = 20
        }
        add(length)
        HeartbeatNotificationWriter(memory).initialize()
        add(HeartbeatNotificationWriter.fixedLength)
        return bytes
    }

    /// What a stream made of the bytes when they come in two pieces, or one by one.
    private func digest(_ bytes: [UInt8], pieces: [Int]) throws -> [String] {
        var stream = InboundStream(capacity: InboundStream.capacityMin)
        var digest: [String] = []
        var offset = 0
        for piece in pieces {
            let space = stream.space()
            for index in 0..<piece { space[index] = bytes[offset + index] }
            stream.commit(piece)
            offset += piece
            while let message = try stream.next() {
                digest.append(
                    "\(message.kind) \(message.msgSeqNum) \(message.leavesQty.raw) "
                        + "\(message.filledQty.raw) \(message.rejectReason.rawValue) "
                        + String(decoding: message.text, as: UTF8.self))
            }
        }
        #expect(stream.unreadCount == 0)
        return digest
    }

    @Test("messages are the same at every split of the stream")
    func splits() throws {
        let bytes = conversation()
        let whole = try digest(bytes, pieces: [bytes.count])
        #expect(whole.count == 6)
        #expect(whole[2].hasSuffix("10000 no such order"))
        #expect(whole[4].hasPrefix("restingExecuted 4294967295 60 40"))
        for split in 1..<bytes.count {
            #expect(try digest(bytes, pieces: [split, bytes.count - split]) == whole)
        }
        #expect(try digest(bytes, pieces: Array(repeating: 1, count: bytes.count)) == whole)
    }

    @Test("a length that no message has ends the stream with an error")
    func corruption() {
        #expect(throws: StreamCorruption.self) {
            var stream = InboundStream()
            let space = stream.space()
            for index in 0..<16 { space[index] = 0xFF }
            stream.commit(16)
            _ = try stream.next()
        }
    }

    @Test("every request is complete and numbered in turn", arguments: [OrderForm.short, .long])
    func requests(form: OrderForm) {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: OrderEntrySession.requestLengthMax, alignment: 16)
        defer { memory.deallocate() }
        var session = OrderEntrySession(CredentialsFile.demonstration[0])
        let order = OrderRequest(
            side: .sell, price: Price(units: 5), quantity: Quantity(units: 7), instrument: 2001,
            product: 200)
        let name = ClOrdID(raw: 3)
        let verbs: [(inout OrderEntrySession) -> Int] = [
            { $0.logon(into: memory) }, { $0.userLogin(into: memory) },
            { $0.newOrder(order, clOrdID: name, form: form, into: memory) },
            { $0.modifyOrder(order, clOrdID: name, origClOrdID: name, form: form, into: memory) },
            {
                $0.deleteOrder(origClOrdID: name, instrument: 2001, product: 200, into: memory)
            },
            { $0.deleteAllOrders(product: 200, into: memory) }, { $0.logout(into: memory) },
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
        }
    }

    @Test("the client's book equals a naive one on random flows", arguments: [1, 2, 3] as [UInt64])
    func book(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var book = ClientOrderBook()
        var naive = NaiveBook()
        var open: [(id: Int64, side: Side, price: Int64, leaves: Int64)] = []
        func state(_ id: Int64, _ leaves: Int64) -> OrderState {
            OrderState(
                orderID: OrderID(raw: UInt64(id) * 31), clOrdID: ClOrdID(raw: UInt64(id)),
                leavesQty: Quantity(units: leaves), cumQty: .zero,
                ordStatus: leaves > 0 ? .new : .cancelled)
        }
        for id in 1...600 as ClosedRange<Int64> {
            if open.isEmpty || random.below(3) > 0 {
                let side: Side = random.below(2) == 0 ? .buy : .sell
                let price = Int64(side == .buy ? 100 - random.below(30) : 101 + random.below(30))
                let size = Int64(1 + random.below(50))
                book.accept(state(id, size), side: side, price: FlowUnits.price(price))
                naive.add(id, side, price: price, size: size)
                open.append((id, side, price, size))
            } else {
                let index = random.below(open.count)
                let part =
                    random.below(2) == 0
                    ? open[index].leaves
                    : Int64(
                        1 + random.below(Int(open[index].leaves)))
                open[index].leaves -= part
                let isKnown = book.update(state(open[index].id, open[index].leaves))
                #expect(isKnown)
                naive.reduce(open[index].id, by: part)
                if open[index].leaves == 0 { open.remove(at: index) }
            }
            book.checkInvariants()
            #expect(book.orderCount == open.count)
            let best = naive.bestPrices
            #expect(
                book.bestBid.map { FlowUnits.filePrice($0.price) } ?? BestPrices.noBid
                    == best.bidPrice)
            #expect(book.bestAsk.map { FlowUnits.size($0.quantity) } ?? 0 == best.askSize)
        }
        for side in [Side.buy, .sell] {
            for level in book.depth(side, count: 100) {
                #expect(book.level(side, level.price) == level)
                let price = FlowUnits.filePrice(level.price)
                let size = naive.orders(side).filter { $0.price == price }.reduce(0) {
                    $0 + $1.size
                }
                #expect(FlowUnits.size(level.quantity) == size)
            }
        }
        let isKnown = book.update(state(100_000, 1))
        #expect(!isKnown)
        book.removeAll()
        #expect(book.bestBid == nil && book.orderCount == 0)
    }
}
