/// What a made-up market is like: who sends what, how long it stays, and where the price goes.
public struct MarketProfile: Sendable, Equatable {
    public var name: String
    /// Requests in all.
    public var messages = 2_000_000
    public var seed: UInt64 = 1
    /// Nanoseconds from one new order to the next.
    public var arrivalNanos = 2_000

    /// Share of new orders that do not rest: immediate-or-cancel.
    public var immediateShare = 0.15
    /// Share of these priced through the middle; the others miss.
    public var hitShare = 0.5
    /// Share of the other orders that are changed once: more quantity, and mostly another price.
    public var modifiedShare = 0.2
    /// Share of these changes that go one tick up or down.
    public var repricedShare = 0.9
    /// Share of the resting orders whose owner withdraws them after their lifetime, unless they have
    /// traded by then; the others stay.
    public var cancelledShare = 0.95
    /// Half of the lifetimes are shorter. They spread evenly over the doublings from a sixteenth to
    /// sixteen times of it.
    public var lifetimeMedianNanos = 400_000
    /// Share of withdrawn orders that are withdrawn once more, and share of them that are changed
    /// too late: both have to be refused.
    public var staleShare = 0.005

    /// Distances from the middle, in ticks: the chance of one of at least d is d^(-1 / depthPower).
    public var depthPower = 1
    public var depthMax: Int32 = 45
    public var restingQuantity: ClosedRange<Int32> = 10...200
    public var immediateQuantity: ClosedRange<Int32> = 1...5

    /// Where the middle is, in ticks.
    public var path: PricePath
    /// Requests after which the path begins again.
    public var pathMessages = 2_000_000

    public init(_ name: String, path: PricePath) {
        self.name = name
        self.path = path
    }

    /// Every tick that an order can have.
    var ticks: ClosedRange<Int32> {
        path.lowest - depthMax - 1...path.highest + depthMax + 1
    }
}

extension MarketProfile {
    /// The middle stays; what is not withdrawn piles up on few levels.
    public static let quiet = MarketProfile("static", path: PricePath(10_000))

    /// A routine day: the price wanders a few ticks at a time.
    public static let normal: MarketProfile = {
        var profile = MarketProfile(
            "normal", path: PricePath(10_000, wandersEvery: 1_000, by: 150))
        profile.depthMax = 100
        return profile
    }()

    public static let swing25 = swing("swing-25", by: 1_000)
    public static let swing40 = swing("swing-40", by: 1_600)

    /// The price falls by four fifths and comes back, through a book that is thin and wide.
    public static let flashCrash: MarketProfile = {
        var profile = MarketProfile(
            "flash-crash",
            path: PricePath(
                [(0, 50_000), (0.4, 49_000), (0.5, 10_000), (0.8, 42_000), (1, 50_000)],
                wandersEvery: 100, by: 200))
        profile.arrivalNanos = 20_000
        profile.depthPower = 3
        profile.depthMax = 4_000
        return profile
    }()

    /// In the order in which they are shown.
    public static let all = [quiet, normal, swing25, swing40, flashCrash]

    /// Down by so many of 4,000 ticks, and up again.
    private static func swing(_ name: String, by ticks: Int32) -> MarketProfile {
        var profile = MarketProfile(
            name,
            path: PricePath(
                [(0, 4_000), (0.5, 4_000 - ticks), (1, 4_000)], wandersEvery: 1_000, by: 50))
        profile.arrivalNanos = 1_000
        profile.depthPower = 2
        profile.depthMax = 500
        return profile
    }
}
