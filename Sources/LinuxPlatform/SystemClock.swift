import CLinux
import Platform

/// The system's clocks.
public enum SystemClock {
    /// UTC nanoseconds from CLOCK_REALTIME: the one clock of all programs and all stamps.
    ///
    /// In user space the kernel computes it as one would oneself: cycle counter, multiply, shift,
    /// under a sequence lock, with a calibration that it keeps in step with UTC and that is the same
    /// for every process and for the receive times of sockets. A calibration of our own was measured
    /// beside it: 9 to 12 ns a reading instead of 22 to 27. The five readings on an order's way would
    /// gain 60 ns of some 8 us, and drift from everybody else's time between corrections.
    public static var realtime: Clock { Clock(source: clinux_realtime_nanos) }

    /// Nanoseconds that never go back, from an arbitrary start: for intervals.
    public static func monotonicNanos() -> UInt64 { clinux_monotonic_nanos() }

    /// Processor time used by all threads of this process.
    public static func processNanos() -> UInt64 { clinux_process_cpu_nanos() }
}
