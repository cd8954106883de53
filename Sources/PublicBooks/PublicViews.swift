import Domain

/// All visible orders at one price.
@frozen public struct PublicLevel: Hashable, BitwiseCopyable, Sendable {
    public var price: Price
    public var quantity: Quantity
    /// 0 where the feed tells best prices alone and does not count orders.
    public var orderCount: Int

    @inlinable public init(price: Price, quantity: Quantity, orderCount: Int) {
        self.price = price
        self.quantity = quantity
        self.orderCount = orderCount
    }

    /// No order: no price, quantity zero.
    @inlinable public static var none: PublicLevel {
        PublicLevel(price: .none, quantity: .zero, orderCount: 0)
    }
    @inlinable public var isNone: Bool { price.isNone }
}

/// One visible order. Instrument, side and time priority are its name: there is no order number.
@frozen public struct PublicOrder: Hashable, BitwiseCopyable, Sendable {
    public var side: Side
    public var price: Price
    public var quantity: Quantity
    /// TrdRegTSTimePriority; strictly rising in an instrument.
    public var timePriority: Timestamp

    @inlinable public init(
        side: Side, price: Price, quantity: Quantity, timePriority: Timestamp
    ) {
        self.side = side
        self.price = price
        self.quantity = quantity
        self.timePriority = timePriority
    }
}

/// Best bid and best ask.
@frozen public struct TopOfBook: Hashable, BitwiseCopyable, Sendable {
    public var bid: PublicLevel
    public var ask: PublicLevel

    @inlinable public init(bid: PublicLevel = .none, ask: PublicLevel = .none) {
        self.bid = bid
        self.ask = ask
    }
}

/// How far a receiver may trust what it has of an instrument.
@frozen public enum BookCondition: UInt8, BitwiseCopyable, Sendable {
    /// Nothing yet: the next snapshot is waited for.
    case joining
    /// All that the feed has told is in the book.
    case live
    /// Something was lost. What is shown was true once; a snapshot or the missing datagram repairs it.
    case stale
}

/// The trading state of a product (messages 13300 and 13600), as wire codes; all ones = not known.
@frozen public struct PublicProductState: Hashable, BitwiseCopyable, Sendable {
    /// TradingSessionID: 1 day, 3 morning, 5 evening, …
    public var session: UInt8 = .max
    /// TradingSessionSubID: 1 pre-trading, 3 continuous, 4 closing, 5 post-trading, 7 quiescent.
    public var subSession: UInt8 = .max
    /// TradSesStatus: 1 halted, 2 open, 3 closed.
    public var status: UInt8 = .max
    public var isFastMarket = false

    @inlinable public init() {}
}

/// The trading state of an instrument (messages 13301, 13302, 13601), as wire codes; all ones = not
/// known.
@frozen public struct PublicInstrumentState: Hashable, BitwiseCopyable, Sendable {
    /// SecurityStatus: 1 active, 2 inactive, 9 suspended, …
    public var security: UInt8 = .max
    /// SecurityTradingStatus: 2 halt, 200 closed, 202 book, 203 continuous, …
    public var trading: UInt8 = .max
    public var isFastMarket = false

    @inlinable public init() {}
}

/// What the business day has been in one instrument so far.
///
/// Open, high, low, last and volume are of the whole day where a snapshot tells them, else since the
/// receiver joined. Turnover and count are of the trades that the receiver saw.
@frozen public struct PublicStatistics: Hashable, BitwiseCopyable, Sendable {
    public internal(set) var open = Price.none
    public internal(set) var high = Price.none
    public internal(set) var low = Price.none
    public internal(set) var last = Price.none
    public internal(set) var lastQty = Quantity.none
    /// Engine time of the last trade that was seen.
    public internal(set) var lastTime = Timestamp.none
    public internal(set) var volume = Quantity.zero
    /// Quantity of the trades that were seen.
    public internal(set) var seenVolume = Quantity.zero
    /// Sum of price times quantity of the trades that were seen, in 10⁻¹² of the price unit.
    public internal(set) var seenTurnover: Int128 = 0
    public internal(set) var seenTradeCount = 0

    @inlinable public init() {}

    /// Volume-weighted average price of the trades that were seen, rounded towards zero.
    @inlinable public var vwap: Price {
        seenVolume.raw == 0
            ? .none : Price(raw: Int64(truncatingIfNeeded: seenTurnover / Int128(seenVolume.raw)))
    }

    /// All of the day's trades were seen.
    @inlinable public var isComplete: Bool { seenVolume == volume }
}

/// What is known of one instrument, the book's depth aside.
@frozen public struct PublicInstrument: BitwiseCopyable, Sendable {
    public internal(set) var securityID: Int64
    /// MarketSegmentID of its product.
    public internal(set) var marketSegmentID: Int32
    public internal(set) var condition: BookCondition
    public internal(set) var state: PublicInstrumentState
    public internal(set) var productState: PublicProductState
    public internal(set) var top: TopOfBook
    public internal(set) var statistics: PublicStatistics
    /// Engine time of the last transaction in this instrument that is in the book.
    public internal(set) var lastUpdate: Timestamp
    /// The feed tells best prices only: there is no depth behind them and no order.
    public internal(set) var isTopOfBookOnly: Bool
    /// Visible orders, both sides.
    public internal(set) var orderCount: Int

    public var isLive: Bool { condition == .live }
}
