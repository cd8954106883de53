import CLinux
import Platform

/// The system's clocks.
public enum SystemClock {
    /// UTC nanoseconds from CLOCK_REALTIME, about 22 ns a reading.
    public static var realtime: Clock { Clock(source: clinux_realtime_nanos) }

    /// Nanoseconds that never go back, from an arbitrary start: for intervals.
    public static func monotonicNanos() -> UInt64 { clinux_monotonic_nanos() }

    /// Processor time used by all threads of this process.
    public static func processNanos() -> UInt64 { clinux_process_cpu_nanos() }
}
