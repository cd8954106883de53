import Domain
import Platform
import SimulatedPlatform
import Streams
import Testing

@testable import Journaling

@Suite("A disk that refuses")
struct TroubleTests {
    /// Sends what is admitted, a command a step, for this long.
    private func trade(_ rig: Rig, steps: Int, nanos: UInt64 = 1_000_000) {
        for _ in 0..<steps {
            if rig.admission.level > .nothing { rig.send(1) }
            rig.step(nanos: nanos)
        }
    }

    /// Steps until everything sent is written, and durable.
    private func settle(_ rig: Rig) {
        for _ in 0..<10_000 {
            if rig.counters.durableSequence == UInt64(rig.sent.count) { return }
            rig.step(nanos: 10_000_000)
        }
        Issue.record("not everything sent became durable")
    }

    @Test(
        "A full disk: deletions while there is room, then nothing, and everything again",
        arguments: DurabilityMode.allCases)
    func full(_ mode: DurabilityMode) throws {
        let rig = Rig(mode, seed: 3, capacity: 32, segmentBytes: 64 << 10)
        try rig.start()
        rig.write(20)
        rig.step(times: 20)
        #expect(rig.counters.segmentIsReady == 1)
        rig.disk.faults.capacity = 0
        // The segment that is ready is filled too.
        var levels: [CommandAdmission.Level] = [.everything]
        for _ in 0..<5_000 {
            // Deletions, as far as they are admitted.
            if rig.admission.level > .nothing { rig.send(1) }
            rig.step(nanos: 1_000_000)
            if rig.admission.level != levels.last { levels.append(rig.admission.level) }
        }
        #expect(levels == [.everything, .deletions, .nothing])
        #expect(rig.written.value == UInt64(rig.sent.count), "what was admitted is written")
        #expect(rig.counters.prepareErrors >= 3 && rig.counters.prepareErrors <= 6)
        // Logons lost and the like are sequenced whatever was admitted: the reserve is for the ring.
        let room = rig.send(1_000)
        #expect(room > 8)
        rig.step(times: 50, nanos: 1_000_000)
        #expect(rig.written.value == UInt64(rig.sent.count))
        // Beyond that the ring fills, and the engine waits; nothing is lost.
        while rig.send(1) == 1 { rig.step() }
        #expect(rig.written.value < UInt64(rig.sent.count))
        rig.disk.faults.capacity = .max
        rig.step(times: 20, nanos: 100_000_000)
        #expect(rig.admission.level == .everything)
        #expect(rig.written.value == UInt64(rig.sent.count))
        rig.close()
        #expect(try readAll(rig.disk) == rig.sent)
    }

    @Test(
        "A write that fails: nothing is admitted, the gate stays, and a new segment goes on",
        arguments: DurabilityMode.allCases)
    func writeErrors(_ mode: DurabilityMode) throws {
        for seed in 1...20 {
            let rig = Rig(mode, seed: UInt64(seed))
            try rig.start()
            rig.write(30)
            rig.step(times: 10)
            rig.disk.faults.writeErrors = 1_000_000
            rig.send(5)
            rig.step(times: 3)
            #expect(rig.admission.level == .nothing)
            #expect(rig.written.value == 30)
            #expect(mode == .async || rig.gate.value == 30)
            rig.step(times: 30, nanos: 300_000_000)
            #expect(rig.admission.level == .nothing)
            #expect(rig.counters.writeErrors >= 5 && rig.counters.writeErrors <= 30)
            rig.disk.faults.writeErrors = 0
            rig.step(times: 20, nanos: 200_000_000)
            #expect(rig.admission.level == .everything)
            #expect(rig.written.value == 35)
            #expect(rig.counters.abandonedSegments == 1)
            trade(rig, steps: 50)
            settle(rig)
            rig.crash(cuttingPower: true)
            try rig.start()
            #expect(rig.sent.count == 85)
            #expect(try readAll(rig.disk, identity: Rig.identity) == rig.sent)
        }
    }

