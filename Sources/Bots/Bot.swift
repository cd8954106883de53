import Client
import Domain
import OrderFlow
import PublicBooks

/// A trading program as its loop sees it: it is asked to act, and says when it wants to be asked again.
///
/// Time is the bot's own, in nanoseconds since its start, and passed in: a test lets an hour go by in
/// seconds. What a bot does depends on its seed, the time and what the venue and the market tell.
public protocol Bot {
    /// Makes the requests that are due. Returns the time of the next act; an earlier one, because
    /// something happened, does no harm.
    mutating func act<Stream: ByteStream>(
        at now: UInt64, desk: Desk<Stream>, top: TopOfBook?
    ) throws(ToolError) -> UInt64

    /// An own order was executed.
    mutating func note(_ execution: OwnOrders.Execution)

    /// Every request is answered and no order is left: the last chance to keep what is known.
    mutating func end<Stream: ByteStream>(desk: Desk<Stream>) throws(ToolError)

    /// Nothing is left to do.
    var isDone: Bool { get }

    /// A price for the summary's profit.
    var mark: Price? { get }
}

extension Bot {
    public mutating func note(_ execution: OwnOrders.Execution) {}
    public mutating func end<Stream: ByteStream>(desk: Desk<Stream>) throws(ToolError) {}
    public var isDone: Bool { false }
    public var mark: Price? { nil }
}

/// What a bot trades, in which steps.
public struct TradedInstrument: Equatable, Sendable {
    /// SecurityID.
    public var instrument: UInt32
    /// MarketSegmentID of its product.
    public var product: Int32
    /// Smallest price step.
    public var tick: Price

    public init(instrument: UInt32, product: Int32, tick: Price) {
        self.instrument = instrument
        self.product = product
        self.tick = tick
    }

    /// The nearest price not above that is a whole number of ticks; also for negative prices.
    func floor(_ raw: Int64) -> Price {
        let rest = raw % tick.raw
        return Price(raw: raw - (rest < 0 ? rest + tick.raw : rest))
    }

    func ceiling(_ raw: Int64) -> Price { Price(raw: -floor(-raw).raw) }

    func ticks(_ count: Int) -> Int64 { tick.raw * Int64(count) }
}
