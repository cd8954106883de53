import Domain
import Platform
import SimulatedPlatform
import Testing

@testable import Journaling

@Suite("Damaged and torn journals")
struct DamageTests {
    /// A small journal of two segments, closed or not.
    private func make(
        _ mode: DurabilityMode, isClosed: Bool
    ) throws -> (disk: SimulatedDisk, sent: [Sent]) {
        let rig = Rig(mode, seed: 6, capacity: 4, segmentBytes: 16 << 10)
        try rig.start()
        rig.write(130)
        if mode == .async { rig.step(times: 3, nanos: 60_000_000) }
        if isClosed { rig.close() } else { rig.crash(cuttingPower: true) }
        return (rig.disk, rig.sent)
    }

    /// What a start makes of it: nil when it refuses, and otherwise the commands there are.
    private func recovered(_ disk: SimulatedDisk) throws -> [Sent]? {
        do {
            let end = try Journal.recover(disk: disk, identity: Rig.identity)
            let found = try readAll(disk, identity: Rig.identity)
            #expect(UInt64(found.count) == end.lastSequence)
            return found
        } catch let error as JournalError {
            #expect(error.description.contains("journal"))
            return nil
        }
    }

    private func expectPrefix(_ found: [Sent], of sent: [Sent], _ what: String) {
        #expect(found == Array(sent.prefix(found.count)), "\(what)")
    }

    /// The bytes of a journal, by file and offset: each of them where there are few, and otherwise
    /// every so many.
    private func places(_ disk: SimulatedDisk, step: Int) -> [(path: String, offset: Int)] {
        disk.paths.filter { $0.hasSuffix(".journal") }.flatMap { path in
            let used = (disk.contents(of: path)!.lastIndex { $0 != 0 } ?? -1) + 1
            let header = stride(from: 0, to: min(64, used), by: step)
            let rest = stride(from: min(4096, used), to: used, by: step)
            return (Array(header) + Array(rest)).map { (path, $0) }
        }
    }

    @Test("Every bit of a small journal that was closed: all of it, or a refusal")
    func everyBit() throws {
        let rig = Rig(.sync, seed: 6, capacity: 4, segmentBytes: 16 << 10)
        try rig.start()
        rig.write(3)
        rig.close()
        var refused = 0
        for (path, offset) in places(rig.disk, step: 1) {
            for bit in 0..<8 {
                let copy = rig.disk.copy(seed: 1)
                copy.flipBit(of: path, at: offset, bit: bit)
                guard let found = try recovered(copy) else {
                    refused += 1
                    continue
                }
                // The journal's last marks say that all of it was kept.
                #expect(found == rig.sent, "\(path) \(offset) \(bit)")
            }
        }
        #expect(refused > 1_500)
    }

