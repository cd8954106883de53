import Domain
import Platform
import Reports
import SimulatedPlatform
import Testing

@testable import Archive

@Suite struct FollowingTests {
    @Test(arguments: 1...5) func `A reader that follows gets everything once, whole, in order`(
        _ seed: UInt64
    ) throws {
        let disk = SimulatedDisk(seed: seed)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: seed)
        var writer = try makeWriter(store)
        var reader = try ArchiveReader(store, history: history, after: 0)
        var read: [Read] = []
        for _ in 0..<600 {
            try writer.append(transactions.make())
            if transactions.next(10) == 0 { try writer.flush() }
            if transactions.next(15) == 0 { read += try readOn(&reader) }
        }
        try writer.flush()
        read += try readOn(&reader)
        #expect(read.events == transactions.all.map(Read.init))
    }

    /// A file of which the writer's last bytes are on their way is there at every length.
    @Test func `Of a transaction that is not there whole nothing is handed out`() throws {
        let disk = SimulatedDisk(seed: 7)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: 7)
        var writer = try makeWriter(store)
        for _ in 0..<5 { try writer.append(transactions.make()) }
        try writer.flush()
        let path = "archive/00000001.events"
        let whole = try #require(disk.contents(of: path))
        let truth = transactions.all.map(Read.init)
        var reader = try ArchiveReader(store, history: history, after: 0)
        var read: [Read] = []
        disk.setContents(of: path, to: [UInt8](repeating: 0, count: whole.count))
        let file = try disk.open(path, writable: true)
        let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { byte.deallocate() }
        for offset in 0..<(whole.lastIndex { $0 != 0 }! + 1) {
            byte[0] = whole[offset]
            try file.write(UnsafeRawBufferPointer(byte), at: offset)
            read += try readOn(&reader)
            #expect(read.last?.endsTransaction ?? true)
        }
        #expect(read.events == truth)
    }

    @Test func `A reader made anew goes on where the last one stood, also after a cut`() throws {
        let disk = SimulatedDisk(seed: 8)
        let store = makeFolder(disk)
        var transactions = Transactions(seed: 8)
        let script = (0..<900).map { _ in transactions.make() }
        var writer = try makeWriter(store)
        for events in script[..<600] { try writer.append(events) }
        try writer.flush()
        var reader = try ArchiveReader(store, history: history, after: 0)
        var read = try readOn(&reader)
        // The venue starts again with fewer of them in its archive, and makes them anew.
        var next = try makeWriter(store)
        try next.cutBack(to: 550)
        #expect(try readOn(&reader).isEmpty)
        for events in script[550...] { try next.append(events) }
        try next.flush()
        var later = try ArchiveReader(store, history: history, after: 600)
        read += try readOn(&later)
        #expect(read.events == transactions.all.map(Read.init))
        #expect(reader.history == history)
    }
}
