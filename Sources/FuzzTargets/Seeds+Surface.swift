import Domain
import Rings
import Streams
import Telemetry

extension Seeds {
    /// One of each part that a venue shows.
    static var surface: [[UInt8]] {
        [events, stamps, counters, configuration, times, commands].enumerated().map {
            [UInt8($0.offset)] + $0.element
        }
    }

    private static func part(_ byteCount: Int, _ fill: (PartMemory) -> Void) -> [UInt8] {
        let memory = PartMemory(byteCount: byteCount)
        fill(memory)
        return [UInt8](memory.bytes)
    }

    private static var events: [UInt8] {
        part(BroadcastRing<Event>.byteCount(capacity: 16)) { memory in
            guard
                var ends = try? BroadcastRing<Event>.create(
                    in: memory.bytes, capacity: 16, gatingConsumers: 1, genesis: 5)
            else { return }
            var producer = ends.takeProducer()
            for sequence in 1...3 as ClosedRange<UInt64> {
                guard producer.hasRoom(for: 2) else { return }
                var event = Event(kind: .commandApplied)
                event.sequence = sequence
                event.slotCount = 2
                event.flags = .hasContext
                producer.write(event, at: 0)
                producer.write(EventContext(), at: 1)
                producer.publish(2)
            }
        }
    }

    private static var stamps: [UInt8] {
        part(BroadcastRing<RequestStamps>.byteCount(capacity: 8)) { memory in
            guard
                var ends = try? BroadcastRing<RequestStamps>.create(
                    in: memory.bytes, capacity: 8, gatingConsumers: 0, genesis: 5)
            else { return }
            var producer = ends.takeProducer()
            guard producer.hasRoom(for: 1) else { return }
            producer.write(
                RequestStamps(sessionID: 1, sessionInstanceID: 2, msgSeqNum: 3), at: 0)
            producer.publish(1)
        }
    }

    private static var counters: [UInt8] {
        var plan = CounterPlan()
        _ = plan.add(SeedCounters.self)
        return part(plan.byteCount) { memory in
            _ = try? CounterBlock.create(in: memory.bytes, plan, owner: memory)
        }
    }

    private struct SeedCounters: CounterRecord {
        var frames: UInt64 = 7
        static let definitions = [CounterDefinition.total("seed.frames", "Frames read.")]
    }

    private static var configuration: [UInt8] {
        let text = "{\"version\": 1}"
        return part(ConfigPart.byteCount(text: text)) { memory in
            ConfigPart.write(text, processID: 77, to: memory)
            ConfigPart.seal(memory, genesis: 5)
        }
    }

    private static var times: [UInt8] {
        part(EngineOutLog.byteCount(capacity: 8)) { memory in
            let log = EngineOutLog.create(in: memory, offset: 0, capacity: 8)
            log.note(Timestamp(nanos: 9), of: 1)
        }
    }

    private static var commands: [UInt8] {
        part(Ring<Command>.byteCount(capacity: 8)) { memory in
            guard var ends = try? Ring<Command>.create(in: memory.bytes, capacity: 8) else {
                return
            }
            var producer = ends.takeProducer()
            for _ in 0..<3 where producer.hasRoom(for: 1) {
                producer.write(Command(kind: .listOrders), at: 0)
                producer.publish(1)
            }
        }
    }
}
