import Foundation
import Rings
import Testing

/// Threads that race for real. What is counted are violations; the rings must show none.
@Suite(.serialized) struct StressTests {
    @Test func oneToOne() {
        var ends = Ring<TestRecord>.make(capacity: 256)
        let producer = Box(ends.takeProducer())
        let consumer = Box(ends.takeConsumer())
        let violations = Box(0)
        runTogether([
            {
                var backoff = Backoff()
                for sequence in 1...stressRecordCount {
                    let slots = slotCount(of: sequence)
                    while !producer.value.hasRoom(for: Int(slots)) { backoff.wait() }
                    backoff.reset()
                    producer.value.write(TestRecord(sequence: sequence, slotCount: slots), at: 0)
                    for slot in 1..<Int(slots) {
                        producer.value.write(
                            Continuation(sequence: sequence, slot: slot), at: slot)
                    }
                    producer.value.publish(Int(slots))
                }
            },
            {
                var backoff = Backoff()
                for sequence in 1...stressRecordCount {
                    while consumer.value.available() == 0 { backoff.wait() }
                    backoff.reset()
                    let slots = Int(slotCount(of: sequence))
                    if consumer.value[0].sequence != sequence { violations.value += 1 }
                    if !consumer.value[0].isWhole { violations.value += 1 }
                    for slot in 1..<slots
                    where !consumer.value[slot, as: Continuation.self].belongs(
                        to: sequence, slot: slot)
                    {
                        violations.value += 1
                    }
                    consumer.value.release(slots)
                }
            },
        ])
        #expect(violations.value == 0)
        #expect(consumer.value.available() == 0)
    }

    @Test func broadcastToOneGatingConsumerAndTwoLossyReaders() {
        var ends = BroadcastRing<TestRecord>.make(capacity: 256, gatingConsumers: 1)
        let producer = Box(ends.takeProducer())
        let consumer = Box(ends.takeGatingConsumer())
        let eager = LossyAudit(BroadcastRing<TestRecord>.LossyReader(of: ends))
        let lazy = LossyAudit(BroadcastRing<TestRecord>.LossyReader(of: ends))
        let violations = Box(0)
        runTogether([
            { produce(stressRecordCount, into: producer) },
            {
                var backoff = Backoff()
                for sequence in 1...stressRecordCount {
                    while consumer.value.available() == 0 { backoff.wait() }
                    backoff.reset()
                    let slots = Int(slotCount(of: sequence))
                    if consumer.value[0].sequence != sequence { violations.value += 1 }
                    if !consumer.value[0].isWhole { violations.value += 1 }
                    consumer.value.release(slots)
                }
            },
            { eager.run(until: stressRecordCount, pauseEvery: .max) },
            { lazy.run(until: stressRecordCount, pauseEvery: 1000) },
        ])
        #expect(violations.value == 0)
        for audit in [eager, lazy] {
            #expect(audit.violations == 0)
            #expect(audit.records > 0)
            // A record has one to three slots, so the lost slots bound the missing records.
            let missing = stressRecordCount - audit.records
            #expect(missing <= audit.lostSlots && audit.lostSlots <= missing * 3)
        }
    }

    /// With nobody to wait for, the producer laps the readers as often as it can.
    @Test func broadcastToLossyReadersAlone() {
        var ends = BroadcastRing<TestRecord>.make(capacity: 64, gatingConsumers: 0)
        let producer = Box(ends.takeProducer())
        let eager = LossyAudit(BroadcastRing<TestRecord>.LossyReader(of: ends))
        let lazy = LossyAudit(BroadcastRing<TestRecord>.LossyReader(of: ends))
        runTogether([
            { produce(stressRecordCount, into: producer) },
            { eager.run(until: stressRecordCount, pauseEvery: .max) },
            { lazy.run(until: stressRecordCount, pauseEvery: 100) },
        ])
        for audit in [eager, lazy] {
            #expect(audit.violations == 0)
            #expect(audit.overruns > 0)
        }
    }
}

private func produce(_ count: UInt64, into producer: Box<BroadcastRing<TestRecord>.Producer>) {
    var backoff = Backoff()
    for sequence in 1...count {
        let slots = slotCount(of: sequence)
        while !producer.value.hasRoom(for: Int(slots)) { backoff.wait() }
        backoff.reset()
        producer.value.write(TestRecord(sequence: sequence, slotCount: slots), at: 0)
        for slot in 1..<Int(slots) {
            producer.value.write(Continuation(sequence: sequence, slot: slot), at: slot)
        }
        producer.value.publish(Int(slots))
    }
}

/// Reads as a lossy reader and counts what must not happen: torn, repeated or reordered records,
/// and gaps that no overrun announced.
private final class LossyAudit: @unchecked Sendable {
    var reader: BroadcastRing<TestRecord>.LossyReader
    var records: UInt64 = 0
    var overruns = 0
    var lostSlots: UInt64 = 0
    var violations = 0

    init(_ reader: consuming BroadcastRing<TestRecord>.LossyReader) { self.reader = reader }

    func run(until lastSequence: UInt64, pauseEvery: UInt64) {
        var backoff = Backoff()
        var last: UInt64 = 0
        var announced = false
        while last < lastSequence {
            switch reader.next() {
            case .empty:
                backoff.wait()
                // The very last record may be lost to an overrun that resumes behind it.
                if announced, reader.position >= endPosition(lastSequence) { return }
            case .overrun(let lostFrom, let resumeAt):
                overruns += 1
                if resumeAt <= lostFrom { violations += 1 }
                lostSlots += resumeAt - lostFrom
                announced = true
            case .damaged:
                violations += 1
                return
            case .record(let slots):
                backoff.reset()
                check(slots: slots, after: last, gapAnnounced: announced)
                last = reader.record.sequence
                announced = false
                records += 1
                if records % pauseEvery == 0 { usleep(200) }
            }
        }
    }

    private func check(slots: Int, after last: UInt64, gapAnnounced: Bool) {
        let sequence = reader.record.sequence
        if !reader.record.isWhole || slots != Int(slotCount(of: sequence)) { violations += 1 }
        for slot in 1..<slots
        where !reader[slot, as: Continuation.self].belongs(to: sequence, slot: slot) {
            violations += 1
        }
        if gapAnnounced ? sequence <= last : sequence != last + 1 { violations += 1 }
    }

    private lazy var end: UInt64 = (1...stressRecordCount).reduce(0) {
        $0 + UInt64(slotCount(of: $1))
    }

    private func endPosition(_ lastSequence: UInt64) -> UInt64 { end }
}
