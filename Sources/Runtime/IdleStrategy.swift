/// What a thread does when a duty cycle found no work.
public enum IdleStrategy: Sendable, Equatable {
    /// Pauses for an instant and tries again: the core is the thread's own.
    case spin

    /// Spins this long, then sleeps until a deadline or a doorbell.
    case backoff(spinNanos: UInt64)

    /// Sleeps this long at a time, and once there was no work for `restAfterNanos`, until a deadline or
    /// a doorbell.
    ///
    /// For those who may be a little late and share a core with others: it does not spin, and while
    /// there is work again and again nobody pays for waking it.
    case nap(nanos: UInt64, restAfterNanos: UInt64)

    /// A wake-up costs about 14 us, so spinning a little longer than that is never the larger loss.
    public static var backoff: IdleStrategy { .backoff(spinNanos: 20_000) }

    /// Late by a tenth of a millisecond at most, the system's own lateness included.
    public static var nap: IdleStrategy { .nap(nanos: 50_000, restAfterNanos: 2_000_000) }
}
