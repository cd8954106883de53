import Domain

/// What happened to an order in a recorded row.
public enum FlowEventKind: Int64, Sendable {
    case newOrder = 1
    /// Part of an order was cancelled.
    case reduction = 2
    case deletion = 3
    /// A visible order traded.
    case execution = 4
    /// A hidden order traded: no trace in the book.
    case hiddenExecution = 5
}

/// One row of a message file. Prices are counted in 10⁻⁴ of the currency, as the files count them.
public struct FlowEvent: Equatable, Sendable {
    /// Nanoseconds after midnight.
    public var timeNanos: Int64
    public var kind: FlowEventKind
    public var orderID: Int64
    public var size: Int64
    public var price: Int64
    /// Side of the resting order.
    public var side: Side

    public init(
        timeNanos: Int64, kind: FlowEventKind, orderID: Int64, size: Int64, price: Int64,
        side: Side
    ) {
        self.timeNanos = timeNanos
        self.kind = kind
        self.orderID = orderID
        self.size = size
        self.price = price
        self.side = side
    }
}

/// Best prices after a row, as a file of best prices holds them.
public struct BestPrices: Equatable, Sendable, CustomStringConvertible {
    public static let noAsk: Int64 = 9_999_999_999
    public static let noBid: Int64 = -9_999_999_999

    public var askPrice: Int64
    public var askSize: Int64
    public var bidPrice: Int64
    public var bidSize: Int64

    /// The middle of both sides, where there are both.
    public var middle: Price? {
        guard askPrice != Self.noAsk, bidPrice != Self.noBid else { return nil }
        let (bid, ask) = (FlowUnits.price(bidPrice).raw, FlowUnits.price(askPrice).raw)
        return Price(raw: bid + (ask - bid) / 2)
    }

    public init(askPrice: Int64, askSize: Int64, bidPrice: Int64, bidSize: Int64) {
        self.askPrice = askPrice
        self.askSize = askSize
        self.bidPrice = bidPrice
        self.bidSize = bidSize
    }

    public static let empty = BestPrices(
        askPrice: noAsk, askSize: 0, bidPrice: noBid, bidSize: 0)

    public var description: String {
        let bid = bidPrice == Self.noBid ? "no bid" : "bid \(bidSize) at \(bidPrice)"
        let ask = askPrice == Self.noAsk ? "no ask" : "ask \(askSize) at \(askPrice)"
        return "\(bid), \(ask)"
    }
}

/// An order that rests before the first row.
public struct SeedOrder: Equatable, Sendable {
    public var orderID: Int64
    public var side: Side
    public var price: Int64
    public var size: Int64

    public init(orderID: Int64, side: Side, price: Int64, size: Int64) {
        self.orderID = orderID
        self.side = side
        self.price = price
        self.size = size
    }
}

/// A row that the recording venue did not treat by price and time.
public enum FlowException: String, Sendable {
    /// It filled an order that was not the first at its price: the order is reduced instead.
    case executionNotAtFront = "exec_not_front_of_queue"
    /// The order rested where the recording did not look: the cancel must be refused.
    case unknownOrder = "cancel_unknown_order"
}

/// A flow of orders and the best prices after each, from files or from the generator.
public struct RecordedFlow: Sendable {
    public var events: [FlowEvent]
    public var bestPrices: [BestPrices]
    public var seed: [SeedOrder]
    public var exceptions: [Int: FlowException]
    /// First row that a book entered from `seed` can follow.
    public var firstRow: Int

    public init(
        events: [FlowEvent], bestPrices: [BestPrices], seed: [SeedOrder] = [],
        exceptions: [Int: FlowException] = [:], firstRow: Int = 0
    ) {
        precondition(events.count == bestPrices.count, "Each row has best prices.")
        self.events = events
        self.bestPrices = bestPrices
        self.seed = seed
        self.exceptions = exceptions
        self.firstRow = firstRow
    }
}

/// Translation between the file's numbers and the wire's.
enum FlowUnits {
    /// 10⁻⁴ of the currency in 10⁻⁸ of the price unit.
    static let priceFactor: Int64 = 10_000

    static func price(_ filePrice: Int64) -> Price { Price(raw: filePrice * priceFactor) }
    static func quantity(_ size: Int64) -> Quantity { Quantity(units: size) }
    static func clOrdID(_ orderID: Int64) -> ClOrdID { ClOrdID(raw: UInt64(bitPattern: orderID)) }
    static func orderID(_ clOrdID: ClOrdID) -> Int64 { Int64(bitPattern: clOrdID.raw) }

    /// The file's price; the smallest number for a price that no file could hold, equal to none.
    static func filePrice(_ price: Price) -> Int64 {
        price.raw % priceFactor == 0 ? price.raw / priceFactor : .min
    }

    static func size(_ quantity: Quantity) -> Int64 {
        quantity.raw % Quantity.unit == 0 ? quantity.raw / Quantity.unit : .min
    }
}
