import Rings
import Testing

@Suite struct MappedRingTests {
    typealias Small = Ring<SmallRecord>

    @Test func twoMappingsOfOneFileAreOneRing() throws {
        let file = MappedFile(byteCount: Small.byteCount(capacity: 8))
        var ends = try Small.create(in: file.map(), capacity: 8)
        var producer = ends.takeProducer()
        var consumer = try Small.attachConsumer(in: file.map())
        for value in UInt64(0)..<20 {
            expect(producer.tryPush(SmallRecord(value: value)))
            expect(consumer.next()?.value == value)
        }
    }

    @Test func aNewProducerAndConsumerContinueWhereTheOldOnesStopped() throws {
        let file = MappedFile(byteCount: Small.byteCount(capacity: 8))
        do {
            var ends = try Small.create(in: file.map(), capacity: 8)
            var producer = ends.takeProducer()
            var consumer = ends.takeConsumer()
            for value in UInt64(0)..<5 { expect(producer.tryPush(SmallRecord(value: value))) }
            expect(consumer.next()?.value == 0)
        }
        var producer = try Small.attachProducer(in: file.map())
        var consumer = try Small.attachConsumer(in: file.map())
        expect(consumer.position == 1 && producer.position == 5)
        expect(producer.hasRoom(for: 4) && !producer.hasRoom(for: 5))
        expect(producer.tryPush(SmallRecord(value: 5)))
        for value in UInt64(1)..<6 { expect(consumer.next()?.value == value) }
    }

    @Test func aSmallRegionIsRefused() {
        let file = MappedFile(byteCount: Small.byteCount(capacity: 8) - 1)
        #expect(throws: RingError.self) { _ = try Small.create(in: file.map(), capacity: 8) }
        #expect(throws: RingError.notThisKindOfRing(magic: 0)) {
            _ = try Small.attachConsumer(in: file.map())
        }
    }

    @Test func aRegionCutShortIsRefused() throws {
        let file = MappedFile(byteCount: Small.byteCount(capacity: 8))
        let region = file.map()
        _ = try Small.create(in: region, capacity: 8)
        let cut = UnsafeMutableRawBufferPointer(rebasing: region.dropLast(1))
        let needed = region.count
        #expect(throws: RingError.regionTooSmall(needed: needed, found: needed - 1)) {
            _ = try Small.attachConsumer(in: cut)
        }
    }

    /// Offsets and values that make a good header a bad one, and what is said about it.
    static let corruptions: [(Int, UInt64, RingError)] = [
        (0, 99, .notThisKindOfRing(magic: 99)),
        (8, 2, .unknownVersion(2)),
        (16, 24, .slotSizeDiffers(expected: 16, found: 24)),
        (24, 7, .badCapacity(7)),
        (24, 0, .badCapacity(0)),
        (24, 1 << 63, .badCapacity(1 << 63)),
        (128, 1, .badCursors(behind: 1, ahead: 0)),
        (256, 9, .badCursors(behind: 0, ahead: 9)),
    ]

    @Test(arguments: corruptions)
    func aCorruptedHeaderIsRefused(offset: Int, word: UInt64, expected: RingError) throws {
        let file = MappedFile(byteCount: Small.byteCount(capacity: 8))
        let region = file.map()
        _ = try Small.create(in: region, capacity: 8)
        region.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
        #expect(throws: expected) { _ = try Small.attachConsumer(in: region) }
        #expect(throws: expected) { _ = try Small.attachProducer(in: region) }
        expect(expected.description.hasSuffix("."))
    }

    @Test func aTailFromNowhereStopsTheConsumerWithoutATrap() throws {
        let file = MappedFile(byteCount: Small.byteCount(capacity: 8))
        let region = file.map()
        var ends = try Small.create(in: region, capacity: 8)
        var consumer = ends.takeConsumer()
        region.storeBytes(of: 9, toByteOffset: 256, as: UInt64.self)
        expect(consumer.available() == 0 && consumer.isDamaged)
    }

    @Test func aHeadFromNowhereStopsTheProducerWithoutATrap() throws {
        let file = MappedFile(byteCount: Small.byteCount(capacity: 8))
        let region = file.map()
        var ends = try Small.create(in: region, capacity: 8)
        var producer = ends.takeProducer()
        for value in UInt64(0)..<8 { expect(producer.tryPush(SmallRecord(value: value))) }
        region.storeBytes(of: 1000, toByteOffset: 128, as: UInt64.self)
        expect(!producer.tryPush(SmallRecord(value: 8)) && producer.isDamaged)
    }
}
