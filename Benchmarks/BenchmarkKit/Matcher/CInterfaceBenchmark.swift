import CommandLineTool
import Domain
import MarketFlows

extension Benchmark {
    /// Where the library for C programs can be built.
    static var cInterface: [Benchmark] {
        #if canImport(EmbeddedMatching)
            [CInterfaceBenchmark.benchmark]
        #else
            []
        #endif
    }
}

#if canImport(EmbeddedMatching)
    /// What a C program pays for the boundary: a market flow through the functions of apus_matching.h,
    /// events copied out and looked at, against the same flow through `Partition`, events left unread.
    enum CInterfaceBenchmark {
        static let benchmark = Benchmark(
            name: "matcher.c-interface",
            summary: "a market flow (normal) through apus_matching.h ÷ the engine's apply",
            run: run)

        private static let deliveries: [(String, CInterfaceUnderTest.Delivery, String)] = [
            ("", .taken, "events taken after each call"),
            (".together", .takenTogether, "events taken after each 256 calls"),
            (".callback", .callback, "events by callback, within each call"),
        ]

        private static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
            var profile = try MarketProfile.named(options.flow ?? "normal")[0]
            if options.isQuick { profile.messages = 20_000 }
            let flow = MarketFlow(profile)
            let direct = Box(flow.makeEngine())
            return try deliveries.map { name, delivery, how in
                let ours = Box(try CInterfaceUnderTest(flow, delivery))
                var result = BenchmarkResult(
                    "matcher.c-interface" + name, operations: flow.requests.count,
                    conditions: "flow \(profile.name), seed \(profile.seed); \(how)")
                if options.isProfile {
                    result.nanosPerOperation = try ours.value.nanosPerRequest(rounds: 2)
                    return result
                }
                try check(flow, ours)
                let pairs = try InterleavedPairs(
                    options.pairs, ours: { try ours.value.nanosPerRequest(rounds: 1) },
                    baseline: { direct.value.nanosPerCommand(rounds: 1) })
                result.nanosPerOperation = pairs.ours.min()
                result.hash = flow.executions.value
                result.allocations = try ours.value.allocations()
                result.baseline = "engine apply"
                result.ratio = pairs.ratio
                result.conditions +=
                    "; engine's apply with events left unread "
                    + "\(formatDecimal(pairs.baseline.min()!, decimals: 1)) ns, best ÷ best "
                    + formatDecimal(pairs.ours.min()! / pairs.baseline.min()!, decimals: 2)
                    + "; \(result.allocations!) allocations; one instrument, best of "
                    + "\(options.pairs), processor time of the thread, library linked in"
                return result
            }
        }

        /// Through the interface the same executes, and the same is refused.
        private static func check(_ flow: MarketFlow, _ ours: Box<CInterfaceUnderTest>) throws {
            let outcome = try ours.value.outcome()
            guard outcome.executions == flow.executions else {
                throw BenchmarkError(
                    "\(flow.profile.name): through the C interface the engine executes otherwise")
            }
            guard outcome.rejects == flow.mix.stale else {
                throw BenchmarkError(
                    "\(flow.profile.name): through the C interface the engine refuses others")
            }
        }
    }
#endif
