import Domain
import Testing

@Suite("Records that cross rings and mappings have a fixed layout")
struct RecordLayoutTests {
    @Test("Every ring record fills exactly one 128-byte slot or less")
    func sizes() {
        #expect(MemoryLayout<Command>.size == 128)
        #expect(MemoryLayout<Event>.size == 128)
        #expect(MemoryLayout<EventContext>.size <= 128)
        #expect(MemoryLayout<Fill>.stride == 32)
        #expect(MemoryLayout<FillSlot>.size == 128)
        #expect(MemoryLayout<OrderParties>.size <= 128)
        #expect(MemoryLayout<OrderTexts>.size <= 128)
        #expect(MemoryLayout<OrderAttributes>.size == 8)
    }

    @Test("Heads keep the fields that other programs look for at fixed offsets")
    func offsets() {
        #expect(MemoryLayout<Command>.offset(of: \.slotCount) == 1)
        #expect(MemoryLayout<Command>.offset(of: \.sequence) == 16)
        #expect(MemoryLayout<Command>.offset(of: \.attributes) == 96)
        #expect(MemoryLayout<Event>.offset(of: \.slotCount) == 1)
        #expect(MemoryLayout<Event>.offset(of: \.sequence) == 8)
        #expect(MemoryLayout<Event>.offset(of: \.session) == 40)
        #expect(MemoryLayout<Event>.offset(of: \.side) == 120)
    }
}

@Suite("Events put together from words")
struct EventWordsTests {
    private func words<Value>(of value: Value) -> [UInt64] {
        withUnsafeBytes(of: value) { bytes in
            (0..<bytes.count / 8).map {
                bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)
            }
        }
    }

    @Test("A head's words are those of the struct")
    func head() {
        let attributes = OrderAttributes(
            side: .sell, ordType: .market, timeInForce: .immediateOrCancel,
            execInst: .persistent, isStandard: true, tradingCapacity: 6,
            priceValidityCheckType: 1, valueCheckType: 2)
        var event = Event(kind: .aggressorExecuted)
        event.slotCount = 2
        event.flags = [.standard, .rests]
        event.instrument = InstrumentIndex(raw: 3)
        event.sequence = 4
        event.execID = Timestamp(nanos: 5)
        event.timeIn = Timestamp(nanos: 6)
        event.requestTime = Timestamp(nanos: 7)
        event.session = SessionIndex(raw: 8)
        event.sessionInstanceID = 9
        event.msgSeqNum = 10
        event.trader = TraderID(raw: 11)
        event.orderID = OrderID(raw: 12)
        event.clOrdID = ClOrdID(raw: 13)
        event.origClOrdID = ClOrdID(raw: 14)
        event.price = Price(raw: -15)
        event.orderQty = Quantity(raw: 16)
        event.leavesQty = Quantity(raw: 17)
        event.cumQty = Quantity(raw: 18)
        event.timePriority = Timestamp(nanos: 19)
        event.side = attributes.side
        event.ordType = attributes.ordType
        event.timeInForce = attributes.timeInForce
        event.execInst = attributes.execInst
        event.ordStatus = .partiallyFilled
        event.execType = .trade
        event.restatementReason = .bookOrderExecuted

        var made = [UInt64](repeating: 0, count: EventWords.count)
        made[EventWords.what] = EventWords.what(
            .aggressorExecuted, slotCount: 2, flags: [.standard, .rests],
            InstrumentIndex(raw: 3))
        made[EventWords.sequence] = 4
        made[EventWords.execID] = 5
        made[EventWords.timeIn] = 6
        made[EventWords.requestTime] = 7
        made[EventWords.addressee] = EventWords.addressee(SessionIndex(raw: 8), instance: 9)
        made[EventWords.request] = EventWords.request(10, TraderID(raw: 11))
        made[EventWords.orderID] = 12
        made[EventWords.clOrdID] = 13
        made[EventWords.origClOrdID] = 14
        made[EventWords.price] = UInt64(bitPattern: -15)
        made[EventWords.orderQty] = 16
        made[EventWords.leavesQty] = 17
        made[EventWords.cumQty] = 18
        made[EventWords.timePriority] = 19
        made[EventWords.state] = EventWords.state(
            attributes, .partiallyFilled, .trade, .bookOrderExecuted)
        #expect(made == words(of: event))
    }

    @Test("A context's words are those of the struct")
    func context() {
        var context = EventContext()
        context.entryTime = Timestamp(nanos: 1)
        context.previousPrice = Price(raw: -2)
        context.previousLeavesQty = Quantity(raw: 3)
        context.previousTimePriority = Timestamp(nanos: 4)
        context.stopPrice = Price(raw: 5)
        context.fill.price = Price(raw: -6)
        context.fill.quantity = Quantity(raw: 7)
        context.fill.matchID = 8
        context.fill.sideTradeID = -9
        context.fill.tradeID = 10
        context.fill.liquidity = .removed
        context.fillCount = 11
        context.product = ProductIndex(raw: 12)
        context.messageIndex = 13
        context.unit = UnitIndex(raw: 14)
        context.ownerSession = SessionIndex(raw: 15)
        context.enteringTrader = TraderID(raw: 16)
        context.matchInstCrossID = 17
        context.expireDate = 18
        context.unitTradeNumber = 19
        context.partitionTradeNumber = 20
        context.tradingCapacity = 21
        context.executingTraderQualifier = 22
        var made: [UInt64] = []
        context.forEachWord { word, value in
            #expect(word == made.count)
            made.append(value)
        }
        #expect(made == words(of: context))
    }

    @Test("A request's stamps are the words of the struct")
    func stamps() {
        var stamps = RequestStamps(sessionID: 1, sessionInstanceID: 2, msgSeqNum: 3)
        stamps.templateID = 4
        stamps.reserved = 5
        stamps.execID = Timestamp(nanos: 6)
        stamps.kernelReceive = Timestamp(nanos: 7)
        stamps.gatewayIn = Timestamp(nanos: 8)
        stamps.engineIn = Timestamp(nanos: 9)
        stamps.engineOut = Timestamp(nanos: 10)
        stamps.answerIn = Timestamp(nanos: 11)
        stamps.gatewayOut = Timestamp(nanos: 12)
        var made: [UInt64] = []
        stamps.forEachWord { word, value in
            #expect(word == made.count)
            made.append(value)
        }
        #expect(made == words(of: stamps))
    }
}

