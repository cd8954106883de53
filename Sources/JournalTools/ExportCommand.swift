import CommandLineTool
import DataOutput
import Domain
import Reports

/// `apus-journal export`: every execution as a row, two of them for each trade.
struct ExportCommand {
    let path: String
    let format: RowExport.Format

    static let columns = [
        ExportColumn("time", .text), ExportColumn("exec_id", .integer),
        ExportColumn("sequence", .integer), ExportColumn("trade_id", .integer),
        ExportColumn("match_id", .integer), ExportColumn("side_trade_id", .integer),
        ExportColumn("security_id", .integer), ExportColumn("instrument", .text),
        ExportColumn("market_segment_id", .integer), ExportColumn("side", .text),
        ExportColumn("price", .decimal), ExportColumn("quantity", .decimal),
        ExportColumn("role", .text), ExportColumn("session", .integer),
        ExportColumn("business_unit", .integer), ExportColumn("trader", .integer),
        ExportColumn("order_id", .text), ExportColumn("cl_ord_id", .text),
        ExportColumn("leaves_qty", .decimal), ExportColumn("cum_qty", .decimal),
    ]

    func run(_ history: KeptHistory, _ output: ToolOutput) throws {
        let export = try RowExport(
            path: path, format: format, table: "executions", columns: Self.columns)
        var events = try KeptEvents(history)
        while let record = try events.next() {
            output.progress.show("\(formatGrouped(export.rowCount)) executions")
            // Each row says how the order stood right after it; the event, how after the last.
            var later = Quantity.zero
            var rows: [[ExportCell]] = []
            for index in (0..<record.fillCount).reversed() {
                let fill = record.fill(index)
                rows.append(row(record, fill, later: later, history.names))
                later += fill.quantity
            }
            for row in rows.reversed() { try export.add(row) }
        }
        try export.close()
        guard output.isJSON else {
            return output.add("\(formatGrouped(export.rowCount)) executions in \(path)")
        }
        output.object {
            $0.field("rows", export.rowCount)
            $0.field("output", path)
        }
    }

    private func row(
        _ record: EventRecord, _ fill: Fill, later: Quantity, _ names: MarketNames
    ) -> [ExportCell] {
        let event = record.event
        let instrument = names.instrument(event.instrument)
        let product = instrument.flatMap { names.product($0.product) }
        func integer(_ number: (some BinaryInteger)?) -> ExportCell {
            number.map { .integer(Int64(clamping: $0)) } ?? .none
        }
        return [
            .text(NumberText.exactMoment(event.execID)), integer(event.execID.nanos),
            integer(event.sequence), integer(fill.tradeID), integer(fill.matchID),
            integer(fill.sideTradeID), integer(instrument?.securityID),
            .text(instrument?.name ?? ""), integer(product?.marketSegmentID),
            .text("\(event.side)"), .decimal(fill.price.raw, places: 8),
            .decimal(fill.quantity.raw, places: 4),
            .text(event.kind == .aggressorExecuted ? "aggressor" : "resting"),
            integer(names.sessionID(record.ownerSession)),
            integer(names.unit(of: record.ownerSession)?.id), integer(event.trader.raw),
            .text("\(event.orderID.raw)"),
            event.clOrdID.isNone ? .none : .text("\(event.clOrdID.raw)"),
            .decimal((event.leavesQty + later).raw, places: 4),
            .decimal((event.cumQty - later).raw, places: 4),
        ]
    }
}
