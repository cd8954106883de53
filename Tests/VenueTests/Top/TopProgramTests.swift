import Bots
import Client
import Domain
import Exchange
import Glibc
import LinuxPlatform
import LocalVenue
import OrderFlow
import Platform
import PublicBooks
import Testing
import TopScreen

extension VenueSuites {
    @Suite("apus-top", .enabled(if: TopTool.drawsOnTerminals, "needs libncurses-dev"))
    struct TopProgramTests {
        /// A venue with a feed to a free port, quotes in AAPL, and the port.
        private func withMarket(
            _ body: (LocalVenue, _ name: String, _ feed: UInt16, Desk<TCPByteStream>) throws -> Void
        ) throws {
            // Two free ports, which the screen binds in a moment.
            let port = try FeedSockets(anyPortOf: "127.0.0.1").address.port
            let configuration = Configuration.with {
                $0.feed.receivers = [FeedAddress(port: port)]
            }
            try withVenue(configuration) { venue in
                let maker = Desk(
                    .demonstration(1), stream: try TCPByteStream(port: venue.port),
                    clock: SystemClock.utc)
                try maker.open()
                for level in 0..<3 {
                    for side in [Side.buy, .sell] {
                        let away = Int64(level + 1) * 1_000_000
                        maker.enter(
                            OrderRequest(
                                side: side,
                                price: Price(
                                    raw: 585 * Price.unit + (side == .buy ? -away : away)),
                                quantity: Quantity(units: Int64(100 * (level + 1))),
                                instrument: 2001, product: 200))
                    }
                }
                #expect(try maker.settle())
                try body(venue, configuration.runtime.name, port, maker)
            }
        }

        @Test("Market, trading, help, resizing and quitting, as a person sees them")
        func session() throws {
            try withMarket { venue, name, port, maker in
                let screen = try PseudoTerminal(
                    "apus-top",
                    [
                        "--name", name, "--feed", "\(port)", "--port", "\(venue.port)",
                        "--session", "20001", "--instrument", "2001",
                    ])
                #expect(screen.shows("feed live") && screen.shows("585.01"))
                #expect(screen.picture.lines[0].contains(name))
                #expect(
                    screen.shows {
                        $0.lines.contains { $0.hasPrefix(">AAPL") && $0.contains("584.99") }
                    })
                #expect(screen.shows("spread 0.02") && screen.picture.usedColour)
                // Buys at the ask: 60 of the 100 that are there.
                screen.press("b60\r")
                #expect(screen.shows("Buy 60 AAPL at 585.01?  y/n"))
                screen.press("y")
                #expect(screen.shows("bought 60 AAPL at 585.01"))
                #expect(screen.shows("60 buy"))
                // An order that rests, is seen in the depth, and is deleted again.
                screen.press("b70\t\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}584.50\r")
                #expect(screen.shows("Buy 70 AAPL at 584.50?"))
                screen.press("y2")
                #expect(screen.shows("*70") && screen.shows("position 60 AAPL"))
                screen.press("c")
                #expect(screen.shows("Delete buy 70 AAPL at 584.50?"))
                screen.press("y")
                #expect(screen.shows { !$0.text.contains("*70") && $0.text.contains("no orders") })
                // What the venue refuses is said.
                screen.press("s999999999\ry")
                #expect(screen.shows("refused: "))
                screen.press("3")
                #expect(screen.shows("20001") && screen.shows("REJECTS"))
                screen.press("4")
                #expect(screen.shows("P99.9"))
                // Larger: more columns, the trades beside the panel; far too small; and back.
                screen.resize(rows: 40, columns: 130)
                #expect(screen.shows("BID QTY") && screen.shows("buy"))
                screen.resize(rows: 5, columns: 30)
                #expect(screen.shows("apus-top needs 60 columns and"))
                screen.resize(rows: 24, columns: 80)
                #expect(screen.shows("spread") && screen.shows("? help"))
                screen.press("?")
                #expect(screen.shows("choose an instrument"))
                screen.press(" ")
                #expect(screen.shows("spread"))
                #expect(screen.picture.unknown.isEmpty)
                screen.press("q")
                #expect(screen.exitStatus() == 0 && screen.isRestored)
                #expect(screen.errorText.isEmpty)
                try maker.close()
            }
        }

