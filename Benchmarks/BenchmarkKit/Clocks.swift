import CBaselines
import Glibc

/// Nanoseconds of a clock that is never set.
func monotonicNanos() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Nanoseconds of processor time of this thread: what a computation took, without what others took
/// from it.
func threadNanos() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func fileExists(_ path: String) -> Bool { access(path, R_OK) == 0 }

/// The processor's cycle counter, for what is too short for a system clock.
enum CycleClock {
    @inline(__always) static func now() -> UInt64 { cbaselines_cycles() }

    /// What reading it twice costs, the least of many.
    static let overhead: UInt64 = {
        var least = UInt64.max
        for _ in 0..<10_000 {
            let start = now()
            least = min(least, now() - start)
        }
        return least
    }()

    /// Cycles per nanosecond, measured over 50 ms.
    static let perNano: Double = {
        let startCycles = now()
        let startNanos = monotonicNanos()
        while monotonicNanos() - startNanos < 50_000_000 {}
        return Double(now() - startCycles) / Double(monotonicNanos() - startNanos)
    }()
}
