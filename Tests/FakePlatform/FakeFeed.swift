import Platform

/// A feed from memory: datagrams in the order in which they were put in; done when they are out.
public final class FakeFeed: DatagramFeed {
    private var waiting: [(FeedChannel, [UInt8])] = []
    /// The last look found nothing.
    public private(set) var isEmpty = true

    public init() {}

    public func put(_ bytes: [UInt8], _ channel: FeedChannel) {
        waiting.append((channel, bytes))
        isEmpty = false
    }

    public func receive(_ body: (FeedChannel, UnsafeRawBufferPointer) -> Void) -> Int {
        guard !waiting.isEmpty else {
            isEmpty = true
            return 0
        }
        let (channel, bytes) = waiting.removeFirst()
        bytes.withUnsafeBytes { body(channel, $0) }
        return 1
    }

    public func wait(nanos: UInt64) {}
}
