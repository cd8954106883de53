import CommandLineTool
import DataOutput
import Glibc
import LinuxPlatform
import Platform
import PublicBooks

/// The program `apus-marketdata`.
public enum MarketDataTool {
    public static func main() -> Never {
        tool.main { arguments in
            do {
                try MarketDataJob(arguments).run()
            } catch let error as UsageError {
                throw error
            } catch let error as ExportError {
                throw UsageError(error.description + ".")
            }
        }
    }

    static let tool = Tool(
        "apus-marketdata", summary: "Receives a venue's public feed and shows what it tells.",
        options: [
            .value(
                "feed", "[ADDR:]PORT",
                "where the incremental channel is received, the snapshot channel one port below",
                default: "\(FeedAddress.standard)"),
            .value(
                "interface", "ADDR", "the interface on which a multicast group is joined",
                default: "127.0.0.1"),
            .value(
                "name", "NAME", "the venue on this machine whose instrument names are shown",
                default: "demo"),
            .value(
                "instruments", "FILE",
                "names from a file that apus-exchange --export-instruments json wrote"),
            .value("duration", "TIME", "how long, for example 10s (default: until Ctrl-C)"),
            .flag("json", "JSON: one object, or one a line where lines are shown"),
        ],
        subcommands: [
            Tool(
                "watch", summary: "Shows best prices, trades and states as they change.",
                options: [
                    .rest("INSTRUMENT", "names or numbers (default: all)"),
                    .value("count", "N", "stop after so many lines"),
                    .flag("trades", "trades only"),
                    export,
                ]),
            Tool(
                "book", summary: "Shows an instrument's book once it is known.",
                options: [
                    .positional("INSTRUMENT", "its name or number"),
                    .value("levels", "N", "price levels a side", default: "10"),
                    .flag("orders", "single orders in the order in which they would trade"),
                ]),
            Tool(
                "dump", summary: "Shows every packet and every message in words.",
                options: [
                    .value("count", "N", "stop after so many messages"),
                    .value("channel", "CHANNEL", "incremental, snapshot or both", default: "both"),
                    .value("pcap", "FILE", "the datagrams of a capture file instead of the feed"),
                ]),
            Tool(
                "stats", summary: "Adds the day up per instrument, and shows it at the end.",
                options: [
                    .rest("INSTRUMENT", "names or numbers (default: all)"), export,
                ]),
            Tool(
                "candles", summary: "Shows open, high, low, close and volume per interval.",
                options: [
                    .rest("INSTRUMENT", "names or numbers (default: all)"),
                    .value("interval", "TIME", "length of an interval, from 1ms", default: "1m"),
                    .value("count", "N", "stop after so many candles"),
                    export,
                ]),
        ],
        notes: """
            A feed is received by one program on each port: let the venue send to several (apus-exchange
            --feed 59001,59003) where several listen. docs/marketdata.md explains lines and columns.
            """)

    private static let export = Option.value(
        "export", "FILE", "also write rows to FILE.csv or to a table of FILE.sqlite")
}

/// One run of the program, its arguments read.
struct MarketDataJob {
    private let arguments: Arguments
    private let address: FeedAddress
    private let durationNanos: UInt64?
    private let names: InstrumentNames

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        let text = arguments.string("feed") ?? ""
        guard let address = FeedAddress(text) else {
            throw UsageError(
                "--feed is \"\(text)\", expected [ADDRESS:]PORT with a port from 2 to 65535.")
        }
        self.address = address
        durationNanos = try arguments.durationNanos("duration", in: 1...UInt64(Int64.max))
        if let file = arguments.string("instruments") {
            names = try InstrumentNames.read(file)
        } else {
            names =
                InstrumentNames.ofVenue(named: arguments.string("name") ?? "")
                ?? InstrumentNames()
        }
    }

    func run() throws {
        let stop = try StopSignal()
        let output = LineOutput(until: stop)
        if arguments.subcommand == "dump", let file = arguments.string("pcap") {
            let dump = DumpCommand(
                channel: try channel(), json: arguments.flag("json"), names: names, output: output)
            return try dump.run(file: file, count: try count(), shouldStop: { stop.isRequested })
        }
        let isJSON = arguments.flag("json")
        let makesLines = try prepared(output, isJSON)
        let feed = try FeedSockets(
            address, interface: arguments.string("interface") ?? "127.0.0.1")
        let listener = FeedListener(
            feed, clock: SystemClock.utc,
            bounds: .init(durationNanos: durationNanos, count: try count()),
            shouldStop: { stop.isRequested || output.isClosed })
        try makesLines(listener)
        output.flush()
        printError("apus-marketdata: \(listener.summary)")
        if listener.builder.counters.datagrams == 0 {
            printError(
                "apus-marketdata: nothing came to \(address); does a venue send there "
                    + "(apus-exchange --feed)?")
        }
    }

    /// The command with its arguments judged; what is wrong with them is said before a socket is made.
    private func prepared(
        _ output: LineOutput, _ isJSON: Bool
    ) throws -> (FeedListener) throws -> Void {
        switch arguments.subcommand {
        case "watch":
            let export = try arguments.string("export").map(WatchCommand.export)
            let command = WatchCommand(
                names: names, instruments: try chosen(), tradesOnly: arguments.flag("trades"),
                json: isJSON, output: output, export: export)
            return command.run
        case "book":
            let levels = try arguments.int("levels", in: 1...100_000, default: 10)
            let command = BookCommand(
                names: names, instrument: try instrument(arguments.string("INSTRUMENT") ?? ""),
                levels: levels, showsOrders: arguments.flag("orders"), json: isJSON,
                output: output)
            return command.run
        case "dump":
            let command = DumpCommand(
                channel: try channel(), json: isJSON, names: names, output: output)
            return { command.run($0) }
        case "stats":
            let export = try arguments.string("export").map(StatsCommand.export)
            let command = StatsCommand(
                names: names, instruments: try chosen(), json: isJSON, output: output,
                export: export)
            return command.run
        default:
            let nanos = try arguments.durationNanos(
                "interval", in: 1_000_000...86_400_000_000_000)
            let export = try arguments.string("export").map(CandlesCommand.export)
            let command = CandlesCommand(
                names: names, instruments: try chosen(), intervalNanos: nanos ?? 60_000_000_000,
                json: isJSON, output: output, export: export)
            return command.run
        }
    }

    private func count() throws -> Int? {
        switch arguments.subcommand {
        case "watch", "dump", "candles": try arguments.int("count", in: 1...Int.max)
        default: nil
        }
    }

    private func channel() throws -> FeedChannel? {
        switch try arguments.choice("channel", of: ["incremental", "snapshot", "both"]) {
        case "incremental": .incremental
        case "snapshot": .snapshot
        default: nil
        }
    }

    /// The instruments asked for; nil: all.
    private func chosen() throws -> Set<Int64>? {
        let words = arguments.strings("INSTRUMENT")
        return words.isEmpty ? nil : Set(try words.map(instrument))
    }

    private func instrument(_ word: String) throws -> Int64 {
        guard let securityID = names.find(word) else {
            let hint =
                names.instruments.isEmpty
                ? "its number: no names are known (--instruments, or a venue named with --name)"
                : "a number or one of "
                    + names.instruments.values.map(\.name).sorted().prefix(20).joined(
                        separator: ", ")
            throw UsageError("INSTRUMENT is \"\(word)\", expected \(hint).")
        }
        return securityID
    }
}
