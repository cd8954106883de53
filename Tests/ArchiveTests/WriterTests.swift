import Domain
import Platform
import Reports
import SimulatedPlatform
import Testing

@testable import Archive

@Suite struct WriterTests {
    @Test(arguments: 1...4) func `What was written is read, and from any transaction on`(
        _ seed: UInt64
    ) throws {
        let disk = SimulatedDisk(seed: seed)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: seed)
        var writer = try makeWriter(store)
        for _ in 0..<800 { try writer.append(transactions.make()) }
        try writer.flush()
        #expect(try store.numbers().count > 3)
        #expect(writer.lastSequence == 800)
        let expected = transactions.all.map(Read.init)
        let read = try readAll(store)
        #expect(read.events == expected)
        // Listings left their marks, so every transaction is there.
        #expect(Set(read.map(\.sequence)) == Set(1...800))
        #expect(
            read.filter { $0.kind == .nothing }.map(\.sequence) == transactions.listings)
        for start: UInt64 in [1, 2, 17, 250, 499, 799, 800, 801] {
            let tail = try readAll(store, after: start)
            #expect(tail.events == expected.filter { $0.sequence > start }, "after \(start)")
        }
    }

    @Test func `A writer goes on where the last one stopped`() throws {
        let disk = SimulatedDisk(seed: 5)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: 5)
        for round in 1...40 {
            var writer = try makeWriter(store)
            #expect(writer.lastSequence == UInt64(round - 1) * 60)
            for _ in 0..<60 { try writer.append(transactions.make()) }
            // What stays in memory when a process ends is lost: this one ends well.
            try writer.sync()
        }
        #expect(try readAll(store).events == transactions.all.map(Read.init))
    }

    @Test func `Cut back to any transaction it is as if no more had come`() throws {
        var transactions = Transactions(seed: 6)
        let script = (0..<500).map { _ in transactions.make() }
        for limit: UInt64 in [0, 1, 2, 300, 477, 499] {
            let disk = SimulatedDisk(seed: limit)
            let store = makeFolder(disk)
            var writer = try makeWriter(store)
            for events in script { try writer.append(events) }
            try writer.cutBack(to: limit)
            #expect(writer.lastSequence == limit)
            let kept = transactions.all.filter { $0.sequence <= limit }.map(Read.init)
            #expect(try readAll(store).events == kept)
            for events in script[Int(limit)...] { try writer.append(events) }
            try writer.flush()
            #expect(try readAll(store).events == transactions.all.map(Read.init))
            // Byte by byte what a writer makes that never was cut back.
            let other = SimulatedDisk(seed: 1)
            var straight = try makeWriter(makeFolder(other))
            for events in script { try straight.append(events) }
            try straight.flush()
            #expect(try bytes(of: disk) == bytes(of: other))
        }
    }

    @Test func `A transaction that does not follow is refused`() throws {
        var writer = try makeWriter(ArchiveMemory())
        var transactions = Transactions(seed: 7)
        try writer.append(transactions.make())
        _ = transactions.make()
        let third = transactions.make()
        #expect(throws: ArchiveError.self) { try writer.append(third) }
        #expect(writer.lastSequence == 1)
        try writer.appendHole(before: 3, execID: Transactions.execID(3))
        try writer.append(third)
        #expect(writer.lastSequence == 3)
    }

    @Test func `What belongs to somebody else is not touched`() throws {
        let disk = SimulatedDisk(seed: 8)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: 8)
        var writer = try makeWriter(store)
        for _ in 0..<100 { try writer.append(transactions.make()) }
        try writer.flush()
        let before = try bytes(of: disk)
        let other = #expect(throws: ArchiveError.self) {
            _ = try ArchiveWriter(store, history: 1, sessionCount: Transactions.sessionCount)
        }
        #expect(other?.description.contains(".events belongs to another history") == true)
        #expect(throws: ArchiveError.self) {
            _ = try ArchiveWriter(store, history: history, sessionCount: 4)
        }
        #expect(try bytes(of: disk) == before)
    }

    @Test func `On a full disk nothing is lost that was taken, and it goes on when there is room`()
        throws
    {
        let disk = SimulatedDisk(seed: 9)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: 9)
        var writer = try makeWriter(store)
        var refusals = 0
        for round in 0..<600 {
            for event in transactions.make() {
                while true {
                    do {
                        try event.withRecord { record in try writer.append(record) }
                        break
                    } catch {
                        #expect((error as? ArchiveError)?.refusal?.isFull == true)
                        refusals += 1
                        disk.faults.capacity = .max
                    }
                }
            }
            if round % 200 == 150 { disk.faults.capacity = 0 }
        }
        try writer.flush()
        #expect(refusals > 0)
        #expect(try readAll(store).events == transactions.all.map(Read.init))
    }

    /// After a sync that failed the system keeps what it may never have written, and calls the next sync
    /// good: what follows the last good one is written again.
    @Test(arguments: 1...3) func `After a failed sync what may be lost is written again`(
        seed: UInt64
    ) throws {
        let disk = SimulatedDisk(seed: seed)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: seed)
        var made: [[EventBytes]] = []
        var writer = try makeWriter(store)
        var failures = 0
        for round in 1...150 {
            made.append(transactions.make())
            try writer.append(made[round - 1])
            guard round % 10 == 0 else { continue }
            disk.faults.syncErrors = round % 3 == 0 ? 500_000 : 0
            do { try writer.sync() } catch {
                failures += 1
                #expect((error as? ArchiveError)?.refusal?.code == 5 && writer.mustRewind)
                disk.faults.syncErrors = 0
                #expect(throws: ArchiveError.self) { try writer.sync() }
                try writer.rewind()
                let again = Int(writer.lastSequence)
                #expect(
                    again == Int(writer.durableSequence) && again >= round - 10 && again < round)
                for events in made[again...] { try writer.append(events) }
                try writer.sync()
            }
            disk.faults.syncErrors = 0
            #expect(writer.durableSequence == UInt64(round))
        }
        #expect(failures > 0)
        disk.cutPower()
        #expect(try readAll(store).events == transactions.all.map(Read.init))
    }

    /// The process that was told so may be killed before it can do something about it.
    @Test(arguments: 1...3) func `The next writer writes again what no sync made durable`(
        seed: UInt64
    ) throws {
        let disk = SimulatedDisk(seed: seed)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: seed)
        do {
            var writer = try makeWriter(store)
            for _ in 0..<20 { try writer.append(transactions.make()) }
            try writer.sync()
            for _ in 0..<20 { try writer.append(transactions.make()) }
            disk.faults.syncErrors = 1_000_000
            #expect(throws: ArchiveError.self) { try writer.sync() }
        }
        disk.faults.syncErrors = 0
        disk.kill()
        let next = try makeWriter(store)
        #expect(next.lastSequence == 40 && next.durableSequence == 40)
        disk.cutPower()
        #expect(try readAll(store).events == transactions.all.map(Read.init))
    }
}
