import CommandLineTool
import Exchange
import Glibc
import LinuxPlatform
import Telemetry

/// Whether sessions that are logged on and silent slow those that trade.
///
/// One venue knows all of them. The silent ones, held by a process of their own, come and go between the
/// measurements, so that both sides have the same memory.
enum GatewaySessionsBenchmark {
    static let benchmark = Benchmark(
        name: "gateway.sessions",
        summary: "round trip of 64 sessions in turn beside 9,936 that are logged on and silent ÷ "
            + "beside none",
        run: run)

    static let active = 64
    static let wanted = 10_000

    private final class Figures {
        var histogram = LatencyHistogram()
        var hiccups = HiccupMeter()
        var logonNanos: [Double] = []
    }

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        guard access(options.bench, X_OK) == 0 else {
            return [
                BenchmarkResult(
                    benchmark.name, operations: 0,
                    conditions: "not run: \(options.bench), which holds the silent sessions, is "
                        + "not built")
            ]
        }
        let silent = min(options.isQuick ? 200 : wanted - active, Self.silentMax)
        let count = active * (options.isQuick ? 4 : 32)
        let server = try VenueServer(.paired, sessions: active + silent, logonTimeoutSeconds: 60)
        defer { server.stop() }
        let figures = Figures()
        let (times, hash) = try onClientCore {
            let traders = try (0..<active).map {
                let client = try GatewayClient(
                    port: server.port, credentials: VenueServer.credentials($0))
                try client.logOn()
                return client
            }
            let times = try interleaved(
                options.pairs,
                [
                    {
                        let others = try SilentSessions(
                            silent, from: active, at: server.port, program: options.bench)
                        defer { others.stop() }
                        figures.logonNanos.append(others.logonNanos)
                        return try roundTrips(traders, count, figures)
                    },
                    { try roundTrips(traders, count, nil) },
                ])
            return (times, traders.reduce(0) { $0 &* 31 &+ $1.hash })
        }
        return [result(silent, times, hash, figures)]
    }

    /// Sessions that the venue may have beside the active ones. Each takes a descriptor of this process, as
    /// does each active one's client, and of the process that holds the silent ones; both have the same limit.
    private static var silentMax: Int {
        max(0, DescriptorLimit.raise(to: .max) - 512 - 2 * active)
    }

    /// `count` orders and deletions, one in flight, the sessions in turn. Returns the median.
    private static func roundTrips(
        _ clients: [GatewayClient], _ count: Int, _ figures: Figures?
    ) throws -> Double {
        // What the coming and going of the others left to do is done by then.
        usleep(200_000)
        figures?.hiccups.watch(nanos: 2_000_000)
        for round in 0..<count / 2 { _ = try clients[round % clients.count].roundTrip() }
        var histogram = LatencyHistogram()
        for round in 0..<count {
            histogram.record(try clients[round % clients.count].roundTrip())
        }
        figures?.histogram.merge(histogram)
        return Double(histogram.value(atPercentile: 50))
    }

    private static func result(
        _ silent: Int, _ times: [[Double]], _ hash: UInt64, _ figures: Figures
    ) -> BenchmarkResult {
        var conditions =
            "threads paired, profile latency, one in flight over \(active) sessions in turn, "
            + "\(formatGrouped(active + silent)) logged on, the silent ones from a process of their "
            + "own; \(active) logged on take "
            + formatNanos(UInt64(InterleavedPairs.median(times[1])))
            + "; the logons together "
            + formatNanos(UInt64(InterleavedPairs.median(figures.logonNanos)))
        if silent < wanted - active {
            conditions +=
                "; not \(formatGrouped(wanted)), as a quick run or the system's limit of "
                + "open files has it"
        }
        var result = BenchmarkResult(
            benchmark.name, operations: Int(figures.histogram.count),
            conditions: conditions + "; " + figures.hiccups.summary)
        result.nanosPerOperation = figures.histogram.mean
        result.p50 = figures.histogram.value(atPercentile: 50)
        result.p99 = figures.histogram.value(atPercentile: 99)
        result.p999 = figures.histogram.value(atPercentile: 99.9)
        result.max = figures.histogram.max
        result.hiccupMax = figures.hiccups.longestNanos
        result.hash = hash
        result.baseline = "\(active) sessions logged on"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        return result
    }
}
