import Domain
import Testing

@testable import TopScreen

@Suite("Layout")
struct LayoutTests {
    private func lines(
        _ state: ScreenState, rows: Int = 24, columns: Int = 80, ascii: Bool = false
    ) -> [String] {
        let canvas = TopLayout.draw(state, rows: rows, columns: columns, ascii: ascii)
        return (0..<rows).map { canvas.text(row: $0) }
    }

    @Test("80 by 24: instruments, depth, trades, keys")
    func small() {
        let lines = lines(.sample)
        #expect(
            lines[0].hasPrefix(" apus-top  demo  feed STALE in 1  2,345 requests/s  3 sessions"))
        #expect(lines[0].hasSuffix("06:12:33"))
        #expect(lines[2].hasPrefix(">AAPL"))
        #expect(lines[2].hasSuffix("585.01    585.03    +585.02    12,300  continuous"))
        #expect(lines[3].hasPrefix(" ALPHA DEC") && lines[3].hasSuffix("STALE"))
        // Asks fall to the spread, bids fall from it.
        let prices = lines.dropFirst(4).compactMap { line in
            line.prefix(39).split(separator: " ").first { $0.hasPrefix("58") }.map(String.init)
        }
        #expect(prices == ["585.07", "585.04", "585.03", "585.01", "585.00", "584.98"])
        #expect(lines.contains { $0.contains("spread 0.02") })
        #expect(lines.contains { $0.hasSuffix("06:12:33    585.02       5 buy") })
        #expect(!lines.contains { $0.contains("77") })
        #expect(lines[23].contains("? help") && !lines[23].contains("b buy"))
    }

    @Test("Wide: the tape beside the panel, with more figures of each instrument")
    func wide() {
        var state = ScreenState.sample
        state.panel = .sessions
        let lines = lines(state, rows: 40, columns: 140)
        #expect(lines[1].contains("BID QTY") && lines[1].contains("CHANGE"))
        #expect(lines[2].contains("+0.12"))
        let text = lines.joined(separator: "\n")
        #expect(text.contains("trades") && text.contains("   10001     24.5     12,345        2"))
        state.panel = .latency
        let latency = self.lines(state, rows: 40, columns: 140).joined(separator: "\n")
        #expect(
            latency.contains("gateway in → out") && latency.contains("1.91µs 8.28µs 13.5µs 23.6µs"))
    }

    @Test("Own orders stand in their panel, in the depth, and with their profit")
    func own() {
        var state = ScreenState.trading
        state.panel = .orders
        let text = lines(state).joined(separator: "\n")
        #expect(text.contains("position -15 AAPL, profit 12.50"))
        #expect(text.contains(">buy      200    585.00 AAPL"))
        #expect(text.contains("*200"))
        #expect(text.contains("b buy  s sell"))
    }

    @Test(
        "Whatever the size, every line fits, and nothing is drawn outside",
        arguments: [(1, 1), (0, 0), (5, 200), (16, 60), (17, 61), (24, 80), (30, 104), (60, 250)])
    func sizes(_ rows: Int, _ columns: Int) {
        for panel in ScreenState.Panel.allCases {
            for mode in [ScreenState.Mode.watching, .help] {
                var state = ScreenState.trading
                state.panel = panel
                state.mode = mode
                let canvas = TopLayout.draw(state, rows: rows, columns: columns)
                #expect(canvas.rows == rows && canvas.columns == columns)
                for row in 0..<rows { #expect(canvas.text(row: row).count <= columns) }
            }
        }
        if rows < 16 || columns < 60, rows > 0, columns > 50 {
            #expect(lines(.sample, rows: rows, columns: columns)[0].contains("needs 60 columns"))
        }
    }

    @Test("For terminals without UTF-8 every character is ASCII")
    func ascii() {
        for panel in ScreenState.Panel.allCases {
            for mode in [ScreenState.Mode.watching, .help] {
                var state = ScreenState.trading
                state.panel = panel
                state.mode = mode
                let text = lines(state, rows: 40, columns: 140, ascii: true).joined()
                #expect(text.allSatisfy(\.isASCII) && !text.contains("??"))
            }
        }
    }

    @Test("Without colour nothing is lost: sides, warnings and directions are words")
    func words() {
        let text = lines(.sample, rows: 40, columns: 140).joined(separator: "\n")
        for word in ["buy", "sell", "STALE", "+585.02"] { #expect(text.contains(word)) }
    }

    @Test("A venue that is not there, and a feed that is silent, are said")
    func absence() {
        var state = ScreenState()
        state.venue.name = "nowhere"
        state.feedAddress = "127.0.0.1:59001"
        for panel in [ScreenState.Panel.sessions, .latency] {
            state.panel = panel
            let text = lines(state).joined(separator: "\n")
            #expect(text.contains("feed SILENT"))
            #expect(text.contains("waiting for the feed at 127.0.0.1:59001"))
            #expect(text.contains("no venue nowhere on this machine"))
        }
    }

    @Test("Of many instruments those around the chosen one are seen")
    func scrolling() {
        var state = ScreenState.sample
        state.market = (0..<100).map {
            MarketRow(securityID: UInt32($0), name: "I\($0).", product: 1)
        }
        for chosen in [0, 50, 99] {
            state.chosen = chosen
            #expect(lines(state).contains { $0.hasPrefix(">I\(chosen).") })
        }
    }
}
