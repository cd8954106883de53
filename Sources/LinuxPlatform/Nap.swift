import CLinux
import Glibc

/// Sleeps of tools that look at something now and then.
public enum Nap {
    /// Lets this thread's sleeps end when they are due. Without it the kernel may take 50 µs more, to
    /// wake several threads at once.
    public static func sharpenTimers() { _ = clinux_sharpen_timers() }

    public static func nanos(_ nanos: UInt64) {
        until(monotonicNanos: SystemClock.monotonicNanos() + nanos)
    }

    /// Sleeps until a moment of `SystemClock.monotonicNanos`.
    public static func until(monotonicNanos deadline: UInt64) {
        var time = timespec(
            tv_sec: time_t(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
}
