import Bots
import Client
import Domain
import Exchange
import Foundation
import LinuxPlatform
import LocalDropCopy
import LocalVenue
import OrderFlow
import Platform
import SQLiteFile
import Testing

extension VenueSuites {
    @Suite("Bots as programs")
    struct BotProgramTests {
        private static let apple = ["--instrument", "2001", "--product", "200", "--tick", "0.01"]

        /// A venue with a feed to free ports, its drop copy, and the ports of two receivers.
        private func withFeed(
            _ body: (LocalVenue, LocalDropCopy, _ feeds: [UInt16]) throws -> Void
        ) throws {
            // Free ports, which the bots bind in a moment.
            let feeds = try (0..<2).map { _ in try FeedSockets(anyPortOf: "127.0.0.1") }
                .map(\.address.port)
            let configuration = Configuration.with {
                $0.feed.receivers = feeds.map { FeedAddress(port: $0) }
            }
            try withDropCopy(configuration) { venue, publisher in
                try body(venue, publisher, feeds)
            }
        }

        private func field(_ name: String, _ json: String) throws -> Double {
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
            let value = try #require((object as? [String: Any])?[name] as? NSNumber)
            return value.doubleValue
        }

        @Test("Maker and taker meet over the feed; what they report is what the drop copy says")
        func market() throws {
            try withFeed { venue, publisher, feeds in
                let ledger = try TradeLedger(publisher)
                let common = Self.apple + ["--port", "\(venue.port)", "--json", "--speed", "20"]
                let maker = try Program(
                    "apus-maker", common + ["--session", "10001", "--duration", "400s"])
                let taker = try Program(
                    "apus-taker",
                    common + ["--session", "20001", "--feed", "\(feeds[0])", "--rate", "3"])
                while ledger.sides < 100 {
                    try ledger.look()
                    pause(millis: 10)
                    guard SystemClock.monotonicNanos() - ledger.lastHeard < 30_000_000_000 else {
                        break
                    }
                }
                taker.signal(SIGTERM)
                #expect(taker.exitStatus() == 0)
                maker.signal(SIGINT)
                #expect(maker.exitStatus() == 0)
                let (made, took) = (maker.rest(), taker.rest())
                #expect(made.errors.isEmpty && took.errors.isEmpty)
                let sold = try field("position", made.output)
                let bought = try field("position", took.output)
                #expect(sold == -bought && ledger.sides >= 100)
                let net = Quantity(raw: Int64(sold * Double(Quantity.unit)))
                #expect(try ledger.hear(net: net, of: 10001))
                #expect(ledger.net[20001] ?? 0 == -net.raw)
                // Nothing of them is left in the book.
                let other = try venue.member(.three)
                for side in [UInt8(1), 2] {
                    let answer = try other.order(
                        id: UInt64(side), side: side, lots: 1, price: side == 1 ? 9_999 : 1,
                        instrument: 2001, product: 200, timeInForce: 3)
                    #expect(answer.first?.field("OrdStatus") == 0x34)
                }
            }
        }

        @Test(
            "The seller is killed again and again, and sells its quantity: no more, no less",
            .enabled(if: SQLiteFile.isAvailable, "needs libsqlite3-dev"))
        func killed() throws {
            try withFeed { venue, publisher, feeds in
                try withDatabase { path in
                    let ledger = try TradeLedger(publisher)
                    let buyer = Desk(
                        .demonstration(1), stream: try TCPByteStream(port: venue.port),
                        clock: SystemClock.utc)
                    try buyer.open()
                    let quantity = Int64(1_500)
                    let arguments =
                        Self.apple + [
                            "--port", "\(venue.port)", "--session", "30001", "--store", path,
                            "--quantity", "\(quantity)", "--limit", "584", "--slice", "7",
                            "--pause", "0", "--feed", "\(feeds[0])", "--dropcopy-port",
                            "\(publisher.port)",
                        ]
                    var random = SeededGenerator(seed: 9)
                    var (kills, status) = (0, Int32?.none)
                    var last = ""
                    while status == nil, kills < 200 {
                        let seller = try Program("apus-seller", arguments)
                        let end =
                            SystemClock.monotonicNanos()
                            + UInt64(100 + random.below(kills < 6 ? 900 : 5_000)) * 1_000_000
                        // The first lives find too few buyers to sell everything in, however fast
                        // this machine is.
                        var wanted = kills < 6 ? quantity / 10 : .max
                        while seller.isRunning, SystemClock.monotonicNanos() < end {
                            try buyer.look()
                            if buyer.orders.count < 4, buyer.hasRoom, wanted > 0 {
                                let size = min(wanted, Int64(1 + random.below(12)))
                                wanted -= size
                                buyer.enter(
                                    OrderRequest(
                                        side: .buy, price: Price(units: 584),
                                        quantity: Quantity(units: size), instrument: 2001,
                                        product: 200))
                            }
                            try buyer.flush()
                            try ledger.look()
                            pause(millis: 1)
                        }
                        if seller.isRunning {
                            seller.signal(SIGKILL)
                            kills += 1
                            _ = seller.exitStatus()
                        } else {
                            status = seller.exitStatus()
                            let (output, errors) = seller.rest()
                            #expect(errors.isEmpty)
                            last = output
                        }
                    }
                    #expect(status == 0 && kills > 2)
                    #expect(last.contains("sold 1,500 of 1,500 in all runs"))
                    try buyer.close()
                    let bought = buyer.orders.position(in: 2001).net
                    #expect(bought == Quantity(units: quantity))
                    #expect(try ledger.hear(net: bought, of: 10001))
                    #expect(ledger.net[30001] == -bought.raw)
                }
            }
        }

        @Test("What cannot be is one sentence")
        func refusals() throws {
            for (program, arguments, words) in [
                ("apus-maker", ["--port", "1"], "no connection to 127.0.0.1:1"),
                ("apus-maker", ["--messages", "x"], "--messages goes with --bbo"),
                ("apus-taker", ["--feed", "x"], "expected [ADDR:]PORT"),
                ("apus-seller", ["--store", "/nowhere/x.db"], "/nowhere/x.db cannot be opened"),
                (
                    "apus-seller", ["--store", "x.db", "--quantity", "5"],
                    "--quantity and --limit go together"
                ),
            ] as [(String, [String], String)] {
                let run = try Program(program, arguments)
                #expect([1, 2].contains(run.exitStatus() ?? 0))
                let (output, errors) = run.rest()
                #expect(output.isEmpty && errors.contains(words))
                #expect(errors.split(separator: "\n").count == 1)
            }
        }
    }
}
