/// Who is sent the public market data, and how.
public struct FeedSettings: Sendable, Equatable {
    /// Which of the two hears of a change first, the public or those it concerns.
    public enum PublicFirst: String, Sendable, CaseIterable {
        /// Both leave as soon as they can; nobody waits.
        case bestEffort
        /// Answers wait until the public datagrams were handed to the system.
        case strict
    }

    /// Where datagrams are sent; none switches the feed off.
    public var receivers = [FeedReceiver.standard]
    /// IPv4 address of the interface that multicast groups are reached through; empty lets the system
    /// choose.
    public var interface = ""
    /// Routers that datagrams to a multicast group pass at most.
    public var hops: UInt8 = 1
    public var publicFirst = PublicFirst.bestEffort
    /// Packets of the snapshot channel a second, all products together.
    public var snapshotPacketsPerSecond = 1000
    /// The least time from the start of one snapshot cycle to the next.
    public var snapshotIntervalMillis = 500
    /// A product that was quiet for so long gets a heartbeat.
    public var heartbeatMillis = 1000

    public init() {}

    /// No feed.
    public static var off: FeedSettings {
        var settings = FeedSettings()
        settings.receivers = []
        return settings
    }

    public var isOff: Bool { receivers.isEmpty }
}

/// A receiver of the feed: an IPv4 address, of a machine or a multicast group, and the port of the
/// incremental channel. The port below is that of the snapshot channel.
public struct FeedReceiver: Sendable, Equatable, CustomStringConvertible {
    public var address: String
    /// 2 to 65,535.
    public var port: UInt16

    public init(address: String = "127.0.0.1", port: UInt16) {
        precondition(port >= 2, "a receiver's ports are two neighbours, neither of them 0")
        self.address = address
        self.port = port
    }

    /// The one that everything on this machine expects.
    public static var standard: FeedReceiver { FeedReceiver(port: 59001) }

    public var snapshotPort: UInt16 { port - 1 }

    public var description: String { "\(address):\(port)" }

    /// Reads `[ADDRESS:]PORT`; nil when that is not what the text is.
    public init?(parsing text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let port = UInt16(parts[parts.count - 1]), port >= 2
        else { return nil }
        let address = parts.count == 2 ? String(parts[0]) : "127.0.0.1"
        guard RuntimeSettings.isAddress(address) else { return nil }
        self.init(address: address, port: port)
    }

    static let expectation =
        "[ADDRESS:]PORT, with an IPv4 address and the port of the incremental channel, 2 to 65535"
}
