import Client
import CommandLineTool
import Domain
import Glibc
import LinuxPlatform
import Platform

/// The program `apus-replay`.
public enum ReplayTool {
    public static func main() -> Never {
        tool.main { arguments in
            do {
                let job = try ReplayJob(arguments)
                exitProcess(try job.run())
            } catch let error as ToolError where error.kind == .input {
                throw UsageError(error.description + ".")
            }
        }
    }

    static let tool = Tool(
        "apus-replay",
        summary: "Sends an order flow to a venue as two participants and compares every row.",
        subcommands: [
            Tool(
                "lobster", summary: "Replays files in the LOBSTER sample format.",
                options: [
                    .value("messages", "FILE", "message rows, plain or gzip", isRequired: true),
                    .value("bbo", "FILE", "best prices after each row", isRequired: true),
                    .value("seed", "FILE", "orders that rest before the first row"),
                    .value(
                        "exceptions", "FILE",
                        "rows the recording venue treated otherwise; with it, all must be equal"),
                    .value(
                        "from", "ROW",
                        "first row, counted from 0 (default: 672 with a seed, else 0); a seed must "
                            + "be the book before it"),
                    .value("to", "ROW", "last row (default: the file's)"),
                    .flag("sweeps", "send neighbouring executions of one moment as one order"),
                ] + shared),
            Tool(
                "generate", summary: "Replays a made flow whose truth comes from a naive book.",
                options: [
                    .value("seed", "N", "the flow's number", default: "1"),
                    .value("rows", "N", "rows to make", default: "50000"),
                    .flag("sweeps", "send neighbouring executions of one moment as one order"),
                    .value("write", "DIR", "only write the flow as files into this folder"),
                ] + shared),
        ],
        notes:
            "Best prices and fills are taken from the venue's messages alone. With a drop copy, what "
            + "it publishes must be what the two sessions are told, and every trade must have two "
            + "sides. Exit code 0 when all is equal (lobster without --exceptions: in any case), "
            + "else 1.")

    private static let shared: [Option] = [
        .value("speed", "max|N", "as fast as possible, or N times as recorded", default: "max"),
        .value("host", "ADDR", "the venue's address, on this machine", default: "127.0.0.1"),
        .value("port", "N", "the venue's port", default: "19043"),
        .value("instrument", "N", "SecurityID to trade", default: "2001"),
        .value("product", "N", "its MarketSegmentID", default: "200"),
        .value(
            "dropcopy-port", "N",
            "the drop copy's port, 0 for none (default: 19006 if --port is 19043 and one is there)"),
        .value(
            "resting-office", "S,P", "session and password of the resting side's back office",
            default: "90001,apus-90001"),
        .value(
            "aggressive-office", "S,P", "the same of the aggressive side",
            default: "90002,apus-90002"),
        .value(
            "books", "WHICH",
            "which books must be as recorded: feed (public), private (the participants' own) or both "
                + "(default: both if --port is 19043 and a feed comes)"),
        .value(
            "feed", "[ADDR:]PORT", "where the public feed comes", default: "127.0.0.1:59001"),
        .flag("long", "use the long request forms (10100, 10106)"),
        .value(
            "resting", "S,P,T,P", "session, password, trader, password of the resting side",
            default: "10001,apus-1,11,apus-11"),
        .value(
            "aggressive", "S,P,T,P", "the same of the aggressive side",
            default: "20001,apus-2,21,apus-21"),
        .flag("json", "one JSON object on standard output"),
    ]
}

/// One run of the program, its arguments read.
struct ReplayJob {
    let flow: RecordedFlow
    let sweeps: Bool
    let from: Int?
    let to: Int?
    /// Differences make the run fail.
    let isStrict: Bool
    let speed: ReplaySpeed
    let port: UInt16
    let terms: ReplayTerms
    let resting: Credentials
    let aggressive: Credentials
    /// Nil: the usual port, if somebody is there.
    let dropCopyPort: UInt16?
    /// Nil: both, where there is a feed.
    let books: ReplayBooks?
    let feedAddress: FeedAddress
    let isFeedGiven: Bool
    let restingOffice: BackOfficeCredentials
    let aggressiveOffice: BackOfficeCredentials
    let json: Bool
    let writeFolder: String?

