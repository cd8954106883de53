import Client
import Domain
import OrderFlow
import PublicBooks

/// How a market maker quotes.
public struct MakerSettings: Equatable, Sendable {
    public var traded: TradedInstrument
    /// Ticks between the reference and the best quote of each side.
    public var halfSpreadTicks = 2
    /// Quotes a side, and ticks between them.
    public var levels = 3
    public var stepTicks = 2
    /// Quantity of each quote.
    public var size = Quantity(units: 100)
    /// The position is never larger, long or short, even if every quote trades.
    public var positionMax = Quantity(units: 1_000)
    /// Ticks by which a full position moves all quotes, to make the market take it back.
    public var skewTicks = 4
    public var refreshNanos: UInt64 = 250_000_000

    public init(_ traded: TradedInstrument) { self.traded = traded }
}

/// A quote to have in the book.
public struct Quote: Equatable, Sendable {
    public var side: Side
    /// 0 is the best of its side.
    public var level: Int
    public var price: Price
    public var quantity: Quantity
}

extension MakerSettings {
    /// The quotes for a reference and a position; none on a side that may not grow.
    public func quotes(around reference: Price, position: Quantity) -> [Quote] {
        let skew = traded.ticks(skewTicks) * position.raw / max(1, positionMax.raw)
        let fair = reference.raw - skew
        var quotes: [Quote] = []
        for side in [Side.buy, .sell] {
            var room = positionMax.raw - (side == .buy ? position.raw : -position.raw)
            for level in 0..<levels where room > 0 {
                let distance = traded.ticks(halfSpreadTicks + level * stepTicks)
                let lot = Quantity.unit
                let quantity = min(size.raw, room / lot * lot)
                guard quantity > 0 else { break }
                quotes.append(
                    Quote(
                        side: side, level: level,
                        price: side == .buy
                            ? traded.floor(fair - distance) : traded.ceiling(fair + distance),
                        quantity: Quantity(raw: quantity)))
                room -= quantity
            }
        }
        return quotes
    }
}

/// Quotes both sides of one instrument around a reference, and leans against its own position.
public struct MakerBot<Source: Reference>: Bot {
    private let settings: MakerSettings
    private var reference: Source
    /// The order behind each quote: bids, then asks, best first.
    private var slots: [ClOrdID?]
    private var nextRefresh: UInt64 = 0
    private var lastReference: Price?
    private var rejectsSeen = 0

    /// How long nothing is tried after a reject: the instrument may be halted.
    private static var pauseNanos: UInt64 { 1_000_000_000 }
    /// How often answers are looked for.
    private static var answerNanos: UInt64 { 1_000_000 }

    public init(_ settings: MakerSettings, reference: Source) {
        self.settings = settings
        self.reference = reference
        slots = Array(repeating: nil, count: 2 * settings.levels)
    }

    public var mark: Price? { lastReference }

    public mutating func act<Stream: ByteStream>(
        at now: UInt64, desk: Desk<Stream>, top: TopOfBook?
    ) throws(ToolError) -> UInt64 {
        guard now >= nextRefresh else { return nextRefresh }
        // One question at a time about an order: only then is it known how the quotes lie.
        guard !desk.orders.awaitsAnswer else { return now + Self.answerNanos }
        nextRefresh = now + settings.refreshNanos
        if refusalIsNew(desk) {
            nextRefresh = now + Self.pauseNanos
            return nextRefresh
        }
        let price = reference.price(at: now)
        lastReference = price
        let position = desk.orders.position(in: settings.traded.instrument).net
        let quotes = settings.quotes(around: price, position: position)
        // What gives way first, so that own quotes never meet each other.
        for slot in slots.indices where quotes.allSatisfy({ self.slot(of: $0) != slot }) {
            guard desk.hasRoom, let name = slots[slot] else { continue }
            desk.delete(name)
        }
        let rises = quotes.first.flatMap { first in
            slots[slot(of: first)].flatMap { desk.orders[$0] }.map { first.price > $0.price }
        }
        let ordered = rises == true ? quotes.reversed() : quotes
        for quote in ordered where desk.hasRoom { place(quote, desk) }
        return nextRefresh
    }

    private func slot(of quote: Quote) -> Int {
        (quote.side == .buy ? 0 : settings.levels) + quote.level
    }

    /// Enters, moves or keeps the order behind a quote.
    private mutating func place<Stream: ByteStream>(_ quote: Quote, _ desk: Desk<Stream>) {
        let slot = slot(of: quote)
        guard let name = slots[slot], let order = desk.orders[name] else {
            slots[slot] = desk.enter(
                OrderRequest(
                    side: quote.side, price: quote.price, quantity: quote.quantity,
                    instrument: settings.traded.instrument, product: settings.traded.product))
            return
        }
        // A quote that traded keeps its place in the queue until half of it is gone.
        let isThin = order.leavesQty.raw * 2 < quote.quantity.raw
        guard order.price != quote.price || isThin || order.leavesQty > quote.quantity else {
            return
        }
        desk.change(name, price: quote.price, leavesQty: quote.quantity)
    }

    /// Whether a request was refused since the last look, other than for an order that had just traded.
    private mutating func refusalIsNew<Stream: ByteStream>(_ desk: Desk<Stream>) -> Bool {
        defer { rejectsSeen = desk.orders.counts.rejected }
        return desk.orders.counts.rejected > rejectsSeen
            && desk.orders.lastRejectReason != .orderNotFound
    }
}
