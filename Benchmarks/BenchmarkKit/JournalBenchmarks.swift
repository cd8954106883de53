import CBaselines
import Domain
import Glibc
import Journaling
import LinuxPlatform
import Platform
import Rings

/// The journal on this machine's disk, against the same writes by themselves.
enum JournalBenchmarks {
    static let append = Benchmark(
        name: "journal.append",
        summary: "commands through ring, agent and disk in async ÷ the same writes by raw io_uring",
        run: { options in
            [
                try measure(
                    options, "journal.append", .async, batch: 256,
                    count: options.isQuick ? 4_096 : 262_144,
                    conditions: "groups of 256 lean orders and deletions, durable every 100 ms")
            ]
        })

    static let commit = Benchmark(
        name: "journal.commit",
        summary:
            "the journal alone in sync, 32 commands a group ÷ the same durable writes by raw io_uring",
        run: { options in
            [
                try measure(
                    options, "journal.commit", .sync, batch: 32,
                    count: options.isQuick ? 640 : 16_384,
                    conditions:
                        "32 commands under way: each group is what 32 sessions with one request "
                        + "each send when they are answered")
            ]
        })

    static let replay = Benchmark(
        name: "journal.read",
        summary: "commands read back, checked and unpacked, as recovery reads them",
        run: { options in [try read(options)] })

    private static let identity = JournalIdentity(genesis: 1, fingerprint: 2, rulesVersion: 3)
    private static let ringCapacity = 1 << 14

    /// A lean order, or every third time a deletion, as the gateway makes them.
    private static func command(_ sequence: UInt64) -> Command {
        var command = Command(kind: sequence % 3 == 2 ? .deleteOrder : .newOrder)
        command.sequence = sequence
        command.session = SessionIndex(Int(sequence % 32))
        command.sessionInstanceID = 5
        command.msgSeqNum = UInt32(truncatingIfNeeded: sequence / 32)
        command.requestTime = Timestamp(nanos: 1_700_000_000_000_000_000 + sequence * 700)
        command.timeIn = Timestamp(nanos: 1_700_000_000_000_000_300 + sequence * 700)
        command.instrument = InstrumentIndex(Int(sequence % 5))
        command.trader = TraderID(raw: 11)
        command.clOrdID = ClOrdID(raw: sequence)
        if command.kind == .newOrder {
            command.price = Price(units: 100 + Int64(sequence % 7))
            command.quantity = Quantity(units: 10)
            command.flags = .shortForm
        } else {
            command.orderID = OrderID(raw: sequence &* 0x9E37_79B9_7F4A_7C15)
        }
        return command
    }

    /// Nanoseconds a command of raw group commits, each of `group` commands.
    static func rawCommit(_ count: Int, group: Int, in folder: String) throws -> Double {
        let writes = try journal(.sync, batch: group, count: count, isRecorded: true).writes
        let nanos = cbaselines_append(
            folder + "/raw", writes, UInt64(writes.count), 64 << 20, 1, 100_000_000)
        guard nanos >= 0 else { throw BenchmarkError("the raw writes failed") }
        return nanos / Double(count)
    }

    private static func measure(
        _ options: BenchmarkOptions, _ name: String, _ mode: DurabilityMode, batch: Int, count: Int,
        conditions: String
    ) throws -> BenchmarkResult {
        // The writes that the journal makes, which are the same every time.
        let recorder = try journal(mode, batch: batch, count: count, isRecorded: true)
        let hash = Box<UInt64>(0)
        let baselineFolder = try TemporaryFolder.onDisk()
        let pairs = try InterleavedPairs(
            options.pairs,
            ours: {
                let run = try journal(mode, batch: batch, count: count, isRecorded: false)
                hash.value = run.checksum
                return run.nanos / Double(count)
            },
            baseline: {
                let nanos = cbaselines_append(
                    baselineFolder.path + "/raw", recorder.writes, UInt64(recorder.writes.count),
                    64 << 20, mode == .sync ? 1 : 0, 100_000_000)
                guard nanos >= 0 else { throw BenchmarkError("the raw writes failed") }
                return nanos / Double(count)
            })
        let bytes = recorder.writes.reduce(0) { $0 + Int($1.length) }
        var result = BenchmarkResult(
            name, operations: count,
            conditions: conditions + "; \(bytes / count) bytes written a command in "
                + "\(recorder.writes.count) writes, one under way at a time; "
                + "in \(TemporaryFolder.benchmarkParent); raw "
                + "\(Int(InterleavedPairs.median(pairs.baseline))) ns a command")
        result.nanosPerOperation = InterleavedPairs.median(pairs.ours)
        result.hash = hash.value
        result.baseline = mode == .sync ? "raw group commit" : "raw io_uring append"
        result.ratio = pairs.ratio
        return result
    }

    /// What one journal took, and what it wrote.
    private struct Run {
        var nanos: Double
        var checksum: UInt64
        var writes: [cbaselines_write]
    }

