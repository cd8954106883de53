import Archive
import Domain
import Engine
import Exchange
import Journaling
import Platform
import Reports
import Rings
import Runtime
import SimulatedPlatform

@testable import JournalTools

/// A data directory of a scripted market, as a venue leaves it.
struct KeptMarket {
    static let genesis: UInt64 = 0x1234_5678
    static let segmentBytes = 1 << 20
    static let ringCapacity = 1024

    let disk = SimulatedDisk(seed: 1)

    /// Keeps all commands of a market, the last `inRing` of them only in the command ring, as after a
    /// kill; with snapshots behind some of them, and with the events of the others in the archive.
    init(
        _ market: borrowing ScriptedMarket, inRing: Int = 0, snapshotsAt: Set<UInt64> = []
    ) throws {
        let directory = try DataDirectory(
            on: disk, for: ScriptedMarket.configuration, genesis: Self.genesis,
            orderIDKey: ScriptedMarket.key)
        let commands = market.history.map(\.command)
        let split = commands.count - inRing
        try write(Array(commands[..<split]), to: directory, isClosed: true)
        if inRing > 0 { try write(Array(commands[split...]), to: directory, isClosed: false) }
        try follow(Array(commands[..<split]), directory, snapshotsAt)
    }

    private func write(
        _ commands: [Command], to directory: DataDirectory, isClosed: Bool
    ) throws {
        var configuration = JournalConfiguration()
        configuration.segmentBytes = Self.segmentBytes
        try disk.clock.use {
            var end = try Journal.recover(disk: disk, identity: directory.identity)
            var log = try CommandLog(
                disk: disk, capacity: Self.ringCapacity, identity: directory.identity, end: &end,
                clock: SimulatedClock.clock, configuration: configuration)
            var producer = log.takeProducer()
            func publish() {
                for command in commands {
                    precondition(producer.hasRoom(for: 1), "the ring holds what a test keeps")
                    producer.write(command, at: 0)
                    producer.publish(1)
                }
            }
            guard isClosed else { return publish() }
            var agent = try JournalAgent(
                commands: log.takeConsumer(), disk: disk, queue: disk.makeWriteQueue(),
                identity: directory.identity, end: end, mode: .sync, journaled: log.journaled,
                clock: SimulatedClock.clock, configuration: configuration)
            publish()
            agent.close()
        }
    }

    private func follow(
        _ commands: [Command], _ directory: DataDirectory, _ snapshotsAt: Set<UInt64>
    ) throws {
        let configuration = ScriptedMarket.configuration.partition(
            orderIDKey: ScriptedMarket.key)
        var replica = Replica(Partition(configuration))
        var archive = try ArchiveWriter(
            ArchiveFolder(disk: disk, segmentBytes: Self.segmentBytes), history: Self.genesis,
            sessionCount: configuration.referenceData.sessions.count)
        let library = SnapshotLibrary(disk: disk, identity: directory.identity)
        try library.prepare()
        for command in commands {
            replica.apply(command, OrderDetails())
            try replica.take { try archive.append(EventRecord($0)) }
            guard snapshotsAt.contains(command.sequence) else { continue }
            try replica.inspect { partition in
                try library.write(
                    sequence: command.sequence, lastTimeIn: command.timeIn,
                    stateHash: partition.stateHash()
                ) { write in try partition.save(to: write) }
            }
        }
        try archive.sync()
    }

    func history() throws -> KeptHistory { try KeptHistory(on: disk) }

    /// The bytes of every file, to see that nothing was changed.
    var contents: [String: [UInt8]] {
        Dictionary(
            uniqueKeysWithValues: disk.paths.map { ($0, disk.contents(of: $0) ?? []) })
    }

    /// What a command prints.
    func printed(
        isJSON: Bool = false, _ body: (KeptHistory, ToolOutput) throws -> Void
    ) throws -> [String] {
        let text = try Captured.text { lines in
            let output = ToolOutput(isJSON: isJSON, lines: lines)
            try body(try history(), output)
            output.finish()
        }
        return text.split(separator: "\n").map(String.init)
    }
}

extension ScriptedMarket {
    /// A day of some trades, changes, deletions and a lost session.
    static func busy() -> ScriptedMarket {
        var market = ScriptedMarket()
        let first = market.enter(0, number: 1, .sell, 5, at: 100, execInst: .persistent)
        _ = market.enter(1, number: 1, .buy, 8, at: 100)
        _ = market.enter(2, number: 1, .sell, 3, at: 100, timeInForce: .immediateOrCancel)
        let resting = market.enter(0, number: 2, .buy, 4, at: 98, execInst: .persistent)
        market.change(0, number: 3, resting, .buy, 2, at: 98)
        var refused = market.request(.deleteOrder, 0, number: 4)
        refused.orderID = first
        market.apply(refused)
        for number in 5..<40 {
            _ = market.enter(Int(number % 3), number: UInt32(number), .buy, 1, at: 90)
        }
        var loss = Command(kind: .sessionEnded)
        loss.session = SessionIndex(1)
        loss.massActionReason = .sessionLoss
        market.apply(loss)
        for _ in 0..<4 { market.apply(Command(kind: .continueMassCancel)) }
        _ = market.enter(2, number: 90, .sell, 2, at: 98)
        return market
    }
}

/// A data directory before anything was kept in it.
enum SimulatedDiskOfNothing {
    static var disk: SimulatedDisk { SimulatedDisk(seed: 1) }
}
