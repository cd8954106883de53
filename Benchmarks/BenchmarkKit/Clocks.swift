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

/// Nanoseconds of processor time that all threads but this one have used so far. The time of a thread that
/// runs on another core may be some milliseconds behind, so this may even go back a little.
func othersNanos() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec) - Double(threadNanos())
}

func fileExists(_ path: String) -> Bool { access(path, R_OK) == 0 }

/// The processor's cycle counter, for what is too short for a system clock.
enum CycleClock {
    @inline(__always) static func begin() -> UInt64 { cbaselines_cycles_begin() }
    @inline(__always) static func end() -> UInt64 { cbaselines_cycles_end() }

    /// What `begin` and `end` show with nothing between them: the median of many.
    static func overhead() -> UInt64 {
        var cycles: [UInt64] = []
        cycles.reserveCapacity(10_001)
        for _ in 0..<10_001 {
            let start = begin()
            cycles.append(end() - start)
        }
        cycles.sort()
        return cycles[cycles.count / 2]
    }

    /// Cycles per nanosecond of the monotonic clock, measured over 50 ms.
    static let perNano: Double = {
        let startCycles = begin()
        let startNanos = monotonicNanos()
        while monotonicNanos() - startNanos < 50_000_000 {}
        return Double(begin() - startCycles) / Double(monotonicNanos() - startNanos)
    }()

    /// Of a histogram of cycles, in nanoseconds.
    static func nanos(_ cycles: UInt64) -> UInt64 {
        UInt64((Double(cycles) / perNano).rounded())
    }
}
