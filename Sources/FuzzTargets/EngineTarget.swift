import Domain
import Engine
import Reports
import Rings

extension FuzzTarget {
    static let engine = FuzzTarget(
        "engine", "commands to a partition: invariants after each, and the same again in a replay",
        lengthMax: 8192, EngineRun.run)
}

/// Two partitions get the same commands, one with much room for events, the other with little; the other is
/// saved and restored now and then. The books are audited after every command; both are always in the
/// same state, and in the end they have told the same.
private enum EngineRun {
    static func run(_ input: UnsafeRawBufferPointer) {
        var script = CommandScript(input)
        var roomy = FuzzedPartition(ringCapacity: 1024)
        var narrow = FuzzedPartition(ringCapacity: 256)
        var count = 0
        while let (command, details) = script.next(isCancelPending: roomy.hasMassCancelPending) {
            roomy.apply(command, details)
            narrow.apply(command, details)
            count += 1
            if count % 16 == 0 { narrow.restore() }
            require(roomy.stateHash() == narrow.stateHash(), "room for events decides nothing")
        }
        require(roomy.told == narrow.told, "both have told the same")
        require(roomy.toldCount == narrow.toldCount, "both have told as much")
    }
}

/// A partition whose events are read out and added up.
struct FuzzedPartition: ~Copyable {
    private var partition: Partition
    private let ringCapacity: Int
    private var producer: BroadcastRing<Event>.Producer
    private var consumer: BroadcastRing<Event>.GatingConsumer
    /// A hash over all events.
    private(set) var told: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var toldCount = 0
    /// Whether events are kept in `records`.
    var keepsRecords = false
    private(set) var records: [[UInt8]] = []

    static let configuration = PartitionConfiguration(
        referenceData: CommandScript.reference, orderCapacity: 48, detailsCapacity: 16,
        pageCapacity: 24, massCancelSlice: 4)

    init(ringCapacity: Int) { self.init(Partition(Self.configuration), ringCapacity) }

    /// A partition made of bytes; nil when they are no state.
    init?(restoring bytes: [UInt8], ringCapacity: Int) {
        var position = 0
        guard
            let partition = try? Partition(
                Self.configuration,
                restoring: { block in
                    let count = min(block.count, bytes.count - position)
                    block.copyBytes(from: bytes[position..<position + count])
                    position += count
                    return count
                })
        else { return nil }
        self.init(partition, ringCapacity)
    }

    private init(_ partition: consuming Partition, _ ringCapacity: Int) {
        self.partition = partition
        self.ringCapacity = ringCapacity
        var ends = BroadcastRing<Event>.make(capacity: ringCapacity, gatingConsumers: 1)
        producer = ends.takeProducer()
        consumer = ends.takeGatingConsumer()
    }

    var hasMassCancelPending: Bool { partition.hasMassCancelPending }

    var lastSequence: UInt64 { partition.lastSequence }

    func stateHash() -> UInt64 { partition.stateHash() }

    func checkInvariants() { partition.checkInvariants() }

    func save(to write: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        try partition.save(to: write)
    }

    /// Saves the state and goes on with what is made of it.
    mutating func restore() {
        guard let restored = FuzzedPartition(restoring: saved(), ringCapacity: ringCapacity) else {
            fatalError("what was saved cannot be restored")
        }
        partition = restored.takePartition()
    }

    private consuming func takePartition() -> Partition { partition }

    mutating func apply(_ command: Command, _ details: OrderDetails) {
        partition.apply(command, details, into: &producer)
        partition.publish(&producer)
        drain()
        while partition.isSuspended {
            partition.resume(into: &producer)
            partition.publish(&producer)
            drain()
        }
        partition.checkInvariants()
    }

    /// Applies all commands of an input.
    mutating func play(_ input: UnsafeRawBufferPointer) {
        var script = CommandScript(input, after: lastSequence)
        while let (command, details) = script.next(isCancelPending: hasMassCancelPending) {
            apply(command, details)
        }
    }

    private mutating func drain() {
        while consumer.available() > 0 {
            let slots = Int(consumer[0].slotCount)
            let record = UnsafeMutableRawBufferPointer.allocate(
                byteCount: slots * EventRecord.slotBytes, alignment: 8)
            defer { record.deallocate() }
            for slot in 0..<slots {
                record.storeBytes(
                    of: consumer.read(at: slot, as: EventRecord.Slot.self),
                    toByteOffset: slot * EventRecord.slotBytes, as: EventRecord.Slot.self)
            }
            consumer.release(slots)
            note(UnsafeRawBufferPointer(record))
        }
    }

    private mutating func note(_ record: UnsafeRawBufferPointer) {
        require(EventRecord.isSound(record), "the engine makes sound records")
        let event = record.load(as: Event.self)
        switch event.kind {
        case .orderAccepted, .orderModified, .aggressorExecuted, .restingExecuted:
            require(event.leavesQty >= .zero && event.cumQty >= .zero, "no quantity is negative")
            require(
                event.leavesQty + event.cumQty <= event.orderQty,
                "executed and open are no more than ordered")
        default: break
        }
        toldCount += 1
        if keepsRecords { records.append([UInt8](record)) }
        for byte in record {
            told = (told ^ UInt64(byte)) &* 0x0100_0000_01B3
        }
    }
}
