/// Bytes to be sent in one piece.
@frozen public struct Datagram: BitwiseCopyable {
    public var base: UnsafeMutableRawPointer
    public var count: Int32
    public var channel: FeedChannel

    @inlinable public init(
        base: UnsafeMutableRawPointer, count: Int, channel: FeedChannel
    ) {
        self.base = base
        self.count = Int32(truncatingIfNeeded: count)
        self.channel = channel
    }
}

/// Sends datagrams to a fixed list of receivers, which may be there or not.
///
/// One thread uses a sender. The real body is a socket, a simulated one keeps what it is given.
public protocol DatagramSender: AnyObject {
    /// Hands datagrams to the system in this order, each for every receiver of its channel. Never
    /// blocks: what the system does not take is lost. Returns how many copies those were.
    func send(_ datagrams: UnsafeBufferPointer<Datagram>) -> Int
}
