import CommandLineTool
import Domain
import LatencyAnalysis

extension TopLayout {
    /// Own orders of the session that is logged on, and its position in the chosen instrument.
    mutating func drawOrders(_ area: Area) {
        drawHeading("2 own orders", area)
        guard let own = state.own else {
            return canvas.put(
                "not logged on: start with --session N", row: area.row + 1,
                column: area.column + 1, .dim, limit: area.columns - 1)
        }
        var line = area.row + 1
        if let row = state.chosenRow {
            let net = own.net[row.securityID] ?? .zero
            var words = "position \(PriceText.quantity(net)) \(row.name)"
            if let profit = own.profit[row.securityID] {
                words += ", profit \(formatDecimal(profit, decimals: 2))"
            }
            canvas.put(words, row: line, column: area.column + 1, .strong, limit: area.columns - 1)
            line += 1
        }
        if own.orders.isEmpty {
            canvas.put("no orders", row: line, column: area.column + 1, .dim)
        }
        let visible = area.row + area.rows - line
        let first = max(0, min(state.chosenOrder - visible / 2, own.orders.count - visible))
        for (index, order) in own.orders.enumerated().dropFirst(first).prefix(max(0, visible)) {
            let row = state.row(of: order.instrument)
            let name = row?.name ?? "\(order.instrument)"
            let words =
                "\(index == state.chosenOrder ? ">" : " ")"
                + (order.side == .buy ? "buy  " : "sell ")
                + Self.right(PriceText.quantity(order.leavesQty), 7)
                + Self.right(PriceText.plain(order.price, tick: row?.tick), 10)
                + " " + name + (order.isLeaving ? " (leaving)" : "")
            canvas.put(
                words, row: line, column: area.column, order.side == .buy ? .buy : .sell,
                limit: area.columns)
            if index == state.chosenOrder {
                canvas.style(.chosen, row: line, columns: area.column..<area.end)
            }
            line += 1
        }
    }

    /// The sessions that ask most, with what the venue's counters say.
    mutating func drawSessions(_ area: Area) {
        drawHeading("3 sessions", area)
        guard explainsAbsence(area) else { return }
        canvas.put(
            " SESSION" + Self.right("REQ/S", 9) + Self.right("REQUESTS", 11)
                + Self.right("REJECTS", 9), row: area.row + 1, column: area.column, .heading,
            limit: area.columns)
        for (index, session) in state.venue.sessions.prefix(max(0, area.rows - 2)).enumerated() {
            let isOwn = session.session == state.own?.session
            canvas.put(
                Self.right("\(session.session)", 8)
                    + Self.right(formatDecimal(session.perSecond, decimals: 1), 9)
                    + Self.right(formatGrouped(session.requests), 11)
                    + Self.right(formatGrouped(session.rejects), 9) + (isOwn ? " you" : ""),
                row: area.row + 2 + index, column: area.column, isOwn ? .strong : .plain,
                limit: area.columns)
        }
        if state.venue.sessions.isEmpty {
            canvas.put("no request seen yet", row: area.row + 2, column: area.column + 1, .dim)
        }
    }

    /// Percentiles of the stages of a request's way, since the screen was started.
    mutating func drawLatency(_ area: Area) {
        drawHeading("4 latency", area)
        guard explainsAbsence(area) else { return }
        let label = max(8, min(24, area.columns - 29))
        canvas.put(
            " " + "STAGE".padded(to: label)
                + ["P50", "P99", "P99.9", "MAX"].map { Self.right($0, 7) }.joined(),
            row: area.row + 1, column: area.column, .heading, limit: area.columns)
        for (index, stage) in state.venue.stages.prefix(max(0, area.rows - 2)).enumerated() {
            let figures = [stage.p50, stage.p99, stage.p999, stage.max]
                .map { Self.right(CompactText.nanos($0), 7) }.joined()
            canvas.put(
                " " + String(stage.label.prefix(label)).padded(to: label) + figures,
                row: area.row + 2 + index, column: area.column, .plain, limit: area.columns)
        }
        if state.venue.stages.isEmpty {
            canvas.put("no request seen yet", row: area.row + 2, column: area.column + 1, .dim)
        }
    }

    private mutating func explainsAbsence(_ area: Area) -> Bool {
        guard !state.venue.isAttached else { return true }
        canvas.put(
            "no venue \(state.venue.name) on this machine", row: area.row + 1,
            column: area.column + 1, .dim, limit: area.columns - 1)
        return false
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    // MARK: Help

    mutating func drawHelp() {
        let lines = [
            ("↑ ↓  j k", "choose an instrument; PgUp, PgDn, Home, End too"),
            ("Tab  ← →", "next panel: trades, own orders, sessions, latency"),
            ("1 2 3 4", "these panels directly"),
            ("b  s", "buy or sell the chosen instrument: quantity, price, then y"),
            ("[  ]", "choose an own order"),
            ("c", "delete the chosen own order, after y"),
            ("x", "delete all own orders of the chosen instrument's product, after y"),
            ("q", "quit; own orders are deleted with the session"),
            ("", ""),
            ("+ -", "before LAST: the trade was above or below the one before"),
            ("*", "in the depth: own quantity at this price"),
            ("STALE", "messages of the feed are missing; a snapshot repairs it"),
            ("joining", "no snapshot yet"),
            ("latency", "from reading a request to writing its answer, by stages"),
        ]
        for (index, line) in lines.enumerated() where index + 2 < canvas.rows - 2 {
            canvas.put(line.0, row: index + 2, column: 3, .strong)
            canvas.put(line.1, row: index + 2, column: 18)
        }
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
