import CommandLineTool
import DataOutput
import Domain
import PublicBooks

/// A line per instrument and interval in which it traded.
struct CandlesCommand {
    let names: InstrumentNames
    /// Nil: all.
    let instruments: Set<Int64>?
    let intervalNanos: UInt64
    let json: Bool
    let output: LineOutput
    let export: RowExport?

    /// How long after its end an interval is waited for: trades are on their way that long.
    private static var patienceNanos: UInt64 { 250_000_000 }

    static func export(_ path: String) throws(ExportError) -> RowExport {
        try RowExport(
            path: path, table: "candles",
            columns: [
                ExportColumn("start_ns", .integer), ExportColumn("start", .text),
                ExportColumn("interval_ns", .integer), ExportColumn("instrument", .text),
                ExportColumn("security_id", .integer), ExportColumn("open", .decimal),
                ExportColumn("high", .decimal), ExportColumn("low", .decimal),
                ExportColumn("close", .decimal), ExportColumn("volume", .decimal),
                ExportColumn("turnover", .decimal), ExportColumn("vwap", .decimal),
                ExportColumn("trades", .integer),
            ])
    }

    func run(_ listener: FeedListener) throws {
        var maker = CandleMaker(intervalNanos: intervalNanos)
        var failure: ExportError?
        func show(_ candle: Candle) {
            guard failure == nil else { return }
            do throws(ExportError) {
                try self.show(candle, listener)
            } catch {
                failure = error
                listener.end()
            }
        }
        listener.run(
            onEvent: { event in
                guard event.kind == .trade, !event.time.isNone else { return }
                let index = Int(event.instrument)
                let securityID = listener.builder.instrument(index).securityID
                guard instruments?.contains(securityID) != false else { return }
                let done = maker.add(
                    instrument: index, price: event.price, quantity: event.quantity,
                    at: event.time)
                if let done { show(done) }
            },
            onLook: { now in
                let ended = Timestamp(nanos: now.nanos - min(now.nanos, Self.patienceNanos))
                for candle in maker.finish(by: ended) { show(candle) }
                output.flush()
            })
        // The last interval is not over; what it has so far is shown all the same.
        for candle in maker.finish(by: .none) { show(candle) }
        if let failure { throw failure }
        try export?.close()
    }

    private func show(_ candle: Candle, _ listener: FeedListener) throws(ExportError) {
        let securityID = listener.builder.instrument(candle.instrument).securityID
        output.add(json ? object(candle, securityID) : line(candle, securityID))
        try export?.add(row(candle, securityID))
        try export?.flush()
        _ = listener.counted()
    }

    private func line(_ candle: Candle, _ securityID: Int64) -> String {
        let decimals = names.decimals(of: securityID)
        let isShort = intervalNanos < 1_000_000_000
        let prices = [
            ("open", candle.open), ("high", candle.high), ("low", candle.low),
            ("close", candle.close),
        ]
        return
            (isShort ? NumberText.timeOfDay(candle.start) : NumberText.moment(candle.start)) + "  "
            + names.name(of: securityID) + "  "
            + prices.map { "\($0.0) \(NumberText.price($0.1, decimals: decimals))" }
            .joined(separator: "  ") + "  volume \(NumberText.quantity(candle.volume))"
            + "  VWAP \(NumberText.average(candle.vwap, decimals: decimals))"
            + "  trades \(candle.tradeCount)"
    }

    private func object(_ candle: Candle, _ securityID: Int64) -> String {
        var json = JSONWriter()
        json.object {
            $0.field("start", candle.start.nanos)
            $0.field("interval", intervalNanos)
            $0.field("instrument", names.name(of: securityID))
            $0.field("security_id", securityID)
            $0.field("open", NumberText.number(candle.open))
            $0.field("high", NumberText.number(candle.high))
            $0.field("low", NumberText.number(candle.low))
            $0.field("close", NumberText.number(candle.close))
            $0.field("volume", NumberText.number(candle.volume))
            $0.field("turnover", Double(candle.turnover) / 1e12)
            $0.field("vwap", NumberText.number(candle.vwap))
            $0.field("trades", candle.tradeCount)
        }
        return json.text
    }

    private func row(_ candle: Candle, _ securityID: Int64) -> [ExportCell] {
        [
            .integer(Int64(clamping: candle.start.nanos)),
            .text(NumberText.moment(candle.start)), .integer(Int64(clamping: intervalNanos)),
            .text(names.name(of: securityID)), .integer(securityID),
            .decimal(candle.open.raw, places: 8), .decimal(candle.high.raw, places: 8),
            .decimal(candle.low.raw, places: 8), .decimal(candle.close.raw, places: 8),
            .decimal(candle.volume.raw, places: 4),
            .decimal(Int64(clamping: candle.turnover / 10_000), places: 8),
            .decimal(candle.vwap.raw, places: 8), .integer(Int64(candle.tradeCount)),
        ]
    }
}
