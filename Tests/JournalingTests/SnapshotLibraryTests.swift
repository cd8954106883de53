import Domain
import Platform
import SimulatedPlatform
import Testing

@testable import Journaling

@Suite("Snapshots in a data directory")
struct SnapshotLibraryTests {
    static let identity = JournalIdentity(genesis: 77, fingerprint: 5, rulesVersion: 1)

    /// Bytes that differ from snapshot to snapshot; over several blocks when it is long.
    static func state(_ sequence: UInt64, byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: UInt64($0) &* 31 &+ sequence &* 7) }
    }

    static func write(
        _ state: [UInt8], _ sequence: UInt64, to library: SnapshotLibrary, pieceBytes: Int = 50_000
    ) throws {
        try library.write(
            sequence: sequence, lastTimeIn: Timestamp(nanos: sequence * 10), stateHash: ~sequence
        ) { put in
            var rest = state[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(pieceBytes))
                rest = rest.dropFirst(pieceBytes)
                try piece.withUnsafeBytes { try put($0) }
            }
        }
    }

    /// The state of the newest snapshot that can be used, and what was said of the others.
    static func read(
        _ library: SnapshotLibrary, through last: UInt64 = .max
    ) throws -> (header: SnapshotHeader, state: [UInt8], faults: [SnapshotFault])? {
        var faults: [SnapshotFault] = []
        func report(_ fault: SnapshotFault) { faults.append(fault) }
        let found = try library.restoreNewest(through: last, report: report) { header, read in
            var state: [UInt8] = []
            var memory = [UInt8](repeating: 0, count: 3_333)
            while true {
                let count = try memory.withUnsafeMutableBytes { try read($0) }
                if count == 0 { return (header, state) }
                state += memory[..<count]
            }
        }
        guard let found else {
            return faults.isEmpty
                ? nil
                : (
                    SnapshotHeader(
                        identity: identity, sequence: 0, lastTimeIn: .zero, stateHash: 0), [],
                    faults
                )
        }
        return (found.0, found.1, faults)
    }

    static func makeLibrary(_ disk: SimulatedDisk, keeping: Int = 3) throws -> SnapshotLibrary {
        let library = SnapshotLibrary(disk: disk, identity: identity, keeping: keeping)
        try library.prepare()
        return library
    }

    @Test("The newest comes back as it was written", arguments: [0, 1, 65_535, 65_536, 200_000])
    func roundTrip(byteCount: Int) throws {
        let library = try Self.makeLibrary(SimulatedDisk(seed: 1))
        #expect(try Self.read(library) == nil)
        for sequence in [9, 10, 1 << 60] as [UInt64] {
            try Self.write(Self.state(sequence, byteCount: byteCount), sequence, to: library)
        }
        let (header, state, faults) = try #require(try Self.read(library))
        #expect(
            header
                == SnapshotHeader(
                    identity: Self.identity, sequence: 1 << 60,
                    lastTimeIn: Timestamp(nanos: (1 << 60) * 10), stateHash: ~(1 << 60)))
        #expect(state == Self.state(1 << 60, byteCount: byteCount))
        #expect(faults.isEmpty)
        #expect(try library.sequences() == [9, 10, 1 << 60])
        #expect(try library.verify(9).sequence == 9)
    }

    @Test("Snapshots of later commands are passed over without a word")
    func bounded() throws {
        let library = try Self.makeLibrary(SimulatedDisk(seed: 1))
        for sequence in [5, 10, 15] as [UInt64] { try Self.write([1], sequence, to: library) }
        let (header, _, faults) = try #require(try Self.read(library, through: 14))
        #expect(header.sequence == 10 && faults.isEmpty)
        #expect(try Self.read(library, through: 4) == nil)
    }

    @Test("What is removed as lost with the journal stays away over a loss of power")
    func removal() throws {
        for seed: UInt64 in 1...20 {
            let disk = SimulatedDisk(seed: seed)
            let library = try Self.makeLibrary(disk)
            for sequence in [5, 10, 15] as [UInt64] { try Self.write([1], sequence, to: library) }
            try library.removeAll(behind: 10)
            #expect(try library.sequences() == [5, 10])
            disk.cutPower()
            #expect(try library.sequences() == [5, 10])
        }
    }

    @Test("The oldest go, as many as are kept stay")
    func retention() throws {
        let disk = SimulatedDisk(seed: 1)
        let library = try Self.makeLibrary(disk, keeping: 2)
        for sequence in 1...7 as ClosedRange<UInt64> {
            try Self.write([UInt8(sequence)], sequence, to: library)
        }
        #expect(try library.sequences() == [6, 7])
        // The same once more replaces the older file.
        try Self.write([99], 7, to: library)
        #expect(try library.sequences() == [6, 7])
        #expect(try Self.read(library)?.state == [99])
        #expect(disk.paths.count == 2)
    }

    @Test("Cut anywhere: the next older one is taken, and file and reason are told")
    func truncations() throws {
        let disk = SimulatedDisk(seed: 1)
        let library = try Self.makeLibrary(disk)
        let older = Self.state(1, byteCount: 100)
        try Self.write(older, 1, to: library)
        try Self.write(Self.state(2, byteCount: 70_000), 2, to: library)
        let path = SnapshotLibrary.path(of: 2)
        let whole = try #require(disk.contents(of: path))
        for length in Array(0..<200) + Array(stride(from: 200, to: whole.count, by: 4_999))
            + [65_608, 65_609, whole.count - 9, whole.count - 8, whole.count - 1]
        {
            disk.setContents(of: path, to: Array(whole[..<length]))
            let (header, state, faults) = try #require(try Self.read(library))
            #expect(header.sequence == 1 && state == older)
            #expect(faults.map(\.path) == [path])
            #expect(throws: (any Error).self) { try library.verify(2) }
        }
        disk.setContents(of: path, to: whole + [0])
        #expect(try Self.read(library)?.header.sequence == 1)
        disk.setContents(of: path, to: whole)
        #expect(try Self.read(library)?.header.sequence == 2)
    }

    @Test("A bit flipped in header, block heads or any block: the next older one is taken")
    func bitFlips() throws {
        let disk = SimulatedDisk(seed: 1)
        let library = try Self.makeLibrary(disk)
        try Self.write([1], 1, to: library)
        try Self.write(Self.state(2, byteCount: 150_000), 2, to: library)
        let path = SnapshotLibrary.path(of: 2)
        let whole = try #require(disk.contents(of: path))
        var random = SeededRandom(seed: 4)
        let heads = Array(0..<80) + Array(65_600..<65_700) + Array((whole.count - 20)..<whole.count)
        let elsewhere = (0..<100).map { _ in random.below(whole.count) }
        for offset in heads + elsewhere {
            var damaged = whole
            damaged[offset] ^= 1 << UInt8(random.below(8))
            disk.setContents(of: path, to: damaged)
            let (header, state, faults) = try #require(try Self.read(library))
            #expect(header.sequence == 1 && state == [1])
            #expect(faults.count == 1 && faults[0].path == path && !faults[0].reason.isEmpty)
        }
    }

    @Test("Blocks swapped, doubled or of another snapshot are damage")
    func otherBlocks() throws {
        let disk = SimulatedDisk(seed: 1)
        let library = try Self.makeLibrary(disk)
        let byteCount = 65_536 * 3
        for sequence in [1, 2] as [UInt64] {
            try Self.write(Self.state(sequence, byteCount: byteCount), sequence, to: library)
        }
        let path = SnapshotLibrary.path(of: 2)
        let whole = try #require(disk.contents(of: path))
        let other = try #require(disk.contents(of: SnapshotLibrary.path(of: 1)))
        let blocks = (0...3).map { 64 + $0 * 65_544 }
        func block(_ bytes: [UInt8], _ index: Int) -> ArraySlice<UInt8> {
            bytes[blocks[index]..<blocks[index + 1]]
        }
        let end = whole[blocks[3]...]
        let damaged: [[ArraySlice<UInt8>]] = [
            [whole[..<64], block(whole, 1), block(whole, 0), block(whole, 2), end],
            [whole[..<64], block(whole, 0), block(whole, 2), end],
            [
                whole[..<64], block(whole, 0), block(whole, 0), block(whole, 1), block(whole, 2),
                end,
            ],
            [whole[..<64], block(whole, 0), block(other, 1), block(whole, 2), end],
            [other[..<64], block(other, 0), block(other, 1), block(other, 2), other[blocks[3]...]],
        ]
        for pieces in damaged {
            disk.setContents(of: path, to: Array(pieces.joined()))
            #expect(try Self.read(library)?.header.sequence == 1)
        }
    }

    @Test("A body that its reader refuses counts as damaged")
    func refusedBody() throws {
        struct Refused: Error, CustomStringConvertible { var description: String { "no" } }
        let library = try Self.makeLibrary(SimulatedDisk(seed: 1))
        for sequence in [1, 2, 3] as [UInt64] { try Self.write([1], sequence, to: library) }
        var faults: [SnapshotFault] = []
        func report(_ fault: SnapshotFault) { faults.append(fault) }
        let sequence = try library.restoreNewest(report: report) { header, _ in
            if header.sequence > 1 { throw Refused() }
            return header.sequence
        }
        #expect(sequence == 1)
        #expect(faults.map(\.reason) == ["no", "no"])
        #expect("\(faults[0])" == "\(SnapshotLibrary.path(of: 3)) is not used: no")
    }

    @Test("Of another history or other reference data: not used")
    func otherIdentity() throws {
        let disk = SimulatedDisk(seed: 1)
        try Self.write([1], 1, to: Self.makeLibrary(disk))
        var others = [Self.identity, Self.identity, Self.identity]
        others[0].genesis += 1
        others[1].fingerprint += 1
        others[2].rulesVersion += 1
        let reasons = try others.map {
            try Self.read(SnapshotLibrary(disk: disk, identity: $0))?.faults.first?.reason ?? "used"
        }
        #expect(reasons[0].contains("another history"))
        #expect(reasons[1].contains("other reference data"))
        // A state is a state, whatever rules led to it; its header tells.
        #expect(reasons[2] == "used")
    }

    @Test("A disk full at any byte leaves the older ones as they were, and nothing else")
    func fullDisk() throws {
        let state = Self.state(2, byteCount: 200_000)
        for spare in [0, 1, 63, 64, 65_000, 70_000, 140_000, 200_000, 200_070] {
            let disk = SimulatedDisk(seed: 1)
            let library = try Self.makeLibrary(disk)
            try Self.write([1], 1, to: library)
            let used = try #require(disk.contents(of: SnapshotLibrary.path(of: 1))).count
            disk.faults.capacity = used + spare
            let error = #expect(throws: DiskError.self) { try Self.write(state, 2, to: library) }
            #expect(error?.isFull == true)
            #expect(disk.paths == [SnapshotLibrary.path(of: 1)])
            disk.faults.capacity = .max
            try Self.write(state, 2, to: library)
            #expect(try Self.read(library)?.state == state)
        }
    }

    @Test("What the body throws comes through and leaves nothing behind")
    func failingBody() throws {
        struct Broken: Error {}
        let disk = SimulatedDisk(seed: 1)
        let library = try Self.makeLibrary(disk)
        #expect(throws: Broken.self) {
            try library.write(sequence: 1, lastTimeIn: .zero, stateHash: 0) { put in
                try [1, 2, 3].withUnsafeBytes { try put($0) }
                throw Broken()
            }
        }
        #expect(disk.paths.isEmpty)
    }

    @Test("Power cut at any moment: some whole snapshot is there once one was finished")
    func powerCuts() throws {
        for seed in 0..<60 as Range<UInt64> {
            let disk = SimulatedDisk(seed: seed)
            let library = try Self.makeLibrary(disk, keeping: 2)
            var random = SeededRandom(seed: seed)
            let finished = UInt64(random.below(4))
            for sequence in 1..<(finished + 1) as Range<UInt64> where finished > 0 {
                try Self.write(Self.state(sequence, byteCount: 90_000), sequence, to: library)
            }
            // The next one gets stuck somewhere, or is finished just so.
            let next = finished + 1
            struct Stuck: Error {}
            var pieces = random.below(6)
            let isFinished: Void? = try? library.write(
                sequence: next, lastTimeIn: .zero, stateHash: 0
            ) { put in
                try Self.state(next, byteCount: 90_000).withUnsafeBytes { bytes in
                    while pieces > 0 {
                        pieces -= 1
                        try put(UnsafeRawBufferPointer(rebasing: bytes[..<20_000]))
                    }
                }
                if random.coin() {
                    disk.cutPower()
                    throw Stuck()
                }
            }
            disk.cutPower()
            let after = SnapshotLibrary(disk: disk, identity: Self.identity, keeping: 2)
            try after.prepare()
            #expect(disk.paths.allSatisfy { $0.hasSuffix(".snapshot") })
            let found = try Self.read(after)
            if isFinished != nil {
                #expect(found?.header.sequence == next && found?.faults.isEmpty == true)
            } else if finished > 0 {
                #expect(found?.header.sequence == finished && found?.faults.isEmpty == true)
                #expect(found?.state == Self.state(finished, byteCount: 90_000))
            } else {
                #expect(found == nil)
            }
        }
    }

    @Test("Other files in the folder are nobody's snapshots")
    func strangers() throws {
        let disk = SimulatedDisk(seed: 1)
        let library = try Self.makeLibrary(disk)
        for name in ["1.snapshot", "x.snapshot", "readme", "-0000000000000000001.snapshot"] {
            disk.setContents(of: "snapshots/\(name)", to: [1])
        }
        #expect(try library.sequences().isEmpty)
        #expect(try Self.read(library) == nil)
    }
}
