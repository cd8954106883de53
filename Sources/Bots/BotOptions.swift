import Client
import CommandLineTool
import Domain
import LinuxPlatform
import OrderFlow
import Platform

/// The arguments that all bots have.
struct BotOptions {
    let port: UInt16
    let credentials: Credentials
    let traded: TradedInstrument
    let seed: UInt64
    let durationNanos: UInt64?
    let speed: Double
    let isJSON: Bool

    static func options(session: UInt32) -> [Option] {
        [
            .value("instrument", "N", "SecurityID to trade", default: "2001"),
            .value("product", "N", "its MarketSegmentID", default: "200"),
            .value("tick", "P", "distance between two prices", default: "0.01"),
            .value("seed", "N", "decides what is random", default: "1"),
            .value("duration", "TIME", "ends after this time (default: at Ctrl-C)"),
            .value("speed", "X", "so many times faster than the clock", default: "1"),
        ] + SessionChoice.options(session: session) + [
            .flag("json", "the summary as one JSON object")
        ]
    }

    static let notes = """
        SIGINT and SIGTERM end it cleanly: its own orders are withdrawn, and a summary is printed.

        """ + SessionChoice.note

    init(_ arguments: Arguments) throws {
        port = try SessionChoice.port(arguments)
        guard let credentials = try SessionChoice.credentials(arguments) else {
            throw UsageError("expected --session N.")
        }
        self.credentials = credentials
        traded = TradedInstrument(
            instrument: UInt32(try arguments.int("instrument", in: 1...0xFFFF_FFFE, default: 2001)),
            product: Int32(try arguments.int("product", in: 1...0x7FFF_FFFF, default: 200)),
            tick: try Self.price(arguments, "tick") ?? Price(raw: Price.unit / 100))
        guard traded.tick.raw > 0 else { throw UsageError("--tick has to be above 0.") }
        seed = UInt64(try arguments.int("seed", default: 1))
        durationNanos = try arguments.durationNanos("duration", in: 1_000_000...86_400_000_000_000)
        speed = try arguments.double("speed", in: 0.01...1000) ?? 1
        isJSON = arguments.flag("json")
    }

    /// The option of those who look at the market.
    static let feed = Option.value(
        "feed", "[ADDR:]PORT",
        "where the public feed's incremental channel arrives; snapshots at the port below",
        default: "127.0.0.1:59001")

    func market(_ arguments: Arguments) throws -> FeedView {
        let text = arguments.string("feed") ?? ""
        guard let address = FeedAddress(text) else {
            throw UsageError("--feed is \"\(text)\", expected [ADDR:]PORT, as in 59003.")
        }
        return try FeedView(address, instrument: traded.instrument)
    }

    static func price(_ arguments: Arguments, _ name: String) throws(UsageError) -> Price? {
        try arguments.double(name, in: -10_000_000...10_000_000).map {
            Price(raw: Int64(($0 * Double(Price.unit)).rounded()))
        }
    }

    static func quantity(
        _ arguments: Arguments, _ name: String
    ) throws(UsageError) -> Quantity? {
        try arguments.int(name, in: 1...1_000_000_000).map { Quantity(units: Int64($0)) }
    }

    /// Opens a desk, lets a bot work until it is to stop, and prints the summary.
    func run<B: Bot>(
        _ bot: inout B, desk: Desk<TCPByteStream>, market: any MarketView, stop: StopSignal,
        notes: (B) -> [String] = { _ in [] }
    ) throws {
        let clock = BotClock(speed: speed)
        let run = BotRun(desk: desk, market: market, clock: clock)
        try run.run(&bot, durationNanos: durationNanos, shouldStop: { stop.isRequested })
        let seconds = Double(clock.now()) / 1e9
        try run.finish(&bot)
        var report = BotReport(
            session: credentials.session, instrument: traded.instrument, seconds: seconds,
            orders: desk.orders, mark: bot.mark)
        report.notes = notes(bot)
        print(isJSON ? report.json + "\n" : report.text, terminator: "")
    }

    func desk() throws -> Desk<TCPByteStream> {
        Desk(credentials, stream: try TCPByteStream(port: port), clock: SystemClock.utc)
    }
}

extension Tool {
    /// Like `main`, with the exit code of a `ToolError`.
    func mainOfBot(_ body: (Arguments) throws -> Void) -> Never {
        main { arguments in
            do {
                try body(arguments)
            } catch let error as ToolError where error.kind == .input {
                throw UsageError(error.description + ".")
            }
        }
    }
}
