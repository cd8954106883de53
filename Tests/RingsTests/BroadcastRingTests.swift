import Rings
import Testing

@Suite struct BroadcastRingTests {
    typealias Broadcast = BroadcastRing<SmallRecord>

    @Test func everyGatingConsumerSeesEveryRecord() {
        var ends = Broadcast.make(capacity: 8, gatingConsumers: 2)
        var producer = ends.takeProducer()
        var first = ends.takeGatingConsumer()
        var second = ends.takeGatingConsumer()
        for value in UInt64(0)..<8 { expect(producer.tryPush(SmallRecord(value: value))) }
        expect(!producer.hasRoom(for: 1))
        for value in UInt64(0)..<8 { expect(first.next()?.value == value) }
        expect(!producer.hasRoom(for: 1), "the slower one decides")
        expect(second.available() == 8 && second[3].value == 3)
        second.release(5)
        expect(producer.hasRoom(for: 5) && !producer.hasRoom(for: 6))
    }

    @Test func withoutGatingConsumersTheProducerNeverWaits() {
        var ends = Broadcast.make(capacity: 8, gatingConsumers: 0)
        var producer = ends.takeProducer()
        for value in UInt64(0)..<100 { expect(producer.tryPush(SmallRecord(value: value))) }
        expect(producer.position == 100)
    }

    @Test func theGateIsOpenUntilSomebodyKeepsIt() {
        var ends = Broadcast.make(capacity: 8, gatingConsumers: 1)
        let producer = ends.takeProducer()
        let consumer = ends.takeGatingConsumer()
        let reader = Broadcast.LossyReader(of: ends)
        expect(consumer.gate == .max && reader.gate == .max)
        ends.gate.publish(5)
        expect(consumer.gate == 5 && reader.gate == 5 && producer.gate.value == 5)
        producer.openGate(through: 6)
        expect(consumer.gate == 6 && ends.gate.value == 6)
    }

    @Test func aLossyReaderCopiesHeadAndContinuations() {
        var ends = BroadcastRing<TestRecord>.make(capacity: 32, gatingConsumers: 0)
        var producer = ends.takeProducer()
        var reader = BroadcastRing<TestRecord>.LossyReader(of: ends)
        expect(reader.next() == .empty)
        for sequence in UInt64(1)..<100 {
            let slots = Int(slotCount(of: sequence))
            push(sequence, into: &producer)
            expect(reader.next() == .record(slots: slots))
            expect(reader.record.sequence == sequence && reader.record.isWhole)
            for slot in 1..<slots {
                expect(reader[slot, as: Continuation.self].belongs(to: sequence, slot: slot))
            }
            expect(reader.bytes.count == slots * 128)
            expect(reader.next() == .empty)
        }
    }

    @Test func aValueThatIsNoWholeNumberOfWordsArrivesWhole() {
        var ends = Broadcast.make(capacity: 8, gatingConsumers: 1)
        var producer = ends.takeProducer()
        var consumer = ends.takeGatingConsumer()
        expect(producer.hasRoom(for: 2))
        producer.write(SmallRecord(value: 1, slotCount: 2), at: 0)
        producer.write(InlineArray<11, UInt8> { UInt8(200 + $0) }, at: 1)
        producer.publish(2)
        expect(consumer.available() == 2)
        let bytes = consumer.read(at: 1, as: InlineArray<11, UInt8>.self)
        for index in 0..<11 { expect(bytes[index] == UInt8(200 + index)) }
    }

    @Test func anOverrunSaysWhatIsLostAndResumesAtARecord() throws {
        var ends = BroadcastRing<TestRecord>.make(capacity: 64, gatingConsumers: 0)
        var producer = ends.takeProducer()
        var reader = BroadcastRing<TestRecord>.LossyReader(of: ends)
        for sequence in UInt64(1)...200 { push(sequence, into: &producer) }
        guard case .overrun(let lostFrom, let resumeAt) = reader.next() else {
            Issue.record("the reader was overrun")
            return
        }
        expect(lostFrom == 0 && resumeAt == reader.position)
        expect(producer.position - resumeAt <= 56, "an eighth of the ring is left as a head start")
        expect(producer.position - resumeAt >= 40, "most of the ring can still be read")
        var last: UInt64 = 0
        while case .record = reader.next() {
            expect(reader.record.isWhole)
            expect(last == 0 || reader.record.sequence == last + 1)
            last = reader.record.sequence
        }
        expect(last == 200)
        expect(reader.position == producer.position)
    }

