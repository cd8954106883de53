import CommandLineTool
import Telemetry

/// Latency that counts from the moment at which a request was planned, whatever the answers do, at rates
/// that double until the venue does not keep up.
enum GatewayCurveBenchmark {
    static let benchmark = Benchmark(
        name: "gateway.curve",
        summary:
            "latency from the planned time, from 1,000 orders a second to saturation; the knee",
        run: run)

    static let sessions = 8
    private static let lowest = 1_000.0
    /// What no client on one core offers: ends the curve on any machine.
    private static let highest = 10_000_000.0

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let server = try VenueServer(.paired, sessions: sessions)
        defer { server.stop() }
        return try onClientCore {
            let load = try OpenLoad(
                (0..<sessions).map {
                    let client = try GatewayClient(
                        port: server.port, credentials: VenueServer.credentials($0),
                        batch: OpenLoad.batchMax)
                    try client.logOn()
                    return client
                })
            let slices = options.isQuick ? 3 : 20
            let nanos: UInt64 = options.isQuick ? 20_000_000 : 100_000_000
            _ = try load.offer(rate: 10 * lowest, slices: 1, of: nanos)
            var curve = LatencyCurve()
            var results: [BenchmarkResult] = []
            var rate = lowest
            while rate <= highest {
                var hiccups = HiccupMeter()
                hiccups.watch(nanos: nanos / 2)
                let measured = try load.offer(rate: rate, slices: slices, of: nanos)
                curve.add(measured.step)
                results.append(result(measured, hiccups))
                // A quick run proves that it works, and makes the same steps each time.
                if options.isQuick ? results.count == 3 : curve.isSaturated { break }
                rate *= 2
            }
            return results + [knee(curve)]
        }
    }

    private static func result(
        _ measured: OpenLoad.Measured, _ hiccups: HiccupMeter
    ) -> BenchmarkResult {
        let step = measured.step
        let histogram = measured.histogram
        var result = BenchmarkResult(
            "gateway.curve.\(Int(step.offered))", operations: Int(histogram.value.count),
            conditions:
                "\(formatGrouped(Int(step.achieved))) of \(formatGrouped(Int(step.offered))) "
                + "a second, \(formatDecimal(measured.ordersPerSend, decimals: 1)) a send; in the "
                + "middle slice p50 \(formatNanos(step.p50)), p99 \(formatNanos(step.p99)); "
                + hiccups.summary)
        result.nanosPerOperation = histogram.value.mean
        result.p50 = histogram.value.value(atPercentile: 50)
        result.p99 = histogram.value.value(atPercentile: 99)
        result.p999 = histogram.value.value(atPercentile: 99.9)
        result.max = histogram.value.max
        result.hiccupMax = hiccups.longestNanos
        return result
    }

    private static func knee(_ curve: LatencyCurve) -> BenchmarkResult {
        func rate(_ knee: LatencyCurve.Step?) -> String {
            knee.map { formatGrouped(Int($0.offered)) } ?? "none"
        }
        let knee = curve.knee(by: \.p99)
        let most = curve.steps.map(\.achieved).max() ?? 0
        var result = BenchmarkResult(
            "gateway.curve.knee", operations: Int(knee?.offered ?? 0),
            conditions:
                "knee \(rate(knee)) a second by p99, \(rate(curve.knee(by: \.p50))) by p50: the "
                + "highest rate kept up with (95 %) at which that of the middle slice is at most "
                + "\(LatencyCurve.kneeFactor) times the least; at most \(formatGrouped(Int(most))) a "
                + "second were answered; threads paired, profile latency, \(sessions) sessions, lean 10125 "
                + "and 10109 in turn, what is due at a moment goes out on the next session (at most "
                + "\(OpenLoad.batchMax) a send), 20 slices of 0.1 s a rate, latency from the planned "
                + "time, client on core \(GatewayCores.client)")
        result.p50 = knee?.p50
        result.p99 = knee?.p99
        return result
    }
}
