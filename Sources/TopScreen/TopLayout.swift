import CommandLineTool
import Domain

/// Draws the state on a canvas of any size; the terminal shows it, tests read it.
public struct TopLayout {
    /// Smaller windows get a sentence instead.
    public static let columnsMin = 60
    public static let rowsMin = 16
    /// From here on trades have a place of their own beside the changing panel.
    static let wideColumns = 104

    let state: ScreenState
    var canvas: Canvas

    /// Draws; `ascii` is for terminals that know no other characters.
    public static func draw(
        _ state: ScreenState, rows: Int, columns: Int, ascii: Bool = false
    ) -> Canvas {
        var layout = TopLayout(state: state, canvas: Canvas(rows: rows, columns: columns))
        layout.draw()
        if ascii { layout.canvas.useASCII() }
        return layout.canvas
    }

    private mutating func draw() {
        guard canvas.columns >= Self.columnsMin, canvas.rows >= Self.rowsMin else {
            let words =
                "apus-top needs \(Self.columnsMin) columns and \(Self.rowsMin) rows; q quits"
            return canvas.put(words, row: 0, column: 0, .warning)
        }
        drawTitle()
        if state.mode == .help {
            drawHelp()
        } else {
            drawMarket()
        }
        drawPrompt()
        drawKeys()
    }

    private mutating func drawMarket() {
        let bodyRows = canvas.rows - 3
        let listed = max(3, min(state.market.count, bodyRows / 3)) + 1
        drawInstruments(Area(row: 1, column: 0, rows: listed, columns: canvas.columns))
        let lower = Area(
            row: 1 + listed, column: 0, rows: bodyRows - listed, columns: canvas.columns)
        let isWide = canvas.columns >= Self.wideColumns
        let ladderColumns = isWide ? 44 : min(40, canvas.columns / 2)
        let tapeColumns = isWide ? 34 : 0
        drawLadder(
            Area(row: lower.row, column: 0, rows: lower.rows, columns: ladderColumns - 1))
        if isWide {
            drawDivider(ladderColumns - 1, lower)
            drawTape(
                Area(
                    row: lower.row, column: ladderColumns, rows: lower.rows,
                    columns: tapeColumns - 1))
        }
        let start = ladderColumns + tapeColumns
        drawDivider(start - 1, lower)
        drawPanel(
            Area(
                row: lower.row, column: start, rows: lower.rows, columns: canvas.columns - start),
            isWide: isWide)
    }

    private mutating func drawPanel(_ area: Area, isWide: Bool) {
        // Wide screens always show the tape: its panel is the orders' there.
        switch state.panel {
        case .trades where !isWide: drawTape(area)
        case .trades, .orders: drawOrders(area)
        case .sessions: drawSessions(area)
        case .latency: drawLatency(area)
        }
    }

    // MARK: Frame

    private mutating func drawTitle() {
        let venue = state.venue
        canvas.style(.heading, row: 0, columns: 0..<canvas.columns)
        var parts = ["apus-top", venue.name, feedWords]
        if let own = state.own { parts.append("you are \(own.session)") }
        if venue.isAttached {
            parts.append("\(formatGrouped(Int(venue.requestsPerSecond.rounded()))) requests/s")
            parts.append("\(venue.sessionsLoggedOn) sessions")
            parts.append("up " + Self.duration(venue.uptimeNanos))
        } else {
            parts.append("no venue of this name here")
        }
        canvas.put(
            " " + parts.filter { !$0.isEmpty }.joined(separator: "  "), row: 0, column: 0, .heading,
            limit: canvas.columns - 10)
        canvas.put(Self.time(state.now), row: 0, endingAt: canvas.columns - 1, .heading)
    }

    private var feedWords: String {
        if state.feedIsSilent { return "feed SILENT" }
        let stale = state.market.count { $0.condition == .stale }
        let joining = state.market.count { $0.condition == .joining }
        if stale > 0 { return "feed STALE in \(stale)" }
        return joining > 0 ? "feed joining" : "feed live"
    }

    private mutating func drawPrompt() {
        let row = canvas.rows - 2
        switch state.mode {
        case .ticket(let ticket): drawTicket(ticket, row: row)
        case .confirming(let action):
            canvas.put(" \(action.question ?? "")  y/n", row: row, column: 0, .warning)
        case .watching, .help:
            canvas.put(
                " " + state.message, row: row, column: 0,
                state.messageIsWarning ? .warning : .strong)
        }
    }

    private mutating func drawTicket(_ ticket: Ticket, row: Int) {
        var column = 1
        func add(_ text: String, _ style: Style, _ canvas: inout Canvas) {
            canvas.put(text, row: row, column: column, style)
            column += text.count
        }
        func field(_ text: String, _ isActive: Bool) -> String {
            isActive ? "[\(text)_]" : "[\(text)]"
        }
        let side = ticket.side
        add(side == .buy ? "BUY " : "SELL ", side == .buy ? .buy : .sell, &canvas)
        add(
            field(ticket.quantityText, ticket.field == .quantity),
            ticket.field == .quantity ? .strong : .plain, &canvas)
        add(" \(ticket.name) at ", .plain, &canvas)
        add(
            field(ticket.priceText, ticket.field == .price),
            ticket.field == .price ? .strong : .plain, &canvas)
        if state.messageIsWarning, !state.message.isEmpty {
            add("  " + state.message, .warning, &canvas)
        }
    }

    private mutating func drawKeys() {
        let row = canvas.rows - 1
        canvas.style(.heading, row: row, columns: 0..<canvas.columns)
        let keys =
            switch state.mode {
            case .ticket: "digits  Tab quantity/price  ↑↓ tick  Enter go on  Esc leave"
            case .confirming: "y yes  any other key: no"
            case .help: "any key goes back  q quit"
            case .watching where state.own == nil: "↑↓ instrument  Tab panel  ? help  q quit"
            case .watching:
                "↑↓ instrument  Tab panel  b buy  s sell  [ ] order  c delete  x all  ? help  q quit"
            }
        canvas.put(" " + keys, row: row, column: 0, .heading)
    }

    mutating func drawHeading(_ text: String, _ area: Area) {
        let line = String(repeating: "─", count: max(0, area.columns))
        canvas.put(line, row: area.row, column: area.column, .dim)
        canvas.put(
            " \(text) ", row: area.row, column: area.column + 1, .heading, limit: area.columns - 1)
    }

    private mutating func drawDivider(_ column: Int, _ area: Area) {
        for row in area.row..<area.row + area.rows {
            canvas.put("│", row: row, column: column, .dim)
        }
    }

    // MARK: Words

    /// Time of day, UTC.
    static func time(_ time: Timestamp) -> String {
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = time.nanos / 1_000_000_000 % 86_400
        return "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    static func duration(_ nanos: UInt64) -> String {
        let seconds = nanos / 1_000_000_000
        if seconds >= 3600 { return "\(seconds / 3600) h \(seconds / 60 % 60) min" }
        return seconds >= 60 ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds) s"
    }
}
