import CommandLineTool
import Exchange
import Glibc
import Telemetry

/// Whether sessions that are logged on and silent slow those that trade.
///
/// One venue knows all of them. The silent ones come and go between the measurements, so that both
/// sides have the same memory.
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
                        let others = try logOn(silent, server.port, figures)
                        defer { for other in others { other.abandon() } }
                        return try roundTrips(traders, count, figures)
                    },
                    { try roundTrips(traders, count, nil) },
                ])
            return (times, traders.reduce(0) { $0 &* 31 &+ $1.hash })
        }
        return [result(silent, times, hash, figures)]
    }

    /// Sessions that this process may have beside the active ones: each takes a descriptor of the client and
    /// one of the venue, which is in this process too.
    private static var silentMax: Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        return max(0, (Int(clamping: limit.rlim_cur) - 512) / 2 - active)
    }

    private static func logOn(
        _ count: Int, _ port: UInt16, _ figures: Figures
    ) throws -> [GatewayClient] {
        let start = monotonicNanos()
        let clients = try (0..<count).map {
            let client = try GatewayClient(
                port: port, credentials: VenueServer.credentials(active + $0), answerBytes: 4096)
            try client.requestLogon()
            return client
        }
        for client in clients { try client.awaitAnswer() }
        figures.logonNanos.append(Double(monotonicNanos() - start))
        return clients
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
            + "\(formatGrouped(active + silent)) logged on; \(active) logged on take "
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
