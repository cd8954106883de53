import Domain
import Rings
import Streams
import Testing

@Suite struct EventHistoryTests {
    @Test func `A ring's header says which history its events continue`() throws {
        let memory = PartMemory(byteCount: BroadcastRing<Event>.byteCount(capacity: 64))
        let history = EventHistory(history: 0xFEED, firstSequence: 1001)
        let ends = try BroadcastRing<Event>.create(
            in: memory.bytes, capacity: 64, gatingConsumers: 0, genesis: 7, owner: memory,
            fillHeader: history.write(to:))
        let reader = BroadcastRing<Event>.LossyReader(of: ends)
        #expect(EventHistory(reader.callerHeader) == history)
    }

    @Test func `A header that says nothing, or nonsense, is none`() {
        let silent = BroadcastRing<Event>.make(capacity: 64, gatingConsumers: 0)
        #expect(EventHistory(BroadcastRing<Event>.LossyReader(of: silent).callerHeader) == nil)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
        defer { bytes.deallocate() }
        for byte in 0..<16 {
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            EventHistory(history: 1, firstSequence: 2).write(to: bytes)
            bytes[byte] ^= 0x10
            #expect(EventHistory(UnsafeRawBufferPointer(bytes)) == nil)
        }
        EventHistory(history: 1, firstSequence: 0).write(to: bytes)
        #expect(EventHistory(UnsafeRawBufferPointer(bytes)) == nil)
    }
}