    init(_ arguments: Arguments) throws {
        let isRecorded = arguments.subcommand == "lobster"
        port = UInt16(try arguments.int("port", in: 1...65535, default: 19043))
        try VenueAddress.check(arguments.string("host") ?? "")
        speed = try Self.speed(arguments.string("speed") ?? "max")
        terms = ReplayTerms(
            instrument: UInt32(try arguments.int("instrument", in: 1...0xFFFF_FFFE, default: 2001)),
            product: Int32(try arguments.int("product", in: 1...0x7FFF_FFFF, default: 200)),
            form: arguments.flag("long") ? .long : .short)
        resting = try CredentialsFile.parse(arguments.string("resting") ?? "", name: "--resting")
        aggressive = try CredentialsFile.parse(
            arguments.string("aggressive") ?? "", name: "--aggressive")
        dropCopyPort = try arguments.int("dropcopy-port", in: 0...65535).map { UInt16($0) }
        books = try arguments.choice("books", of: ReplayBooks.self)
        let feedText = arguments.string("feed") ?? ""
        guard let feedAddress = FeedAddress(feedText) else {
            throw ToolError.input("--feed is \"\(feedText)\", expected [ADDRESS:]PORT")
        }
        self.feedAddress = feedAddress
        isFeedGiven = arguments.isGiven("feed")
        restingOffice = try CredentialsFile.parseOffice(
            arguments.string("resting-office") ?? "", name: "--resting-office")
        aggressiveOffice = try CredentialsFile.parseOffice(
            arguments.string("aggressive-office") ?? "", name: "--aggressive-office")
        guard restingOffice.session != aggressiveOffice.session else {
            throw ToolError.input(
                "--resting-office and --aggressive-office are both session "
                    + "\(restingOffice.session), expected two, as each can be logged on once")
        }
        json = arguments.flag("json")
        sweeps = arguments.flag("sweeps")
        if isRecorded {
            from = try arguments.int("from")
            to = try arguments.int("to")
            writeFolder = nil
            isStrict = arguments.isGiven("exceptions")
            flow = try LobsterFiles.read(
                messages: arguments.string("messages") ?? "",
                bestPrices: arguments.string("bbo") ?? "", seed: arguments.string("seed"),
                exceptions: arguments.string("exceptions"), firstRow: from)
            let first = from ?? flow.firstRow
            guard first <= min(to ?? .max, flow.events.count - 1) else {
                throw ToolError.input(
                    "there is no row from \(first) to \(to ?? flow.events.count - 1) in "
                        + "\(flow.events.count) rows")
            }
        } else {
            (from, to) = (nil, nil)
            writeFolder = arguments.string("write")
            isStrict = true
            flow = FlowGenerator.generate(
                seed: UInt64(try arguments.int("seed", default: 1)),
                rows: try arguments.int("rows", in: 1...5_000_000, default: 50_000))
        }
    }

    /// Returns the exit code.
    func run() throws -> Int32 {
        if let writeFolder {
            try FlowWriter.write(flow, to: writeFolder)
            return 0
        }
        let clock = SystemClock.utc
        let stop = try StopSignal()
        let feed = try feedWatch(clock: clock)
        let progress = ProgressLine()
        let driver = ReplayDriver(
            flow: flow, terms: terms, speed: speed, clock: clock,
            resting: VenueSession(resting, stream: try TCPByteStream(port: port), clock: clock),
            aggressive: VenueSession(
                aggressive, stream: try TCPByteStream(port: port), clock: clock),
            dropCopy: try dropCopyWatch(clock: clock), feed: feed, shouldStop: { stop.isRequested },
            progress: { report in
                progress.show(
                    "\(formatGrouped(report.rowsEqual)) of \(formatGrouped(report.rows)) rows equal"
                )
            })
        var result = try driver.run(FlowPlan(flow, sweeps: sweeps, from: from, to: to))
        result.report.books = books ?? .both
        progress.clear()
        print(result.report, driver.roundTrip)
        guard result.isComplete else {
            throw ToolError.run("stopped after \(result.report.rows) comparisons")
        }
        return result.report.isEqual || !isStrict ? 0 : 1
    }

    /// The drop copy that is asked for, or the usual one if there is one.
    private func dropCopyWatch(clock: Clock) throws(ToolError) -> DropCopyWatch<TCPByteStream>? {
        let usual: UInt16 = 19006
        if dropCopyPort == 0 || dropCopyPort == nil && port != 19043 { return nil }
        func office(_ who: BackOfficeCredentials) throws(ToolError) -> ListenerConnection<
            TCPByteStream
        > {
            ListenerConnection(
                session: who.session, password: who.password,
                stream: try TCPByteStream(port: dropCopyPort ?? usual), clock: clock)
        }
        do {
            return DropCopyWatch(
                resting: (resting.session, try office(restingOffice)),
                aggressive: (aggressive.session, try office(aggressiveOffice)), clock: clock)
        } catch {
            guard dropCopyPort == nil else { throw error }
            printError("apus-replay: no drop copy on port \(usual), so none is compared")
            return nil
        }
    }

