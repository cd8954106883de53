/// The bounds of the publisher's duty cycle, and its patience.
public struct DropCopyConfiguration: Sendable {
    /// Records taken from the venue's ring per cycle: the ring is emptied faster than any venue fills it,
    /// and still nobody waits long for an answer.
    public var recordsPerCycle = 4096
    /// Messages to one subscription in a row, before the others have their turn.
    public var messagesPerTurn = 32
    /// Messages per cycle over all listeners.
    public var messagesPerCycle = 2048
    /// Messages of an answer to a request for retransmission at most.
    public var messagesPerAnswer = 100
    /// A listener with more unsent bytes waits with its subscriptions, so that answers have room.
    public var liveBytesMax = 256 << 10
    /// Nothing is answered that would exceed this.
    public var answerBytesMax = 768 << 10
    /// After so long in which the venue's archive had nothing to give, somebody is told.
    public var archivePatienceNanos: UInt64 = 3_000_000_000
    /// How often the publisher looks whether its venue lives, or is back.
    public var venueCheckNanos: UInt64 = 100_000_000
    /// How long a new life of the venue waits for listeners that are still behind in the old one.
    public var handoverNanos: UInt64 = 5_000_000_000
    /// A ring that nobody rings for is looked at again after a quarter of the time it has been empty,
    /// within these bounds. A look costs some 20 us, so at rest that is 0.2 % of a core.
    public var pollNanosMin: UInt64 = 200_000
    public var pollNanosMax: UInt64 = 10_000_000

    public init() {}
}
