import Domain
import Engine
import Exchange
import Journaling
import LinuxPlatform
import Platform
import Rings
import Runtime

/// A past of a venue, made up command by command.
final class RecoveryHistory {
    let commands: Int
    /// The last of them behind the newest snapshot; 0: there is no snapshot.
    let tail: Int
    private(set) var stateHash: UInt64 = 0
    private let configuration: Configuration

    init(commands: Int, tail: Int, orderCapacity: Int) {
        self.commands = commands
        self.tail = tail
        var configuration = Configuration.demonstration
        configuration.limits.orderCapacity = orderCapacity
        configuration.durability = .standard("kept")
        self.configuration = configuration
    }

    /// Writes the past to a data directory, the way a venue does; `next` makes the command of a
    /// sequence. Returns how long applying it took.
    func write(to path: String, next: (UInt64) -> Command) throws -> Double {
        let clock = SystemClock.utc
        let disk = try FolderDisk(path: path)
        let directory = try DataDirectory(
            on: disk, for: configuration, genesis: 1, orderIDKey: 0x1234_5678_9ABC_DEF1)
        var end = JournalEnd()
        var log = try CommandLog(
            disk: disk, capacity: 1 << 16, identity: directory.identity, end: &end, clock: clock)
        var producer = log.takeProducer()
        let queue = try disk.makeWriteQueue()
        var journal = try JournalAgent(
            commands: log.takeConsumer(), disk: disk, queue: queue, identity: directory.identity,
            end: end, mode: .async, journaled: log.journaled, clock: clock)
        let library = SnapshotLibrary(disk: disk, identity: directory.identity)
        try library.prepare()
        var replica = Replica(
            Partition(configuration.partition(orderIDKey: directory.orderIDKey)))
        let details = OrderDetails()
        var applyNanos = 0.0
        let snapshotAt = tail > 0 ? UInt64(commands - tail) : 0
        var batch: [Command] = []
        var sequence: UInt64 = 0
        while sequence < UInt64(commands) {
            batch.removeAll(keepingCapacity: true)
            let end = sequence < snapshotAt ? snapshotAt : UInt64(commands)
            for _ in 0..<min(1024, end - sequence) {
                sequence += 1
                let command = next(sequence)
                while !producer.hasRoom(for: 1) { _ = journal.doWork(now: clock.now()) }
                producer.write(command, at: 0)
                producer.publish(1)
                batch.append(command)
            }
            _ = journal.doWork(now: clock.now())
            let start = threadNanos()
            for command in batch {
                replica.apply(command, details)
                replica.drop()
            }
            applyNanos += Double(threadNanos() - start)
            if sequence == snapshotAt {
                try replica.inspect { partition in
                    try library.write(
                        sequence: sequence, lastTimeIn: batch.last!.timeIn,
                        stateHash: partition.stateHash()
                    ) { write in try partition.save(to: write) }
                }
            }
        }
        journal.close()
        stateHash = replica.inspect { $0.stateHash() }
        return applyNanos
    }

    /// A command as the first session's to the demonstration market, every half a microsecond one.
    static func stamp(_ command: inout Command, _ sequence: UInt64) {
        command.session = SessionIndex(0)
        command.sessionInstanceID = 1
        command.msgSeqNum = UInt32(truncatingIfNeeded: sequence)
        command.sequence = sequence
        command.requestTime = Timestamp(nanos: 1_700_000_000_000_000_000 + sequence * 500)
        command.timeIn = Timestamp(nanos: 1_700_000_000_000_000_200 + sequence * 500)
        command.instrument = InstrumentIndex(2)
        command.product = ProductIndex(1)
    }

    /// Starts a venue on the directory, and gives it up before it did anything. Returns the time that
    /// passed, and what of it the processor worked for it.
    func start(from path: String) throws -> (nanos: Double, processorNanos: Double) {
        var settings = UringNetwork.Configuration()
        settings.frameLengthMax = 32 << 10
        settings.connectionCapacity = configuration.limits.connectionCapacity
        let network = try UringNetwork(configuration: settings, clock: SystemClock.utc)
        let disk = try FolderDisk(path: path)
        let environment = VenueEnvironment(
            network: network, clock: SystemClock.utc, processor: .indifferent,
            verifyPassword: { _, _ in false }, usableCores: [0],
            makeSleeper: { FutexSleeper() }, orderIDKey: 1, storage: disk)
        let start = SystemClock.monotonicNanos()
        let processorStart = threadNanos()
        let venue = try Venue(configuration, plan: .stepped, environment: environment)
        let nanos = Double(SystemClock.monotonicNanos() - start)
        let processorNanos = Double(threadNanos() - processorStart)
        guard venue.report.contains(where: { $0.hasPrefix("recovered \(commands) commands") })
        else {
            throw BenchmarkError("the venue did not recover: \(venue.report)")
        }
        return (nanos, processorNanos)
    }

    func removeSnapshots(_ path: String) throws {
        let disk = try FolderDisk(path: path)
        for name in try disk.names(in: "snapshots") { try disk.remove("snapshots/" + name) }
    }

    func journalBytes(_ path: String) -> Int {
        guard let disk = try? FolderDisk(path: path),
            let names = try? disk.names(in: "journal")
        else { return 0 }
        return names.reduce(0) { sum, name in
            sum + ((try? disk.open("journal/" + name, writable: false).byteCount) ?? 0)
        }
    }
}
