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

@Suite("A head made from words")
struct EventWordsTests {
    @Test("Every field given comes back")
    func fields() {
        let event = Event(
            kind: .aggressorExecuted, flags: [.standard, .rests],
            instrument: InstrumentIndex(raw: 3), sequence: 4, execID: Timestamp(nanos: 5),
            timeIn: Timestamp(nanos: 6), requestTime: Timestamp(nanos: 7),
            session: SessionIndex(raw: 8), sessionInstanceID: 9, msgSeqNum: 10,
            trader: TraderID(raw: 11), orderID: OrderID(raw: 12), clOrdID: ClOrdID(raw: 13),
            origClOrdID: ClOrdID(raw: 14), price: Price(raw: -15), orderQty: Quantity(raw: 16),
            leavesQty: Quantity(raw: 17), cumQty: Quantity(raw: 18),
            timePriority: Timestamp(nanos: 19), side: .sell, ordType: .market,
            timeInForce: .immediateOrCancel, execInst: .persistent, ordStatus: .partiallyFilled,
            execType: .trade, restatementReason: .bookOrderExecuted)
        #expect(event.kind == .aggressorExecuted)
        #expect(event.slotCount == 1)
        #expect(event.flags == [.standard, .rests])
        #expect(event.instrument.raw == 3)
        #expect(event.sequence == 4)
        #expect(event.execID.nanos == 5)
        #expect(event.timeIn.nanos == 6)
        #expect(event.requestTime.nanos == 7)
        #expect(event.session.raw == 8)
        #expect(event.sessionInstanceID == 9)
        #expect(event.msgSeqNum == 10)
        #expect(event.trader.raw == 11)
        #expect(event.orderID.raw == 12)
        #expect(event.clOrdID.raw == 13)
        #expect(event.origClOrdID.raw == 14)
        #expect(event.price.raw == -15)
        #expect(event.orderQty.raw == 16)
        #expect(event.leavesQty.raw == 17)
        #expect(event.cumQty.raw == 18)
        #expect(event.timePriority.nanos == 19)
        #expect(event.side == .sell)
        #expect(event.ordType == .market)
        #expect(event.timeInForce == .immediateOrCancel)
        #expect(event.execInst == .persistent)
        #expect(event.ordStatus == .partiallyFilled)
        #expect(event.execType == .trade)
        #expect(event.restatementReason == .bookOrderExecuted)
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
