import CLinux
import Platform

/// The system's clocks.
public enum SystemClock {
    /// UTC nanoseconds: the one clock of all programs and all stamps, and of every deadline.
    ///
    /// It is the system's CLOCK_REALTIME at the process's first reading, and goes on with CLOCK_BOOTTIME,
    /// which the kernel slews in the same way and which nobody can set: when somebody sets the machine's
    /// time, a venue that runs neither sleeps for an hour nor drops everybody. It follows at its next
    /// start, where the engine's time goes on rising whatever the clock says. Processes agree to some 50 ns.
    ///
    /// The system is asked every 25 us at most, and the processor's cycle counter in between (on x86-64, where
    /// the kernel's own clock is that counter): 18 ns a reading instead of 28, and no calibration that could
    /// drift. Different threads may be some 20 ns apart; for one thread time never goes back.
    public static var utc: Clock { Clock(source: clinux_utc_nanos) }

    /// Nanoseconds that never go back, from an arbitrary start: for intervals.
    public static func monotonicNanos() -> UInt64 { clinux_monotonic_nanos() }
}
