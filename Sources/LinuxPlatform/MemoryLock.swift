import CLinux
import Glibc

/// Keeps memory resident, so that no page fault falls into an order's way.
public enum MemoryLock {
    /// Locks every page once it has been touched, now and later. Returns a sentence when not allowed.
    public static func lockAll() -> String? {
        let result = clinux_lock_memory()
        guard result != 0 else { return nil }
        return "memory is not locked, because the system allows this process too little "
            + "(\(SystemError.reason(-result))); raise the memlock limit"
    }

    /// Writes to every page of a region without changing it, so that each has a page of memory.
    public static func touch(_ region: UnsafeMutableRawBufferPointer) {
        guard let base = region.baseAddress else { return }
        // MADV_POPULATE_WRITE (Linux 5.14); page by page where the kernel is older.
        let start = UInt(bitPattern: base) & ~UInt(pageLength - 1)
        let end = UInt(bitPattern: base) + UInt(region.count)
        if madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), 23) == 0 { return }
        for offset in stride(from: 0, to: region.count, by: pageLength) {
            clinux_touch(base + offset)
        }
    }

    public static var pageLength: Int { 4096 }
}
