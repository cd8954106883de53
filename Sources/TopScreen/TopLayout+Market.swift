import Domain
import PublicBooks
import Wire

extension TopLayout {
    /// The instruments, a row each, those around the chosen one if there is not room for all.
    mutating func drawInstruments(_ area: Area) {
        // Columns of figures from the right; the name has the rest.
        let columns: [(title: String, width: Int)] =
            area.columns >= 92
            ? [
                ("BID QTY", 9), ("BID", 10), ("ASK", 10), ("ASK QTY", 9), ("LAST", 11),
                ("CHANGE", 9), ("VOLUME", 11), ("STATE", 12),
            ]
            : [("BID", 10), ("ASK", 10), ("LAST", 11), ("VOLUME", 10), ("STATE", 12)]
        let width = columns.reduce(0) { $0 + $1.width }
        canvas.put(" INSTRUMENT", row: area.row, column: area.column, .heading)
        var end = area.end - width
        for column in columns {
            end += column.width
            canvas.put(column.title, row: area.row, endingAt: end, .heading)
        }
        let visible = area.rows - 1
        let first = max(0, min(state.chosen - visible / 2, state.market.count - visible))
        for (line, index) in (first..<min(state.market.count, first + visible)).enumerated() {
            let row = area.row + 1 + line
            let instrument = state.market[index]
            canvas.put(
                "\(index == state.chosen ? ">" : " ")\(instrument.name)", row: row,
                column: area.column, .plain, limit: area.columns - width - 1)
            var end = area.end - width
            for column in columns {
                end += column.width
                let (text, style) = cell(column.title, instrument)
                canvas.put(text, row: row, endingAt: end, style)
            }
            if index == state.chosen {
                canvas.style(.chosen, row: row, columns: area.column..<area.end)
            }
        }
        if state.market.isEmpty {
            canvas.put(
                " waiting for the feed at \(state.feedAddress)", row: area.row + 1,
                column: area.column, .dim)
        }
    }

    private func cell(_ title: String, _ row: MarketRow) -> (String, Style) {
        switch title {
        case "BID QTY": (row.top.bid.isNone ? "" : quantity(row.top.bid), .plain)
        case "BID": (row.top.bid.isNone ? "" : price(row.top.bid.price, row), .buy)
        case "ASK": (row.top.ask.isNone ? "" : price(row.top.ask.price, row), .sell)
        case "ASK QTY": (row.top.ask.isNone ? "" : quantity(row.top.ask), .plain)
        case "LAST":
            (
                row.last.isNone
                    ? "" : "\(["-", " ", "+"][row.direction + 1])\(price(row.last, row))",
                row.direction > 0 ? .buy : row.direction < 0 ? .sell : .plain
            )
        case "CHANGE": (change(row), .plain)
        case "VOLUME": (PriceText.quantity(row.volume), .plain)
        default: Self.stateWords(row)
        }
    }

    private func change(_ row: MarketRow) -> String {
        guard !row.last.isNone, !row.open.isNone else { return "" }
        let raw = row.last.raw - row.open.raw
        return (raw > 0 ? "+" : "") + PriceText.plain(Price(raw: raw), tick: row.tick)
    }

    /// What can be done in an instrument, in a word.
    static func stateWords(_ row: MarketRow) -> (String, Style) {
        switch row.condition {
        case .joining: return ("joining", .dim)
        case .stale: return ("STALE", .warning)
        case .live: break
        }
        switch row.tradingStatus {
        case EOBI.SecurityTradingStatus.continuous.rawValue: return ("continuous", .plain)
        case EOBI.SecurityTradingStatus.tradingHalt.rawValue: return ("HALT", .warning)
        case EOBI.SecurityTradingStatus.closed.rawValue: return ("closed", .dim)
        case UInt8.max: return ("", .plain)
        default: return ("state \(row.tradingStatus)", .plain)
        }
    }

    private func price(_ price: Price, _ row: MarketRow) -> String {
        PriceText.plain(price, tick: row.tick)
    }

    private func quantity(_ level: PublicLevel) -> String { PriceText.quantity(level.quantity) }

    // MARK: Ladder

