import Containers
import Domain
import Engine
import Rings

/// What it takes to save a partition full of live orders and to make it again from the bytes: the work
/// of the follower's snapshot and of a recovery, without the disk's.
enum SnapshotBenchmark {
    static let benchmark = Benchmark(
        name: "snapshot",
        summary: "a partition's live orders to bytes and back ÷ copying the bytes", run: run)

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let orderCount = options.isQuick ? 20_000 : 1_000_000
        let configuration = makeConfiguration(orderCount: orderCount)
        let partition = try fullPartition(configuration, orderCount: orderCount)
        let bytes = ByteStore()
        try partition.save { bytes.append($0) }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { copy.deallocate() }

        let pairs = options.isQuick ? 2 : 7
        func copying() throws -> Double {
            try nanos {
                bytes.rewind()
                _ = bytes.read(into: copy)
            } / Double(orderCount)
        }
        let saving = try InterleavedPairs(
            pairs,
            ours: {
                try nanos {
                    bytes.removeAll()
                    try partition.save { bytes.append($0) }
                } / Double(orderCount)
            }, baseline: copying)
        let restoring = try InterleavedPairs(
            pairs,
            ours: {
                try nanos {
                    bytes.rewind()
                    let restored = try Partition(configuration) { bytes.read(into: $0) }
                    guard restored.lastSequence == partition.lastSequence else {
                        throw BenchmarkError("the restored partition is another")
                    }
                } / Double(orderCount)
            }, baseline: copying)
        bytes.rewind()
        let restored = try Partition(configuration) { bytes.read(into: $0) }
        guard restored.stateHash() == partition.stateHash() else {
            throw BenchmarkError("the restored partition's state is another")
        }
        let conditions =
            "\(orderCount) live orders of 100 sessions in 20 books, \(bytes.count) bytes in memory, "
            + "processor time of the thread"
        return [
            result("snapshot.save", saving, orderCount, conditions, partition.stateHash()),
            result(
                "snapshot.restore", restoring, orderCount,
                conditions + ", reserving the partition's memory included", restored.stateHash()),
        ]
    }

    private static func result(
        _ name: String, _ pairs: InterleavedPairs, _ orderCount: Int, _ conditions: String,
        _ hash: UInt64
    ) -> BenchmarkResult {
        var result = BenchmarkResult(name, operations: orderCount, conditions: conditions)
        result.nanosPerOperation = pairs.ours.min()
        result.hash = hash
        result.baseline = "copying the bytes"
        result.ratio = pairs.ratio
        return result
    }

    private static func nanos(_ work: () throws -> Void) throws -> Double {
        let start = threadNanos()
        try work()
        return Double(threadNanos() - start)
    }

    private static func makeConfiguration(orderCount: Int) -> PartitionConfiguration {
        let products = (0..<10).map {
            Product(
                marketSegmentID: Int32($0 + 1), name: "P\($0)", tick: Price(raw: 1_000_000),
                lot: Quantity(units: 1), maximumQuantity: Quantity(units: 1_000_000))
        }
        let instruments = (0..<20).map {
            Instrument(
                securityID: Int64($0 + 1), name: "I\($0)", product: ProductIndex($0 / 2))
        }
        let sessions = (0..<100).map {
            SessionDefinition(
                id: UInt32($0 + 1), kind: .trading, unit: UnitIndex($0 / 10), passwordHash: "")
        }
        let units = (0..<10).map {
            BusinessUnit(id: UInt32($0 + 1), name: "U\($0)", traders: [])
        }
        return PartitionConfiguration(
            referenceData: ReferenceData(
                marketID: 1, partitionID: 1, organisation: "BENCH", products: products,
                instruments: instruments, units: units, sessions: sessions),
            orderCapacity: orderCount + orderCount / 20)
    }

    /// As many live orders at random places, a tenth more having come and gone, so that neither slots
    /// nor prices are in any order.
    private static func fullPartition(
        _ configuration: PartitionConfiguration, orderCount: Int
    ) throws -> Partition {
        var partition = Partition(configuration)
        var ends = BroadcastRing<Event>.make(capacity: 1 << 14, gatingConsumers: 1)
        var events = ends.takeProducer()
        var consumer = ends.takeGatingConsumer()
        var live = 0
        var sequence: UInt64 = 0
        let details = OrderDetails()
        while live < orderCount {
            sequence += 1
            let random = mix64(sequence)
            var command = Command(kind: .newOrder)
            let name = random % 11 == 0 && sequence > 100 ? random % (sequence - 1) + 1 : sequence
            let isDeletion = name != sequence
            let owner = mix64(name)
            command.sequence = sequence
            command.timeIn = Timestamp(nanos: sequence)
            command.requestTime = command.timeIn
            command.session = SessionIndex(Int(owner >> 8 % 100))
            command.trader = TraderID(raw: 1)
            command.instrument = InstrumentIndex(Int(owner >> 16 % 20))
            if isDeletion {
                command.kind = .deleteOrder
                command.origClOrdID = ClOrdID(raw: name)
            } else {
                let side: Side = owner & 1 == 0 ? .buy : .sell
                let ticks = Int64(owner >> 24 % 2_000) + 1
                command.clOrdID = ClOrdID(raw: name)
                command.attributes = OrderAttributes(side: side, isStandard: owner & 2 == 0)
                command.price = Price(raw: (10_000 + (side == .buy ? -ticks : ticks)) * 1_000_000)
                command.quantity = Quantity(units: 10)
            }
            guard events.hasRoom(for: partition.eventSlotsPerCommandMax) else {
                throw BenchmarkError("an empty ring has no room")
            }
            partition.apply(command, details, into: &events)
            partition.publish(&events)
            while consumer.available() > 0 {
                let kind = consumer[0].kind
                if kind == .orderAccepted { live += 1 }
                if kind == .orderDeleted { live -= 1 }
                consumer.release(Int(consumer[0].slotCount))
            }
        }
        return partition
    }
}

/// Bytes in memory that are touched beforehand.
private final class ByteStore {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)
    private(set) var count = 0
    private var position = 0

    deinit { memory.deallocate() }

    func append(_ bytes: UnsafeRawBufferPointer) {
        if memory.count - count < bytes.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: memory.count * 2 + bytes.count, alignment: 64)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
            memory.deallocate()
            memory = larger
        }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    func removeAll() { count = 0 }

    func rewind() { position = 0 }

    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let length = min(target.count, count - position)
        target.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: memory[position..<position + length]))
        position += length
        return length
    }
}
