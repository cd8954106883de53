import Domain
import LinuxPlatform
import OrderFlow
import Platform
import PublicBooks

/// Where a bot sees the market.
public protocol MarketView: AnyObject {
    /// Takes what has arrived; never waits.
    func look()

    /// The best of both sides; nil while the view is not sure of it, or nothing can be traded.
    var top: TopOfBook? { get }
}

/// For bots that need to see nothing.
public final class BlindView: MarketView {
    public init() {}
    public func look() {}
    public var top: TopOfBook? { nil }
}

/// One instrument in the venue's public feed.
public final class FeedView: MarketView {
    private let feed: any DatagramFeed
    private let securityID: Int64
    @exclusivity(unchecked) private var builder: PublicBookBuilder

    /// SecurityTradingStatus of an instrument that trades.
    private static let continuous: UInt8 = 203

    public init(_ feed: any DatagramFeed, instrument: UInt32) {
        self.feed = feed
        securityID = Int64(instrument)
        builder = PublicBookBuilder(limits: PublicBookLimits(packets: 1 << 11))
    }

    /// Listens at a port of this machine, or to a group.
    public convenience init(_ address: FeedAddress, instrument: UInt32) throws(ToolError) {
        do {
            self.init(try FeedSockets(address), instrument: instrument)
        } catch {
            throw .run("the feed at \(address): \(error)")
        }
    }

    public func look() {
        // Bounded: a bot that cannot keep up still gets to act.
        for _ in 0..<64 where feed.receive({ builder.take($1, from: $0) }) == 0 { return }
    }

    public var top: TopOfBook? {
        guard let index = builder.index(of: securityID) else { return nil }
        let instrument = builder.instrument(index)
        guard instrument.isLive, instrument.state.trading == Self.continuous else { return nil }
        return instrument.top
    }
}

extension TopOfBook {
    /// The middle of both sides, where there are both.
    var middle: Price? {
        guard !bid.isNone, !ask.isNone else { return nil }
        return Price(raw: bid.price.raw + (ask.price.raw - bid.price.raw) / 2)
    }

    func best(_ side: Side) -> PublicLevel? {
        let level = side == .buy ? bid : ask
        return level.isNone ? nil : level
    }
}
