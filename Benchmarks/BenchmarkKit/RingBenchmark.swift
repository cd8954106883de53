import CBaselines
import Glibc
import Rings

/// Our one-to-one ring between two threads on two cores, against a minimal C ring of the same shape.
enum RingBenchmark {
    static let benchmark = Benchmark(
        name: "ring",
        summary: "128-byte records through Ring between two threads ÷ a minimal C ring",
        run: run)

    /// Sixteen words: what a command or an event occupies.
    struct Record: BitwiseCopyable {
        var words: InlineArray<16, UInt64> = .init(repeating: 0)
    }

    static let capacity = 4096

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let count: UInt64 = options.isQuick ? 200_000 : 4_000_000
        let cores = Cores.pair
        var checksums: Set<UInt64> = []
        let pairs = InterleavedPairs(
            options.pairs,
            ours: {
                let (nanos, checksum) = transfer(count, cores)
                checksums.insert(checksum)
                return nanos / Double(count)
            },
            baseline: {
                var checksum: UInt64 = 0
                let nanos = cbaselines_ring_transfer(count, 1, cores.0, cores.1, &checksum)
                checksums.insert(checksum)
                return nanos / Double(count)
            })
        guard checksums.count == 1 else {
            throw BenchmarkError("the rings delivered different records: \(checksums)")
        }
        var result = BenchmarkResult(
            "ring", operations: Int(count),
            conditions: "one record of 128 B at a time, \(capacity) slots, two threads, \(cores)")
        result.nanosPerOperation = InterleavedPairs.median(pairs.ours)
        result.hash = checksums.first
        result.baseline = "minimal C ring"
        result.ratio = pairs.ratio
        return [result]
    }

    private static func transfer(_ count: UInt64, _ cores: (Int32, Int32)) -> (Double, UInt64) {
        var ends = Ring<Record>.make(capacity: capacity)
        let consumer = Box(ends.takeConsumer())
        let producer = Box(ends.takeProducer())
        let start = monotonicNanos()
        let reader = Thread {
            Cores.pin(cores.1)
            return consume(&consumer.value, count)
        }
        let writer = Thread {
            Cores.pin(cores.0)
            produce(&producer.value, count)
            return 0
        }
        _ = writer.join()
        let checksum = reader.join()
        return (Double(monotonicNanos() - start), checksum)
    }

    private static func produce(_ ring: inout Ring<Record>.Producer, _ count: UInt64) {
        for number in 0..<count {
            while !ring.hasRoom(for: 1) { cbaselines_pause() }
            var record = Record()
            for word in 0..<16 { record.words[word] = number &+ UInt64(word) }
            ring.write(record, at: 0)
            ring.publish(1)
        }
    }

    private static func consume(_ ring: inout Ring<Record>.Consumer, _ count: UInt64) -> UInt64 {
        var sum: UInt64 = 0
        for _ in 0..<count {
            while ring.available() == 0 { cbaselines_pause() }
            sum &+= ring[0].words[0] ^ ring[0].words[15]
            ring.release(1)
        }
        return sum
    }
}
