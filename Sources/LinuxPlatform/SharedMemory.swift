import Glibc

/// A named file in memory that programs of one user share: `/dev/shm/apus.NAME.PART`.
///
/// Whoever creates it owns name and bytes, and takes the name away when the value ends; readers that
/// are attached keep what they mapped.
public struct SharedMemory: ~Copyable {
    public let path: String
    public let base: UnsafeMutableRawPointer
    public let count: Int
    public let isWritable: Bool
    private let ownsName: Bool
    /// Which file the name stood for when it was made: a successor's file is not ours to remove.
    private let inode: UInt64

    public static func path(name: String, part: String) -> String {
        "/dev/shm/apus.\(name).\(part)"
    }

    /// Makes a region of zeroes. What an earlier program left under the name is replaced.
    ///
    /// The memory is allocated here: a full `/dev/shm` shows now and not as a signal later.
    public static func create(
        name: String, part: String, count: Int
    ) throws(SystemError) -> SharedMemory {
        let path = try checkedPath(name: name, part: part)
        precondition(count > 0, "a shared region holds something")
        if unlink(path) != 0 && errno != ENOENT {
            throw SystemError("the leftover \(path) cannot be replaced", code: errno)
        }
        let fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw SystemError("the file \(path) cannot be created", code: errno) }
        defer { _ = Glibc.close(fd) }
        do throws(SystemError) {
            // The mode asked for is cut by the umask, which is not ours to know.
            guard fchmod(fd, 0o600) == 0 else {
                throw SystemError("the mode of \(path) cannot be set", code: errno)
            }
            let allocated = posix_fallocate(fd, 0, count)
            guard allocated == 0 else {
                throw SystemError("\(path) cannot be given \(count) bytes", code: allocated)
            }
            let status = try checkedStatus(fd, path: path)
            return SharedMemory(
                path: path, base: try map(fd, path: path, count: count, writable: true),
                count: count, isWritable: true, ownsName: true, inode: UInt64(status.st_ino))
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Maps a region that another program made, to read it only.
    public static func attach(name: String, part: String) throws(SystemError) -> SharedMemory {
        let path = try checkedPath(name: name, part: part)
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard fd >= 0 else { throw SystemError("the file \(path) cannot be opened", code: errno) }
        defer { _ = Glibc.close(fd) }
        let status = try checkedStatus(fd, path: path)
        let count = Int(status.st_size)
        guard count > 0 else { throw SystemError("the file \(path) is empty", code: 0) }
        return SharedMemory(
            path: path, base: try map(fd, path: path, count: count, writable: false),
            count: count, isWritable: false, ownsName: false, inode: UInt64(status.st_ino))
    }

    /// Whether the name still stands for the bytes that are mapped here. False after the owner ended
    /// or was replaced: time to attach again.
    public var isCurrent: Bool {
        var status = stat()
        return lstat(path, &status) == 0 && UInt64(status.st_ino) == inode
    }

    private init(
        path: String, base: UnsafeMutableRawPointer, count: Int, isWritable: Bool, ownsName: Bool,
        inode: UInt64
    ) {
        self.path = path
        self.base = base
        self.count = count
        self.isWritable = isWritable
        self.ownsName = ownsName
        self.inode = inode
    }

    deinit {
        if ownsName && isCurrent { unlink(path) }
        munmap(base, count)
    }

    /// A name becomes part of a path, so it must not lead elsewhere.
    private static func checkedPath(name: String, part: String) throws(SystemError) -> String {
        for word in [name, part] {
            let isPlain = word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            guard isPlain, !word.isEmpty, word.utf8.count <= 64 else {
                throw SystemError(
                    "the name \"\(word)\" must be 1 to 64 letters, digits, - or _", code: 0)
            }
        }
        return path(name: name, part: part)
    }

    private static func checkedStatus(_ fd: Int32, path: String) throws(SystemError) -> stat {
        var status = stat()
        guard fstat(fd, &status) == 0 else {
            throw SystemError("the file \(path) cannot be examined", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError("\(path) is not a regular file", code: 0)
        }
        guard status.st_uid == geteuid() else {
            throw SystemError("the file \(path) belongs to another user", code: 0)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw SystemError("the file \(path) is open to other users", code: 0)
        }
        return status
    }

    private static func map(
        _ fd: Int32, path: String, count: Int, writable: Bool
    ) throws(SystemError) -> UnsafeMutableRawPointer {
        let protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
        guard let base = mmap(nil, count, protection, MAP_SHARED, fd, 0), base != MAP_FAILED else {
            throw SystemError("the file \(path) cannot be mapped", code: errno)
        }
        return base
    }
}
