import CBaselines
import CommandLineTool
import Domain
import MarketFlows

/// The engine's `apply`, events written to the ring, on made-up markets from quiet to falling, against
/// a plain C price array and a naive book.
enum FlowMatcherBenchmark {
    static let benchmark = Benchmark(
        name: "matcher.flows",
        summary: "engine apply on five market flows ÷ a plain C price array, and ÷ a naive book",
        run: run)

    private static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        try MarketProfile.named(options.flow).flatMap { profile in
            var profile = profile
            if options.isQuick { profile.messages = 20_000 }
            return try measure(MarketFlow(profile), options)
        }
    }

    private static func measure(
        _ flow: MarketFlow, _ options: BenchmarkOptions
    ) throws -> [BenchmarkResult] {
        let name = "matcher." + flow.profile.name
        let ours = Box(flow.makeEngine())
        var result = BenchmarkResult(name, operations: flow.requests.count, conditions: "")
        if options.isProfile {
            result.nanosPerOperation = ours.value.nanosPerCommand(rounds: 2)
            result.conditions = flow.mix.description
            return [result]
        }
        let plain = flow.makePlainBook()
        try check(flow, ours, plain)
        let pairs = InterleavedPairs(
            options.pairs, ours: { ours.value.nanosPerCommand(rounds: 1) },
            baseline: { plain.nanosPerOperation(rounds: 1) })
        let (best, bestPlain) = (pairs.ours.min()!, pairs.baseline.min()!)
        result.nanosPerOperation = best
        result.hash = flow.executions.value
        result.allocations = ours.value.allocations()
        result.baseline = "plain C price array"
        result.ratio = pairs.ratio
        ours.value.recordPercentiles(in: &result)
        result.conditions =
            "seed \(flow.profile.seed); \(flow.mix); "
            + "\(formatDecimal(1000 / best, decimals: 2)) million messages a second, plain C "
            + "\(formatDecimal(bestPlain, decimals: 1)) ns, best ÷ best "
            + "\(formatDecimal(best / bestPlain, decimals: 2)); "
            + "\(result.allocations!) allocations; one instrument, lean orders, best of "
            + "\(options.pairs), events in the ring, processor time of the thread"
        return [result, consumed(flow, ours, plain, options), naive(flow, options)]
    }

    /// With a thread on the other core that reads the events inside the measured time.
    private static func consumed(
        _ flow: MarketFlow, _ ours: Box<EngineUnderTest>, _ plain: PlainBook,
        _ options: BenchmarkOptions
    ) -> BenchmarkResult {
        let rounds = options.isQuick ? 2 : 5
        let pairs = InterleavedPairs(
            rounds,
            ours: {
                let engine = Thread {
                    Cores.pin(Cores.pair.0)
                    return ours.value.nanosPerCommandWithReader().bitPattern
                }
                return Double(bitPattern: engine.join())
            },
            baseline: { plain.nanosPerOperation(rounds: 1) })
        var result = BenchmarkResult(
            "matcher.\(flow.profile.name).consumed", operations: flow.requests.count,
            conditions:
                "every event read on core \(Cores.pair.1) inside the measured time, the time "
                + "that passed; best of \(rounds)")
        result.nanosPerOperation = pairs.ours.min()
        result.baseline = "plain C price array"
        result.ratio = pairs.ratio
        return result
    }

    /// Three books that share no code execute the same: the engine, plain C and the participants'.
    private static func check(
        _ flow: MarketFlow, _ ours: Box<EngineUnderTest>, _ plain: PlainBook
    ) throws {
        let made = ours.value.executions(MarketFlow.order)
        guard made == flow.executions else {
            throw BenchmarkError(
                "\(flow.profile.name): the engine executes otherwise than the participants expect")
        }
        guard plain.executionsHash() == flow.executions.value else {
            throw BenchmarkError(
                "\(flow.profile.name): the plain book executes otherwise than the participants expect"
            )
        }
        guard ours.value.rejects() == flow.mix.stale else {
            throw BenchmarkError(
                "\(flow.profile.name): the engine refuses others than those that come too late")
        }
    }

    /// On the beginning of the flow alone: searched from the front, thousands of orders take long.
    private static func naive(_ flow: MarketFlow, _ options: BenchmarkOptions) -> BenchmarkResult {
        let count = min(flow.requests.count, 100_000)
        let ours = Box(flow.makeEngine(first: count))
        let pairs = InterleavedPairs(
            options.isQuick ? 1 : 3, ours: { ours.value.nanosPerCommand(rounds: 1) },
            baseline: { NaiveRun.nanosPerRequest(flow.requests[..<count]) })
        var result = BenchmarkResult(
            "matcher.\(flow.profile.name).naive", operations: count,
            conditions: "arrays kept sorted, the flow's first \(count) messages")
        result.nanosPerOperation = pairs.ours.min()
        result.baseline = "naive book"
        result.ratio = pairs.ratio
        return result
    }
}

extension MarketProfile {
    /// The flow asked for, or all.
    static func named(_ name: String?) throws -> [MarketProfile] {
        guard let name else { return all }
        guard let profile = all.first(where: { $0.name == name }) else {
            throw UsageError(
                "--flow \(name): there are " + all.map(\.name).joined(separator: ", "))
        }
        return [profile]
    }
}
