import CommandLineTool

/// Something that is measured, under the name by which it is asked for.
public struct Benchmark: Sendable {
    public let name: String
    /// What is measured and against what, in one sentence.
    public let summary: String
    let run: @Sendable (BenchmarkOptions) throws -> [BenchmarkResult]

    /// Runs it; the results carry the conditions that only this benchmark knows.
    public func results(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        try run(options)
    }

    /// All benchmarks, in the order in which they run.
    public static let all: [Benchmark] =
        [
            RingBenchmark.benchmark, DecodeBenchmark.benchmark, HistogramBenchmark.benchmark,
            RecordedMatcherBenchmark.benchmark, FlowMatcherBenchmark.benchmark,
            OperationBenchmark.benchmark, GrowthBenchmark.benchmark,
        ] + cInterface + [
            OrderPathBenchmark.batch, OrderPathBenchmark.single,
            GatewayRoundTripBenchmark.benchmark,
            GatewayRoundTripBenchmark.dedicated, GatewayPipelinedBenchmark.benchmark,
            GatewayFairnessBenchmark.benchmark, GatewayCurveBenchmark.benchmark,
            GatewayIdleBenchmark.benchmark, GatewaySessionsBenchmark.benchmark,
            CompanionBenchmarks.dropCopy, CompanionBenchmarks.delay,
            CompanionBenchmarks.latency, FeedBenchmarks.roundTrip, FeedBenchmarks.publish,
            JournalBenchmarks.append, JournalBenchmarks.commit, JournalBenchmarks.replay,
            DurabilityBenchmarks.async, DurabilityBenchmarks.sync,
            SnapshotBenchmark.benchmark, RecoveryBenchmark.benchmark,
        ]
}

/// How thoroughly to measure.
public struct BenchmarkOptions: Sendable {
    /// A few repetitions instead of enough for a figure: proves that the benchmark works.
    public var isQuick: Bool
    /// Only our side, a few rounds: for a profiler or an instruction counter.
    public var isProfile: Bool
    /// Folder of the recorded market data.
    public var dataFolder: String
    /// The name asked for, nil when all run: what is not worth its time here is run when asked for.
    public var filter: String?
    /// One of the made-up market flows; nil: all.
    public var flow: String?
    /// The program `bench`, for a part that takes a process of its own.
    public var bench: String

    /// Without `bench`, the program that lies beside this one.
    public init(
        isQuick: Bool, isProfile: Bool = false, dataFolder: String, filter: String? = nil,
        flow: String? = nil, bench: String? = nil
    ) {
        self.isQuick = isQuick
        self.isProfile = isProfile
        self.dataFolder = dataFolder
        self.filter = filter
        self.flow = flow
        self.bench = bench ?? Companion.path(of: "bench")
    }

    /// Interleaved pairs of ours and a baseline.
    var pairs: Int { isQuick ? 3 : 20 }
}

/// Why a benchmark cannot run here.
public struct BenchmarkError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// One line of figures. What was not measured is nil.
public struct BenchmarkResult: Sendable {
    public var name: String
    public var operations: Int
    public var nanosPerOperation: Double?
    public var p50: UInt64?
    public var p99: UInt64?
    public var p999: UInt64?
    public var max: UInt64?
    /// The longest time for which the idle machine kept a thread from the clock.
    public var hiccupMax: UInt64?
    public var instructionsPerOperation: Double?
    public var allocations: Int?
    /// Over everything computed: equal work gives an equal hash.
    public var hash: UInt64?
    public var baseline: String?
    /// Our time divided by the baseline's, in interleaved pairs of one run.
    public var ratio: RatioEstimate?
    /// What the reader must know: plan, sizes, what is not included.
    public var conditions: String

    init(_ name: String, operations: Int, conditions: String) {
        self.name = name
        self.operations = operations
        self.conditions = conditions
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", name)
            json.field("operations", operations)
            json.field("ns_per_op", nanosPerOperation, decimals: 2)
            json.field("p50_ns", p50)
            json.field("p99_ns", p99)
            json.field("p999_ns", p999)
            json.field("max_ns", max)
            json.field("hiccup_max_ns", hiccupMax)
            json.field("instructions_per_op", instructionsPerOperation, decimals: 1)
            json.field("allocations", allocations)
            json.field("hash", hash.map { String($0, radix: 16) })
            json.field("baseline", baseline)
            json.field("ratio", ratio?.median, decimals: 3)
            json.field("ratio_low", ratio?.low, decimals: 3)
            json.field("ratio_high", ratio?.high, decimals: 3)
            json.field("conditions", conditions)
        }
    }
}
