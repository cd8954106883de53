import CBaselines
import CommandLineTool
import Domain
import MarketFlows

/// The engine's `apply`, events written to the ring, on made-up markets from quiet to falling, against
/// a plain C price array and a naive book.
enum FlowMatcherBenchmark {
    static let benchmark = Benchmark(
        name: "matcher.flows",
        summary: "engine apply on five market flows ÷ a plain C price array, ÷ the same in C with "
            + "names and reports, and ÷ a naive book",
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
        let reporting = flow.makeReportingBook()
        try check(flow, ours, plain, reporting)
        let times = try interleaved(
            options.pairs,
            [
                { ours.value.nanosPerCommand(rounds: 1) },
                { plain.nanosPerOperation(rounds: 1) },
                { reporting.nanosPerRequest() },
            ])
        let best = times.map { $0.min()! }
        result.nanosPerOperation = best[0]
        result.hash = flow.executions.value
        result.allocations = ours.value.allocations()
        result.baseline = plainName
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        ours.value.recordPercentiles(in: &result)
        result.conditions =
            "seed \(flow.profile.seed); \(flow.mix); "
            + "\(formatDecimal(1000 / best[0], decimals: 2)) million messages a second, plain C "
            + "\(formatDecimal(best[1], decimals: 1)) ns, best ÷ best "
            + "\(formatDecimal(best[0] / best[1], decimals: 2)); "
            + "\(result.allocations!) allocations; one instrument, lean orders, best of "
            + "\(options.pairs), events in the ring, processor time of the thread"
        return [result, against(reportingName, ".reporting", result, times[0], times[2])]
            + (try consumed(flow, ours, plain, reporting, options)) + [naive(flow, options)]
    }

    private static let plainName = "plain C price array"
    private static let reportingName = "the same in C with names and reports"

    /// What was measured already against another baseline that had its turns in between.
    private static func against(
        _ baseline: String, _ suffix: String, _ measured: BenchmarkResult, _ ours: [Double],
        _ theirs: [Double]
    ) -> BenchmarkResult {
        var result = BenchmarkResult(
            measured.name + suffix, operations: measured.operations,
            conditions: "\(baseline): \(formatDecimal(theirs.min()!, decimals: 1)) ns")
        result.nanosPerOperation = measured.nanosPerOperation
        result.baseline = baseline
        result.ratio = InterleavedPairs.estimate(zip(ours, theirs).map { $0 / $1 })
        return result
    }

    /// With a thread on the other core that reads the events inside the measured time.
    private static func consumed(
        _ flow: MarketFlow, _ ours: Box<EngineUnderTest>, _ plain: PlainBook,
        _ reporting: ReportingBook, _ options: BenchmarkOptions
    ) throws -> [BenchmarkResult] {
        let rounds = options.isQuick ? 2 : 5
        func onFirstCore(_ body: @escaping () -> Double) throws -> Double {
            try onCore(Cores.pair.0, body)
        }
        let times = try interleaved(
            rounds,
            [
                { try onFirstCore { ours.value.nanosPerCommandWithReader() } },
                { plain.nanosPerOperation(rounds: 1) },
                {
                    try onFirstCore { reporting.nanosPerRequest(readerCore: Cores.pair.1) }
                },
            ])
        var result = BenchmarkResult(
            "matcher.\(flow.profile.name).consumed", operations: flow.requests.count,
            conditions:
                "every event read on core \(Cores.pair.1) inside the measured time, the time "
                + "that passed; best of \(rounds)")
        result.nanosPerOperation = times[0].min()
        result.baseline = plainName
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        return [result, against(reportingName, ".reporting", result, times[0], times[2])]
    }

    /// Books that share no code execute the same: the engine, those in C and the participants'.
    private static func check(
        _ flow: MarketFlow, _ ours: Box<EngineUnderTest>, _ plain: PlainBook,
        _ reporting: ReportingBook
    ) throws {
        let made = ours.value.executions(MarketFlow.order)
        guard made == flow.executions else {
            throw BenchmarkError(
                "\(flow.profile.name): the engine executes otherwise than the participants expect")
        }
        _ = reporting.nanosPerRequest()
        guard plain.executionsHash() == flow.executions.value,
            reporting.hash == flow.executions.value
        else {
            throw BenchmarkError(
                "\(flow.profile.name): a plain book executes otherwise than the participants expect"
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
