import CommandLineTool
import Domain
import LinuxPlatform

/// The program `apus-taker`.
public enum TakerTool {
    public static func main() -> Never {
        tool.mainOfBot { arguments in
            let options = try BotOptions(arguments)
            var settings = TakerSettings(options.traded)
            settings.rate = try arguments.ratePerSecond("rate", in: 0.001...1_000) ?? settings.rate
            settings.perSecondMax = try arguments.int("rate-max", in: 1...10_000, default: 20)
            settings.sizeMax = try BotOptions.quantity(arguments, "size-max") ?? settings.sizeMax
            settings.depthTicks = try arguments.int("depth", in: 0...10_000, default: 2)
            // Before any connection, so that Ctrl-C ends it cleanly at any time.
            let stop = try StopSignal()
            let market = try options.market(arguments)
            let desk = try options.desk()
            try desk.open()
            var taker = TakerBot(settings, seed: options.seed)
            try options.run(&taker, desk: desk, market: market, stop: stop) {
                ["\($0.omitted) arrivals without an order: no clear market, or the bound"]
            }
        }
    }

    static let tool = Tool(
        "apus-taker",
        summary: "Buys and sells at random moments, at once or not at all, what the feed shows.",
        options: [
            .value("rate", "N", "orders a second in the mean", default: "2"),
            .value("rate-max", "N", "orders in any one second at most", default: "20"),
            .value("size-max", "N", "largest quantity of an order", default: "100"),
            .value("depth", "N", "ticks beyond the best price that it may go", default: "2"),
            BotOptions.feed,
        ] + BotOptions.options(session: 20001), notes: BotOptions.notes)
}
