import Domain
import Platform
import Reports
import SimulatedPlatform
import Testing

@testable import Archive

@Suite struct DamageTests {
    /// An archive of some segments on a disk, durable, and what is in it.
    private func archive(
        _ count: Int, seed: UInt64
    ) throws -> (disk: SimulatedDisk, transactions: Transactions) {
        let disk = SimulatedDisk(seed: seed)
        var transactions = Transactions(seed: seed)
        var writer = try makeWriter(makeFolder(disk))
        for _ in 0..<count { try writer.append(transactions.make()) }
        try writer.sync()
        return (disk, transactions)
    }

    /// The transactions up to one.
    private func expected(_ transactions: Transactions, through sequence: UInt64) -> [Read] {
        transactions.all.filter { $0.sequence <= sequence }.map(Read.init)
    }

    @Test func `Ended at any byte, what is whole stays, and the rest can be written again`()
        throws
    {
        let (disk, transactions) = try archive(4, seed: 11)
        let path = "archive/00000001.events"
        let whole = try #require(disk.contents(of: path))
        let end = whole.lastIndex { $0 != 0 }! + 1
        let zeros = [UInt8](repeating: 0, count: whole.count)
        var lengths = Set<UInt64>()
        for length in 0...end where length < 800 || length > end - 100 || length % 37 == 0 {
            let copy = disk.copy(seed: UInt64(length))
            copy.setContents(of: path, to: Array(whole[..<length]) + zeros[length...])
            let store = makeFolder(copy)
            let writer = try makeWriter(store)
            lengths.insert(writer.lastSequence)
            #expect(
                try readAll(store).events == expected(transactions, through: writer.lastSequence))
            // Nothing is left behind the end.
            if length % 32 == 0, let content = copy.contents(of: path) {
                #expect(content == Array(whole[..<writer.end]) + zeros[writer.end...])
            }
        }
        #expect(lengths == Set(0...4))
    }

    @Test func `No flipped bit is believed`() throws {
        let (disk, transactions) = try archive(4, seed: 12)
        let path = "archive/00000001.events"
        let whole = try #require(disk.contents(of: path))
        let end = whole.lastIndex { $0 != 0 }! + 1
        let truth = transactions.all.map(Read.init)
        for bit in 0..<end * 8 where bit % 13 == 0 {
            let copy = disk.copy(seed: 1)
            copy.flipBit(of: path, at: bit / 8, bit: bit % 8)
            let store = makeFolder(copy)
            let found = (try? readAll(store).events) ?? []
            #expect(found == Array(truth[..<found.count]))
            var reader = SessionDataReader(store, history: history)
            let data = (try? ask(&reader, 2).events) ?? []
            #expect(data.allSatisfy { truth.contains($0) })
            if let writer = try? makeWriter(store) {
                #expect(
                    try readAll(store).events
                        == expected(transactions, through: writer.lastSequence))
            }
        }
    }

    @Test func `Bytes that make no sense trap nobody`() throws {
        var random = SeededRandom(seed: 13)
        let (disk, _) = try archive(400, seed: 13)
        let paths = try disk.names(in: "archive").map { "archive/" + $0 }
        for round in 0..<80 {
            let copy = disk.copy(seed: UInt64(round))
            let path = paths[random.below(paths.count)]
            var bytes = try #require(copy.contents(of: path))
            for _ in 0..<1 + random.below(20) {
                let offset = random.below(bytes.count)
                for position in offset..<min(bytes.count, offset + random.below(200)) {
                    bytes[position] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            copy.setContents(of: path, to: bytes)
            let store = makeFolder(copy)
            _ = try? readAll(store)
            var reader = SessionDataReader(store, history: history)
            for session in 0..<Transactions.sessionCount { _ = try? ask(&reader, session) }
            _ = try? makeWriter(store)
        }
    }

    @Test func `Damage before the end is told with its place`() throws {
        let (disk, _) = try archive(500, seed: 14)
        let store = makeFolder(disk)
        #expect(try store.numbers().count > 3)
        disk.flipBit(of: "archive/00000002.events", at: 20_000)
        let error = #expect(throws: ArchiveError.self) { _ = try readAll(store) }
        #expect(error?.description.contains("archive/00000002.events is damaged at offset") == true)
        var reader = SessionDataReader(store, history: history)
        #expect(throws: ArchiveError.self) { _ = try ask(&reader, 1) }
    }

    @Test(arguments: 1...12) func `After a loss of power the archive is a beginning of the truth`(
        _ seed: UInt64
    ) throws {
        let disk = SimulatedDisk(seed: seed)
        var transactions = Transactions(seed: seed)
        var random = SeededRandom(seed: seed)
        var script: [[EventBytes]] = []
        for _ in 0..<6 {
            let store = makeFolder(disk)
            var writer = try makeWriter(store)
            #expect(
                try readAll(store).events == expected(transactions, through: writer.lastSequence))
            // Commands made since are applied again; some are lost, and others come in their place.
            let kept = max(
                writer.lastSequence,
                UInt64(script.count - min(script.count, random.below(30))))
            script.removeLast(script.count - Int(kept))
            transactions.all.removeAll { $0.sequence > kept }
            transactions.sequence = kept
            for events in script[Int(writer.lastSequence)...] { try writer.append(events) }
            var durable: UInt64 = 0
            for _ in 0..<50 + random.below(100) {
                script.append(transactions.make())
                try writer.append(script[script.count - 1])
                if random.below(20) == 0 { try writer.flush() }
                if random.below(100) == 0 {
                    try writer.sync()
                    durable = writer.lastSequence
                }
            }
            if random.coin() { disk.kill() } else { disk.cutPower() }
            let found = try makeWriter(makeFolder(disk)).lastSequence
            #expect(found >= durable)
        }
    }
}

extension ArchiveWriter {
    /// Where the next record goes in its segment.
    fileprivate var end: Int { segment?.offset ?? 0 }
}
