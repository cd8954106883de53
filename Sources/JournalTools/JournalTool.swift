import CommandLineTool
import DataOutput
import Domain
import Platform

/// The program `apus-journal`.
public enum JournalTool {
    public static func main() -> Never {
        tool.main { arguments in
            do {
                exitProcess(try run(arguments) ? 0 : 1)
            } catch let error as ExportError {
                throw JournalToolError(error.description)
            }
        }
    }

    static let tool = Tool(
        "apus-journal",
        summary: "Looks at what a venue keeps: its commands, its snapshots and its event archive.",
        options: [
            .value(
                "data-dir", "DIR", "the venue's data directory; nothing in it is changed",
                isRequired: true),
            .flag("json", "JSON: one object, or one a line where lines are shown"),
        ],
        subcommands: [
            Tool("verify", summary: "Reads every byte and lists all that is wrong."),
            Tool("stat", summary: "Tells what is kept, in numbers."),
            Tool(
                "dump", summary: "Shows the commands one by one.",
                options: [
                    .value("from", "N", "first command (default 1)"),
                    .value("to", "N", "last command"),
                    .value("session", "N", "only requests of this session"),
                    .value("order", "ID", "only commands that did something to this order"),
                    .flag("events", "with what each command did"),
                ]),
            Tool(
                "replay", summary: "Makes the market's state again, and says which it is.",
                options: [
                    .flag("no-snapshot", "begin with the first command, not with a snapshot"),
                    .flag("check-archive", "compare what happens with the archive"),
                ]),
            Tool(
                "export", summary: "Writes all executions to a file.",
                options: [
                    .value("format", "FORMAT", "csv or sqlite", default: "csv"),
                    .value("output", "FILE", "where to", isRequired: true),
                ]),
            Tool(
                "pcap", summary: "Writes what sessions were told as a capture for Wireshark.",
                options: [
                    .value("output", "FILE", "where to", isRequired: true),
                    .value("session", "N", "only this session's"),
                    .value("day", "YYYYMMDD", "only this day's, UTC"),
                    .flag("trades", "trade confirmations too"),
                ]),
            Tool(
                "explain", summary: "Tells the life of an order, and which rule decided each step.",
                options: [.positional("ORDERID", "the order's OrderID")]),
        ],
        notes: """
            Everything works offline and beside a running venue. What a killed venue left in its command
            ring counts, as it will at its next start. dump --order, dump --events and explain repeat
            the commands from the first; export and pcap read the event archive.
            """)

    /// Returns whether everything was as it should be.
    static func run(_ arguments: Arguments) throws -> Bool {
        let command = try prepared(arguments)
        let history = try KeptHistory(path: arguments.string("data-dir") ?? "")
        let output = ToolOutput(isJSON: arguments.flag("json"))
        defer { output.finish() }
        return try command(history, output)
    }

    /// The command with its arguments judged, before anything is read.
    private static func prepared(
        _ arguments: Arguments
    ) throws -> (KeptHistory, ToolOutput) throws -> Bool {
        switch arguments.subcommand {
        case "verify": return { try VerifyCommand().run($0, $1) }
        case "stat": return always { try StatCommand().run($0, $1) }
        case "dump":
            var dump = DumpCommand()
            dump.from = UInt64(try arguments.int("from", in: 1...Int.max, default: 1))
            dump.through = UInt64(try arguments.int("to", in: 1...Int.max, default: .max))
            dump.order = try arguments.string("order").map { try orderID($0, "--order") }
            dump.showsEvents = arguments.flag("events")
            let session = try arguments.int("session", in: 1...0xFFFF_FFFE)
            return always { history, output in
                dump.session = try session.map { try history.session(numbered: $0) }
                try dump.run(history, output)
            }
        case "replay":
            var replay = ReplayCommand()
            replay.ignoresSnapshots = arguments.flag("no-snapshot")
            replay.comparesArchive = arguments.flag("check-archive")
            return always { try replay.run($0, $1) }
        case "export":
            let format = try arguments.choice("format", of: RowExport.Format.self) ?? .csv
            let export = ExportCommand(path: arguments.string("output") ?? "", format: format)
            return always { try export.run($0, $1) }
        case "pcap":
            var capture = CaptureCommand(path: arguments.string("output") ?? "")
            capture.day = try arguments.int("day", in: 1970_01_01...9999_12_31).map { UInt32($0) }
            capture.includesTrades = arguments.flag("trades")
            let session = try arguments.int("session", in: 1...0xFFFF_FFFE)
            return always { history, output in
                capture.session = try session.map { try history.session(numbered: $0) }
                try capture.run(history, output)
            }
        default:
            let explain = ExplainCommand(
                order: try orderID(arguments.string("ORDERID") ?? "", "ORDERID"))
            return always { try explain.run($0, $1) }
        }
    }

    private static func always(
        _ body: @escaping (KeptHistory, ToolOutput) throws -> Void
    ) -> (KeptHistory, ToolOutput) throws -> Bool {
        { history, output in
            try body(history, output)
            return true
        }
    }

    private static func orderID(_ text: String, _ name: String) throws(UsageError) -> OrderID {
        guard let number = UInt64(text), number != .max else {
            throw UsageError("\(name) is \"\(text)\", expected an OrderID, a whole number.")
        }
        return OrderID(raw: number)
    }
}

extension KeptHistory {
    func session(numbered id: Int) throws(UsageError) -> SessionIndex {
        guard let session = names.session(numbered: UInt32(id)) else {
            throw UsageError("--session is \(id), which is no session of this market.")
        }
        return session
    }
}