    /// Sends batches of commands through a new journal, each when the one before is written.
    private static func journal(
        _ mode: DurabilityMode, batch: Int, count: Int, isRecorded: Bool
    ) throws -> Run {
        let folder = try TemporaryFolder.onDisk()
        let disk = try FolderDisk(path: folder.path)
        let queue = try disk.makeWriteQueue()
        let recorder = RecordingQueue(queue)
        var ends = Ring<Command>.make(capacity: ringCapacity)
        var producer = ends.takeProducer()
        let written = SequenceCounter()
        var end = JournalEnd()
        _ = try Journal.recover(disk: disk, identity: identity)
        var agent = try JournalAgent(
            commands: ends.takeConsumer(), disk: disk, queue: isRecorded ? recorder : queue,
            identity: identity, end: end, mode: mode, written: written,
            clock: SystemClock.utc)
        // The first command begins the segment, and the next one is made ahead.
        var sequence: UInt64 = 0
        func drive(to last: UInt64) {
            while sequence < last {
                while sequence < last, producer.hasRoom(for: 1), sequence - written.value < batch {
                    sequence += 1
                    producer.write(command(sequence), at: 0)
                    producer.publish(1)
                }
                while written.value < sequence {
                    if agent.doWork(now: SystemClock.utc.now()) == 0 {
                        _ = queue.pollOrSleep(nanos: 1_000_000)
                    }
                }
            }
        }
        drive(to: 1)
        while agent.doWork(now: SystemClock.utc.now()) > 0 || !agent.isNextSegmentReady {
            _ = queue.pollOrSleep(nanos: 1_000_000)
        }
        recorder.writes = []
        let start = monotonicNanos()
        drive(to: UInt64(count) + 1)
        let nanos = Double(monotonicNanos() - start)
        end = agent.end
        agent.close()
        return Run(
            nanos: nanos, checksum: end.lastSequence << 32 ^ end.lastTimeIn.nanos,
            writes: recorder.writes)
    }

    private static func read(_ options: BenchmarkOptions) throws -> BenchmarkResult {
        let count = options.isQuick ? 20_000 : 2_000_000
        let folder = try TemporaryFolder.onDisk()
        let disk = try FolderDisk(path: folder.path)
        _ = try Journal.recover(disk: disk, identity: identity)
        var ends = Ring<Command>.make(capacity: ringCapacity)
        var producer = ends.takeProducer()
        var agent = try JournalAgent(
            commands: ends.takeConsumer(), disk: disk, queue: disk.makeWriteQueue(),
            identity: identity, end: JournalEnd(), mode: .async, clock: SystemClock.utc)
        for sequence in 1...UInt64(count) {
            while !producer.hasRoom(for: 1) {
                _ = agent.doWork(now: SystemClock.utc.now())
            }
            producer.write(command(sequence), at: 0)
            producer.publish(1)
        }
        agent.close()
        var hash: UInt64 = 0
        var times: [Double] = []
        for _ in 0..<(options.isQuick ? 1 : 5) {
            let start = threadNanos()
            var reader = try JournalReader(disk: disk, identity: identity, from: 1)
            var next = Command(kind: .newOrder)
            var details = OrderDetails()
            hash = 0
            while try reader.next(through: UInt64(count), &next, &details) {
                hash = hash &* 31 &+ next.clOrdID.raw ^ next.orderID.raw
            }
            times.append(Double(threadNanos() - start) / Double(count))
        }
        var result = BenchmarkResult(
            "journal.read", operations: count,
            conditions:
                "lean orders and deletions in segments of 64 MiB that lie in the page cache; "
                + "processor time, best of \(times.count); in \(TemporaryFolder.benchmarkParent)")
        result.nanosPerOperation = times.min()
        result.hash = hash
        return result
    }
}

/// Notes what goes through to another queue.
private final class RecordingQueue: WriteQueue {
    private let queue: any WriteQueue
    var writes: [cbaselines_write] = []

    init(_ queue: any WriteQueue) { self.queue = queue }

    var capacity: Int { queue.capacity }

    func submit(_ write: DiskWrite) -> Bool {
        if !write.bytes.isEmpty {
            writes.append(
                cbaselines_write(
                    offset: UInt64(write.offset), length: UInt32(write.bytes.count)))
        }
        return queue.submit(write)
    }

    func poll() -> Int { queue.poll() }
    func pollOrSleep(nanos: UInt64) -> Int { queue.pollOrSleep(nanos: nanos) }
    func wake() { queue.wake() }
    func nextCompletion() -> DiskCompletion? { queue.nextCompletion() }
}

extension TemporaryFolder {
    /// On a disk, and not in memory.
    static let benchmarkParent = "/var/tmp"

    static func onDisk() throws -> TemporaryFolder { try TemporaryFolder(in: benchmarkParent) }
}
