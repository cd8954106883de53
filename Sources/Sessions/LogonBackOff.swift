import Domain

/// Makes guessing a password slow: after some failures, only one attempt per growing delay counts.
///
/// Attempts that come too early fail whatever their password, with the answer of a wrong one, and
/// change nothing: they cannot be used to keep the delay growing.
public struct LogonBackOff: BitwiseCopyable, Sendable {
    /// Failures that cost nothing: people mistype.
    public static let freeFailures: UInt32 = 3
    public static let firstDelayNanos: UInt64 = 250_000_000
    public static let longestDelayNanos: UInt64 = 8_000_000_000

    private var failures: UInt32 = 0
    private var blockedUntil: Timestamp = .zero

    public init() {}

    /// True when an attempt made now does not count.
    public func isBlocked(at now: Timestamp) -> Bool { now < blockedUntil }

    /// Notes a wrong password.
    public mutating func failed(at now: Timestamp) {
        failures += failures < .max ? 1 : 0
        guard failures > Self.freeFailures else { return }
        let doublings = min(failures - Self.freeFailures - 1, 16)
        let delay = min(Self.firstDelayNanos << UInt64(doublings), Self.longestDelayNanos)
        blockedUntil = now.adding(nanos: delay)
    }

    /// Notes the right one.
    public mutating func succeeded() { self = LogonBackOff() }
}
