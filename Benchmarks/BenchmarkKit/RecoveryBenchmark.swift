import Containers
import Domain
import Engine
import Exchange
import Journaling
import LinuxPlatform
import Platform
import Rings
import Runtime

/// How long a venue takes from its start until it could serve, with a history behind it: from the newest
/// snapshot, and from the journal alone.
enum RecoveryBenchmark {
    static let benchmark = Benchmark(
        name: "recovery",
        summary: "a venue's start from its data directory ÷ the same commands applied in memory",
        run: run)

    private static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let history = History(
            commands: options.isQuick ? 60_000 : 10_000_000,
            orders: options.isQuick ? 6_000 : 1_000_000,
            tail: options.isQuick ? 20_000 : 1_000_000)
        let folder = TemporaryFolder()
        let applyNanos = try history.write(to: folder.path)
        let conditions =
            "\(history.commands) journaled commands, \(history.orders) live orders, "
            + "\(history.journalBytes(folder.path) >> 20) MiB of journal in the page cache, until "
            + "everything is made and the first connection could be taken"

        var snapshot = BenchmarkResult(
            "recovery.snapshot", operations: history.tail,
            conditions: "\(history.tail) commands behind the snapshot of " + conditions)
        let starts = try (0..<(options.isQuick ? 1 : 3)).map { _ in
            try history.start(from: folder.path)
        }
        snapshot.nanosPerOperation = starts.min()! / Double(history.tail)
        snapshot.hash = history.stateHash
        snapshot.conditions += "; \(milliseconds(starts.min()!)) ms in all"

        try history.removeSnapshots(folder.path)
        var replay = BenchmarkResult(
            "recovery.journal", operations: history.commands, conditions: conditions)
        let whole = try history.start(from: folder.path)
        replay.nanosPerOperation = whole / Double(history.commands)
        replay.hash = history.stateHash
        replay.conditions +=
            "; \(milliseconds(whole)) ms in all; applying them in memory took "
            + "\(Int(applyNanos / Double(history.commands))) ns a command"
        return [snapshot, replay]
    }

    private static func milliseconds(_ nanos: Double) -> Int { Int(nanos / 1_000_000) }
}

/// A made-up past: a book that fills, and then a routine day in it.
private final class History {
    let commands: Int
    let orders: Int
    let tail: Int
    private(set) var stateHash: UInt64 = 0
    private let configuration: Configuration

    init(commands: Int, orders: Int, tail: Int) {
        self.commands = commands
        self.orders = orders
        self.tail = tail
        var configuration = Configuration.demonstration
        configuration.limits.orderCapacity = orders + orders / 8
        configuration.durability = .standard("kept")
        self.configuration = configuration
    }

    /// Writes the past to a data directory, the way a venue does. Returns how long applying it took.
    func write(to path: String) throws -> Double {
        let clock = SystemClock.realtime
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
        var day = RoutineDay(orders: orders)
        let details = OrderDetails()
        var applyNanos = 0.0
        for sequence in 1...UInt64(commands) {
            let command = day.next(sequence)
            while !producer.hasRoom(for: 1) { _ = journal.doWork(now: clock.now()) }
            producer.write(command, at: 0)
            producer.publish(1)
            if sequence & 1023 == 0 { _ = journal.doWork(now: clock.now()) }
            let start = threadNanos()
            replica.apply(command, details)
            replica.drop()
            applyNanos += Double(threadNanos() - start)
            if sequence == UInt64(commands - tail) {
                try replica.inspect { partition in
                    try library.write(
                        sequence: sequence, lastTimeIn: command.timeIn,
                        stateHash: partition.stateHash()
                    ) { write in try partition.save(to: write) }
                }
            }
        }
        journal.close()
        stateHash = replica.inspect { $0.stateHash() }
        return applyNanos
    }

    /// Starts a venue on the directory, and gives it up before it did anything. Returns the time.
    func start(from path: String) throws -> Double {
        var settings = UringNetwork.Configuration()
        settings.frameLengthMax = 32 << 10
        settings.connectionCapacity = configuration.limits.connectionCapacity
        let network = try UringNetwork(configuration: settings, clock: SystemClock.realtime)
        let disk = try FolderDisk(path: path)
        let environment = VenueEnvironment(
            network: network, clock: SystemClock.realtime, processor: .indifferent,
            verifyPassword: { _, _ in false }, usableCores: [0],
            makeSleeper: { FutexSleeper() }, orderIDKey: 1, storage: disk)
        let start = SystemClock.monotonicNanos()
        let venue = try Venue(configuration, plan: .stepped, environment: environment)
        let nanos = Double(SystemClock.monotonicNanos() - start)
        guard venue.report.contains(where: { $0.hasPrefix("recovered \(commands) commands") })
        else {
            throw BenchmarkError("the venue did not recover: \(venue.report)")
        }
        return nanos
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

/// Commands of a market that first fills and then stays as full: new orders near the touch, most of them
/// soon withdrawn, some changed, some that trade.
private struct RoutineDay {
    private let orders: Int
    private var live: [UInt64] = []
    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var lastName: UInt64 = 0

    init(orders: Int) {
        self.orders = orders
        live.reserveCapacity(orders + 1)
    }

    mutating func next(_ sequence: UInt64) -> Command {
        random = mix64(random &+ sequence)
        let isFull = live.count >= orders
        let choice = random % 100
        if live.isEmpty || !isFull || choice < 48 {
            lastName += 1
            let trades = isFull && choice < 4
            var command = base(.newOrder, sequence, name: lastName)
            let isBuy = random & 1 << 40 == 0
            // A power law of distances from the middle, in ticks.
            let distance = Int64(1) + Int64(1 << (random >> 20 % 13)) + Int64(random >> 30 % 7)
            let side: Int64 = isBuy == trades ? 1 : -1
            command.price = Price(raw: (50_000 + side * (trades ? 1 : distance)) * 1_000_000)
            command.quantity = Quantity(units: 1 + Int64(random >> 50 % 100))
            command.attributes = OrderAttributes(
                side: isBuy ? .buy : .sell,
                timeInForce: trades ? .immediateOrCancel : .day)
            if !trades { live.append(lastName) }
            return command
        }
        let index = Int(random >> 8 % UInt64(live.count))
        if choice < 94 {
            var command = base(.deleteOrder, sequence, name: 1 << 60 | sequence)
            command.origClOrdID = ClOrdID(raw: live[index])
            live.swapAt(index, live.count - 1)
            live.removeLast()
            return command
        }
        lastName += 1
        var command = base(.modifyOrder, sequence, name: lastName)
        command.origClOrdID = ClOrdID(raw: live[index])
        command.price = Price(raw: 49_000 * 1_000_000)
        command.quantity = Quantity(units: 50)
        command.attributes = OrderAttributes(side: .buy)
        live[index] = lastName
        return command
    }

    private func base(_ kind: Command.Kind, _ sequence: UInt64, name: UInt64) -> Command {
        var command = Command(kind: kind)
        command.session = SessionIndex(0)
        command.sessionInstanceID = 1
        command.msgSeqNum = UInt32(truncatingIfNeeded: sequence)
        command.sequence = sequence
        command.requestTime = Timestamp(nanos: 1_700_000_000_000_000_000 + sequence * 500)
        command.timeIn = Timestamp(nanos: 1_700_000_000_000_000_200 + sequence * 500)
        command.instrument = InstrumentIndex(2)
        command.product = ProductIndex(1)
        command.trader = TraderID(raw: 11)
        command.clOrdID = ClOrdID(raw: name)
        command.flags = .shortForm
        return command
    }
}
