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
