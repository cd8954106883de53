import Platform

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
    public var receivers = [FeedAddress.standard]
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

    static let receiverExpectation =
        "[ADDRESS:]PORT, with an IPv4 address and the port of the incremental channel, 2 to 65535"
}
