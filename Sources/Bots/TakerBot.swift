import Client
import Domain
import Glibc
import OrderFlow
import PublicBooks

/// How a taker trades.
public struct TakerSettings: Equatable, Sendable {
    public var traded: TradedInstrument
    /// Orders a second in the mean; their arrivals are a Poisson process.
    public var rate = 2.0
    /// Orders in any one second at most; what would be more is left out.
    public var perSecondMax = 20
    /// Sizes are 1 to this, small ones more often.
    public var sizeMax = Quantity(units: 100)
    /// Ticks beyond the best price that an order may go.
    public var depthTicks = 2

    public init(_ traded: TradedInstrument) { self.traded = traded }
}

/// Moments at which something happens that nobody plans: exponential times between them.
public struct PoissonArrivals: Sendable {
    private let meanNanos: Double
    private var random: SplitMix
    public private(set) var next: UInt64 = 0

    public init(ratePerSecond: Double, seed: UInt64) {
        meanNanos = 1e9 / ratePerSecond
        random = SplitMix(seed: seed)
        advance()
    }

    /// Goes on to the moment after `next`.
    public mutating func advance() {
        next += UInt64(-log(1 - random.unit()) * meanNanos) + 1
    }
}

/// So many in any one second, and no more.
public struct RateBound: Sendable {
    private var last: [UInt64]
    private var position = 0

    public init(perSecond: Int) { last = Array(repeating: .max, count: max(1, perSecond)) }

    /// Counts one at this moment if the bound allows it.
    public mutating func take(at nanos: UInt64) -> Bool {
        let oldest = last[position]
        guard oldest == .max || nanos >= oldest + 1_000_000_000 else { return false }
        last[position] = nanos
        position = (position + 1) % last.count
        return true
    }
}

/// Buys and sells at random, at once or not at all.
public struct TakerBot: Bot {
    private let settings: TakerSettings
    private var arrivals: PoissonArrivals
    private var bound: RateBound
    private var random: SplitMix
    private var lastMiddle: Price?
    /// Arrivals that found nothing to trade with, no clear view, or the bound.
    public private(set) var omitted = 0

    public init(_ settings: TakerSettings, seed: UInt64) {
        self.settings = settings
        arrivals = PoissonArrivals(ratePerSecond: settings.rate, seed: seed)
        bound = RateBound(perSecond: settings.perSecondMax)
        random = SplitMix(seed: ~seed)
    }

    public var mark: Price? { lastMiddle }

    public mutating func act<Stream: ByteStream>(
        at now: UInt64, desk: Desk<Stream>, top: TopOfBook?
    ) throws(ToolError) -> UInt64 {
        if let middle = top?.middle { lastMiddle = middle }
        while arrivals.next <= now {
            let moment = arrivals.next
            arrivals.advance()
            let side: Side = random.below(2) == 0 ? .buy : .sell
            let size = size()
            guard let touch = top?.best(side.opposite), desk.hasRoom, bound.take(at: moment) else {
                omitted += 1
                continue
            }
            let depth = settings.traded.ticks(settings.depthTicks)
            let price = Price(raw: touch.price.raw + (side == .buy ? depth : -depth))
            desk.enter(
                OrderRequest(
                    side: side, price: price, quantity: size,
                    instrument: settings.traded.instrument, product: settings.traded.product,
                    timeInForce: .immediateOrCancel))
        }
        return arrivals.next
    }

    private mutating func size() -> Quantity {
        let most = Int(settings.sizeMax.raw / Quantity.unit)
        let share = random.unit()
        return Quantity(units: Int64(1 + Int(share * share * Double(most))))
    }
}
