import CommandLineTool
import DataOutput
import Domain
import PublicBooks

/// The day of every instrument so far, added up while the command runs, shown at its end.
struct StatsCommand {
    let names: InstrumentNames
    /// Nil: all.
    let instruments: Set<Int64>?
    let json: Bool
    let output: LineOutput
    let export: RowExport?

    static func export(_ path: String) throws(ExportError) -> RowExport {
        try RowExport(
            path: path, table: "stats",
            columns: [
                ExportColumn("time_ns", .integer), ExportColumn("instrument", .text),
                ExportColumn("security_id", .integer), ExportColumn("state", .text),
                ExportColumn("open", .decimal), ExportColumn("high", .decimal),
                ExportColumn("low", .decimal), ExportColumn("last", .decimal),
                ExportColumn("volume", .decimal), ExportColumn("seen_volume", .decimal),
                ExportColumn("seen_turnover", .decimal), ExportColumn("vwap", .decimal),
                ExportColumn("seen_trades", .integer),
            ])
    }

    func run(_ listener: FeedListener) throws {
        listener.run()
        let views = (0..<listener.builder.instrumentCount)
            .map { listener.builder.instrument($0) }
            .filter { instruments?.contains($0.securityID) != false }
            .sorted { $0.securityID < $1.securityID }
        if json {
            var json = JSONWriter()
            json.object {
                $0.array("instruments") { json in
                    for view in views { json.object { write(view, &$0) } }
                }
                $0.object("feed") { listener.write(&$0) }
            }
            output.add(json.text)
        } else {
            output.add(table(views))
        }
        for view in views { try export?.add(row(view, at: listener.now)) }
        try export?.close()
    }

    private func table(_ views: [PublicInstrument]) -> String {
        var table = TextTable([
            ("instrument", .left), ("state", .left), ("open", .right), ("high", .right),
            ("low", .right), ("last", .right), ("volume", .right), ("turnover", .right),
            ("VWAP", .right), ("trades", .right),
        ])
        for view in views {
            let day = view.statistics
            let decimals = names.decimals(of: view.securityID)
            let prices = [day.open, day.high, day.low, day.last].map {
                NumberText.price($0, decimals: decimals)
            }
            // Turnover, average and count are of what was seen: marked where that is not all.
            let mark = day.isComplete ? "" : "*"
            table.add(
                [names.name(of: view.securityID), words(view)] + prices + [
                    NumberText.quantity(day.volume),
                    formatDecimal(Self.units(day.seenTurnover), decimals: 2) + mark,
                    NumberText.average(day.vwap, decimals: decimals) + mark,
                    formatGrouped(day.seenTradeCount) + mark,
                ])
        }
        let isPartial = views.contains { !$0.statistics.isComplete }
        return table.text.trimmingLineEnd()
            + (isPartial ? "\n* of the trades seen since this program listens" : "")
    }

    private func words(_ view: PublicInstrument) -> String {
        view.isLive
            ? StateWords.of(view.state)
            : StateWords.of(view.state) + ", " + StateWords.of(view.condition)
    }

    /// 10⁻¹² of the price unit as units.
    private static func units(_ turnover: Int128) -> Double { Double(turnover) / 1e12 }

    private func write(_ view: PublicInstrument, _ json: inout JSONWriter) {
        let day = view.statistics
        json.field("instrument", names.name(of: view.securityID))
        json.field("security_id", view.securityID)
        json.field("state", StateWords.of(view.state))
        json.field("condition", StateWords.of(view.condition))
        json.level("bid", view.top.bid)
        json.level("ask", view.top.ask)
        json.field("open", NumberText.number(day.open))
        json.field("high", NumberText.number(day.high))
        json.field("low", NumberText.number(day.low))
        json.field("last", NumberText.number(day.last))
        json.field("volume", NumberText.number(day.volume))
        json.field("seen_volume", NumberText.number(day.seenVolume))
        json.field("seen_turnover", Self.units(day.seenTurnover))
        json.field("vwap", NumberText.number(day.vwap))
        json.field("seen_trades", day.seenTradeCount)
    }

    private func row(_ view: PublicInstrument, at now: Timestamp) -> [ExportCell] {
        let day = view.statistics
        func price(_ price: Price) -> ExportCell {
            price.isNone ? .none : .decimal(price.raw, places: 8)
        }
        let turnover = Int64(clamping: day.seenTurnover / 10_000)
        return [
            .integer(Int64(clamping: now.nanos)), .text(names.name(of: view.securityID)),
            .integer(view.securityID), .text(StateWords.of(view.state)), price(day.open),
            price(day.high), price(day.low), price(day.last),
            .decimal(day.volume.raw, places: 4), .decimal(day.seenVolume.raw, places: 4),
            .decimal(turnover, places: 8), price(day.vwap),
            .integer(Int64(day.seenTradeCount)),
        ]
    }
}
