/// What the gateway has passed between its port and the engine since it started. Written by its
/// thread alone; what the port itself has seen is in `SessionCounters`.
public struct GatewayCounters: BitwiseCopyable, Sendable, Equatable {
    public internal(set) var commands: UInt64 = 0
    public internal(set) var events: UInt64 = 0
    /// Frames left unread because the command ring was full.
    public internal(set) var commandRingFull: UInt64 = 0
    /// Answers and notifications whose logon was over when they came.
    public internal(set) var eventsWithoutReader: UInt64 = 0

    public init() {}
}
