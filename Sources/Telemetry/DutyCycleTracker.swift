/// Notices the duty cycles that took too long.
///
/// Fed with the length of every cycle. Written by the thread that runs the agents, copied out through
/// counters.
@frozen
public struct DutyCycleTracker: BitwiseCopyable, Sendable {
    /// A cycle longer than this is counted as slow.
    public let thresholdNanos: UInt64
    @usableFromInline var cycles: UInt64 = 0
    @usableFromInline var slowCycles: UInt64 = 0
    @usableFromInline var longestTaken: UInt64 = 0
    /// The longest since `takeRecentMax`.
    @usableFromInline var recentLongest: UInt64 = 0

    public init(thresholdNanos: UInt64) { self.thresholdNanos = thresholdNanos }

    /// Notes a cycle.
    @inlinable
    public mutating func record(nanos: UInt64) {
        cycles &+= 1
        recentLongest = max(recentLongest, nanos)
        if nanos > thresholdNanos { slowCycles &+= 1 }
    }

    @inlinable public var cycleCount: UInt64 { cycles }

    @inlinable public var slowCycleCount: UInt64 { slowCycles }

    /// The longest cycle.
    @inlinable public var maxNanos: UInt64 { max(longestTaken, recentLongest) }

    /// The longest cycle since the last call.
    public mutating func takeRecentMax() -> UInt64 {
        defer {
            longestTaken = maxNanos
            recentLongest = 0
        }
        return recentLongest
    }
}
