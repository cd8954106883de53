import Telemetry

/// What recording one latency costs.
enum HistogramBenchmark {
    static let benchmark = Benchmark(
        name: "histogram", summary: "LatencyHistogram.record ÷ a plain array of counters",
        run: run)

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let count = options.isQuick ? 200_000 : 8_000_000
        // A spread of values as latencies have: microseconds with a tail, from a small generator.
        var state: UInt64 = 1
        let values: [UInt64] = (0..<4096).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 5_000 + (state >> 40) % 20_000 * ((state >> 60) == 0 ? 50 : 1)
        }
        var histogram = LatencyHistogram()
        var plain = [UInt64](repeating: 0, count: 1 << 21)
        let pairs = InterleavedPairs(
            options.pairs,
            ours: {
                let start = threadNanos()
                for index in 0..<count { histogram.record(values[index & 4095]) }
                return Double(threadNanos() - start) / Double(count)
            },
            baseline: {
                let start = threadNanos()
                plain.withUnsafeMutableBufferPointer { counters in
                    for index in 0..<count { counters[Int(values[index & 4095])] &+= 1 }
                }
                return Double(threadNanos() - start) / Double(count)
            })
        var result = BenchmarkResult(
            "histogram", operations: count, conditions: "three significant digits, one thread")
        result.nanosPerOperation = InterleavedPairs.median(pairs.ours)
        result.hash = histogram.count
        result.baseline = "array of counters, one a nanosecond"
        result.ratio = pairs.ratio
        return [result]
    }
}
