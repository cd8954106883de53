import Domain
import SimulatedPlatform
import Testing

@testable import Journaling

@Suite("Writing and reading a journal")
struct WritingTests {
    @Test(
        "Everything sent is read back, over segments and lives", arguments: DurabilityMode.allCases)
    func roundTrip(_ mode: DurabilityMode) throws {
        for seed in 1...5 {
            let rig = Rig(mode, seed: UInt64(seed))
            for life in 0..<4 {
                let end = try rig.start()
                #expect(end.lastSequence == UInt64(rig.sent.count))
                rig.write(life == 2 ? 0 : 300)
                rig.close()
            }
            #expect(try readAll(rig.disk, identity: Rig.identity) == rig.sent)
            #expect(rig.sent.count == 900)
            #expect(try rig.disk.names(in: "journal").count > 3)
        }
    }

    @Test("A reader follows a journal that is being written", arguments: DurabilityMode.allCases)
    func following(_ mode: DurabilityMode) throws {
        let rig = Rig(mode, seed: 9)
        rig.disk.faults.writeNanos = 0...200_000
        try rig.start()
        var reader = try JournalReader(disk: rig.disk, identity: Rig.identity, from: 1)
        var found: [Sent] = []
        var next = Sent(command: Command(kind: .newOrder))
        for _ in 0..<2_000 {
            rig.send(rig.random.below(4))
            rig.step(nanos: 20_000)
            while try reader.next(through: rig.written.value, &next.command, &next.details) {
                found.append(next)
                next.details = OrderDetails()
            }
            #expect(UInt64(found.count) == rig.written.value)
        }
        #expect(found.count > 1_000)
        #expect(found == Array(rig.sent.prefix(found.count)))
        rig.close()
    }

    @Test("A reader begins at any command")
    func anyBeginning() throws {
        let rig = Rig(.sync, seed: 2)
        try rig.start()
        rig.write(600)
        rig.close()
        for sequence in [1, 2, 299, 300, 599, 600] {
            #expect(
                try readAll(rig.disk, from: UInt64(sequence))
                    == Array(rig.sent[(sequence - 1)...]))
        }
        #expect(try readAll(rig.disk, from: 601).isEmpty)
        var reader = try JournalReader(disk: rig.disk, identity: nil, from: 700)
        var next = Sent(command: Command(kind: .newOrder))
        let isThere = try reader.next(through: 600, &next.command, &next.details)
        #expect(!isThere)
    }

    @Test("The gate opens for what is on stable storage, and async leaves it to others")
    func gate() throws {
        let rig = Rig(.sync, seed: 3)
        rig.disk.faults.writeNanos = 50_000...50_000
        try rig.start()
        rig.send(5)
        rig.step()
        #expect(rig.gate.value == 0 && rig.written.value == 0)
        rig.send(4)
        rig.step(nanos: 60_000)
        #expect(rig.gate.value == 5, "the next group waits for its own write")
        rig.step(times: 2, nanos: 60_000)
        #expect(rig.gate.value == 9)
        rig.close()

        let other = Rig(.async, seed: 3)
        try other.start()
        other.write(9)
        #expect(other.gate.value == 0 && other.written.value == 9)
        other.close()
    }

    @Test("What is sequenced during a write becomes one group")
    func groups() throws {
        let rig = Rig(.sync, seed: 3)
        rig.disk.faults.writeNanos = 50_000...50_000
        try rig.start()
        for _ in 0..<5 {
            rig.send(1)
            rig.step(nanos: 1_000)
        }
        rig.step(times: 4, nanos: 60_000)
        let counters = rig.counters
        #expect(counters.records == 5 && counters.groups == 2 && counters.groupRecordsMax == 4)
        #expect(counters.writtenSequence == 5 && counters.durableSequence == 5)
        #expect(counters.writeNanosMax >= 50_000)
        rig.close()
    }

    @Test("Async makes durable at its interval, and a loss of power costs no more than that")
    func interval() throws {
        let rig = Rig(.async, seed: 3)
        try rig.start()
        rig.write(20)
        #expect(rig.counters.durableSequence == 0)
        rig.step(times: 3, nanos: 60_000_000)
        #expect(rig.counters.durableSequence == 20 && rig.counters.syncs == 1)
        rig.write(20)
        rig.crash(cuttingPower: true)
        let end = try rig.start()
        #expect((20...40).contains(end.lastSequence))
        #expect(try readAll(rig.disk) == rig.sent)
    }

    @Test("Another identity is refused by name")
    func identity() throws {
        let rig = Rig(.sync, seed: 4)
        try rig.start()
        rig.write(10)
        rig.close()
        rig.identity.genesis = 1
        #expect(
            throws: JournalError.otherJournal(
                path: "journal/00000001.journal", expected: 1, found: 77)
        ) { try rig.start() }
        rig.identity = Rig.identity
        rig.identity.fingerprint = 1
        #expect(throws: JournalError.otherReferenceData(path: "journal/00000001.journal")) {
            try rig.start()
        }
        rig.identity = Rig.identity
        rig.identity.rulesVersion = 2
        #expect(
            throws: JournalError.otherRules(
                path: "journal/00000001.journal", expected: 2, found: 1)
        ) { try rig.start() }
        // With a snapshot of the end nothing has to be repeated.
        try rig.start(from: 11)
        rig.write(10)
        rig.close()
        #expect(try readAll(rig.disk) == rig.sent)
        #expect(try rig.disk.names(in: "journal").count >= 2)
        #expect(
            throws: JournalError.otherRules(
                path: "journal/00000001.journal", expected: 2, found: 1)
        ) { try readAll(rig.disk, identity: rig.identity) }
        #expect(try readAll(rig.disk, identity: rig.identity, from: 11).count == 10)
    }
}
