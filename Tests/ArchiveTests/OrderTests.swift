import Domain
import Reports
import SimulatedPlatform
import Testing

@testable import Archive

/// Checksums that are right prove only that somebody wrote the records so.
@Suite struct OrderTests {
    private static let path = "archive/00000001.events"
    private static let count = 20

    /// What is found in an archive of one segment whose records were changed by somebody who then made
    /// the checksums right. `change` gets the number of the record in its file and the record.
    private func found(
        _ change: (Int, UnsafeMutableRawPointer) -> Void
    ) throws -> [Read] {
        let disk = SimulatedDisk(seed: 21)
        var transactions = Transactions(seed: 21)
        let store = makeFolder(disk)
        var writer = try makeWriter(store)
        for _ in 0..<Self.count { try writer.append(transactions.make()) }
        try writer.sync()
        var segment = try #require(disk.contents(of: Self.path))
        segment.withUnsafeMutableBytes { bytes in
            let base = bytes.baseAddress!
            var check = (base + 12).load(as: UInt32.self)
            var offset = SegmentHeader.recordsOffset(sessionCount: Transactions.sessionCount)
            var number = 0
            while case let length = Int((base + offset).load(as: UInt32.self)), length > 0 {
                change(number, base + offset)
                check = RecordHeader.check(of: base + offset, length: length, after: check)
                (base + offset).storeBytes(of: check, toByteOffset: 4, as: UInt32.self)
                offset += length
                number += 1
            }
        }
        disk.setContents(of: Self.path, to: segment)
        return try readAll(store)
    }

    /// Changes one number of the records that a transaction has.
    private func change(
        _ sequence: UInt64, at offset: Int, by difference: Int64
    ) -> (Int, UnsafeMutableRawPointer) -> Void {
        { _, record in
            guard record.load(fromByteOffset: 8, as: UInt64.self) == sequence else { return }
            let old = record.load(fromByteOffset: offset, as: UInt64.self)
            record.storeBytes(
                of: old &+ UInt64(bitPattern: difference), toByteOffset: offset, as: UInt64.self)
        }
    }

    @Test func `Checksums made anew are believed where the records are in order`() throws {
        #expect(try found { _, _ in }.last?.sequence == UInt64(Self.count))
    }

    @Test(arguments: [-5, -1, 1, 100] as [Int64])
    func `A transaction out of order is damage`(_ difference: Int64) {
        #expect(throws: ArchiveError.self) { _ = try found(change(9, at: 8, by: difference)) }
    }

    @Test func `Time that falls is damage`() {
        #expect(throws: ArchiveError.self) { _ = try found(change(9, at: 16, by: -1_000_000)) }
    }

    @Test func `An event told twice, or without the end of the transaction before, is damage`()
        throws
    {
        var records: [(sequence: UInt64, flags: UInt8)] = []
        _ = try found { _, record in
            records.append(
                (
                    record.load(fromByteOffset: 8, as: UInt64.self),
                    record.load(fromByteOffset: 37, as: UInt8.self)
                ))
        }
        let second = try #require(
            records.indices.dropFirst().first {
                records[$0].sequence == records[$0 - 1].sequence
            })
        #expect(throws: ArchiveError.self) {
            _ = try found { number, record in
                if number == second { record.storeBytes(of: 1, toByteOffset: 32, as: UInt32.self) }
            }
        }
        let last = try #require(
            records.indices.first {
                $0 < records.count - 1 && records[$0].flags & RecordHeader.endFlag != 0
            })
        #expect(throws: ArchiveError.self) {
            _ = try found { number, record in
                guard number == last else { return }
                record.storeBytes(
                    of: records[last].flags & ~RecordHeader.endFlag, toByteOffset: 37,
                    as: UInt8.self
                )
            }
        }
    }

    @Test(arguments: [(4, true), (3, false), (5, false)] as [(UInt64, Bool)])
    func `A hole begins where the transaction before ends`(_ first: UInt64, _ isRight: Bool) {
        let time = Transactions.execID(3)
        var last = RecordHeader(sequence: 3, execID: time, index: 1, kind: .event)
        last.flags = RecordHeader.endFlag
        let hole = RecordHeader(sequence: 7, execID: time, index: 0, kind: .hole)
        let body = [first, Transactions.execID(8)]
        #expect(body.withUnsafeBytes { hole.follows(last, $0) } == isRight)
    }

    @Test func `A hole is read where it lies`() throws {
        let store = ArchiveMemory(segmentBytes: 48 << 10, segmentCountMax: 2)
        var writer = try makeWriter(store)
        var transactions = Transactions(seed: 22)
        for _ in 0..<3 { try writer.append(transactions.make()) }
        try writer.appendHole(before: 8, execID: Transactions.execID(8))
        transactions.sequence = 7
        try writer.append(transactions.make())
        try writer.flush()
        let found = try readAll(store)
        #expect(found.map(\.kind).contains(.hole))
        #expect(found.last?.sequence == 8)
    }
}
