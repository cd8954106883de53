/// Which of a feed's two channels a datagram came by.
@frozen public enum FeedChannel: UInt8, BitwiseCopyable, Sendable {
    /// Changes as they happen.
    case incremental
    /// Whole books, again and again.
    case snapshot
}

/// Where a feed is received: an IPv4 address of this machine, or a multicast group, and the port of
/// the incremental channel. The snapshot channel's port is the one below.
public struct FeedAddress: Hashable, Sendable, CustomStringConvertible {
    public var address: String
    public var port: UInt16

    /// Where a venue of this machine sends without being told.
    public static let standard = FeedAddress(address: "127.0.0.1", port: 59001)

    /// `port` is at least 2.
    public init(address: String = "127.0.0.1", port: UInt16) {
        precondition(port >= 2, "the snapshot channel needs the port below")
        self.address = address
        self.port = port
    }

    /// Reads `PORT` or `ADDRESS:PORT`; nil for anything else, and for ports below 2.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let last = parts.last, last.allSatisfy({ $0.isNumber }),
            let port = UInt16(last), port >= 2
        else { return nil }
        self.port = port
        address = "127.0.0.1"
        guard parts.count == 2 else { return }
        let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard bytes.count == 4,
            bytes.allSatisfy({ $0.count <= 3 && UInt8($0) != nil && $0.first != "+" })
        else { return nil }
        address = String(parts[0])
    }

    public var snapshotPort: UInt16 { port - 1 }

    /// 224.0.0.0 to 239.255.255.255.
    public var isMulticast: Bool {
        address.split(separator: ".").first.flatMap { UInt8($0) }.map { (224...239).contains($0) }
            ?? false
    }

    public var description: String { "\(address):\(port)" }
}

/// Datagrams of both channels of a public feed, and nothing that blocks but `wait`. Sockets are one
/// body; tests have others.
public protocol DatagramFeed: AnyObject {
    /// Hands over datagrams at hand, a bounded number, each channel's in the order of their arrival.
    /// Returns how many; 0 when there are none. The bytes are valid during the call of `body`.
    func receive(_ body: (FeedChannel, UnsafeRawBufferPointer) -> Void) -> Int

    /// Sleeps until something can be received, or `nanos` have passed.
    func wait(nanos: UInt64)
}
