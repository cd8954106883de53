import Glibc
import LinuxPlatform
import Platform
import Testing

@Suite("A folder as a disk")
struct FolderDiskTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func disk() throws -> FolderDisk { try FolderDisk(path: folder.path + "/data") }

    private func memory(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, bytes.count), alignment: 4096)
        memory.copyBytes(from: bytes)
        return memory
    }

    private func write(_ bytes: [UInt8], at offset: Int, in file: any DiskFile) throws {
        let memory = memory(bytes)
        defer { memory.deallocate() }
        try file.write(UnsafeRawBufferPointer(rebasing: memory[..<bytes.count]), at: offset)
    }

    private func read(_ file: any DiskFile, at offset: Int = 0, _ count: Int) throws -> [UInt8] {
        let memory = memory([UInt8](repeating: 0xEE, count: count))
        defer { memory.deallocate() }
        return [UInt8](memory[..<(try file.read(at: offset, into: memory))])
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(folder.path + "/data" + path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test("What is written is read, and belongs to its user alone")
    func files() throws {
        umask(0)
        defer { umask(0o022) }
        let disk = try disk()
        try disk.makeFolder("journal")
        try disk.makeFolder("journal")
        let file = try disk.create("journal/a", byteCount: 10_000)
        #expect(file.byteCount == 10_000)
        #expect(try read(file, 20) == [UInt8](repeating: 0, count: 20))
        try write([1, 2, 3], at: 9_999, in: file)
        try file.sync()
        try disk.syncFolder("journal")
        try disk.syncFolder("")
        let again = try disk.open("journal/a", writable: false)
        #expect(try read(again, at: 9_998, 100) == [0, 1, 2, 3])
        #expect(again.byteCount == 10_002)
        try file.resize(to: 3)
        try file.resize(to: 5)
        #expect(try read(file, 100) == [0, 0, 0, 0, 0])
        #expect(mode("") == 0o700)
        #expect(mode("/journal") == 0o700)
        #expect(mode("/journal/a") == 0o600)
        #expect(throws: DiskError.self) { try write([1], at: 0, in: again) }
    }

    @Test("Names are listed, given and taken away")
    func names() throws {
        let disk = try disk()
        try disk.makeFolder("f")
        #expect(try disk.names(in: "none").isEmpty)
        for name in ["f/b", "f/a", "f/c"] { _ = try disk.create(name, byteCount: 0) }
        #expect(try disk.names(in: "f") == ["a", "b", "c"])
        #expect(try disk.names(in: "").isEmpty, "folders are no files")
        let b = try disk.open("f/b", writable: true)
        try write([7], at: 0, in: b)
        try disk.rename("f/b", to: "f/a")
        try disk.remove("f/c")
        #expect(try disk.names(in: "f") == ["a"])
        #expect(try read(disk.open("f/a", writable: false), 9) == [7])
    }

    @Test("Errors name the file and know what they are")
    func errors() throws {
        let disk = try disk()
        _ = try disk.create("a", byteCount: 1)
        do {
            _ = try disk.create("a", byteCount: 1)
            Issue.record("a file was made twice")
        } catch {
            #expect(error.code == EEXIST)
            #expect(error.description.hasPrefix("\(folder.path)/data/a cannot be created: "))
        }
        do {
            _ = try disk.open("b", writable: false)
            Issue.record("a file that is not there was opened")
        } catch { #expect(error.isMissing) }
        do {
            _ = try disk.create("huge", byteCount: 1 << 50)
            Issue.record("a file larger than the disk was made")
        } catch { #expect(error.isFull || error.code == EFBIG) }
        #expect(try disk.names(in: "") == ["a"], "what could not be made is gone")
        #expect(throws: DiskError.self) {
            try FolderDisk(path: folder.path + "/nowhere", isMade: false)
        }
    }

    @Test("No path leads out of the folder, and no link is followed")
    func below() throws {
        let disk = try disk()
        try disk.makeFolder("f")
        symlink("/etc", folder.path + "/data/out")
        symlink("/etc/passwd", folder.path + "/data/f/link")
        for path in ["../x", "/etc/passwd", "out/passwd", "f/link", "f/../../x", "."] {
            #expect(throws: DiskError.self) { try disk.open(path, writable: false) }
            #expect(throws: DiskError.self) { try disk.create(path, byteCount: 1) }
        }
        #expect(throws: DiskError.self) { try disk.remove("../x") }
        #expect(throws: DiskError.self) { try disk.rename("f", to: "../x") }
        #expect(throws: DiskError.self) { try disk.makeFolder("/tmp/x") }
    }

    @Test("Mapped bytes are in the file, and come back to whoever maps it again")
    func mapping() throws {
        do {
            let disk = try disk()
            let bytes = try disk.map("ring", byteCount: 10_000)
            #expect(bytes.count == 10_000 && bytes.allSatisfy { $0 == 0 })
            bytes[9_999] = 5
            #expect(try read(disk.open("ring", writable: false), at: 9_999, 9) == [5])
            #expect(mode("/ring") == 0o600)
        }
        let disk = try disk()
        let same = try disk.map("ring", byteCount: 10_000)
        #expect(same[9_999] == 5)
        let other = try disk.map("ring", byteCount: 20_000)
        #expect(other.allSatisfy { $0 == 0 })
        #expect(same[9_999] == 5, "the old one stays for who has it")
        #expect(try disk.names(in: "") == ["ring"])
    }

    @Test("One run of the machine has one number")
    func machineRun() throws {
        #expect(try disk().machineRun == disk().machineRun)
        #expect(try disk().machineRun != 0)
    }

    private func queues(_ disk: FolderDisk) throws -> [any WriteQueue] {
        [try disk.makeWriteQueue(), WaitingWriteQueue(reason: "a test wants to wait")]
    }

    @Test("Queued writes arrive, each with its tag, and a sync after them")
    func queue() throws {
        let disk = try disk()
        for queue in try queues(disk) {
            let file = try disk.create(
                "q\(queue.capacity)\(ObjectIdentifier(queue))", byteCount: 1 << 20)
            let memory = memory((0..<65_536).map { UInt8(truncatingIfNeeded: $0 / 4096 + 1) })
            defer { memory.deallocate() }
            for piece in 0..<16 {
                let isTaken = queue.submit(
                    DiskWrite(
                        tag: UInt64(piece), file: file,
                        bytes: UnsafeRawBufferPointer(
                            rebasing: memory[piece * 4096..<piece * 4096 + 4096]),
                        offset: (15 - piece) * 4096, isDurable: piece % 2 == 0))
                #expect(isTaken)
            }
            #expect(
                !queue.submit(
                    DiskWrite(
                        tag: 99, file: file, bytes: UnsafeRawBufferPointer(memory), offset: 0,
                        isDurable: false)), "no more than its capacity")
            var tags: Set<UInt64> = []
            while tags.count < 16 {
                _ = queue.pollOrSleep(nanos: 1_000_000_000)
                while let completion = queue.nextCompletion() {
                    #expect(completion.error == nil)
                    #expect(tags.insert(completion.tag).inserted)
                }
            }
            let found = try read(file, 65_536)
            for piece in 0..<16 { #expect(found[piece * 4096] == UInt8(16 - piece)) }
            #expect(
                queue.submit(
                    DiskWrite(
                        tag: 5, file: file, bytes: UnsafeRawBufferPointer(start: nil, count: 0),
                        offset: 0, isDurable: true)))
            while queue.pollOrSleep(nanos: 1_000_000_000) == 0 {}
            #expect(queue.nextCompletion() == DiskCompletion(tag: 5, error: nil))
        }
    }

    @Test("A refused write is told with its reason, and the queue goes on")
    func refused() throws {
        let disk = try disk()
        let path = "r"
        _ = try disk.create(path, byteCount: 4096)
        for queue in try queues(disk) {
            let file = try disk.open(path, writable: false)
            let memory = memory([1, 2, 3])
            defer { memory.deallocate() }
            let write = DiskWrite(
                tag: 1, file: file, bytes: UnsafeRawBufferPointer(memory), offset: 0,
                isDurable: true)
            #expect(queue.submit(write))
            while queue.pollOrSleep(nanos: 1_000_000_000) == 0 {}
            let completion = queue.nextCompletion()
            #expect(completion?.tag == 1 && completion?.error?.code == EBADF)
            var good = write
            good.file = try disk.open(path, writable: true)
            #expect(queue.submit(good))
            while queue.pollOrSleep(nanos: 1_000_000_000) == 0 {}
            #expect(queue.nextCompletion()?.error == nil)
        }
    }

    @Test("A sleep on a queue ends by another thread's wake, and by itself")
    func wake() throws {
        let disk = try disk()
        for queue in try queues(disk) {
            var start = SystemClock.monotonicNanos()
            #expect(queue.pollOrSleep(nanos: 3_000_000) == 0)
            #expect(SystemClock.monotonicNanos() - start >= 2_500_000)
            queue.wake()
            start = SystemClock.monotonicNanos()
            #expect(queue.pollOrSleep(nanos: 5_000_000_000) == 0)
            final class Shared: @unchecked Sendable {
                let queue: any WriteQueue
                init(_ queue: any WriteQueue) { self.queue = queue }
            }
            var thread = pthread_t()
            let shared = Shared(queue)
            pthread_create(
                &thread, nil,
                { context in
                    usleep(20_000)
                    Unmanaged<Shared>.fromOpaque(context!).takeRetainedValue().queue.wake()
                    return nil
                }, Unmanaged.passRetained(shared).toOpaque())
            #expect(queue.pollOrSleep(nanos: 5_000_000_000) == 0)
            pthread_join(thread, nil)
            #expect(SystemClock.monotonicNanos() - start < 4_000_000_000)
        }
    }
}