        @Test(
            "Signals and a dying venue leave the terminal clean", arguments: [SIGTERM, SIGINT, 0])
        func endings(_ number: Int32) throws {
            var screen: PseudoTerminal?
            try withMarket { venue, name, port, maker in
                let started = try PseudoTerminal(
                    "apus-top",
                    [
                        "--name", name, "--feed", "\(port)", "--port", "\(venue.port)",
                        "--session", "20001",
                    ])
                #expect(started.shows("feed live") && !started.isRestored)
                if number != 0 { started.signal(number) }
                screen = started
                if number != 0 { #expect(started.exitStatus() == 0) }
            }
            let ended = try #require(screen)
            if number == 0 {
                #expect(ended.exitStatus() == 1)
                #expect(ended.errorText.hasPrefix("apus-top: the venue ended session 20001"))
            }
            #expect(ended.isRestored)
        }

        @Test("Without colour, on a vt100, without UTF-8: the same words")
        func plainTerminals() throws {
            try withMarket { _, name, port, _ in
                for (term, variables) in [
                    ("xterm-256color", ["NO_COLOR": "1"]), ("vt100", [:]),
                    ("vt100", ["LANG": "C", "LC_ALL": "C"]),
                ] {
                    let screen = try PseudoTerminal(
                        "apus-top", ["--name", name, "--feed", "\(port)", "--instrument", "2001"],
                        term: term, environment: variables)
                    #expect(screen.shows("feed live") && screen.shows("spread 0.02"))
                    #expect(!screen.picture.usedColour && screen.picture.sawReverse)
                    if variables["LANG"] == "C" {
                        #expect(!screen.picture.text.contains { !$0.isASCII })
                    }
                    screen.press("q")
                    #expect(screen.exitStatus() == 0)
                    #expect(screen.picture.unknown.isEmpty)
                }
            }
        }

        @Test(
            "What cannot be is one sentence: no terminal, a feed's port that is taken, a bad size")
        func refusals() throws {
            let taken = try FeedSockets(anyPortOf: "127.0.0.1")
            let port = "\(taken.address.port)"
            for (arguments, status, words) in [
                (["--feed", port], 1, "the feed at 127.0.0.1:\(port): "),
                (["--feed", "nowhere"], 2, "expected [ADDR:]PORT"),
                (["--size", "7"], 2, "as in 120x40"),
                (["--session", "77"], 2, "--password"),
            ] as [([String], Int32, String)] {
                let program = try Program("apus-top", arguments + ["--name", uniqueVenueName()])
                #expect(program.exitStatus() == status)
                let (output, errors) = program.rest()
                #expect(output.isEmpty && errors.contains(words))
                #expect(errors.split(separator: "\n").count == 1)
            }
            let free = try FeedSockets(anyPortOf: "127.0.0.1").address.port
            let program = try Program(
                "apus-top", ["--feed", "\(free)", "--name", uniqueVenueName()])
            #expect(program.exitStatus() == 1)
            #expect(program.rest().errors.contains("no terminal"))
        }

        @Test("As text, for logs and reports")
        func text() throws {
            try withMarket { _, name, port, _ in
                let program = try Program(
                    "apus-top",
                    [
                        "--name", name, "--feed", "\(port)", "--text", "2s", "--size", "100x30",
                        "--instrument", "2001",
                    ])
                #expect(program.exitStatus() == 0)
                let output = program.rest().output
                #expect(output.contains("feed live") && output.contains("spread 0.02"))
                #expect(!output.contains("\u{1B}"))
                #expect(output.split(separator: "\n", omittingEmptySubsequences: false).count == 31)
            }
        }
    }
}
