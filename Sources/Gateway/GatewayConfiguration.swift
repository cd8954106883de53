import SessionServer

/// The bounds of the gateway's duty cycle and its patience.
public struct GatewayConfiguration: Sendable {
    /// Engine events turned into messages per cycle: a burst of fills must not keep requests waiting.
    public var eventsPerCycle = 1024
    /// When a full command ring held up requests, a sleeping gateway looks again after this long.
    public var ringRetryNanos: UInt64 = 100_000
    /// Where answers wait for the public, they do so no longer than this.
    public var publicFirstWaitNanosMax: UInt64 = 10_000_000
    /// A session with more unsent bytes waits with requests for messages again.
    public var retransmissionUnsentBytesMax = 64 << 10
    /// What holds for any port.
    public var port = SessionPortConfiguration()

    public init() {}
}
