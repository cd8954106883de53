/// Notices the duty cycles that took too long.
///
/// Fed with the time at the start of every cycle; the distance between two is one cycle. Written by
/// the thread that runs the agent, copied out through counters.
@frozen
public struct DutyCycleTracker: Sendable {
    /// A cycle longer than this is counted as slow.
    public let thresholdNanos: UInt64
    @usableFromInline var cycles: UInt64 = 0
    @usableFromInline var slowCycles: UInt64 = 0
    @usableFromInline var longest: UInt64 = 0
    @usableFromInline var last: UInt64?

    public init(thresholdNanos: UInt64) { self.thresholdNanos = thresholdNanos }

    /// Notes that a cycle starts now. A clock that steps back makes a cycle of no length.
    @inlinable
    public mutating func cycleStarts(at nanos: UInt64) {
        defer { last = nanos }
        guard let last else { return }
        let length = nanos > last ? nanos &- last : 0
        cycles &+= 1
        if length > thresholdNanos { slowCycles &+= 1 }
        longest = max(longest, length)
    }

    @inlinable public var cycleCount: UInt64 { cycles }

    @inlinable public var slowCycleCount: UInt64 { slowCycles }

    /// The longest cycle.
    @inlinable public var maxNanos: UInt64 { longest }

    /// Notes that the thread goes to sleep: the pause that follows is not a slow cycle.
    @inlinable
    public mutating func pause() { last = nil }

    /// Starts over, and forgets the cycle under way.
    public mutating func reset() { self = DutyCycleTracker(thresholdNanos: thresholdNanos) }
}
