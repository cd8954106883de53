import CommandLineTool
import DataOutput
import Domain
import PublicBooks

/// Best prices, trades and states, a line each as they change.
struct WatchCommand {
    let names: InstrumentNames
    /// Nil: all.
    let instruments: Set<Int64>?
    let tradesOnly: Bool
    let json: Bool
    let output: LineOutput
    let export: RowExport?

    static func export(_ path: String) throws(ExportError) -> RowExport {
        try RowExport(
            path: path, table: "events",
            columns: [
                ExportColumn("time_ns", .integer), ExportColumn("instrument", .text),
                ExportColumn("security_id", .integer), ExportColumn("kind", .text),
                ExportColumn("price", .decimal), ExportColumn("quantity", .decimal),
                ExportColumn("aggressor", .text), ExportColumn("bid", .decimal),
                ExportColumn("bid_quantity", .decimal), ExportColumn("ask", .decimal),
                ExportColumn("ask_quantity", .decimal), ExportColumn("state", .text),
            ])
    }

    func run(_ listener: FeedListener) throws {
        var failure: ExportError?
        var lastFlush = listener.now
        listener.run(
            onEvent: { event in
                do throws(ExportError) {
                    try show(event, listener)
                } catch {
                    failure = error
                    listener.end()
                }
            },
            onLook: { now in
                output.flush()
                guard now.nanos(since: lastFlush) > 1_000_000_000 else { return }
                lastFlush = now
                try? export?.flush()
            })
        if let failure { throw failure }
        try export?.close()
    }

    private func show(_ event: PublicEvent, _ listener: FeedListener) throws(ExportError) {
        guard isShown(event.kind) else { return }
        if event.instrument < 0 {
            guard instruments == nil, !tradesOnly else { return }
            return try showProduct(event, listener)
        }
        let instrument = listener.builder.instrument(Int(event.instrument))
        guard instruments?.contains(instrument.securityID) != false else { return }
        output.add(json ? object(event, instrument) : line(event, instrument, listener))
        try export?.add(row(event, instrument))
        _ = listener.counted()
    }

    private func isShown(_ kind: PublicEvent.Kind) -> Bool {
        switch kind {
        case .trade: true
        case .orderExecuted, .executionSummary: false
        case .topOfBook, .instrumentState, .productState, .live, .stale: !tradesOnly
        }
    }

    // MARK: Lines

    private func line(
        _ event: PublicEvent, _ instrument: PublicInstrument, _ listener: FeedListener
    ) -> String {
        let time = event.time.isNone ? listener.now : event.time
        return NumberText.timeOfDay(time) + "  "
            + padded(names.name(of: instrument.securityID)) + "  " + words(event, instrument)
    }

    private func words(_ event: PublicEvent, _ instrument: PublicInstrument) -> String {
        let decimals = names.decimals(of: instrument.securityID)
        switch event.kind {
        case .topOfBook:
            return side(event.top.bid, decimals, isBid: true) + " | "
                + side(event.top.ask, decimals, isBid: false)
        case .trade:
            let who = event.hasAggressor ? (event.side == .buy ? ", bought" : ", sold") : ""
            return "trade " + NumberText.quantity(event.quantity) + " at "
                + NumberText.price(event.price, decimals: decimals) + who
        case .instrumentState: return "state " + StateWords.of(instrument.state)
        case .live: return "book live"
        case .stale: return "book stale: something was lost, the next snapshot repairs it"
        case .productState, .orderExecuted, .executionSummary: return ""
        }
    }

    private func side(_ level: PublicLevel, _ decimals: Int, isBid: Bool) -> String {
        guard !level.isNone else { return isBid ? "no bid" : "no ask" }
        let price = NumberText.price(level.price, decimals: decimals)
        let quantity = NumberText.quantity(level.quantity)
        return isBid ? "\(quantity) x \(price)" : "\(price) x \(quantity)"
    }

    private func padded(_ name: String) -> String {
        let width = names.instruments.values.map(\.name.count).max() ?? 0
        return name + String(repeating: " ", count: max(0, width - name.count))
    }