    /// The public feed that is asked for, or the usual one if it comes. It is waited for before
    /// anything is sent.
    private func feedWatch(clock: Clock) throws -> FeedWatch? {
        let isAsked = isFeedGiven || books == .feed || books == .both
        guard books != .private, isAsked || port == 19043 else { return nil }
        let sockets: FeedSockets
        do {
            sockets = try FeedSockets(feedAddress)
        } catch {
            guard !isAsked else { throw ToolError.run("the feed: \(error)") }
            printError("apus-replay: \(error), so no public books are compared")
            return nil
        }
        let watch = FeedWatch(
            sockets, securityID: Int64(terms.instrument),
            bufferBytes: sockets.incremental.bufferBytes, clock: clock)
        guard watch.start() else {
            let words = "no book of instrument \(terms.instrument) comes from \(feedAddress)"
            guard !isAsked else { throw ToolError.run(words) }
            printError("apus-replay: \(words), so no public books are compared")
            return nil
        }
        return watch
    }

    private func print(_ report: ReplayReport, _ roundTrip: LatencySummary) {
        for mismatch in report.mismatches { printError("\(mismatch)") }
        for difference in report.feed?.differences ?? [] { printError("feed: \(difference)") }
        if let feed = report.feed, feed.gaps > 0 {
            printError(
                "feed: datagrams were lost \(formatGrouped(feed.gaps)) times and snapshots repaired "
                    + "the book; \(formatGrouped(feed.rowsLost)) rows could not be compared")
        }
        for difference in report.dropCopy?.differences ?? [] {
            printError("drop copy: \(difference)")
        }
        let seconds = Double(report.nanos) / 1e9
        guard !json else {
            var json = JSONWriter()
            json.object {
                $0.field("rows", report.rows)
                $0.field("rows_equal", report.rowsEqual)
                $0.field("executions", report.executions)
                $0.field("executions_equal", report.executionsEqual)
                $0.field("rejects", report.rejects)
                $0.field("seconds", seconds, decimals: 6)
                $0.field("orders_per_second", report.requestsPerSecond, decimals: 1)
                $0.object("round_trip") { roundTrip.write(&$0) }
                $0.field("feed_rows", report.feed?.rows)
                $0.field("feed_rows_equal", report.feed?.rowsEqual)
                $0.field("feed_executions", report.feed?.executions)
                $0.field("feed_executions_equal", report.feed?.executionsEqual)
                $0.field("feed_rows_lost", report.feed?.rowsLost)
                $0.field("feed_gaps", report.feed?.gaps)
                $0.field("dropcopy_messages", report.dropCopy?.messages)
                $0.field("dropcopy_equal", report.dropCopy?.equal)
                $0.field("dropcopy_trades", report.dropCopy?.trades)
                $0.field("dropcopy_trades_balance", report.dropCopy?.isBalanced)
            }
            return Swift.print(json.text)
        }
        let fills = sweeps ? "fill lists" : "executions"
        Swift.print(
            """
            \(formatGrouped(report.rowsEqual)) of \(formatGrouped(report.rows)) \
            comparisons of best prices are equal
            \(formatGrouped(report.executionsEqual)) of \(formatGrouped(report.executions)) \
            \(fills) are equal
            \(formatGrouped(report.rejects)) rejects, \(formatGrouped(report.expectedRejects)) \
            of them expected
            \(formatGrouped(report.requests)) requests in \(formatDecimal(seconds, decimals: 3)) s, \
            \(formatGrouped(Int(report.requestsPerSecond))) a second
            """)
        if let feed = report.feed {
            Swift.print(
                """
                \(formatGrouped(feed.rowsEqual)) of \(formatGrouped(feed.rows)) best prices of the \
                public feed's book are equal
                \(formatGrouped(feed.executionsEqual)) of \(formatGrouped(feed.executions)) \
                \(fills) of the public feed are equal
                """)
        }
        if let dropCopy = report.dropCopy {
            Swift.print(
                """
                \(formatGrouped(dropCopy.equal)) of \(formatGrouped(dropCopy.messages)) messages of \
                the drop copy are what the sessions were told
                \(formatGrouped(dropCopy.trades)) sides of trades \
                \(dropCopy.isBalanced ? "balance" : "do not balance")
                """)
        }
        var table = TextTable([("round trip", .left)] + LatencySummary.columns)
        table.add(["write to answer"] + roundTrip.cells)
        Swift.print(table.text, terminator: "")
    }

    private static func speed(_ text: String) throws -> ReplaySpeed {
        if text == "max" { return .asFastAsPossible }
        guard let factor = Double(text), factor > 0, factor <= 1e6 else {
            throw ToolError.input("--speed is \"\(text)\", expected max or a number above 0")
        }
        return .times(factor)
    }
}
