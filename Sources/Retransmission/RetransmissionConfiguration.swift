/// The bounds of an answer, and the patience behind it.
public struct RetransmissionConfiguration: Sendable {
    /// Messages of an answer at most, gaps included.
    public var messagesPerAnswer = 100
    /// Bytes of the history read in a duty cycle, about.
    public var bytesPerCycle = 256 << 10
    /// How often the history is looked at that is not far enough yet.
    public var retryNanos: UInt64 = 200_000
    /// A history that is not far enough after this long is no history.
    public var patienceNanos: UInt64 = 5_000_000_000

    public init() {}
}