    private func showProduct(
        _ event: PublicEvent, _ listener: FeedListener
    ) throws(ExportError) {
        guard let state = listener.builder.productState(marketSegmentID: event.marketSegmentID)
        else { return }
        let product = names.product(event.marketSegmentID)
        if json {
            var json = JSONWriter()
            json.object {
                $0.field("kind", "product_state")
                $0.field("time", event.time.isNone ? nil : event.time.nanos)
                $0.field("product", product)
                $0.field("state", StateWords.of(state))
            }
            output.add(json.text)
        } else {
            let time = event.time.isNone ? listener.now : event.time
            output.add(
                NumberText.timeOfDay(time) + "  " + padded(product) + "  product "
                    + StateWords.of(state))
        }
        try export?.add(
            [
                event.time.isNone ? .none : .integer(Int64(clamping: event.time.nanos)),
                .text(product), .none, .text("product_state"),
            ] + [ExportCell](repeating: .none, count: 7) + [.text(StateWords.of(state))])
        _ = listener.counted()
    }

    // MARK: JSON and export

    private static func name(_ kind: PublicEvent.Kind) -> String {
        switch kind {
        case .topOfBook: "top"
        case .trade: "trade"
        case .instrumentState: "state"
        case .live: "live"
        case .stale: "stale"
        case .productState: "product_state"
        case .orderExecuted: "order_executed"
        case .executionSummary: "execution_summary"
        }
    }

    private func object(_ event: PublicEvent, _ instrument: PublicInstrument) -> String {
        var json = JSONWriter()
        json.object {
            $0.field("kind", Self.name(event.kind))
            $0.field("time", event.time.isNone ? nil : event.time.nanos)
            $0.field("instrument", names.name(of: instrument.securityID))
            $0.field("security_id", instrument.securityID)
            switch event.kind {
            case .topOfBook:
                $0.level("bid", event.top.bid)
                $0.level("ask", event.top.ask)
            case .trade:
                $0.field("price", NumberText.number(event.price))
                $0.field("quantity", NumberText.number(event.quantity))
                $0.field("aggressor", Self.aggressor(event))
                $0.field("match_id", event.matchID == .max ? nil : event.matchID)
            case .instrumentState: $0.field("state", StateWords.of(instrument.state))
            case .productState, .live, .stale, .orderExecuted, .executionSummary: break
            }
        }
        return json.text
    }

    private static func aggressor(_ event: PublicEvent) -> String? {
        event.hasAggressor ? (event.side == .buy ? "buy" : "sell") : nil
    }

    private func row(_ event: PublicEvent, _ instrument: PublicInstrument) -> [ExportCell] {
        func price(_ price: Price) -> ExportCell {
            price.isNone ? .none : .decimal(price.raw, places: 8)
        }
        func quantity(_ quantity: Quantity) -> ExportCell {
            quantity.raw == 0 ? .none : .decimal(quantity.raw, places: 4)
        }
        let isState = event.kind == .instrumentState
        return [
            event.time.isNone ? .none : .integer(Int64(clamping: event.time.nanos)),
            .text(names.name(of: instrument.securityID)), .integer(instrument.securityID),
            .text(Self.name(event.kind)), price(event.price), quantity(event.quantity),
            Self.aggressor(event).map { .text($0) } ?? .none,
            price(event.top.bid.price), quantity(event.top.bid.quantity),
            price(event.top.ask.price), quantity(event.top.ask.quantity),
            isState ? .text(StateWords.of(instrument.state)) : .none,
        ]
    }
}

extension JSONWriter {
    /// A price level, or null.
    mutating func level(_ key: String, _ level: PublicLevel) {
        guard !level.isNone else { return null(key) }
        object(key) { $0.levelFields(level) }
    }

    mutating func levelFields(_ level: PublicLevel) {
        field("price", NumberText.number(level.price))
        field("quantity", NumberText.number(level.quantity))
        field("orders", level.orderCount)
    }
}