    /// What is left of a write that failed may be a sound mark and half a command behind it.
    @Test(
        "Who follows a journal finds the segment that it goes on in, whatever a failed write left")
    func followedThroughErrors() throws {
        for seed in 1...60 {
            let rig = Rig(.async, seed: UInt64(seed))
            try rig.start()
            var follower = try Follower(rig)
            for _ in 0..<12 {
                rig.disk.faults.writeErrors = 0
                rig.step(times: 30, nanos: 100_000_000)
                rig.write(3)
                try follower.follow(rig)
                // All of it is durable, so that a mark says so at the head of the write that fails.
                rig.step(times: 4, nanos: 100_000_000)
                rig.disk.faults.writeErrors = 700_000
                rig.send(9)
                rig.step(times: 3)
                try follower.follow(rig)
            }
            let found = follower.found
            #expect(found == Array(rig.sent.prefix(found.count)) && found.count >= 100)
        }
    }

    /// What was left in the ring is written first, and the marks behind it last. Of a write that was refused
    /// any part may be there, and be read.
    @Test("Marks that a disk refuses at a start: the next command begins a segment, and is found")
    func marksRefusedAtStart() throws {
        for seed in 1...30 {
            let rig = Rig(.async, seed: UInt64(seed))
            try rig.start()
            rig.write(20)
            rig.send(3)
            rig.crash(cuttingPower: false)
            let disk = RefusingDisk(rig.disk, write: 2)
            let end = try rig.start(on: disk)
            #expect(disk.refusedTheLast)
            #expect(end.lastSequence == 23 && end.needsNewSegment)
            var follower = try Follower(rig)
            try follower.follow(rig)
            rig.write(10)
            #expect(rig.counters.segment == UInt64(end.segment + 1))
            try follower.follow(rig)
            #expect(follower.found == rig.sent)
            rig.crash(cuttingPower: false)
            #expect(try rig.start().lastSequence == 33)
            #expect(try readAll(rig.disk, identity: Rig.identity) == rig.sent)
        }
    }

    @Test("A sync that fails: what it was about is written again, and is durable then")
    func syncErrors() throws {
        for seed in 1...30 {
            let rig = Rig(.async, seed: UInt64(seed))
            try rig.start()
            rig.write(30)
            rig.step(times: 30, nanos: 10_000_000)
            #expect(rig.counters.durableSequence == 30)
            rig.disk.faults.syncErrors = 1_000_000
            trade(rig, steps: 150)
            #expect(rig.admission.level == .nothing)
            #expect(rig.counters.durableSequence == 30)
            let count = rig.sent.count
            if seed % 3 == 0 {
                // A kill at any of these moments takes nothing.
                rig.crash(cuttingPower: false)
                rig.disk.faults.syncErrors = 0
                try rig.start()
                #expect(rig.sent.count == count)
                #expect(try readAll(rig.disk) == rig.sent)
                continue
            }
            rig.disk.faults.syncErrors = 0
            rig.step(times: 30, nanos: 100_000_000)
            #expect(rig.admission.level == .everything)
            #expect(rig.counters.durableSequence == UInt64(count))
            #expect(rig.counters.abandonedSegments >= 1)
            trade(rig, steps: 30)
            settle(rig)
            rig.crash(cuttingPower: true)
            try rig.start()
            #expect(rig.sent.count == count + 30)
            #expect(try readAll(rig.disk, identity: Rig.identity) == rig.sent)
        }
    }

    @Test("What a sync refused before a kill is durable after the next start")
    func refusedBeforeKill() throws {
        for seed in 1...12 {
            let rig = Rig(.async, seed: UInt64(seed))
            try rig.start()
            rig.write(40)
            // The system forgets what it could not write, and says next time that all is well.
            rig.disk.faults.syncErrors = 1_000_000
            rig.step(nanos: 200_000_000)
            rig.step()
            #expect(rig.counters.durableSequence == 0 && rig.counters.writeErrors > 0)
            rig.crash(cuttingPower: false)
            rig.disk.faults = .none
            try rig.start()
            rig.crash(cuttingPower: true)
            let end = try rig.start()
            #expect(end.lastSequence == 40)
            #expect(try readAll(rig.disk) == Array(rig.sent.prefix(40)))
        }
    }

