import Foundation
import LinuxPlatform
import Platform
import Testing

/// Segments as files: what a killed process wrote is there, and nothing else is taken for it.
@Suite struct MappedSegmentsTests {
    private static let bytes = 64 << 10

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("apus-segments-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func segments(_ folder: String, _ stem: String = "demo-1") throws -> MappedSegments {
        try MappedSegments(folder: folder, stem: stem, segmentBytes: Self.bytes)
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func `What was written is there for the next who opens it`() throws {
        try withFolder { folder in
            do {
                let first = try segments(folder)
                #expect(first.storedCount == 0)
                for number in 0..<3 {
                    let bytes = try first.create(number)
                    #expect(bytes.count == Self.bytes && bytes.allSatisfy { $0 == 0 })
                    bytes[number] = 7
                }
            }
            let second = try segments(folder)
            #expect(second.storedCount == 3)
            for number in 0..<3 { #expect(try second.open(number)[number] == 7) }
            #expect(
                try files(folder) == (1...3).map { "demo-1-0000000\($0).seg" })
            second.drop(2)
            #expect(try segments(folder).storedCount == 2)
            // Files of another history are none of ours.
            #expect(try segments(folder, "demo-2").storedCount == 0)
        }
    }

    @Test func `A file that was not finished does not count`() throws {
        try withFolder { folder in
            let unfinished = folder + "/demo-1-00000001.seg.new"
            try Data(count: 100).write(to: URL(filePath: unfinished))
            let store = try segments(folder)
            #expect(store.storedCount == 0)
            #expect(try store.create(0).count == Self.bytes)
            #expect(try files(folder) == ["demo-1-00000001.seg"])
        }
    }

    @Test func `A missing or a short file is named`() throws {
        try withFolder { folder in
            let store = try segments(folder)
            for number in 0..<3 { _ = try store.create(number) }
            truncate(folder + "/demo-1-00000003.seg", 5)
            let error = #expect(throws: SegmentError.self) { _ = try segments(folder).open(2) }
            #expect(error?.description.contains("demo-1-00000003.seg is not 65536") == true)
            unlink(folder + "/demo-1-00000002.seg")
            let missing = #expect(throws: SegmentError.self) { _ = try segments(folder) }
            #expect(missing?.description.contains("demo-1-00000002.seg is missing") == true)
        }
        #expect(throws: SegmentError.self) { _ = try segments("/no/such/folder") }
    }

    @Test func `A folder has one writer of a name at a time`() throws {
        try withFolder { folder in
            let path = folder + "/archive"
            let held = try LockedFolder(path: path, name: "demo")
            let refusal = #expect(throws: SystemError.self) {
                _ = try LockedFolder(path: path, name: "demo", patienceMillis: 0)
            }
            #expect(
                refusal?.description
                    == "the folder \(path) is in use: process \(getpid()) has locked \(path)/demo.lock"
            )
            let other = try LockedFolder(path: path, name: "else")
            #expect(other.path == path && held.path == path)
        }
    }

    @Test func `A lock ends with its holder`() throws {
        try withFolder { folder in
            do { _ = try LockedFolder(path: folder, name: "demo") }
            let again = try LockedFolder(path: folder, name: "demo")
            #expect(again.path == folder)
        }
    }

    @Test func `Who comes while the last holder ends waits for it`() throws {
        let folder = try TemporaryFolder()
        let holder = open(folder.path + "/demo.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(flock(holder, LOCK_EX | LOCK_NB) == 0)
        // A thread of its own: who waits here holds one of those that tasks run on.
        Thread.detachNewThread {
            usleep(200_000)
            close(holder)
        }
        let start = SystemClock.monotonicNanos()
        let again = try LockedFolder(path: folder.path, name: "demo", patienceMillis: 20_000)
        #expect(again.path == folder.path)
        #expect(SystemClock.monotonicNanos() - start > 100_000_000)
    }
}
