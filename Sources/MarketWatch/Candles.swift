import Domain

/// Trades of one instrument in one interval of time.
public struct Candle: Equatable, Sendable {
    public var instrument: Int
    /// Start of the interval; the end is not in it.
    public var start: Timestamp
    public var open: Price
    public var high: Price
    public var low: Price
    public var close: Price
    public var volume: Quantity
    /// Sum of price times quantity, in 10⁻¹² of the price unit.
    public var turnover: Int128
    public var tradeCount: Int

    /// Volume-weighted average price, rounded towards zero.
    public var vwap: Price {
        volume.raw == 0
            ? .none : Price(raw: Int64(truncatingIfNeeded: turnover / Int128(volume.raw)))
    }
}

/// Gathers trades into candles of one interval, which begin at whole multiples of it (UTC).
///
/// An interval without a trade has no candle.
public struct CandleMaker: Sendable {
    public let intervalNanos: UInt64
    private var open: [Int: Candle] = [:]

    /// `intervalNanos` is above 0.
    public init(intervalNanos: UInt64) {
        precondition(intervalNanos > 0, "an interval lasts")
        self.intervalNanos = intervalNanos
    }

    /// Adds a trade; returns the candle before it when the trade begins another.
    ///
    /// A trade that is older than the open candle counts to it: engine time does not go back.
    public mutating func add(
        instrument: Int, price: Price, quantity: Quantity, at time: Timestamp
    ) -> Candle? {
        let start = Timestamp(nanos: time.nanos - time.nanos % intervalNanos)
        let turnover = Int128(price.raw) * Int128(quantity.raw)
        if var candle = open[instrument], candle.start >= start {
            candle.high = max(candle.high, price)
            candle.low = min(candle.low, price)
            candle.close = price
            candle.volume.raw &+= quantity.raw
            candle.turnover &+= turnover
            candle.tradeCount += 1
            open[instrument] = candle
            return nil
        }
        let done = open[instrument]
        open[instrument] = Candle(
            instrument: instrument, start: start, open: price, high: price, low: price,
            close: price, volume: quantity, turnover: turnover, tradeCount: 1)
        return done
    }

    /// Takes out the candles whose interval ended by `time`, oldest first; all of them for `none`.
    public mutating func finish(by time: Timestamp) -> [Candle] {
        let done = open.values.filter {
            time.isNone || $0.start.adding(nanos: intervalNanos) <= time
        }
        for candle in done { open[candle.instrument] = nil }
        return done.sorted { ($0.start, $0.instrument) < ($1.start, $1.instrument) }
    }
}
