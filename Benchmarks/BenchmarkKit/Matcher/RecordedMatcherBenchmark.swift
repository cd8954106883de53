import CBaselines
import Domain
import OrderFlow

/// The engine's `apply`, events written to the ring, against a plain C price array and a naive book,
/// on the recorded market where it is at hand and a generated one of the same kind elsewhere.
enum RecordedMatcherBenchmark {
    static let benchmark = Benchmark(
        name: "matcher.recorded",
        summary: "engine apply on the recorded flow ÷ a plain C price array, and ÷ a naive book",
        run: run)

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let flow = try MatcherFlow.load(options)
        var results: [BenchmarkResult] = []
        let ours = Box(flow.makeEngine())
        if options.isProfile {
            var result = BenchmarkResult(
                "matcher.recorded", operations: flow.commands.count, conditions: flow.origin)
            result.nanosPerOperation = ours.value.nanosPerCommand(rounds: 4)
            return [result]
        }
        let plain = flow.makePlainBook()
        let executions = ours.value.executions(flow.orderIDs())
        guard executions.value == plain.executionsHash() else {
            throw BenchmarkError(
                "the engine and the plain book disagree about the executions of \(flow.origin)")
        }
        let rounds = options.isQuick ? 2 : 8
        let pairs = InterleavedPairs(
            options.pairs, ours: { ours.value.nanosPerCommand(rounds: rounds) },
            baseline: { plain.nanosPerOperation(rounds: rounds) })
        var result = BenchmarkResult(
            "matcher.recorded", operations: flow.commands.count,
            conditions: "\(flow.origin), one instrument, lean orders, commands stamped beforehand, "
                + "events in the ring, processor time of the thread")
        result.nanosPerOperation = pairs.ours.min()
        result.hash = executions.value
        result.baseline = "plain C price array"
        result.ratio = pairs.ratio
        ours.value.recordPercentiles(in: &result)
        results.append(result)

        let standard = Box(flow.makeEngine(isStandard: true))
        var standardResult = BenchmarkResult(
            "matcher.recorded.standard", operations: flow.commands.count,
            conditions: "the same with standard orders: listeners' context in every event")
        let standardPairs = InterleavedPairs(
            options.isQuick ? 2 : 5, ours: { standard.value.nanosPerCommand(rounds: rounds) },
            baseline: { ours.value.nanosPerCommand(rounds: rounds) })
        standardResult.nanosPerOperation = standardPairs.ours.min()
        standardResult.baseline = "the same with lean orders"
        standardResult.ratio = standardPairs.ratio
        results.append(standardResult)

        let naivePairs = InterleavedPairs(
            options.isQuick ? 1 : 3, ours: { ours.value.nanosPerCommand(rounds: 1) },
            baseline: { NaiveRun.nanosPerOperation(flow) })
        var naive = BenchmarkResult(
            "matcher.recorded.naive", operations: flow.commands.count,
            conditions: "arrays kept sorted, the truth of the tests")
        naive.nanosPerOperation = naivePairs.ours.min()
        naive.baseline = "naive book"
        naive.ratio = naivePairs.ratio
        results.append(naive)
        return results
    }
}
