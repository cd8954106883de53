import CLinux
import Platform

/// The system's clocks.
public enum SystemClock {
    /// UTC nanoseconds: the one clock of all programs and all stamps, and of every deadline.
    ///
    /// It is the system's CLOCK_REALTIME at the process's first reading, and goes on with CLOCK_BOOTTIME,
    /// which the kernel slews in the same way and which nobody can set: when somebody sets the machine's
    /// time, a venue that runs neither sleeps for an hour nor drops everybody. It follows at its next
    /// start, where the engine's time goes on rising whatever the clock says. Processes agree to some 20 ns.
    ///
    /// In user space the kernel computes it as one would oneself: cycle counter, multiply, shift, under a
    /// sequence lock, with a calibration that is the same for every process. A calibration of our own was
    /// measured beside it: 9 to 12 ns a reading instead of 22 to 27. The five readings on an order's way
    /// would gain 60 ns of some 8 us, and drift from everybody else's time between corrections.
    public static var utc: Clock { Clock(source: clinux_utc_nanos) }

    /// Nanoseconds that never go back, from an arbitrary start: for intervals.
    public static func monotonicNanos() -> UInt64 { clinux_monotonic_nanos() }

    /// Processor time used by all threads of this process.
    public static func processNanos() -> UInt64 { clinux_process_cpu_nanos() }
}
