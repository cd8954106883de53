import CLinux
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
    private let inode: ino_t
    private let descriptor: Int32

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
        try removeLeftover(path)
        return try make(path, count: count)
    }

    /// Makes a region like `create`, locked for as long as it lives. Nil when a program that lives has
    /// one of this name locked: only what a dead one left is replaced.
    public static func claim(
        name: String, part: String, count: Int
    ) throws(SystemError) -> SharedMemory? {
        let path = try checkedPath(name: name, part: part)
        // Every round that fails is one in which a rival made progress.
        for _ in 0..<64 {
            let old = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard old >= 0 || errno == ENOENT else {
                throw SystemError("the leftover \(path) cannot be replaced", code: errno)
            }
            // Kept open, and so locked, until the successor is there.
            defer { if old >= 0 { _ = Glibc.close(old) } }
            if old >= 0 {
                guard try lock(old, path: path) else { return nil }
                guard inode(of: path) == (try checkedStatus(old, path: path).st_ino) else {
                    continue
                }
                try removeLeftover(path)
            }
            let region: SharedMemory
            do throws(SystemError) {
                region = try make(path, count: count)
            } catch {
                if error.code == EEXIST { continue }
                throw error
            }
            // A rival may have taken the file for a leftover before it was locked.
            if try region.lock(), region.isCurrent { return region }
        }
        return nil
    }

    private static func removeLeftover(_ path: String) throws(SystemError) {
        if unlink(path) != 0 && errno != ENOENT {
            throw SystemError("the leftover \(path) cannot be replaced", code: errno)
        }
    }

    private static func make(_ path: String, count: Int) throws(SystemError) -> SharedMemory {
        precondition(count > 0, "a shared region holds something")
        let fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw SystemError("the file \(path) cannot be created", code: errno) }
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
                count: count, isWritable: true, ownsName: true, inode: status.st_ino,
                descriptor: fd)
        } catch {
            unlink(path)
            _ = Glibc.close(fd)
            throw error
        }
    }

    /// Maps a region that another program made, to read it only.
    public static func attach(name: String, part: String) throws(SystemError) -> SharedMemory {
        let path = try checkedPath(name: name, part: part)
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard fd >= 0 else { throw SystemError("the file \(path) cannot be opened", code: errno) }
        do throws(SystemError) {
            let status = try checkedStatus(fd, path: path)
            let count = Int(status.st_size)
            guard count > 0 else { throw SystemError("the file \(path) is empty", code: 0) }
            return SharedMemory(
                path: path, base: try map(fd, path: path, count: count, writable: false),
                count: count, isWritable: false, ownsName: false, inode: status.st_ino,
                descriptor: fd)
        } catch {
            _ = Glibc.close(fd)
            throw error
        }
    }

    /// Locks the file, as a sign that its owner lives; the lock goes with the value, or with the
    /// process however that ends. False when somebody else has it locked.
    public func lock() throws(SystemError) -> Bool {
        try Self.lock(descriptor, path: path)
    }

    private static func lock(_ fd: Int32, path: String) throws(SystemError) -> Bool {
        let result = clinux_lock_file(fd)
        guard result == 0 || result == -EAGAIN else {
            throw SystemError("the file \(path) cannot be locked", code: -result)
        }
        return result == 0
    }

    /// Whether somebody else has the file locked: whether its owner lives.
    public var isLocked: Bool { clinux_is_file_locked(descriptor) > 0 }

    /// Whether the name still stands for the bytes that are mapped here. False after the owner ended
    /// or was replaced: time to attach again.
    public var isCurrent: Bool { Self.inode(of: path) == inode }

    private static func inode(of path: String) -> ino_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_ino : nil
    }

    /// Takes the name away now; the bytes stay for those who mapped them.
    public func removeName() { if ownsName && isCurrent { unlink(path) } }

    private init(
        path: String, base: UnsafeMutableRawPointer, count: Int, isWritable: Bool, ownsName: Bool,
        inode: ino_t, descriptor: Int32
    ) {
        self.path = path
        self.base = base
        self.count = count
        self.isWritable = isWritable
        self.ownsName = ownsName
        self.inode = inode
        self.descriptor = descriptor
    }

    deinit {
        removeName()
        munmap(base, count)
        _ = Glibc.close(descriptor)
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
