import Domain
import Platform
import Records
import Rings
import Runtime
import SimulatedPlatform
import Streams

@testable import Journaling

/// A command with what it carries, as a test sent or found it.
struct Sent: Equatable {
    var command: Command
    var details = OrderDetails()

    static func == (a: Sent, b: Sent) -> Bool {
        let (first, second) = (
            CommandSlots(a.command, a.details), CommandSlots(b.command, b.details)
        )
        return first.head == second.head && first.first == second.first
            && first.second == second.second
    }

    /// Any command: each field has some value, each details slot is there or not.
    static func random(_ random: inout SeededRandom, sequence: UInt64) -> Sent {
        let kinds: [Command.Kind] = [.newOrder, .modifyOrder, .deleteOrder, .sessionEnded]
        var command = Command(kind: random.pick(kinds))
        command.sequence = sequence
        command.session = SessionIndex(random.below(9))
        command.sessionInstanceID = UInt32(random.below(100))
        command.timeIn = Timestamp(nanos: 1_000_000 + sequence * 1_000)
        command.requestTime = Timestamp(nanos: 999_000 + sequence * 1_000)
        command.price = Price(raw: Int64(random.below(1_000_000)) - 500_000)
        command.quantity = random.coin() ? .none : Quantity(raw: Int64(random.below(1_000)))
        command.clOrdID = ClOrdID(raw: random.next())
        command.msgSeqNum = UInt32(random.below(1000))
        var details = OrderDetails()
        if random.below(3) == 0 {
            command.flags.insert(.hasParties)
            details.parties.clientID = random.next()
            for index in 0..<20 {
                details.parties.fixClOrdID[index] = UInt8(random.below(256))
            }
        }
        if random.below(3) == 0 {
            command.flags.insert(.hasTexts)
            for index in 0..<12 { details.texts.freeText3[index] = UInt8(random.below(256)) }
        }
        command.slotCount =
            1 + (command.flags.contains(.hasParties) ? 1 : 0)
            + (command.flags.contains(.hasTexts) ? 1 : 0)
        return Sent(command: command, details: details)
    }
}

/// A journal on a simulated disk, with an engine's end of the ring and an agent that is stepped.
final class Rig {
    static let identity = JournalIdentity(genesis: 77, fingerprint: 88, rulesVersion: 1)

    let disk: SimulatedDisk
    let mode: DurabilityMode
    var configuration = JournalConfiguration()
    var identity = Rig.identity
    let gate = SequenceCounter()
    let written = SequenceCounter()
    let admission = CommandAdmission()
    var random: SeededRandom
    /// Everything that was ever put into the ring.
    var sent: [Sent] = []
    var producer: Ring<Command>.Producer!
    var agent: AgentBox<JournalAgent>!
    let capacity: Int

    var clock: SimulatedClock { disk.clock }

    init(_ mode: DurabilityMode, seed: UInt64 = 1, capacity: Int = 32, segmentBytes: Int = 32 << 10)
    {
        disk = SimulatedDisk(seed: seed)
        random = SeededRandom(seed: seed)
        self.mode = mode
        self.capacity = capacity
        configuration.segmentBytes = segmentBytes
        configuration.groupBytesMax = 8 << 10
    }

    /// A process begins: recovery, ring, agent. Returns where the journal ended. `other` may stand before
    /// the disk.
    @discardableResult func start(
        from sequence: UInt64 = 1, on other: (any Disk)? = nil
    ) throws -> JournalEnd {
        let disk: any Disk = other ?? self.disk
        return try clock.use {
            var end = try Journal.recover(disk: disk, identity: identity, from: sequence)
            var log = try CommandLog(
                disk: disk, capacity: capacity, identity: identity, end: &end,
                clock: SimulatedClock.clock, configuration: configuration)
            producer = log.takeProducer()
            agent = AgentBox(
                try JournalAgent(
                    commands: log.takeConsumer(), disk: disk, queue: disk.makeWriteQueue(),
                    identity: identity, end: end, mode: mode, gate: gate, written: written,
                    journaled: log.journaled, admission: admission, clock: SimulatedClock.clock,
                    configuration: configuration))
            sent.removeAll { $0.command.sequence > end.lastSequence }
            return end
        }
    }

    /// The engine sequences up to so many commands, as many as the ring has room for.
    @discardableResult func send(_ count: Int) -> Int {
        for done in 0..<count {
            guard producer.hasRoom(for: 3) else { return done }
            let next = Sent.random(&random, sequence: UInt64(sent.count + 1))
            producer.write(next.command, at: 0)
            var slot = 1
            if next.command.flags.contains(.hasParties) {
                producer.write(next.details.parties, at: slot)
                slot += 1
            }
            if next.command.flags.contains(.hasTexts) {
                producer.write(next.details.texts, at: slot)
                slot += 1
            }
            producer.publish(slot)
            sent.append(next)
        }
        return count
    }

    /// One duty cycle, after this much time.
    @discardableResult func step(nanos: UInt64 = 10_000) -> Int {
        clock.advance(nanos: nanos)
        return clock.use { agent.step(now: clock.now) }
    }

    func step(times: Int, nanos: UInt64 = 10_000) { for _ in 0..<times { step(nanos: nanos) } }

    /// Sends and steps until so many commands are written.
    func write(_ count: Int) {
        var left = count
        while left > 0 || written.value < UInt64(sent.count) {
            left -= send(min(left, random.pick(1...7)))
            step()
        }
    }

    /// A process ends as it should.
    func close() {
        clock.use { agent.close() }
        agent = nil
        producer = nil
    }

    /// The process is killed, or the machine loses its power.
    func crash(cuttingPower: Bool) {
        if cuttingPower { disk.cutPower() } else { disk.kill() }
        agent = nil
        producer = nil
    }

    var counters: JournalCounters {
        agent.publishCounters()
        return agent.agent.counters
    }
}

/// Somebody who reads a journal that is being written.
struct Follower: ~Copyable {
    private var reader: JournalReader
    private(set) var found: [Sent] = []

    init(_ rig: Rig) throws {
        reader = try JournalReader(disk: rig.disk, identity: rig.identity, from: 1)
    }

    /// Reads what is said to be written.
    mutating func follow(_ rig: Rig) throws {
        var next = Sent(command: Command(kind: .listOrders))
        while try reader.next(through: rig.written.value, &next.command, &next.details) {
            found.append(next)
        }
    }
}

/// Everything that can be read of a journal, without changing it.
func readAll(
    _ disk: any Disk, identity: JournalIdentity? = nil, from sequence: UInt64 = 1
) throws -> [Sent] {
    let end = try Journal.examine(disk: disk, identity: identity, from: sequence).end
    var reader = try JournalReader(disk: disk, identity: identity, from: sequence)
    var found: [Sent] = []
    var next = Sent(command: Command(kind: .newOrder))
    while try reader.next(through: end.lastSequence, &next.command, &next.details) {
        found.append(next)
        next.details = OrderDetails()
    }
    return found
}
