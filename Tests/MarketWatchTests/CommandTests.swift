import CommandLineTool
import DataOutput
import Domain
import Glibc
import SQLiteFile
import TestSupport
import Testing

@testable import MarketWatch

/// What each command prints of the same little market.
@Suite struct CommandTests {
    @Test func watchShowsBestPricesTradesAndStates() throws {
        let text = try written { output in
            let command = WatchCommand(
                names: try ScriptedFeed.names, instruments: nil, tradesOnly: false, json: false,
                output: output, export: nil)
            try command.run(ScriptedFeed.market().listener())
        }
        #expect(
            text == """
                06:00:00.000000  STOCKS  product day, continuous
                06:00:00.000000  AAPL  book live
                06:00:00.000000  MSFT  book live
                06:00:00.000000  AAPL  1000 x 585.33 | no ask
                06:00:01.000000  AAPL  trade 100 at 585.33, sold
                06:00:01.000000  AAPL  900 x 585.33 | no ask
                06:00:30.000000  AAPL  trade 50 at 585.33, sold
                06:00:30.000000  AAPL  850 x 585.33 | no ask
                06:01:10.000000  AAPL  trade 10 at 585.30, sold
                06:01:11.000000  MSFT  7 x 31.00 | no ask
                06:01:12.000000  STOCKS  product day, continuous, halted
                06:01:12.000000  AAPL  state trading halt

                """)
    }

    @Test func watchKeepsToWhatWasChosenAndCounted() throws {
        let names = try ScriptedFeed.names
        let trades = try written { output in
            let command = WatchCommand(
                names: names, instruments: [2001], tradesOnly: true, json: true, output: output,
                export: nil)
            try command.run(ScriptedFeed.market().listener(.init(count: 2)))
        }
        #expect(
            trades == """
                {"kind":"trade","time":1795240801000000000,"instrument":"AAPL","security_id":2001,\
                "price":585.33,"quantity":100,"aggressor":"sell","match_id":1}
                {"kind":"trade","time":1795240830000000000,"instrument":"AAPL","security_id":2001,\
                "price":585.33,"quantity":50,"aggressor":"sell","match_id":2}

                """)
    }

    @Test func bookShowsLevelsOrOrders() throws {
        func shown(orders: Bool, json: Bool) throws -> String {
            try written { output in
                var feed = ScriptedFeed.market()
                feed.send(
                    [
                        FeedMessage.add(
                            2001, side: 2, price: 586 * ScriptedFeed.unit, quantity: 30_000,
                            priority: ScriptedFeed.start + 80 * ScriptedFeed.second)
                    ], at: 80 * ScriptedFeed.second)
                let listener = feed.listener()
                // All of it first, as a look at busy sockets would find it.
                listener.run()
                let command = BookCommand(
                    names: try ScriptedFeed.names, instrument: 2001, levels: 10,
                    showsOrders: orders, json: json, output: output)
                try command.run(listener)
            }
        }
        #expect(
            try shown(orders: false, json: false) == """
                AAPL, trading halt, as of 06:01:20.000000, 3 orders, last 585.30
                orders  quantity     bid     ask  quantity  orders
                     1       850  585.33  586.00         3       1
                     1       490  585.30

                """)
        #expect(
            try shown(orders: true, json: false) == """
                AAPL, trading halt, as of 06:01:20.000000, 3 orders, last 585.30
                side   price  quantity  priority
                buy   585.33       850  06:00:00.000000
                buy   585.30       490  06:00:00.000000
                sell  586.00         3  06:01:20.000000

                """)
        #expect(
            try shown(orders: false, json: true) == """
                {"instrument":"AAPL","security_id":2001,"state":"trading halt",\
                "time":1795240880000000000,"last":585.3,"orders":3,"bids":[{"price":585.33,\
                "quantity":850,"orders":1},{"price":585.3,"quantity":490,"orders":1}],\
                "asks":[{"price":586,"quantity":3,"orders":1}]}

                """)
        #expect(try shown(orders: true, json: true).contains("\"priority\":1795240880000000000"))
    }

    @Test func aBookThatDoesNotComeIsAnError() throws {
        let listener = ScriptedFeed.market().listener()
        let command = BookCommand(
            names: try ScriptedFeed.names, instrument: 77, levels: 1, showsOrders: false,
            json: false, output: LineOutput())
        #expect(throws: NoBook.self) { try command.run(listener) }
    }

    @Test func statsAddTheDayUp() throws {
        let text = try written { output in
            let command = StatsCommand(
                names: try ScriptedFeed.names, instruments: nil, json: false, output: output,
                export: nil)
            try command.run(ScriptedFeed.market().listener())
        }
        // (150 x 585.33 + 10 x 585.30) / 160 = 585.328125
        #expect(
            text == """
                instrument  state           open    high     low    last  volume  turnover      VWAP  trades
                AAPL        trading halt  585.33  585.33  585.30  585.30     160  93652.50  585.3281       3
                MSFT        continuous         -       -       -       -       0      0.00         -       0

                """)
        let json = try written { output in
            let command = StatsCommand(
                names: try ScriptedFeed.names, instruments: [2001], json: true, output: output,
                export: nil)
            try command.run(ScriptedFeed.market().listener())
        }
        #expect(json.contains("\"volume\":160,\"seen_volume\":160,\"seen_turnover\":93652.5"))
        #expect(json.contains("\"vwap\":585.328125,\"seen_trades\":3"))
        #expect(!json.contains("MSFT") && json.contains("\"gaps\":0"))
    }

    @Test func candlesAreOfTheInterval() throws {
        let lines = try written { output in
            let command = CandlesCommand(
                names: try ScriptedFeed.names, instruments: nil,
                intervalNanos: 60 * ScriptedFeed.second, json: false, output: output, export: nil)
            try command.run(ScriptedFeed.market().listener())
        }
        #expect(
            lines == """
                2026-11-21T06:00:00Z  AAPL  open 585.33  high 585.33  low 585.33  close 585.33  \
                volume 150  VWAP 585.33  trades 2
                2026-11-21T06:01:00Z  AAPL  open 585.30  high 585.30  low 585.30  close 585.30  \
                volume 10  VWAP 585.30  trades 1

                """)
    }

    @Test func dumpPutsEveryFieldIntoWords() throws {
        let text = try written { output in
            let command = DumpCommand(
                channel: nil, json: false, names: try ScriptedFeed.names, output: output)
            command.run(ScriptedFeed.market().listener(.init(count: 6)))
        }
        let lines = text.split(separator: "\n")
        #expect(lines[0] == "06:00:00.000000  snapshot  STOCKS  packet 1, 904 bytes, complete")
        #expect(lines[1].hasPrefix("    1  ProductSummary MsgSeqNum=1 LastMsgSeqNumProcessed=0"))
        let add = lines.first { $0.contains("OrderAdd") }
        #expect(add?.contains("SecurityID=2001") == true)
        #expect(add?.contains("DisplayQty=1000 Side=buy Price=585.33") == true)
        #expect(
            lines.contains { $0.contains("ExecutionSummary") && $0.contains("AggressorSide=sell") })
        let json = try written { output in
            let command = DumpCommand(
                channel: .incremental, json: true, names: try ScriptedFeed.names, output: output)
            command.run(ScriptedFeed.market().listener(.init(count: 1)))
        }
        #expect(json.hasPrefix("{\"channel\":\"incremental\",\"product\":200,\"packet\":1"))
        #expect(json.contains("\"message\":\"OrderAdd\"") && json.contains("\"Price\":\"585.33\""))
        #expect(json.split(separator: "\n").count == 1)
    }

    @Test func dumpReadsCaptures() throws {
        var writer = FeedPacketWriter(marketSegmentID: 200)
        let payload = writer.packet([FeedMessage.heartbeat(last: 9)], sentAt: ScriptedFeed.start)
        // Ethernet, IPv4, UDP; written here byte by byte.
        let udpLength = payload.count + 8
        let ipLength = udpLength + 20
        var packet = [UInt8](repeating: 0, count: 12) + [8, 0]
        packet += [
            0x45, 0, UInt8(ipLength >> 8), UInt8(ipLength & 255), 0, 0, 0x40, 0, 64, 17, 0, 0,
        ]
        packet += [127, 0, 0, 1, 127, 0, 0, 1, 0x30, 0x39, 0xE6, 0x79]
        packet += [UInt8(udpLength >> 8), UInt8(udpLength & 255), 0, 0] + payload
        func word(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(number >> (8 * $0) & 255) } }
        var file: [UInt8] = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0]
        file += word(0) + word(0) + word(65535) + word(1)
        file += word(1) + word(2) + word(packet.count) + word(packet.count) + packet
        let path = temporaryPath(".pcap")
        defer { unlink(path) }
        for length in [file.count, file.count - 5, 24] {
            let handle = fopen(path, "w")!
            fwrite(file, 1, length, handle)
            fclose(handle)
            let text = try written { output in
                let command = DumpCommand(
                    channel: nil, json: false, names: InstrumentNames(), output: output)
                try command.run(file: path, count: nil, shouldStop: { false })
            }
            #expect(text.contains("Heartbeat LastMsgSeqNumProcessed=9") == (length == file.count))
        }
        #expect(throws: UsageError.self) {
            try withFile("not a capture file at all, but a text") {
                _ = try CaptureFile.datagrams(of: $0)
            }
        }
    }

    @Test func exportsToCSV() throws {
        let path = temporaryPath(".csv")
        defer { unlink(path) }
        _ = try written { output in
            let command = WatchCommand(
                names: try ScriptedFeed.names, instruments: [2001], tradesOnly: false, json: false,
                output: output, export: try WatchCommand.export(path))
            try command.run(ScriptedFeed.market().listener())
        }
        let lines = try contents(path).split(separator: "\n")
        #expect(
            lines[0]
                == "time_ns,instrument,security_id,kind,price,quantity,aggressor,bid,bid_quantity,"
                + "ask,ask_quantity,state")
        #expect(lines.contains("1795240801000000000,AAPL,2001,trade,585.33,100,sell,,,,,"))
        #expect(lines.contains("1795240801000000000,AAPL,2001,top,,,,585.33,900,,,"))
        #expect(lines.last == "1795240872000000000,AAPL,2001,state,,,,,,,,trading halt")
        #expect(lines.count == 9)
    }

    @Test(.enabled(if: SQLiteFile.isAvailable, "without libsqlite3-dev no database is written"))
    func exportsToSQLite() throws {
        let path = temporaryPath(".sqlite")
        defer { unlink(path) }
        _ = try written { output in
            let names = try ScriptedFeed.names
            let candles = CandlesCommand(
                names: names, instruments: nil, intervalNanos: 60 * ScriptedFeed.second,
                json: true, output: output, export: try CandlesCommand.export(path))
            try candles.run(ScriptedFeed.market().listener())
            let stats = StatsCommand(
                names: names, instruments: nil, json: true, output: output,
                export: try StatsCommand.export(path))
            try stats.run(ScriptedFeed.market().listener())
        }
        let file = try SQLiteFile(path: path)
        let rows = try file.prepare(
            "SELECT start, instrument, open, close, volume, trades FROM candles ORDER BY start_ns")
        try rows.begin()
        #expect(try rows.next())
        #expect(
            (0..<6).map(rows.column) == [
                .text("2026-11-21T06:00:00Z"), .text("AAPL"), .real(585.33), .real(585.33),
                .real(150), .integer(2),
            ])
        let stats = try file.prepare("SELECT sum(volume), count(*) FROM stats")
        try stats.begin()
        #expect(try stats.next())
        #expect(stats.column(0) == .real(160) && stats.column(1) == .integer(2))
    }

    @Test func anExportElsewhereIsRefusedInASentence() {
        let error = #expect(throws: ExportError.self) { _ = try WatchCommand.export("/tmp/x.json") }
        #expect(error?.description.contains(".csv or .sqlite") == true)
        #expect(throws: ExportError.self) { _ = try WatchCommand.export("/nowhere/x.csv") }
    }

    @Test func textCellsWithCommasAndQuotesAreQuoted() throws {
        let path = temporaryPath(".csv")
        defer { unlink(path) }
        let export = try RowExport(
            path: path, table: "t",
            columns: [ExportColumn("a", .text), ExportColumn("b", .decimal)])
        try export.add([.text("a,\"b\""), .decimal(-12_340, places: 4)])
        try export.add([.none, .decimal(5, places: 8)])
        try export.close()
        #expect(try contents(path) == "a,b\n\"a,\"\"b\"\"\",-1.234\n,0.00000005\n")
    }

    @Test func argumentsAreJudged() throws {
        func job(_ words: String...) throws {
            guard case .run(let arguments) = try MarketDataTool.tool.parse(words) else { return }
            _ = try MarketDataJob(arguments)
        }
        #expect(throws: UsageError.self) { try job("watch", "--feed", "1") }
        #expect(throws: UsageError.self) { try job("watch", "--feed", "300.0.0.1:59001") }
        #expect(throws: UsageError.self) { try job("book") }
        #expect(throws: UsageError.self) { try job("watch", "--duration", "soon") }
        #expect(throws: Error.self) { try job("watch", "--instruments", "/nowhere") }
        try job("stats", "--feed", "127.0.0.1:61001", "--name", "nobody-here")
    }

    @Test func namesComeFromAnyShapeOfReferenceData() throws {
        let names = try InstrumentNames.parse(
            """
            {"products": [{"marketSegmentID": 100, "name": "ALPHA", "tick": 0.5}],
             "instruments": [{"securityID": 1001, "marketSegmentID": 100, "name": "ALPHA DEC"}]}
            """)
        #expect(names.name(of: 1001) == "ALPHA DEC" && names.name(of: 5) == "5")
        #expect(names.product(100) == "ALPHA" && names.decimals(of: 1001) == 1)
        #expect(names.find("alpha dec") == 1001 && names.find("1001") == 1001)
        #expect(names.find("BETA") == nil)
        #expect(throws: UsageError.self) { _ = try InstrumentNames.parse("{\"a\": }") }
        #expect(throws: UsageError.self) { _ = try InstrumentNames.parse("{}") }
    }
}
