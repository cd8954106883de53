import Rings
import Testing

@Suite struct RingTests {
    @Test func isEmptyThenHoldsItsCapacityThenIsFull() {
        var ends = Ring<SmallRecord>.make(capacity: 4)
        var producer = ends.takeProducer()
        var consumer = ends.takeConsumer()
        expect(consumer.available() == 0)
        expect(consumer.next() == nil)
        for value in 0..<4 { expect(producer.tryPush(SmallRecord(value: UInt64(value)))) }
        expect(!producer.tryPush(SmallRecord(value: 4)))
        expect(consumer.depth() == 4)
        expect(consumer.next() == SmallRecord(value: 0))
        expect(producer.tryPush(SmallRecord(value: 4)))
        for value in 1..<5 { expect(consumer.next() == SmallRecord(value: UInt64(value))) }
        expect(consumer.next() == nil)
        expect(producer.position == 5 && consumer.position == 5)
    }

    @Test func nothingIsSeenBeforeItIsPublished() {
        var ends = Ring<SmallRecord>.make(capacity: 8)
        var producer = ends.takeProducer()
        var consumer = ends.takeConsumer()
        expect(producer.hasRoom(for: 3))
        for offset in 0..<3 { producer.write(SmallRecord(value: UInt64(offset)), at: offset) }
        expect(consumer.available() == 0)
        producer.publish(3)
        expect(consumer.available() == 3)
        expect(consumer[2].value == 2)
        consumer.release(2)
        expect(consumer[0].value == 2)
    }

    @Test func slotsCanBeFilledInPlace() {
        var ends = Ring<SmallRecord>.make(capacity: 2)
        var producer = ends.takeProducer()
        var consumer = ends.takeConsumer()
        expect(producer.hasRoom(for: 1))
        producer[0] = SmallRecord(value: 7)
        producer[0].value += 1
        producer.publish(1)
        expect(consumer.next()?.value == 8)
    }

    @Test func continuationSlotsCrossTheEndOfTheRing() {
        var ends = Ring<TestRecord>.make(capacity: 8)
        var producer = ends.takeProducer()
        var consumer = ends.takeConsumer()
        for sequence in UInt64(0)..<100 {
            expect(producer.hasRoom(for: 3))
            producer.write(TestRecord(sequence: sequence, slotCount: 3), at: 0)
            producer.write(Continuation(sequence: sequence, slot: 1), at: 1)
            producer.write(UInt32(truncatingIfNeeded: sequence), at: 2)
            producer.publish(3)

            expect(consumer.available() == 3)
            expect(consumer[0].isWhole && consumer[0].sequence == sequence)
            expect(consumer[1, as: Continuation.self].belongs(to: sequence, slot: 1))
            expect(consumer.read(at: 2, as: UInt32.self) == UInt32(sequence))
            consumer.release(3)
        }
    }

    @Test func aRecordWaitsUntilAllItsSlotsFit() {
        var ends = Ring<SmallRecord>.make(capacity: 4)
        var producer = ends.takeProducer()
        var consumer = ends.takeConsumer()
        expect(producer.tryPush(SmallRecord(value: 1)))
        expect(producer.tryPush(SmallRecord(value: 2)))
        expect(producer.hasRoom(for: 2) && !producer.hasRoom(for: 3))
        expect(consumer.next() != nil)
        expect(producer.hasRoom(for: 3) && !producer.hasRoom(for: 4))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func behavesLikeAQueueUnderRandomOperations(seed: UInt64) {
        var random = Random(state: seed)
        var ends = Ring<SmallRecord>.make(capacity: 16)
        var producer = ends.takeProducer()
        var consumer = ends.takeConsumer()
        var model: [UInt64] = []
        var written: UInt64 = 0
        var mismatches = 0
        for _ in 0..<50_000 {
            if random.next() & 1 == 0 {
                let slots = random.next(below: 8)
                let fits = model.count + slots <= 16
                if producer.hasRoom(for: slots) != fits { mismatches += 1 }
                guard fits else { continue }
                for offset in (0..<slots).reversed() {
                    producer.write(SmallRecord(value: written + UInt64(offset)), at: offset)
                }
                producer.publish(slots)
                model += (0..<UInt64(slots)).map { written + $0 }
                written += UInt64(slots)
            } else {
                let depth = consumer.depth()
                if depth != model.count { mismatches += 1 }
                let slots = random.next(below: 8)
                guard slots <= depth else { continue }
                for offset in 0..<slots where consumer[offset].value != model[offset] {
                    mismatches += 1
                }
                consumer.release(slots)
                model.removeFirst(slots)
            }
        }
        expect(mismatches == 0)
        expect(written > 10_000)
    }

    @Test func memoryLivesAsLongAsTheLastEnd() {
        func consumerAlone() -> Ring<SmallRecord>.Consumer {
            var ends = Ring<SmallRecord>.make(capacity: 2)
            var producer = ends.takeProducer()
            _ = producer.tryPush(SmallRecord(value: 5))
            return ends.takeConsumer()
        }
        var consumer = consumerAlone()
        expect(consumer.next()?.value == 5)
    }
}

@Suite struct RingPreconditionTests {
    @Test func publishingMoreThanThereIsRoomForStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var ends = Ring<SmallRecord>.make(capacity: 4)
            var producer = ends.takeProducer()
            producer.publish(5)
        }
    }

    @Test func readingWhatIsNotAvailableStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var ends = Ring<SmallRecord>.make(capacity: 4)
            let consumer = ends.takeConsumer()
            print(consumer[0].value)
        }
    }

    @Test func releasingTooMuchStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var ends = Ring<SmallRecord>.make(capacity: 4)
            var consumer = ends.takeConsumer()
            consumer.release(1)
        }
    }

    @Test func aSecondProducerStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var ends = Ring<SmallRecord>.make(capacity: 4)
            _ = ends.takeProducer()
            _ = ends.takeProducer()
        }
    }

    @Test func aCapacityThatIsNoPowerOfTwoStopsTheProcess() async {
        await #expect(processExitsWith: .failure) { _ = Ring<SmallRecord>.make(capacity: 3) }
    }

    @Test func publishingToABroadcastRingWithoutWritingStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var ends = BroadcastRing<SmallRecord>.make(capacity: 4, gatingConsumers: 0)
            var producer = ends.takeProducer()
            producer.publish(1)
        }
    }

    @Test func aValueLargerThanASlotStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var ends = Ring<SmallRecord>.make(capacity: 4)
            var producer = ends.takeProducer()
            producer.write(TestRecord(sequence: 1), at: 0)
        }
    }
}
