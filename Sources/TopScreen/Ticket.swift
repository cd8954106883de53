import CommandLineTool
import Domain

/// An order while its user writes it.
public struct Ticket: Equatable, Sendable {
    public enum Field: Sendable { case quantity, price }

    public let side: Side
    public let securityID: UInt32
    public let name: String
    public let product: Int32
    public let tick: Price?
    public var quantityText: String
    public var priceText: String
    public var field = Field.quantity

    /// A ticket at the best price of the other side, else of its own, else at the last trade.
    public init(_ side: Side, _ row: MarketRow) {
        self.side = side
        securityID = row.securityID
        name = row.name
        product = row.product
        tick = row.tick
        quantityText = ""
        let levels =
            side == .buy ? [row.top.ask, row.top.bid] : [row.top.bid, row.top.ask]
        let price = levels.first { !$0.isNone }?.price ?? row.last
        priceText = price.isNone ? "" : PriceText.plain(price, tick: row.tick)
    }

    public mutating func type(_ character: Character) {
        let isDigit = character.isASCII && character.isNumber
        switch field {
        case .quantity:
            if isDigit, quantityText.count < 9 { quantityText.append(character) }
        case .price:
            let fits =
                isDigit || character == "." && !priceText.contains(".")
                || character == "-" && priceText.isEmpty
            if fits, priceText.count < 16 { priceText.append(character) }
        }
    }

    public mutating func erase() {
        switch field {
        case .quantity: if !quantityText.isEmpty { quantityText.removeLast() }
        case .price: if !priceText.isEmpty { priceText.removeLast() }
        }
    }

    public mutating func nextField() { field = field == .quantity ? .price : .quantity }

    /// Moves the price by ticks.
    public mutating func step(_ ticks: Int64) {
        guard let tick, let price = PriceText.parse(priceText) else { return }
        priceText = PriceText.plain(Price(raw: price.raw + ticks * tick.raw), tick: tick)
    }

    /// The order, or what is wrong with it.
    public var result: Result<OrderEntry, TicketProblem> {
        guard let units = Int64(quantityText), units > 0 else {
            return .failure(TicketProblem("the quantity has to be a whole number above 0"))
        }
        guard let price = PriceText.parse(priceText) else {
            return .failure(TicketProblem("the price has to be a number"))
        }
        if let tick, price.raw % tick.raw != 0 {
            let step = PriceText.plain(tick, tick: nil)
            return .failure(TicketProblem("the price has to be a multiple of \(step)"))
        }
        return .success(
            OrderEntry(
                side: side, securityID: securityID, name: name, product: product,
                quantity: Quantity(units: units), price: price,
                priceText: PriceText.plain(price, tick: tick)))
    }
}

/// Why a ticket is no order yet.
public struct TicketProblem: Error, Equatable {
    public let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

/// An order that is ready to be entered.
public struct OrderEntry: Equatable, Sendable {
    public var side: Side
    public var securityID: UInt32
    public var name: String
    public var product: Int32
    public var quantity: Quantity
    public var price: Price
    public var priceText: String
}

/// Prices and quantities as text, and back.
enum PriceText {
    /// As many decimals as the tick needs, at least two where there is none.
    static func decimals(_ tick: Price?) -> Int {
        guard let tick, tick.raw > 0 else { return 2 }
        var decimals = 8
        var raw = tick.raw
        while decimals > 0, raw % 10 == 0 {
            raw /= 10
            decimals -= 1
        }
        return decimals
    }

    /// "585.02", or a dash for no price.
    static func plain(_ price: Price, tick: Price?) -> String {
        guard !price.isNone else { return "-" }
        var decimals = decimals(tick)
        // A price between the ticks shows all of itself.
        while decimals < 8, price.raw % power(8 - decimals) != 0 { decimals += 1 }
        let magnitude = price.raw.magnitude
        let whole = magnitude / UInt64(Price.unit)
        let sign = price.raw < 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let fraction = String(magnitude % UInt64(Price.unit))
        let digits = String(repeating: "0", count: 8 - fraction.count) + fraction
        return "\(sign)\(whole).\(digits.prefix(decimals))"
    }

    private static func power(_ count: Int) -> Int64 {
        (0..<count).reduce(Int64(1)) { power, _ in power * 10 }
    }

    /// Nil for what is no number, has more than 8 decimals, or does not fit.
    static func parse(_ text: String) -> Price? {
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0)
            .split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = UInt64(parts[0]), whole < 1 << 33 else {
            return nil
        }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard fraction.count <= 8, fraction.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return nil
        }
        let padded = String(fraction) + String(repeating: "0", count: 8 - fraction.count)
        let raw = Int64(whole) * Price.unit + (Int64(padded) ?? 0)
        return Price(raw: isNegative ? -raw : raw)
    }

    static func quantity(_ quantity: Quantity) -> String {
        guard !quantity.isNone else { return "-" }
        guard quantity.raw % Quantity.unit == 0 else {
            return formatDecimal(
                Double(quantity.raw) / Double(Quantity.unit), decimals: 4)
        }
        return formatGrouped(quantity.raw / Quantity.unit)
    }
}
