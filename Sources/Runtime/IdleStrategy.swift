/// What a thread does when a duty cycle found no work.
public enum IdleStrategy: Sendable, Equatable {
    /// Pauses for an instant and tries again: the core is the thread's own.
    case spin

    /// Spins this long, then sleeps until a deadline or a doorbell.
    case backoff(spinNanos: UInt64)

    /// A wake-up costs about 14 us, so spinning a little longer than that is never the larger loss.
    public static var backoff: IdleStrategy { .backoff(spinNanos: 20_000) }
}