    @Test("Bits of a larger one, closed or not: a prefix or a refusal", arguments: [true, false])
    func manyBits(_ isClosed: Bool) throws {
        let (disk, sent) = try make(.sync, isClosed: isClosed)
        for (path, offset) in places(disk, step: 41) {
            let copy = disk.copy(seed: 1)
            copy.flipBit(of: path, at: offset, bit: offset % 8)
            guard let found = try recovered(copy) else { continue }
            if isClosed { #expect(found == sent, "\(path) \(offset)") }
            expectPrefix(found, of: sent, "\(path) \(offset)")
        }
    }

    @Test("Cut anywhere: a prefix or a refusal", arguments: [true, false])
    func everyCut(_ isClosed: Bool) throws {
        let (disk, sent) = try make(.async, isClosed: isClosed)
        for (path, offset) in places(disk, step: isClosed ? 31 : 37) {
            let copy = disk.copy(seed: 1)
            copy.setContents(of: path, to: Array(disk.contents(of: path)![..<offset]))
            guard let found = try recovered(copy) else { continue }
            expectPrefix(found, of: sent, "\(path) \(offset)")
        }
    }

    @Test("Damage is told with file, offset and remedy")
    func sentence() throws {
        let (disk, _) = try make(.sync, isClosed: true)
        disk.flipBit(of: "journal/00000001.journal", at: 4096 + 50, bit: 0)
        do {
            _ = try Journal.recover(disk: disk, identity: Rig.identity)
            Issue.record("damage was accepted")
        } catch {
            guard case .damaged(let path, let offset, let sequence) = error else {
                throw error
            }
            #expect(path == "journal/00000001.journal")
            #expect((4096...4146).contains(offset) && sequence >= 1)
            #expect(error.description.contains("restore the file from a copy"))
            #expect(error.description.contains("\(offset)"))
        }
    }

    /// What a failed write left at the end of a segment looks like damage; whether it is shows in the header
    /// of the next one.
    @Test(
        "A header that is gone is named beside the record that it would explain",
        arguments: [0, 0xA5])
    func lostHeader(filler: UInt8) throws {
        let next = "journal/00000002.journal"
        var named = 0
        for seed: UInt64 in 1...20 {
            let rig = Rig(.sync, seed: seed)
            try rig.start()
            rig.write(10)
            rig.disk.faults.writeErrors = 1_000_000
            rig.send(5)
            rig.step(times: 3)
            rig.disk.faults.writeErrors = 0
            rig.step(times: 20, nanos: 200_000_000)
            rig.close()
            var bytes = try #require(rig.disk.contents(of: next))
            bytes.replaceSubrange(0..<512, with: repeatElement(filler, count: 512))
            rig.disk.setContents(of: next, to: bytes)
            do {
                try rig.start()
                // The write that failed was done all the same.
                #expect(try readAll(rig.disk) == rig.sent)
            } catch let error as JournalError {
                #expect("\(error)".contains(next))
                named += 1
            }
        }
        #expect(named >= 8)
    }

    @Test("A missing segment is told by name")
    func missing() throws {
        let rig = Rig(.sync, seed: 6, capacity: 4, segmentBytes: 16 << 10)
        try rig.start()
        rig.write(300)
        rig.close()
        try rig.disk.remove("journal/00000002.journal")
        #expect(throws: JournalError.missing(path: "journal/00000002.journal")) { try rig.start() }
        try rig.disk.remove("journal/00000001.journal")
        #expect(throws: JournalError.self) { try rig.start() }
        let first = try Segments(rig.disk, genesis: nil).first!.header!.firstSequence
        #expect(try readAll(rig.disk, from: first).count == 301 - Int(first))
    }

    @Test("What a recovery gave is what the next one gives, and the journal goes on")
    func goesOn() throws {
        for seed in 1...20 {
            let rig = Rig(seed % 2 == 0 ? .sync : .async, seed: UInt64(seed))
            rig.disk.faults.writeNanos = 0...100_000
            for _ in 0..<4 {
                let acknowledged = rig.mode == .sync ? rig.gate.value : 0
                let end = try rig.start()
                #expect(end.lastSequence >= acknowledged)
                for _ in 0..<60 {
                    rig.send(rig.random.below(6))
                    rig.step(nanos: 20_000)
                }
                rig.crash(cuttingPower: true)
                // Recovery itself may be interrupted, and be done again.
                let copy = rig.disk.copy(seed: UInt64(seed))
                let first = try Journal.recover(disk: copy, identity: Rig.identity)
                copy.cutPower()
                #expect(try Journal.recover(disk: copy, identity: Rig.identity) == first)
                #expect(try readAll(copy) == Array(rig.sent.prefix(Int(first.lastSequence))))
            }
        }
    }
    /// A venue that reads for long says how far it has to go, at least.
    @Test("Without reading a journal tells a command that it has come to")
    func leastEnd() throws {
        let rig = Rig(.async, seed: 5)
        #expect(try Journal.leastEnd(disk: rig.disk, identity: Rig.identity) == 0)
        try rig.start()
        rig.write(900)
        rig.step(times: 20)
        rig.crash(cuttingPower: false)
        #expect(try Journal.leastEnd(disk: rig.disk, identity: Rig.identity) == 900)
        // With the ring, another run of the machine does not believe what it says: then the segments do.
        rig.disk.setContents(of: CommandLog.path, to: [])
        let least = try Journal.leastEnd(disk: rig.disk, identity: Rig.identity)
        #expect(least > 400 && least <= 900)
    }
}