@Suite("What describes an order, in one word")
struct OrderAttributesTests {
    @Test("Every code comes back, and setting one leaves the others")
    func codes() {
        var attributes = OrderAttributes(
            side: .sell, ordType: .stopLimit, timeInForce: .goodTillDate,
            execInst: .nonPersistentBookOrCancel, isStandard: true, tradingCapacity: 9,
            priceValidityCheckType: 2, valueCheckType: 1)
        #expect(attributes.side == .sell)
        #expect(attributes.ordType == .stopLimit)
        #expect(attributes.timeInForce == .goodTillDate)
        #expect(attributes.execInst == .nonPersistentBookOrCancel)
        #expect(attributes.isStandard && !attributes.isLean)
        #expect(attributes.tradingCapacity == 9)
        #expect(attributes.priceValidityCheckType == 2)
        #expect(attributes.valueCheckType == 1)
        let before = attributes
        attributes.execInst = .persistent
        attributes.side = .buy
        #expect(attributes.execInst == .persistent && attributes.side == .buy)
        attributes.execInst = before.execInst
        attributes.side = .sell
        #expect(attributes == before)
        #expect(attributes.terms == attributes.raw & 0xFFFF_FFFF)
    }
}

@Suite("Quantities")
struct QuantityTests {
    @Test("What was ordered and is neither open nor traded is cancelled")
    func cancelledQty() {
        var event = Event(kind: .orderDeleted)
        event.orderQty = Quantity(units: 10)
        event.cumQty = Quantity(units: 3)
        event.leavesQty = .zero
        #expect(event.cancelledQty == Quantity(units: 7))
    }
}
