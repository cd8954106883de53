/// The bounds of a port's duty cycle and its patience.
public struct SessionPortConfiguration: Sendable {
    /// Connections accepted, closed or found readable per cycle.
    public var networkEventsPerCycle = 1024
    /// Frames of one connection in a row, before the others have their turn: some 10 us of work. The
    /// answers to a turn leave by one call of the system, which costs as much as 20 frames.
    public var framesPerTurn = 128
    /// Frames per cycle over all connections, so that answers are drained between them.
    public var framesPerCycle = 256
    /// Password verdicts acted upon per cycle.
    public var verdictsPerCycle = 64
    /// Connections whose timers are looked at per cycle.
    public var timersPerCycle = 256
    /// Timers are looked at no more often than this, and are late by no more than this.
    public var timerSpacingNanos: UInt64 = 2_000_000
    /// A connection without a successful logon is closed after this long.
    public var logonTimeoutNanos: UInt64 = 30_000_000_000
    /// A session whose oldest unsent byte is older is cut as a slow consumer.
    public var unsentAgeNanosMax: UInt64 = 5_000_000_000

    public init() {}
}