    @Test(
        "What is called durable survives a loss of power at any moment, over segments and slow syncs"
    )
    func durableIsDurable() throws {
        for seed in 1...2 {
            let rig = Rig(.async, seed: UInt64(seed), capacity: 8, segmentBytes: 16 << 10)
            try rig.start()
            rig.write(30)
            rig.step(times: 20)
            // Syncs are slow and so overtaken by the end of the segment.
            var sawSync = false
            for _ in 0..<1_500 {
                rig.disk.faults.writeNanos = 0...0
                rig.send(2)
                rig.step(nanos: 1_000)
                rig.disk.faults.writeNanos = 30_000_000...60_000_000
                rig.step(nanos: 3_000_000)
                let durable = rig.counters.durableSequence
                guard durable > 0 else { continue }
                sawSync = true
                // What is called durable survives a loss of power at any moment.
                guard rig.random.below(20) == 0 else { continue }
                let copy = rig.disk.copy(seed: rig.random.next())
                copy.cutPower()
                let end = try Journal.recover(disk: copy, identity: Rig.identity)
                #expect(end.lastSequence >= durable)
            }
            #expect(sawSync)
            rig.close()
        }
    }

    @Test("A slow disk: only deletions while the ring is three quarters full")
    func slow() throws {
        let rig = Rig(.sync, seed: 3, capacity: 64)
        try rig.start()
        rig.write(10)
        rig.disk.faults.writeNanos = 50_000_000...50_000_000
        rig.send(1)
        rig.step()
        for _ in 0..<40 {
            rig.send(1)
            rig.step()
        }
        #expect(rig.admission.level == .deletions)
        #expect(rig.counters.admissionLowered == 1)
        #expect(rig.counters.backlog > 48 && rig.counters.backlogMax > 48)
        rig.disk.faults.writeNanos = 0...0
        rig.step(times: 10, nanos: 60_000_000)
        #expect(rig.admission.level == .everything)
        #expect(rig.gate.value == UInt64(rig.sent.count))
        #expect(rig.counters.writeNanosMax >= 50_000_000)
        rig.close()
    }

    @Test("A start on a full or read-only disk says so")
    func startRefused() throws {
        let full = Rig(.sync, seed: 3)
        full.disk.faults.capacity = 1_000
        do {
            try full.start()
            Issue.record("a journal was begun on a full disk")
        } catch let error as JournalError {
            guard case .disk(let reason) = error else { throw error }
            #expect(reason.isFull)
        }
        let small = Rig(.sync, seed: 3, capacity: 1024, segmentBytes: 8192)
        #expect(throws: JournalError.segmentTooSmall(byteCount: 8192, needed: 307_200)) {
            try small.start()
        }
    }

    @Test("Any faults, any crashes: what was promised is there, and nothing else", arguments: 0..<8)
    func swarm(_ block: Int) throws {
        for seed in 1...6 {
            var random = SeededRandom(seed: UInt64(block * 1000 + seed))
            let rig = Rig(
                random.coin() ? .sync : .async, seed: random.next(),
                capacity: random.pick([4, 8]), segmentBytes: random.pick([16 << 10, 32 << 10]))
            for _ in 0..<4 {
                rig.disk.faults = .none
                try rig.start()
                #expect(try readAll(rig.disk, identity: Rig.identity) == rig.sent)
                rig.disk.faults.writeNanos = 0...random.pick([UInt64(0), 100_000, 20_000_000])
                rig.disk.faults.writeErrors = random.pick([0, 0, 1_000, 50_000])
                rig.disk.faults.syncErrors = random.pick([0, 0, 1_000, 200_000])
                rig.disk.faults.readErrors = random.pick([0, 0, 20_000])
                rig.disk.faults.stalls = random.pick([0, 10_000])
                for _ in 0..<random.below(400) {
                    if random.below(60) == 0 {
                        rig.disk.faults.capacity = random.coin() ? 0 : .max
                    }
                    rig.send(random.below(4))
                    rig.step(nanos: random.pick([UInt64(1_000), 1_000_000, 200_000_000]))
                    #expect(rig.mode == .async || rig.gate.value == rig.written.value)
                }
                let (gate, sequenced) = (rig.gate.value, UInt64(rig.sent.count))
                let cutsPower = random.coin()
                let sent = rig.sent
                if random.below(4) == 0 { rig.close() }
                rig.crash(cuttingPower: cutsPower)
                rig.disk.faults = .none
                let end = try rig.start()
                if !cutsPower { #expect(end.lastSequence == sequenced) }
                if rig.mode == .sync { #expect(end.lastSequence >= gate) }
                #expect(try readAll(rig.disk) == Array(sent.prefix(Int(end.lastSequence))))
                rig.crash(cuttingPower: false)
            }
        }
    }
}
