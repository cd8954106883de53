import Domain
import Platform
import SimulatedPlatform
import Testing

@Suite struct DiskTests {
    /// Sectors of 512 bytes, each filled with its number in this version.
    static func bytes(_ sectors: Int, version: UInt8) -> [UInt8] {
        (0..<sectors).flatMap { [UInt8](repeating: UInt8($0) &+ version, count: 512) }
    }

    static func write(_ file: any DiskFile, _ bytes: [UInt8], at offset: Int = 0) throws {
        // The compiler fails on closures that throw a DiskError out of `withUnsafeBytes`.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        try file.write(UnsafeRawBufferPointer(memory), at: offset)
    }

    static func read(_ file: any DiskFile) throws -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: file.byteCount, alignment: 8)
        defer { memory.deallocate() }
        return [UInt8](memory[..<(try file.read(at: 0, into: memory))])
    }

    @Test func whatIsWrittenIsReadAtOnce() throws {
        let disk = SimulatedDisk(seed: 1)
        try disk.makeFolder("journal")
        let file = try disk.create("journal/1", byteCount: 1000)
        #expect(try Self.read(file) == [UInt8](repeating: 0, count: 1000))
        try Self.write(file, [1, 2, 3], at: 999)
        #expect(file.byteCount == 1002)
        #expect(try Self.read(disk.open("journal/1", writable: false)).suffix(4) == [0, 1, 2, 3])
        try file.resize(to: 1000)
        try file.resize(to: 1002)
        #expect(try Self.read(file).suffix(3) == [1, 0, 0], "what was cut off is gone")
        #expect(try disk.names(in: "journal") == ["1"])
        #expect(try disk.names(in: "nowhere").isEmpty)
    }

    @Test func namesAreAsASystemKeepsThem() throws {
        let disk = SimulatedDisk(seed: 1)
        #expect(throws: DiskError.self) { try disk.create("no/such", byteCount: 0) }
        let file = try disk.create("a", byteCount: 0)
        #expect(throws: DiskError.self) { try disk.create("a", byteCount: 0) }
        try Self.write(file, [7])
        try Self.write(disk.create("b", byteCount: 0), [8])
        try disk.rename("a", to: "b")
        #expect(disk.paths == ["b"])
        #expect(disk.contents(of: "b") == [7])
        try disk.remove("b")
        #expect(try Self.read(file) == [7], "who has it open goes on reading")
        do {
            _ = try disk.open("b", writable: true)
            Issue.record("a file that was removed was opened")
        } catch {
            #expect(error.isMissing)
        }
    }

    @Test func aKilledProcessLeavesWhatItWrote() throws {
        for seed in 1...50 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed)
            let run = disk.machineRun
            let file = try disk.create("a", byteCount: 0)
            try Self.write(file, Self.bytes(4, version: 1))
            let ring = try disk.map("ring", byteCount: 8192)
            ring[5000] = 9
            disk.kill()
            #expect(disk.machineRun == run)
            #expect(disk.contents(of: "a") == Self.bytes(4, version: 1))
            #expect(try disk.map("ring", byteCount: 8192)[5000] == 9)
            #expect(throws: DiskError.self, "a dead process writes no more") {
                try Self.write(file, [1])
            }
        }
    }

    @Test func aPowerCutLeavesWhatWasSyncedAndAnythingElseInSectors() throws {
        var seen: Set<[UInt8]> = []
        for seed in 1...200 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed)
            let run = disk.machineRun
            let file = try disk.create("a", byteCount: 0)
            try Self.write(file, Self.bytes(3, version: 10))
            try file.sync()
            try disk.syncFolder("")
            try Self.write(file, Self.bytes(3, version: 20))
            disk.cutPower()
            #expect(disk.machineRun != run)
            let left = try #require(disk.contents(of: "a"))
            #expect(left.count == 3 * 512)
            for sector in 0..<3 {
                let content = Set(left[sector * 512..<(sector + 1) * 512])
                #expect(content == [UInt8(10 + sector)] || content == [UInt8(20 + sector)])
            }
            seen.insert([left[0], left[512], left[1024]])
        }
        #expect(seen.count == 8, "every subset of the sectors happens")
    }

    @Test func aSyncedFileIsWholeAfterAnyNumberOfPowerCuts() throws {
        for seed in 1...50 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed)
            try Self.write(disk.create("a", byteCount: 5000), Self.bytes(3, version: 10))
            try disk.open("a", writable: true).sync()
            try disk.syncFolder(".")
            for _ in 0..<3 {
                disk.cutPower()
                #expect(disk.contents(of: "a")?.count == 5000)
                #expect(disk.contents(of: "a")?.prefix(1536) == Self.bytes(3, version: 10)[...])
            }
        }
    }

    @Test func aNameIsDurableWhenItsFolderIsSynced() throws {
        var kept = 0
        var renamed = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed)
            try disk.makeFolder("f")
            try disk.syncFolder("")
            try Self.write(disk.create("f/old", byteCount: 0), [1])
            try disk.open("f/old", writable: true).sync()
            try disk.syncFolder("f")
            try Self.write(disk.create("f/new", byteCount: 0), [2])
            try disk.open("f/new", writable: true).sync()
            let unnamed = disk.copy(seed: seed)
            unnamed.cutPower()
            #expect(unnamed.contents(of: "f/old") == [1])
            kept += unnamed.contents(of: "f/new") == nil ? 0 : 1
            try disk.syncFolder("f")
            try disk.rename("f/new", to: "f/old")
            disk.cutPower()
            let old = disk.contents(of: "f/old")
            #expect(old == [1] || old == [2], "a rename replaces, or has not happened")
            #expect((disk.contents(of: "f/new") == nil) == (old == [2]))
            renamed += old == [2] ? 1 : 0
        }
        #expect((1...99).contains(kept))
        #expect((1...99).contains(renamed))
    }

    @Test func mappedPagesAreOldOrNewAfterAPowerCut() throws {
        var seen: Set<[UInt8]> = []
        for seed in 1...100 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed)
            let memory = try disk.map("ring", byteCount: 3 * 4096)
            try disk.syncFolder("")
            try disk.open("ring", writable: true).sync()
            for page in 0..<3 { memory[page * 4096 + 100] = 1 }
            disk.cutPower()
            let again = try disk.map("ring", byteCount: 3 * 4096)
            seen.insert((0..<3).map { again[$0 * 4096 + 100] })
        }
        #expect(seen.count == 8)
    }

    @Test func mappingAnotherLengthBeginsWithZeroes() throws {
        let disk = SimulatedDisk(seed: 1)
        try disk.map("ring", byteCount: 4096)[3] = 5
        #expect(try disk.map("ring", byteCount: 4096)[3] == 5)
        #expect(disk.contents(of: "ring")?[3] == 5)
        #expect(try disk.map("ring", byteCount: 8192)[3] == 0)
    }

    @Test func aDiskIsFullWhenItsCapacityIsUsed() throws {
        let disk = SimulatedDisk(seed: 1)
        disk.faults.capacity = 1000
        let file = try disk.create("a", byteCount: 900)
        do {
            try Self.write(file, [UInt8](repeating: 1, count: 200), at: 850)
            Issue.record("more was written than there is room for")
        } catch {
            #expect((error as? DiskError)?.isFull == true)
        }
        try Self.write(file, [UInt8](repeating: 1, count: 200), at: 700)
        #expect(throws: DiskError.self) { try disk.create("b", byteCount: 101) }
        #expect(throws: DiskError.self) { try disk.map("c", byteCount: 4096) }
        try disk.remove("a")
        _ = try disk.create("b", byteCount: 1000)
    }

    @Test func aDiskThatMayOnlyBeReadRefusesEveryChange() throws {
        let disk = SimulatedDisk(seed: 1)
        let file = try disk.create("a", byteCount: 10)
        disk.faults.isReadOnly = true
        #expect(throws: DiskError.self) { try Self.write(file, [1]) }
        #expect(throws: DiskError.self) { try file.resize(to: 0) }
        #expect(throws: DiskError.self) { try disk.rename("a", to: "b") }
        #expect(throws: DiskError.self) { try disk.remove("a") }
        #expect(throws: DiskError.self) { try disk.open("a", writable: true) }
        #expect(try Self.read(disk.open("a", writable: false)).count == 10)
    }

    @Test func aFailedSyncForgetsWhatItDidNotWrite() throws {
        var lost = 0
        for seed in 1...50 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed)
            let file = try disk.create("a", byteCount: 512)
            try file.sync()
            try disk.syncFolder("")
            try Self.write(file, [5])
            disk.faults.syncErrors = 1_000_000
            #expect(throws: DiskError.self) { try file.sync() }
            disk.faults = .none
            try file.sync()
            disk.cutPower()
            lost += disk.contents(of: "a")?[0] == 5 ? 0 : 1
        }
        #expect((1...49).contains(lost), "the next sync says that all is well, and it is not")
    }

    @Test func aDiskThatLiesSaysSoAfterwards() throws {
        let cases: [(WritableKeyPath<DiskFaults, Int>, DiskLie.Kind)] = [
            (\.lostWrites, .lostWrite), (\.misdirectedWrites, .misdirectedWrite),
            (\.flippedBits, .flippedBit),
        ]
        for (fault, kind) in cases {
            let disk = SimulatedDisk(seed: 3)
            let file = try disk.create("a", byteCount: 4096)
            disk.faults[keyPath: fault] = 1_000_000
            try Self.write(file, [UInt8](repeating: 7, count: 512), at: 512)
            #expect(disk.lies.map(\.kind) == [kind])
            let content = try Self.read(file)
            let right =
                [UInt8](repeating: 0, count: 512) + [UInt8](repeating: 7, count: 512)
                + [UInt8](repeating: 0, count: 3072)
            #expect(content != right)
            #expect(content.count == 4096)
        }
        let disk = SimulatedDisk(seed: 3)
        let file = try disk.create("a", byteCount: 512)
        try file.sync()
        try disk.syncFolder("")
        disk.faults.lostSyncs = 1_000_000
        try Self.write(file, [7])
        try file.sync()
        disk.cutPower()
        #expect(disk.contents(of: "a")?[0] == 0)
        #expect(disk.lies.map(\.kind) == [.lostSync])
    }

    @Test func aCopyHasAFutureOfItsOwn() throws {
        let disk = SimulatedDisk(seed: 1)
        try Self.write(disk.create("a", byteCount: 0), [1])
        let copy = disk.copy(seed: 2)
        copy.kill()
        try Self.write(disk.open("a", writable: true), [2])
        #expect(copy.contents(of: "a") == [1])
        #expect(copy.machineRun == disk.machineRun)
    }

    @Test func theSameSeedLeavesTheSame() throws {
        func left(_ seed: UInt64) throws -> [UInt8]? {
            let disk = SimulatedDisk(seed: seed)
            let file = try disk.create("a", byteCount: 0)
            try disk.syncFolder("")
            for version in 0..<5 as Range<UInt8> {
                try Self.write(file, Self.bytes(20, version: version))
                try file.sync()
                try Self.write(file, Self.bytes(20, version: version + 100))
            }
            disk.cutPower()
            return disk.contents(of: "a")
        }
        #expect(try left(4) == left(4))
        #expect(try left(4) != left(6))
    }

    /// As if the disk had been told so: it stays, whatever becomes of process and machine.
    @Test func whatIsOverwrittenBehindEverybodysBackStays() throws {
        let disk = SimulatedDisk(seed: 3)
        let file = try disk.create("file", byteCount: 2_048)
        try Self.write(file, [UInt8](repeating: 1, count: 2_048))
        try file.sync()
        disk.overwrite("file", at: 512, with: [UInt8](repeating: 7, count: 512))
        disk.overwrite("file", at: 2_000, with: [UInt8](repeating: 9, count: 512))
        disk.cutPower()
        let bytes = try #require(disk.contents(of: "file"))
        #expect(bytes == (0..<2_048).map { (512..<1_024).contains($0) ? 7 : 1 })
    }
}
