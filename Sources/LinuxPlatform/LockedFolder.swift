import Glibc

/// A folder that one program at a time writes to, for as long as the value lives.
///
/// The lock is the kernel's and ends with the process, however that ends.
public struct LockedFolder: ~Copyable {
    public let path: String
    private let descriptor: Int32

    /// Makes the folder if it is not there, and locks the name in it. When another program holds it, tries
    /// again for `patienceMillis`: the kernel lets go of what a killed program held when it has taken all
    /// its memory away, and whoever watched it has started the next one by then.
    public init(path: String, name: String, patienceMillis: Int = 2_000) throws(SystemError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw SystemError("the folder \(path) cannot be made", code: errno)
        }
        descriptor = try Self.lock("\(path)/\(name).lock", in: path, patienceMillis)
        self.path = path
    }

    deinit { _ = close(descriptor) }

    private static func lock(
        _ file: String, in path: String, _ patienceMillis: Int
    ) throws(SystemError) -> Int32 {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw SystemError("the file \(file) cannot be opened", code: errno)
        }
        let deadline = SystemClock.monotonicNanos() + UInt64(patienceMillis) * 1_000_000
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EWOULDBLOCK, SystemClock.monotonicNanos() < deadline {
                Nap.nanos(10_000_000)
                continue
            }
            let holder = holder(descriptor)
            _ = close(descriptor)
            guard code == EWOULDBLOCK else {
                throw SystemError("the file \(file) cannot be locked", code: code)
            }
            throw SystemError("the folder \(path) is in use: \(holder) has locked \(file)", code: 0)
        }
        let holder = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, holder, holder.count, 0)
        return descriptor
    }

    /// Who the file says has locked it.
    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        guard text.hasSuffix("\n"), let process = Int32(text.dropLast()) else {
            return "another program"
        }
        return "process \(process)"
    }
}
