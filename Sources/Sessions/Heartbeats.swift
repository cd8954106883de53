import Domain

/// The heartbeat intervals a session may ask for, in milliseconds.
public enum HeartbeatInterval {
    public static let defaultMillis: UInt32 = 10_000
    public static let minMillis: UInt32 = 100
    public static let maxMillis: UInt32 = 60_000

    /// The interval that applies: no value or 0 takes the default, what lies outside the bounds the
    /// nearest of them.
    public static func applied(requested: UInt32) -> UInt32 {
        if requested == 0 || requested == .max { return defaultMillis }
        return min(max(requested, minMillis), maxMillis)
    }
}

/// When a session's next heartbeat is due, and when its silence has lasted too long.
///
/// Heartbeats go out every interval whatever else is sent: a client that times them learns about the
/// venue's health and not about its own traffic.
@frozen public struct HeartbeatSchedule: BitwiseCopyable, Sendable {
    /// Intervals without any message from the client that end its session.
    @inlinable public static var missedMax: UInt64 { 3 }

    @usableFromInline let intervalNanos: UInt64
    @usableFromInline var lastHeard: Timestamp
    @usableFromInline var nextOutgoing: Timestamp

    public init(intervalMillis: UInt32, now: Timestamp) {
        intervalNanos = UInt64(intervalMillis) * 1_000_000
        lastHeard = now
        nextOutgoing = now.adding(nanos: intervalNanos)
    }

    /// Notes that the client sent something, whatever it was.
    @inlinable public mutating func heard(at now: Timestamp) { lastHeard = now }

    /// True when a heartbeat is to be sent now. Intervals that passed unserved are skipped rather
    /// than made up for in a burst.
    public mutating func takeOutgoing(now: Timestamp) -> Bool {
        guard now >= nextOutgoing else { return false }
        nextOutgoing = nextOutgoing.adding(nanos: intervalNanos)
        if nextOutgoing <= now { nextOutgoing = now.adding(nanos: intervalNanos) }
        return true
    }

    /// True when the client has been silent for too long.
    public func isViolated(at now: Timestamp) -> Bool { now >= silenceEnd }

    /// When this schedule wants to be looked at again.
    public var deadline: Timestamp { min(nextOutgoing, silenceEnd) }

    private var silenceEnd: Timestamp { lastHeard.adding(nanos: intervalNanos * Self.missedMax) }
}
