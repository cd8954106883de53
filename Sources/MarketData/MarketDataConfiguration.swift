/// The bounds of the publisher's duty cycle, and how often it says what nobody asked for.
public struct MarketDataConfiguration: Sendable, Equatable {
    /// Live orders of all products together: what the venue has room for.
    public var orderCapacity = 1 << 18
    /// Groups of 64 neighbouring prices in use at once: what the venue has room for.
    public var pageCapacity = 1 << 14
    /// Orders that one command of the engine may delete at most.
    public var deletionsPerCommandMax = 1024
    /// Events taken over in one duty cycle at most, but for a transaction under way.
    public var eventsPerCycle = 1024
    /// A product whose incremental channel was quiet for so long gets a heartbeat.
    public var heartbeatNanos: UInt64 = 1_000_000_000
    /// Packets of the snapshot channel a second, all products together.
    public var snapshotPacketsPerSecond = 1000
    /// The least time between the starts of two snapshot cycles.
    public var snapshotIntervalNanos: UInt64 = 500_000_000

    public init() {}
}
