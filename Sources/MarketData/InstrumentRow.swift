import Domain
import Matching

/// The best price of a side, as it is published.
struct BestPrice: BitwiseCopyable, Equatable {
    var price = Price.none
    var quantity = Quantity.none
    var orders: UInt16 = .max
}

/// What is published of an instrument beside its orders.
struct InstrumentRow: BitwiseCopyable {
    let securityID: Int64
    let product: ProductIndex
    /// Only its best prices are public.
    let isTopOfBook: Bool
    var status = SecurityTradingStatus.continuous

    // Trades of the business day.
    var lastPrice = Price.none
    var lastQuantity = Quantity.none
    var lastTime = Timestamp.none
    var openingPrice = Price.none
    var highPrice = Price.none
    var lowPrice = Price.none
    var volume = Quantity.zero

    /// Engine time of the last change.
    var lastUpdate = Timestamp.zero
    /// The last transaction that changed it.
    var transaction: UInt64 = 0
    /// Orders that this transaction took away, other than by request.
    var removed: Int32 = 0
    /// It was said that all of them are gone.
    var isMassDeleted = false
    /// Best prices as they were last told.
    var bid = BestPrice()
    var offer = BestPrice()

    init(_ instrument: Instrument, isTopOfBook: Bool) {
        securityID = instrument.securityID
        product = instrument.product
        self.isTopOfBook = isTopOfBook
    }

    mutating func noteTrade(_ fill: Fill, at time: Timestamp) {
        lastPrice = fill.price
        lastQuantity = fill.quantity
        lastTime = time
        if openingPrice.isNone { openingPrice = fill.price }
        highPrice = highPrice.isNone ? fill.price : max(highPrice, fill.price)
        lowPrice = lowPrice.isNone ? fill.price : min(lowPrice, fill.price)
        volume += fill.quantity
    }

    mutating func startDay() {
        lastPrice = .none
        lastQuantity = .none
        lastTime = .none
        openingPrice = .none
        highPrice = .none
        lowPrice = .none
        volume = .zero
    }
}
