import CommandLineTool
import Domain
import LinuxPlatform
import OrderFlow

/// The program `apus-maker`.
public enum MakerTool {
    public static func main() -> Never {
        tool.mainOfBot { arguments in
            let options = try BotOptions(arguments)
            let settings = try settings(arguments, options.traded)
            // Before any connection, so that Ctrl-C ends it cleanly at any time.
            let stop = try StopSignal()
            if let messages = arguments.string("messages") {
                guard let bestPrices = arguments.string("bbo") else {
                    throw UsageError("--messages goes with --bbo.")
                }
                let flow = try LobsterFiles.read(messages: messages, bestPrices: bestPrices)
                guard let reference = RecordedReference(flow) else {
                    throw UsageError("\(bestPrices) has no row with both best prices.")
                }
                try run(MakerBot(settings, reference: reference), options, stop)
            } else {
                let start = try BotOptions.price(arguments, "price") ?? Price(units: 585)
                let walk = RandomWalk(
                    start: start, tick: options.traded.tick, seed: options.seed,
                    ticksPerSecond: try arguments.double("volatility", in: 0...10) ?? 3)
                try run(MakerBot(settings, reference: walk), options, stop)
            }
        }
    }

    private static func run(
        _ maker: consuming MakerBot<some Reference>, _ options: BotOptions, _ stop: StopSignal
    ) throws {
        var maker = maker
        let desk = try options.desk()
        try desk.open()
        try options.run(&maker, desk: desk, market: BlindView(), stop: stop)
    }

    private static func settings(
        _ arguments: Arguments, _ traded: TradedInstrument
    ) throws -> MakerSettings {
        var settings = MakerSettings(traded)
        settings.halfSpreadTicks = try arguments.int("half-spread", in: 1...10_000, default: 2)
        settings.levels = try arguments.int("levels", in: 1...20, default: 3)
        settings.stepTicks = try arguments.int("step", in: 1...10_000, default: 2)
        settings.size = try BotOptions.quantity(arguments, "size") ?? settings.size
        settings.positionMax =
            try BotOptions.quantity(arguments, "position-max") ?? settings.positionMax
        settings.skewTicks = try arguments.int("skew", in: 0...10_000, default: 4)
        settings.refreshNanos =
            try arguments.durationNanos("refresh", in: 1_000_000...3_600_000_000_000)
            ?? settings.refreshNanos
        return settings
    }

    static let tool = Tool(
        "apus-maker",
        summary: "Quotes both sides of an instrument around a reference, within a position limit.",
        options: [
            .value("price", "P", "where the random walk starts", default: "585"),
            .value(
                "volatility", "X", "ticks that the walk goes in a second, at most 10",
                default: "3"),
            .value("messages", "FILE", "quote around a recording instead: its message rows"),
            .value("bbo", "FILE", "and its best prices"),
            .value("half-spread", "N", "ticks from the reference to the best quotes", default: "2"),
            .value("levels", "N", "quotes a side", default: "3"),
            .value("step", "N", "ticks between them", default: "2"),
            .value("size", "N", "quantity of each quote", default: "100"),
            .value(
                "position-max", "N", "largest position, even if every quote trades",
                default: "1000"),
            .value("skew", "N", "ticks by which a full position moves the quotes", default: "4"),
            .value("refresh", "TIME", "time between two looks at the quotes", default: "250ms"),
        ] + BotOptions.options(session: 10001), notes: BotOptions.notes)
}