    @Test func readersStartAtTheOldestOrTheNewestOrWhereTheyWere() throws {
        var ends = Broadcast.make(capacity: 64, gatingConsumers: 0)
        var producer = ends.takeProducer()
        for value in UInt64(0)..<10 { expect(producer.tryPush(SmallRecord(value: value))) }
        var oldest = Broadcast.LossyReader(of: ends)
        var newest = Broadcast.LossyReader(of: ends, from: .newest)
        var fourth = Broadcast.LossyReader(of: ends, from: .position(4))
        expect(oldest.next() == .record(slots: 1) && oldest.record.value == 0)
        expect(newest.next() == .empty)
        expect(fourth.next() == .record(slots: 1) && fourth.record.value == 4)
        expect(producer.tryPush(SmallRecord(value: 10)))
        expect(newest.next() == .record(slots: 1) && newest.record.value == 10)
        var future = Broadcast.LossyReader(of: ends, from: .position(500))
        expect(future.next() == .damaged(at: 500))
        for value in UInt64(11)..<1000 { expect(producer.tryPush(SmallRecord(value: value))) }
        var later = Broadcast.LossyReader(of: ends)
        expect(later.next() == .record(slots: 1) && later.record.value >= 1000 - 64)
    }

    @Test func aSlotCountFromNowhereIsNotBelieved() {
        var ends = Broadcast.make(capacity: 8, gatingConsumers: 0)
        var producer = ends.takeProducer()
        var reader = Broadcast.LossyReader(of: ends)
        expect(producer.tryPush(SmallRecord(value: 1, slotCount: 2)))
        expect(reader.next() == .damaged(at: 0), "more slots than were published")
        expect(producer.tryPush(SmallRecord(value: 1, slotCount: 0)))
        var second = Broadcast.LossyReader(of: ends)
        expect(second.next() == .record(slots: 2))
        var third = Broadcast.LossyReader(of: ends, from: .position(1))
        expect(third.next() == .damaged(at: 1), "a record has a head")
    }

    @Test func theReadOnlyMappingShowsHeaderGenesisAndRecords() throws {
        let file = MappedFile(byteCount: Broadcast.byteCount(capacity: 16))
        var ends = try Broadcast.create(
            in: file.map(), capacity: 16, gatingConsumers: 0, genesis: 77,
            fillHeader: { $0.storeBytes(of: 1234, as: UInt64.self) })
        var producer = ends.takeProducer()
        var reader = try Broadcast.LossyReader(
            in: UnsafeRawBufferPointer(file.map(writable: false)))
        expect(reader.genesis == 77)
        expect(reader.callerHeader.load(as: UInt64.self) == 1234)
        expect(reader.callerHeader.count == Broadcast.callerHeaderByteCount)
        for value in UInt64(0)..<50 {
            expect(producer.tryPush(SmallRecord(value: value)))
            expect(reader.next() == .record(slots: 1) && reader.record.value == value)
        }
    }

    @Test(arguments: [
        (0, UInt64(5), RingError.notThisKindOfRing(magic: 5)),
        (8, 0, .unknownVersion(0)),
        (16, 128, .slotSizeDiffers(expected: 16, found: 128)),
        (24, 32, .regionTooSmall(needed: 2176 + 32 * 16, found: 2176 + 16 * 16)),
        (768, .max, .badCursors(behind: .max, ahead: 0)),
    ])
    func aCorruptedHeaderIsRefused(offset: Int, word: UInt64, expected: RingError) throws {
        let file = MappedFile(byteCount: Broadcast.byteCount(capacity: 16))
        let region = file.map()
        _ = try Broadcast.create(in: region, capacity: 16, gatingConsumers: 0, genesis: 1)
        region.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
        #expect(throws: expected) {
            _ = try Broadcast.LossyReader(in: UnsafeRawBufferPointer(region))
        }
    }

    /// Whatever a broken producer leaves in the cursors, a reader neither traps nor hangs.
    @Test func cursorsFromNowhereNeverTrapAReader() throws {
        var random = Random(state: 11)
        for _ in 0..<2_000 {
            let file = UnsafeMutableRawBufferPointer.allocate(
                byteCount: Broadcast.byteCount(capacity: 16), alignment: 128)
            defer { file.deallocate() }
            var ends = try Broadcast.create(in: file, capacity: 16, gatingConsumers: 1, genesis: 1)
            var consumer = ends.takeGatingConsumer()
            var reader = Broadcast.LossyReader(of: ends)
            for offset in stride(from: 640, to: 1152, by: 8) {
                let word = random.next() >> random.next(below: 64)
                file.storeBytes(
                    of: random.next() & 1 == 0 ? word : ~word, toByteOffset: offset,
                    as: UInt64.self)
            }
            for _ in 0..<4 { _ = reader.next() }
            _ = consumer.available()
            _ = try? Broadcast.LossyReader(in: UnsafeRawBufferPointer(file)).position
        }
    }

    private func push(_ sequence: UInt64, into producer: inout BroadcastRing<TestRecord>.Producer) {
        let slots = slotCount(of: sequence)
        guard producer.hasRoom(for: Int(slots)) else {
            Issue.record("a ring without gating consumers always has room")
            return
        }
        producer.write(TestRecord(sequence: sequence, slotCount: slots), at: 0)
        for slot in 1..<Int(slots) {
            producer.write(Continuation(sequence: sequence, slot: slot), at: slot)
        }
        producer.publish(Int(slots))
    }
}

@Suite struct SequenceCounterTests {
    @Test func copiesNameTheSameCounter() {
        let counter = SequenceCounter(3)
        let copy = counter
        counter.publish(9)
        expect(copy.value == 9)
    }
}
