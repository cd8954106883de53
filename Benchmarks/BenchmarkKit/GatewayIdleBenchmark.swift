import CommandLineTool
import Exchange
import LinuxPlatform
import Telemetry

/// Whether connections that do nothing slow the ones that do something.
enum GatewayIdleBenchmark {
    static let benchmark = Benchmark(
        name: "gateway.idle-connections",
        summary: "round trip beside 1,000 idle connections ÷ the same beside none",
        run: run)

    static let idleCount = 1_000
    /// How many of them are logged on.
    static let loggedOnCount = 32

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let count = options.isQuick ? 200 : 2_000
        var histogram = LatencyHistogram()
        var hash: UInt64 = 0
        let times = try interleaved(
            options.pairs,
            [
                {
                    let (median, all, found) = try measure(count, idle: idleCount)
                    histogram.merge(all.value)
                    hash = found
                    return median
                },
                { try measure(count, idle: 0).0 },
            ])
        var result = BenchmarkResult(
            benchmark.name, operations: Int(histogram.count),
            conditions: "threads paired, profile latency, one in flight; \(idleCount) connections "
                + "that send nothing, \(loggedOnCount) of them logged on; beside none "
                + formatNanos(UInt64(InterleavedPairs.median(times[1]))))
        result.nanosPerOperation = histogram.mean
        result.p50 = histogram.value(atPercentile: 50)
        result.p99 = histogram.value(atPercentile: 99)
        result.p999 = histogram.value(atPercentile: 99.9)
        result.hash = hash
        result.baseline = "no idle connections"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        return [result]
    }

    private static func measure(
        _ count: Int, idle: Int
    ) throws -> (Double, Box<LatencyHistogram>, UInt64) {
        // Both venues know the same sessions; only the connections differ.
        let server = try VenueServer(
            .paired, sessions: 1 + loggedOnCount, logonTimeoutSeconds: 3_600)
        defer { server.stop() }
        return try onClientCore {
            var others: [GatewayClient] = []
            for position in 0..<idle {
                let isLoggedOn = position < loggedOnCount
                let other = try GatewayClient(
                    port: server.port,
                    credentials: VenueServer.credentials(isLoggedOn ? position + 1 : 0))
                if isLoggedOn { try other.logOn() }
                others.append(other)
            }
            defer { withExtendedLifetime(others) {} }
            let client = try GatewayClient(
                port: server.port, credentials: VenueServer.credentials())
            try client.logOn()
            for _ in 0..<count / 4 { _ = try client.roundTrip() }
            let histogram = Box(LatencyHistogram())
            for _ in 0..<count { histogram.value.record(try client.roundTrip()) }
            return (
                Double(histogram.value.value(atPercentile: 50)), histogram, client.hash
            )
        }
    }
}
