import CLinux
import Glibc
import Platform
import Synchronization

/// A folder of this machine as a disk: every path stays below it, through no link, and what is made
/// there belongs to its user alone.
public final class FolderDisk: Disk, Sendable {
    /// As it was given.
    public let path: String
    public let machineRun: UInt64
    private let folder: Int32
    private let mappings = Mutex<[Mapping]>([])

    private struct Mapping: @unchecked Sendable {
        // Unchecked: memory that this disk hands out and unmaps, and never touches.
        var bytes: UnsafeMutableRawBufferPointer
    }

    /// Opens a folder; with `isMade` makes it when it is not there.
    public init(path: String, isMade: Bool = true) throws(DiskError) {
        if isMade, mkdir(path, 0o700) != 0, errno != EEXIST {
            throw Self.error("the folder \(path) cannot be made", errno)
        }
        let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.error("the folder \(path) cannot be opened", errno) }
        self.path = path
        self.folder = folder
        machineRun = try Self.readMachineRun()
    }

    deinit {
        mappings.withLock {
            for mapping in $0 { munmap(mapping.bytes.baseAddress!, mapping.bytes.count) }
        }
        Glibc.close(folder)
    }

    // MARK: Names

    public func names(in folder: String) throws(DiskError) -> [String] {
        let opened = try open(folder, O_RDONLY | O_DIRECTORY, orNil: ENOENT)
        guard let opened else { return [] }
        guard let listing = fdopendir(opened) else {
            let code = errno
            Glibc.close(opened)
            throw error("cannot be read", folder, code)
        }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            guard entry.pointee.d_type != UInt8(DT_DIR) else { continue }
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names.sorted()
    }

    public func makeFolder(_ folder: String) throws(DiskError) {
        try check(folder)
        guard mkdirat(self.folder, folder, 0o700) == 0 || errno == EEXIST else {
            throw error("cannot be made", folder, errno)
        }
    }

    public func create(_ path: String, byteCount: Int) throws(DiskError) -> any DiskFile {
        let descriptor = try open(path, O_RDWR | O_CREAT | O_EXCL)
        let file = FolderFile(descriptor, path: path, name: name(of: path))
        do throws(DiskError) {
            // The mode asked for is cut by the umask, which is not ours to know.
            guard fchmod(descriptor, 0o600) == 0 else {
                throw error("cannot be made private", path, errno)
            }
            try allocate(descriptor, byteCount, path)
        } catch {
            unlinkat(folder, path, 0)
            throw error
        }
        return file
    }

    public func open(_ path: String, writable: Bool) throws(DiskError) -> any DiskFile {
        let descriptor = try open(path, writable ? O_RDWR : O_RDONLY)
        let file = FolderFile(descriptor, path: path, name: name(of: path))
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw error("cannot be examined", path, errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DiskError("\(name(of: path)) is not a regular file")
        }
        return file
    }

    public func rename(_ path: String, to newPath: String) throws(DiskError) {
        try check(path)
        try check(newPath)
        guard renameat(folder, path, folder, newPath) == 0 else {
            throw error("cannot be renamed to \(newPath)", path, errno)
        }
    }

    public func remove(_ path: String) throws(DiskError) {
        try check(path)
        guard unlinkat(folder, path, 0) == 0 else { throw error("cannot be removed", path, errno) }
    }

    public func syncFolder(_ folder: String) throws(DiskError) {
        let opened = try open(folder, O_RDONLY | O_DIRECTORY)
        defer { Glibc.close(opened) }
        guard fsync(opened) == 0 else { throw error("cannot be made durable", folder, errno) }
    }

    // MARK: Memory

    public func map(
        _ path: String, byteCount: Int
    ) throws(DiskError) -> UnsafeMutableRawBufferPointer {
        precondition(byteCount > 0, "a mapping has bytes")
        let descriptor = try openToMap(path, byteCount)
        defer { Glibc.close(descriptor) }
        guard
            let base = mmap(
                nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            base != MAP_FAILED
        else { throw error("cannot be mapped", path, errno) }
        let bytes = UnsafeMutableRawBufferPointer(start: base, count: byteCount)
        let mapping = Mapping(bytes: bytes)
        mappings.withLock { $0.append(mapping) }
        return bytes
    }

    /// The file of this length, or a new one of zeros in its place: whoever has the old one mapped
    /// keeps it.
    private func openToMap(_ path: String, _ byteCount: Int) throws(DiskError) -> Int32 {
        if let found = try open(path, O_RDWR, orNil: ENOENT) {
            var status = stat()
            if fstat(found, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                status.st_size == off_t(byteCount)
            {
                return found
            }
            Glibc.close(found)
        }
        let unnamed = path + ".new"
        unlinkat(folder, unnamed, 0)
        let descriptor = try open(unnamed, O_RDWR | O_CREAT | O_EXCL)
        do throws(DiskError) {
            guard fchmod(descriptor, 0o600) == 0 else {
                throw error("cannot be made private", unnamed, errno)
            }
            try allocate(descriptor, byteCount, unnamed)
            try rename(unnamed, to: path)
        } catch {
            unlinkat(folder, unnamed, 0)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    // MARK: Writes under way

    public func makeWriteQueue() throws(DiskError) -> any WriteQueue {
        do throws(SystemError) { return try UringWriteQueue() } catch {
            return WaitingWriteQueue(
                reason: "\(error); writes are waited for one after the other")
        }
    }

    // MARK: -

    private func open(_ path: String, _ flags: Int32) throws(DiskError) -> Int32 {
        guard let descriptor = try open(path, flags, orNil: 0) else {
            preconditionFailure("no error has the number 0")
        }
        return descriptor
    }

    private func open(
        _ path: String, _ flags: Int32, orNil absent: Int32
    ) throws(DiskError) -> Int32? {
        let place = path.isEmpty ? "." : path
        let mode: UInt32 = flags & O_CREAT != 0 ? 0o600 : 0
        let descriptor = clinux_open_below(folder, place, flags, mode)
        if descriptor >= 0 { return descriptor }
        if -descriptor == absent { return nil }
        throw error(
            flags & O_CREAT != 0 ? "cannot be created" : "cannot be opened", path, -descriptor)
    }

    /// Refuses what would lead out of the folder where the system does not watch over it.
    private func check(_ path: String) throws(DiskError) {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !names.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw DiskError("\"\(path)\" is no path below \(self.path)")
        }
    }

    private func allocate(
        _ descriptor: Int32, _ byteCount: Int, _ path: String
    ) throws(DiskError) {
        guard byteCount > 0 else { return }
        let result = posix_fallocate(descriptor, 0, off_t(byteCount))
        guard result == 0 else { throw error("cannot be given \(byteCount) bytes", path, result) }
    }

    private func name(of path: String) -> String {
        path.isEmpty ? self.path : "\(self.path)/\(path)"
    }

    private func error(_ attempt: String, _ path: String, _ code: Int32) -> DiskError {
        Self.error("\(name(of: path)) \(attempt)", code)
    }

    static func error(_ attempt: String, _ code: Int32) -> DiskError {
        DiskError(SystemError(attempt, code: code).description, code: code)
    }

    /// The kernel makes a random number at every start.
    private static func readMachineRun() throws(DiskError) -> UInt64 {
        let path = "/proc/sys/kernel/random/boot_id"
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw error(
                "\(path), which tells one run of the machine from the next, cannot be opened", errno
            )
        }
        defer { Glibc.close(descriptor) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &text, text.count)
        let digits = String(
            decoding: text[..<max(0, count)].filter { $0 != UInt8(ascii: "-") }.prefix(16),
            as: UTF8.self)
        guard let number = UInt64(digits, radix: 16) else {
            throw DiskError("\(path) does not hold a number")
        }
        return number | 1
    }
}
