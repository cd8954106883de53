import Domain

/// Everything a venue is told before it starts: its market, its bounds and how it runs.
///
/// The file form is described in `docs/configuration.md`; `init(parsing:)` reads it, `printed()`
/// writes it, and each is the other's inverse.
public struct Configuration: Sendable, Equatable {
    /// The version of the file form that this program reads and writes.
    public static let version = 1

    public var market: ReferenceData
    public var limits: VenueLimits
    public var runtime: RuntimeSettings
    /// The public market data. A file or a command line that says nothing of it gets the standard one,
    /// a configuration made in memory none.
    public var feed: FeedSettings
    public var durability: DurabilitySettings

    public init(
        market: ReferenceData, limits: VenueLimits = VenueLimits(),
        runtime: RuntimeSettings = RuntimeSettings(), feed: FeedSettings = .off,
        durability: DurabilitySettings = DurabilitySettings()
    ) {
        self.market = market
        self.limits = limits
        self.runtime = runtime
        self.feed = feed
        self.durability = durability
    }

    /// The built-in market on 127.0.0.1, which is what a venue runs when it is told nothing.
    public static var demonstration: Configuration {
        Configuration(market: DemonstrationMarket.referenceData)
    }
}

/// How much of everything there is room for. All memory is derived from these and taken at start.
public struct VenueLimits: Sendable, Equatable {
    /// Orders resting in all books; a further one is rejected (102).
    public var orderCapacity = 1 << 18
    /// Orders that carry texts (accounts, free text, compliance); a further one is rejected (102).
    public var orderDetailsCapacity = 1 << 16
    /// Pages of 64 neighbouring price levels; an order that needs a further one is rejected (102).
    public var pricePageCapacity = 1 << 14
    /// Connections open at once; a further one is closed on arrival.
    public var connectionCapacity = 4096
    /// Input of one connection kept unread; its peer waits when this is reached.
    public var unreadBytesMax = 256 << 10
    /// Output of one connection the peer has not taken; the session is cut when this is reached.
    public var unsentBytesMax = 1 << 20
    /// How long output may wait for the peer before the session is cut.
    public var slowConsumerSeconds = 5
    /// How long a connection may stay without logging on before it is closed.
    public var logonTimeoutSeconds = 30
    /// Orders withdrawn by one step of a mass cancel; others may trade between steps.
    public var massCancelSlice = 64
    /// Slots of the event ring, a power of two: how far other programs may fall behind the engine.
    public var eventRingCapacity = 1 << 16

    public init() {}
}

/// How a venue runs, as opposed to what it trades.
public struct RuntimeSettings: Sendable, Equatable {
    /// What a thread does when there is nothing to do.
    public enum Profile: String, Sendable, CaseIterable {
        /// Spin briefly, then sleep: kind to a machine that does other things too.
        case laptop
        /// Spin always, pinned: the lowest latency, whole cores gone.
        case latency
    }

    /// Which agents share a thread.
    public enum Threads: String, Sendable, CaseIterable {
        /// As the usable cores suggest.
        case automatic
        /// A core each.
        case dedicated
        /// Gateway and engine together, everything else on another core.
        case paired
        /// All on one.
        case single
    }

    /// The venue's name on this machine.
    public var name = "demo"
    /// IPv4 address to listen on.
    public var address = "127.0.0.1"
    /// TCP port of the trading gateway; 0 takes any free one.
    public var port: UInt16 = 19043
    public var profile = Profile.laptop
    public var threads = Threads.automatic

    public init() {}
}