    /// Asks above bids, the best prices in the middle, own orders beside the market's.
    mutating func drawLadder(_ area: Area) {
        guard let row = state.chosenRow else { return drawHeading("depth", area) }
        let words = Self.stateWords(row)
        drawHeading("\(row.name)  \(words.0)", area)
        let body = area.rows - 1
        let asksMax = body / 2
        let bidsMax = body - asksMax - 1
        let middle = area.row + 1 + asksMax
        let largest =
            (state.ladder.asks.prefix(asksMax) + state.ladder.bids.prefix(bidsMax))
            .map(\.quantity.raw).max() ?? 1
        for (index, level) in state.ladder.asks.prefix(asksMax).enumerated() {
            drawLevel(level, .sell, row, line: middle - 1 - index, area, largest)
        }
        drawSpread(row, line: middle, area)
        for (index, level) in state.ladder.bids.prefix(max(0, bidsMax)).enumerated() {
            drawLevel(level, .buy, row, line: middle + 1 + index, area, largest)
        }
    }

    /// Own quantity, market's quantity with a bar of its size, price: bids to the left, asks to the
    /// right of the price.
    private mutating func drawLevel(
        _ level: PublicLevel, _ side: Side, _ row: MarketRow, line: Int, _ area: Area,
        _ largest: Int64
    ) {
        let half = (area.columns - 10) / 2
        let priceEnd = area.column + half + 10
        canvas.put(price(level.price, row), row: line, endingAt: priceEnd, .strong)
        let quantity = PriceText.quantity(level.quantity)
        let own = ownQuantity(side, level.price, row.securityID)
        let ownText = own.raw == 0 ? "" : "*\(PriceText.quantity(own))"
        let room = half - 9 - (ownText.isEmpty ? 0 : ownText.count + 1)
        let bar = String(
            repeating: "▪",
            count: max(0, Int(level.quantity.raw * Int64(max(0, room)) / max(1, largest))))
        switch side {
        case .buy:
            let end = area.column + half
            canvas.put(quantity, row: line, endingAt: end, .buy)
            canvas.put(bar, row: line, endingAt: end - 9, .buy)
            canvas.put(ownText, row: line, column: area.column, .strong)
        case .sell:
            let start = priceEnd + 1
            let padding = String(repeating: " ", count: max(0, 8 - quantity.count))
            canvas.put(padding + quantity, row: line, column: start, .sell)
            canvas.put(bar, row: line, column: start + 9, .sell, limit: max(0, room - 1))
            canvas.put(ownText, row: line, endingAt: area.end, .strong)
        }
    }

    private mutating func drawSpread(_ row: MarketRow, line: Int, _ area: Area) {
        let words: String
        switch (row.top.bid.isNone, row.top.ask.isNone) {
        case (false, false):
            let spread = Price(raw: row.top.ask.price.raw - row.top.bid.price.raw)
            words = "spread \(price(spread, row))"
        case (true, true): words = "no orders"
        case (true, false): words = "no bids"
        case (false, true): words = "no asks"
        }
        canvas.put(
            " " + words, row: line, column: area.column + (area.columns - words.count) / 2, .dim)
    }

    private func ownQuantity(_ side: Side, _ price: Price, _ instrument: UInt32) -> Quantity {
        (state.own?.orders ?? []).reduce(Quantity.zero) { sum, order in
            let isHere =
                order.instrument == instrument && order.side == side && order.price == price
            return isHere ? sum + order.leavesQty : sum
        }
    }

    // MARK: Tape

    /// The last trades of the chosen instrument, newest first.
    mutating func drawTape(_ area: Area) {
        drawHeading("1 trades", area)
        guard let row = state.chosenRow else { return }
        var line = area.row + 1
        for print in state.tape.reversed() where print.securityID == row.securityID {
            guard line < area.row + area.rows else { return }
            let style: Style =
                switch print.aggressor {
                case .buy: .buy
                case .sell: .sell
                case nil: .plain
                }
            let letter = print.aggressor.map { $0 == .buy ? "buy" : "sell" } ?? ""
            canvas.put(Self.time(print.time), row: line, column: area.column + 1, .dim)
            canvas.put(price(print.price, row), row: line, endingAt: area.column + 19, style)
            canvas.put(
                PriceText.quantity(print.quantity), row: line, endingAt: area.column + 27, style)
            canvas.put(letter, row: line, column: area.column + 28, style)
            line += 1
        }
        if line == area.row + 1 {
            canvas.put("none seen yet", row: line, column: area.column + 1, .dim)
        }
    }
}
