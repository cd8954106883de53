import CommandLineTool
import Exchange
import Telemetry

/// An order and its answer over loopback TCP, one at a time, against servers that do nothing.
enum GatewayRoundTripBenchmark {
    static let benchmark = Benchmark(
        name: "gateway.roundtrip",
        summary: "order to answer over loopback, gateway and engine on one core ÷ bare echoes; and "
            + "sockperf's own round trip, where installed",
        run: { options in
            let results = try run(options, .paired)
            return options.isProfile ? results : results + [Sockperf.result(options)]
        })

    static let dedicated = Benchmark(
        name: dedicatedName,
        summary: "the same with a core each for gateway and engine (asked for on small machines)",
        run: { options in
            guard
                GatewayCores.usable.count >= 3
                    || options.filter?.hasPrefix(dedicatedName) == true
            else {
                return [
                    BenchmarkResult(
                        dedicatedName, operations: 0,
                        conditions: "not run: gateway, engine and client spin, and there are "
                            + "\(GatewayCores.usable.count) cores; "
                            + "--filter \(dedicatedName) runs it all the same")
                ]
            }
            return try run(options, .dedicated)
        })

    static let dedicatedName = "gateway.roundtrip.dedicated"

    /// What one kind of server gave over all turns.
    private final class Figures {
        var histogram = LatencyHistogram()
        var hash: UInt64?
        var allocations = 0
        var hiccups = HiccupMeter()
    }

    static func run(
        _ options: BenchmarkOptions, _ threads: RuntimeSettings.Threads
    ) throws -> [BenchmarkResult] {
        // The client and the gateway's thread share a core when there are two and both are taken.
        let isShared = threads == .dedicated && GatewayCores.usable.count < 3
        let count = isShared ? 50 : options.isQuick ? 200 : 10_000
        let pairs = isShared ? 5 : options.pairs
        let ours = Figures()
        let uring = Figures()
        let plain = Figures()
        let hybrid = Figures()
        func venue() throws -> Double {
            try measure(ours, count, isVenue: true, yields: isShared) { try VenueServer(threads) }
        }
        if options.isProfile {
            for _ in 0..<5 { _ = try venue() }
            return [result("gateway.roundtrip", ours, [], nil, "", threads, isShared)]
        }
        let times = try interleaved(
            pairs,
            [
                venue,
                { try measure(uring, count) { try EchoServer(.uring) } },
                { try measure(plain, count) { try EchoServer(.plain) } },
                { try measure(hybrid, count) { try EchoServer(.hybrid) } },
            ])
        let name = threads == .dedicated ? dedicatedName : benchmark.name
        return [
            result(name, ours, times[0], times[1], "bare io_uring echo", threads, isShared),
            result(
                name + ".plain-echo", ours, times[0], times[2], "plain spinning echo", threads,
                isShared),
            result(
                name + ".hybrid-echo", ours, times[0], times[3],
                "echo with a ring's flag, receive and send", threads, isShared),
        ]
    }

    /// Starts a server, makes the round trips, stops it. Returns the median in nanoseconds.
    private static func measure(
        _ figures: Figures, _ count: Int, isVenue: Bool = false, yields: Bool = false,
        _ start: () throws -> any BenchServer
    ) throws -> Double {
        try onClientCore { figures.hiccups.watch(nanos: 2_000_000) }
        let server = try start()
        defer { server.stop() }
        return try onClientCore {
            let client = try GatewayClient(
                port: server.port, credentials: VenueServer.credentials(), yields: yields)
            if isVenue { try client.logOn() }
            for _ in 0..<count / 4 { _ = try client.roundTrip() }
            var histogram = LatencyHistogram()
            figures.allocations += try allocationsOfOthers {
                for _ in 0..<count { histogram.record(try client.roundTrip()) }
            }
            figures.histogram.merge(histogram)
            figures.hash = client.hash
            return Double(histogram.value(atPercentile: 50))
        }
    }

    private static func result(
        _ name: String, _ figures: Figures, _ ours: [Double], _ baseline: [Double]?,
        _ baselineName: String, _ threads: RuntimeSettings.Threads, _ isShared: Bool
    ) -> BenchmarkResult {
        var conditions =
            "threads \(threads.rawValue), profile latency, one in flight, lean 10125 and 10109 in "
            + "turn, 120 B each way, client on core \(GatewayCores.client)"
        if isShared {
            conditions += ", which it shares with the gateway: these are the scheduler's times"
        }
        conditions += "; " + figures.hiccups.summary
        var result = BenchmarkResult(
            name, operations: Int(figures.histogram.count), conditions: conditions)
        result.nanosPerOperation = figures.histogram.mean
        result.p50 = figures.histogram.value(atPercentile: 50)
        result.p99 = figures.histogram.value(atPercentile: 99)
        result.p999 = figures.histogram.value(atPercentile: 99.9)
        result.hiccupMax = figures.hiccups.longestNanos
        result.hash = figures.hash
        result.allocations = figures.allocations
        if let baseline {
            result.baseline = baselineName
            result.ratio = InterleavedPairs.estimate(zip(ours, baseline).map { $0 / $1 })
            result.conditions +=
                "; the echo's median \(formatNanos(UInt64(InterleavedPairs.median(baseline))))"
        }
        return result
    }
}
