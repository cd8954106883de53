import Domain
import Platform
import SimulatedPlatform
import Testing

@testable import Journaling

@Suite("The ring in a file")
struct CommandLogTests {
    @Test("A killed process loses nothing that it sequenced", arguments: DurabilityMode.allCases)
    func killed(_ mode: DurabilityMode) throws {
        for seed in 1...15 {
            let rig = Rig(mode, seed: UInt64(seed))
            rig.disk.faults.writeNanos = 0...300_000
            for _ in 0..<4 {
                try rig.start()
                for _ in 0..<rig.random.below(80) {
                    rig.send(rig.random.below(5))
                    rig.step(nanos: 20_000)
                }
                let sent = rig.sent
                rig.crash(cuttingPower: false)
                let end = try rig.start()
                #expect(end.lastSequence == UInt64(sent.count))
                #expect(try readAll(rig.disk) == sent)
                rig.crash(cuttingPower: false)
            }
        }
    }

    @Test("After a loss of power the ring is not believed")
    func powerLost() throws {
        let rig = Rig(.sync, seed: 5)
        try rig.start()
        rig.write(10)
        rig.send(5)
        rig.crash(cuttingPower: true)
        let end = try rig.start()
        #expect(end.lastSequence == 10)
        #expect(try readAll(rig.disk).count == 10)
    }

    @Test("Another capacity makes another ring, and loses nothing")
    func otherCapacity() throws {
        let rig = Rig(.async, seed: 5, capacity: 32)
        try rig.start()
        rig.send(9)
        rig.crash(cuttingPower: false)
        try rig.clock.use {
            var end = try Journal.recover(disk: rig.disk, identity: Rig.identity)
            #expect(end.lastSequence == 0)
            _ = try CommandLog(
                disk: rig.disk, capacity: 8, identity: Rig.identity, end: &end,
                clock: SimulatedClock.clock, configuration: rig.configuration)
            #expect(end.lastSequence == 9)
        }
        #expect(try readAll(rig.disk) == rig.sent)
    }

    @Test("Any bytes in the file: what was sequenced, or a refusal, and never another command")
    func hostile() throws {
        let rig = Rig(.async, seed: 5)
        try rig.start()
        rig.write(20)
        rig.send(10)
        rig.crash(cuttingPower: false)
        let path = CommandLog.path
        let contents = rig.disk.contents(of: path)!
        var random = SeededRandom(seed: 8)
        var refused = 0
        for round in 0..<600 {
            let disk = rig.disk.copy(seed: 1)
            var bytes = contents
            switch round % 3 {
            case 0:
                let words = [0, 8, 16, 24, 32, 40, 128, 4096, 4104, 4112, 4120, 4224, 4352]
                let offset = random.pick(words)
                for byte in 0..<8 { bytes[offset + byte] = UInt8(random.below(256)) }
            case 1: bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
            default: bytes = Array(bytes[..<random.below(bytes.count)])
            }
            disk.setContents(of: path, to: bytes)
            do {
                try rig.clock.use {
                    var end = try Journal.recover(disk: disk, identity: Rig.identity)
                    _ = try CommandLog(
                        disk: disk, capacity: rig.capacity, identity: Rig.identity, end: &end,
                        clock: SimulatedClock.clock, configuration: rig.configuration)
                }
                let found = try readAll(disk)
                #expect(found.count >= 20 && found.count <= 30)
                // A ring has no checksum over a command's content; its form is checked.
                if round % 3 != 1 { #expect(found == Array(rig.sent.prefix(found.count))) }
            } catch let error as JournalError {
                refused += 1
                #expect(!error.description.isEmpty)
            }
        }
        #expect(refused > 20)
    }

    @Test("A ring that does not go on where the journal ends is refused")
    func gap() throws {
        let rig = Rig(.sync, seed: 5)
        try rig.start()
        rig.write(20)
        rig.send(10)
        rig.crash(cuttingPower: false)
        try rig.disk.remove("journal/00000001.journal")
        #expect(
            throws: JournalError.ringDoesNotFollow(path: CommandLog.path, last: 0, next: 21)
        ) { try rig.start() }
    }

    @Test("A bit flipped in what was written last is noticed, as the ring knows what was written")
    func lastGroup() throws {
        let rig = Rig(.async, seed: 5)
        try rig.start()
        rig.write(20)
        let offset = rig.agent.agent.end.offset
        rig.crash(cuttingPower: false)
        rig.disk.flipBit(of: "journal/00000001.journal", at: offset - 20, bit: 3)
        #expect(throws: JournalError.self) { try rig.start() }
    }
}
