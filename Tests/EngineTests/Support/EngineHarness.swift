import Domain
import Engine
import Rings

/// A partition with a ring around it: commands in, whole transactions out.
///
/// The one place in these tests that knows the engine's interface.
final class EngineHarness {
    private var partition: Partition
    private var producer: BroadcastRing<Event>.Producer
    private var consumer: BroadcastRing<Event>.GatingConsumer
    /// How often the ring was full in the middle of a transaction.
    private(set) var suspensions = 0

    struct Shape {
        var orderCapacity = 4096
        var pageCapacity = 4096
        var massCancelSlice = 64
        var ringCapacity = 1024
        var orderIDKey: UInt64 = 0x1234_5678_9ABC_DEF0
        var referenceData = TestVenue.referenceData

        var configuration: PartitionConfiguration {
            PartitionConfiguration(
                referenceData: referenceData, orderCapacity: orderCapacity,
                detailsCapacity: orderCapacity, pageCapacity: pageCapacity,
                massCancelSlice: massCancelSlice, orderIDKey: orderIDKey)
        }
    }

    /// The bytes of a snapshot, handed out in blocks.
    final class SnapshotBytes {
        var bytes: [UInt8]
        private let blockLength: Int
        private var position = 0

        init(_ bytes: [UInt8], blockLength: Int) {
            self.bytes = bytes
            self.blockLength = blockLength
        }

        func read(into memory: UnsafeMutableRawBufferPointer) -> Int {
            let count = min(blockLength, memory.count, bytes.count - position)
            memory.copyBytes(from: bytes[position..<position + count])
            position += count
            return count
        }
    }

    init(_ shape: Shape = Shape()) {
        partition = Partition(shape.configuration)
        var ends = BroadcastRing<Event>.make(capacity: shape.ringCapacity, gatingConsumers: 1)
        producer = ends.takeProducer()
        consumer = ends.takeGatingConsumer()
    }

    /// Goes on from a snapshot; throws what the engine says of its bytes.
    init(_ shape: Shape, restoring snapshot: [UInt8]) throws {
        let bytes = SnapshotBytes(snapshot, blockLength: 4096)
        partition = try Partition(shape.configuration, restoring: bytes.read)
        var ends = BroadcastRing<Event>.make(capacity: shape.ringCapacity, gatingConsumers: 1)
        producer = ends.takeProducer()
        consumer = ends.takeGatingConsumer()
    }

    /// The state as bytes.
    func snapshot() throws -> [UInt8] {
        let bytes = SnapshotBytes([], blockLength: 0)
        try partition.save { bytes.bytes += $0 }
        return bytes.bytes
    }

    /// Applies a command to its end, emptying the ring whenever it is full.
    func apply(_ command: Command, _ details: OrderDetails = OrderDetails()) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        makeRoom()
        partition.apply(command, details, into: &producer)
        partition.publish(&producer)
        drain(into: &events)
        while partition.isSuspended {
            suspensions += 1
            makeRoom()
            partition.resume(into: &producer)
            partition.publish(&producer)
            drain(into: &events)
        }
        return events
    }

    /// Looks ahead as if these were the slots of the command ring, each of which comes to be the next.
    func lookAhead<Slot>(at slots: [Slot]) {
        slots.withUnsafeBufferPointer { slots in
            for next in slots.indices {
                partition.lookAhead(at: next..<slots.count) {
                    CommandGlimpse(slots.baseAddress! + $0)
                }
            }
        }
    }

    private func makeRoom() {
        precondition(
            producer.hasRoom(for: partition.eventSlotsPerCommandMax),
            "an empty ring has room for what the engine asks")
    }

    var hasMassCancelPending: Bool { partition.hasMassCancelPending }

    var listingPosition: UInt32 { partition.listingPosition }

    var lastSequence: UInt64 { partition.lastSequence }

    func stateHash() -> UInt64 { partition.stateHash() }

    func checkInvariants() { partition.checkInvariants() }

    func bestPrice(
        _ instrument: InstrumentIndex, _ side: Side
    ) -> (price: Price, quantity: Quantity, orders: Int)? {
        partition.bestPrice(instrument, side)
    }

    /// The resting orders of one side, best price first, then time.
    func orders(_ instrument: InstrumentIndex, _ side: Side) -> [RestingOrderView] {
        var orders: [RestingOrderView] = []
        partition.forEachRestingOrder(instrument, side) { orders.append($0) }
        return orders
    }

    private func drain(into events: inout [RecordedEvent]) {
        while consumer.available() > 0 {
            var event = RecordedEvent(consumer[0])
            var slot = 1
            if event.flags.contains(.hasContext) {
                let context = consumer.read(at: slot, as: EventContext.self)
                event.context = context
                slot += 1
                var left = Int(context.fillCount)
                while left > 0 {
                    let fills = consumer.read(at: slot, as: FillSlot.self).fills
                    for index in 0..<min(left, Fill.perSlot) { event.fills.append(fills[index]) }
                    left -= Fill.perSlot
                    slot += 1
                }
            }
            if event.flags.contains(.hasParties) {
                event.parties = consumer.read(at: slot, as: OrderParties.self)
                slot += 1
            }
            if event.flags.contains(.hasTexts) {
                event.texts = consumer.read(at: slot, as: OrderTexts.self)
                slot += 1
            }
            precondition(
                slot == Int(event.head.slotCount),
                "a record's slot count agrees with its flags and fills")
            consumer.release(slot)
            events.append(event)
        }
    }
}
