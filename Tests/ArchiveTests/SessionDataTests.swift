import Domain
import Platform
import Reports
import SimulatedPlatform
import Testing

@testable import Archive

@Suite struct SessionDataTests {
    /// What a session may ask for, of a list.
    private func data(
        _ transactions: Transactions, _ session: Int, behind begin: ApplMsgID = .min,
        upTo end: ApplMsgID = .max, through: UInt64 = .max
    ) -> [Kept] {
        transactions.all.filter {
            ($0.session == session || $0.session == -1) && $0.id > begin && $0.id <= end
                && $0.sequence <= through
        }
    }

    @Test(arguments: 1...3) func `Any range of any session is what a list says`(
        _ seed: UInt64
    ) throws {
        let disk = SimulatedDisk(seed: seed)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: seed)
        var writer = try makeWriter(store)
        for _ in 0..<700 { try writer.append(transactions.make()) }
        try writer.flush()
        var reader = SessionDataReader(store, history: history)
        for _ in 0..<60 {
            let session = transactions.next(Transactions.sessionCount)
            let through = transactions.next(2) == 0 ? 700 : UInt64(transactions.next(700))
            var ids = (0..<2).map { _ in
                let near = transactions.all[transactions.next(transactions.all.count)].id
                return ApplMsgID(
                    execID: near.execID, index: near.index + UInt64(transactions.next(2)))
            }.sorted()
            if transactions.next(4) == 0 { ids[0] = .min }
            if transactions.next(4) == 0 { ids[1] = .max }
            let found = try ask(
                &reader, session, behind: ids[0], upTo: ids[1], through: through,
                budget: 1 + transactions.next(100_000))
            let expected = data(
                transactions, session, behind: ids[0], upTo: ids[1], through: through)
            #expect(found.events == expected.map(Read.init))
            #expect(found.forgotten == nil)
            #expect(found.last == data(transactions, session, through: through).last?.id)
        }
    }

    @Test func `Of a session that was quiet for long, most segments are not read`() throws {
        let disk = SimulatedDisk(seed: 4)
        let store = makeFolder(disk)
        var writer = try ArchiveWriter(store, history: history, sessionCount: 70)
        func order(_ sequence: UInt64, _ session: Int) -> EventBytes {
            var event = Event(kind: .orderAccepted)
            event.flags = [.standard, .endOfTransaction]
            event.sequence = sequence
            event.execID = Timestamp(nanos: sequence * 10)
            event.session = SessionIndex(session)
            return Transactions.bytes(event, EventContext(), [], nil, nil)
        }
        // Sessions 1 and 65 share a bit of the blocks' masks.
        for sequence: UInt64 in 1...3000 {
            let session = sequence == 20 || sequence == 2990 ? 1 : 65
            try writer.append([order(sequence, session)])
        }
        try writer.flush()
        #expect(try store.numbers().count > 3)
        let counting = CountingStore(store)
        var reader = SessionDataReader(counting, history: history)
        let found = try ask(&reader, 1)
        #expect(found.events.map(\.sequence) == [20, 2990])
        #expect(found.last == ApplMsgID(execID: 29900, index: 0))
        // Between them only headers.
        #expect(counting.bytesRead < 1_200_000)
        let before = counting.bytesRead
        let tail = try ask(&reader, 1, behind: ApplMsgID(execID: 25000, index: 0))
        #expect(tail.events.map(\.sequence) == [2990])
        #expect(counting.bytesRead - before < 600_000)
        #expect(try ask(&reader, 3).last == nil)
    }

    @Test func `What memory no longer holds is told as forgotten, and holes in their place`()
        throws
    {
        let store = ArchiveMemory(segmentBytes: 48 << 10, segmentCountMax: 3)
        var transactions = Transactions(seed: 5)
        var writer = try makeWriter(store)
        for _ in 0..<400 { try writer.append(transactions.make()) }
        // A hole of ten transactions.
        let before = transactions
        for _ in 0..<10 { _ = transactions.make() }
        transactions.all = before.all
        let behind = transactions.sequence + 1
        try writer.appendHole(before: behind, execID: Transactions.execID(behind))
        for _ in 0..<100 { try writer.append(transactions.make()) }
        try writer.flush()
        let numbers = try store.numbers()
        #expect(numbers.count == 3 && numbers[0] > 1)
        var reader = SessionDataReader(store, history: history)
        for session in 0..<Transactions.sessionCount {
            let all = data(transactions, session)
            let found = try ask(&reader, session)
            let forgotten = try #require(found.forgotten)
            let kept = all.filter { $0.id > forgotten }
            #expect(found.events.events == kept.map(Read.init))
            let holes = found.events.filter { $0.kind == .hole }
            #expect(holes.map(\.sequence) == [behind - 1])
            #expect(found.last == all.last?.id)
            // Of what is not forgotten nothing is said to be.
            #expect(try ask(&reader, session, behind: forgotten).forgotten == nil)
            // The hole is told where something may be missing, and only there.
            let nearBehind = ApplMsgID(execID: Transactions.execID(behind), index: 0)
            #expect(
                try ask(&reader, session, behind: nearBehind).events.allSatisfy {
                    $0.kind == .event
                })
        }
    }
}

/// Counts what is read.
private final class CountingStore: ArchiveStore {
    let store: any ArchiveStore
    var bytesRead = 0
    init(_ store: any ArchiveStore) { self.store = store }
    var segmentBytes: Int { store.segmentBytes }
    var segmentCountMax: Int? { store.segmentCountMax }
    func numbers() throws(ArchiveError) -> [Int] { try store.numbers() }
    func create(_ number: Int) throws(ArchiveError) -> any DiskFile { try store.create(number) }
    func open(_ number: Int, writable: Bool) throws(ArchiveError) -> any DiskFile {
        CountingFile(try store.open(number, writable: writable), self)
    }
    func remove(_ number: Int) throws(ArchiveError) { try store.remove(number) }
    func syncNames() throws(ArchiveError) { try store.syncNames() }
    func name(of number: Int) -> String { store.name(of: number) }
}

private final class CountingFile: DiskFile {
    let file: any DiskFile
    let store: CountingStore
    init(_ file: any DiskFile, _ store: CountingStore) {
        self.file = file
        self.store = store
    }
    var path: String { file.path }
    var byteCount: Int { file.byteCount }
    func read(
        at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        let count = try file.read(at: offset, into: bytes)
        store.bytesRead += count
        return count
    }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        try file.write(bytes, at: offset)
    }
    func sync() throws(DiskError) { try file.sync() }
    func resize(to byteCount: Int) throws(DiskError) { try file.resize(to: byteCount) }
}
