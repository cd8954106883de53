import CommandLineTool
import Exchange
import Telemetry

/// What it costs that nothing acknowledged is lost.
enum DurabilityBenchmarks {
    static let async = Benchmark(
        name: "journal.async",
        summary: "order to answer over loopback with a data directory in async ÷ without one",
        run: roundTrips)

    static let sync = Benchmark(
        name: "journal.sync",
        summary: "orders of 32 sessions, one under way each, in sync ÷ raw group commit of as many",
        run: sessions)

    // MARK: With and without

    private static func roundTrips(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let count = options.isQuick ? 200 : 2_000
        let (with, without) = (Box(LatencyHistogram()), Box(LatencyHistogram()))
        let hash = Box<UInt64>(0)
        let times = try interleaved(
            options.pairs,
            [
                {
                    let folder = TemporaryFolder()
                    return try measure(count, .standard(folder.path), with, hash)
                },
                { try measure(count, DurabilitySettings(), without, Box(0)) },
            ])
        var result = BenchmarkResult(
            "journal.async", operations: Int(with.value.count),
            conditions:
                "threads paired, profile latency, one lean order or deletion in flight, client "
                + "on core \(GatewayCores.client) of \(GatewayCores.usable.count), which journal and "
                + "follower share on two; data directory in \(TemporaryFolder.parent); without it "
                + "\(formatNanos(UInt64(InterleavedPairs.median(times[1])))), p99 "
                + formatNanos(without.value.value(atPercentile: 99)))
        result.nanosPerOperation = with.value.mean
        result.p50 = with.value.value(atPercentile: 50)
        result.p99 = with.value.value(atPercentile: 99)
        result.p999 = with.value.value(atPercentile: 99.9)
        result.hash = hash.value
        result.baseline = "nothing kept"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        return [result]
    }

    private static func measure(
        _ count: Int, _ durability: DurabilitySettings, _ all: Box<LatencyHistogram>,
        _ hash: Box<UInt64>
    ) throws -> Double {
        let server = try VenueServer(.paired, durability: durability)
        defer { server.stop() }
        return try onClientCore {
            let client = try GatewayClient(
                port: server.port, credentials: VenueServer.credentials())
            try client.logOn()
            for _ in 0..<count / 4 { _ = try client.roundTrip() }
            var histogram = LatencyHistogram()
            for _ in 0..<count { histogram.record(try client.roundTrip()) }
            all.value.merge(histogram)
            hash.value = client.hash
            return Double(histogram.value(atPercentile: 50))
        }
    }

    // MARK: Group commit

    private static func sessions(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let sessions = 32
        let count = sessions * (options.isQuick ? 8 : 256)
        let hash = Box<UInt64>(0)
        let raw = TemporaryFolder()
        let times = try interleaved(
            options.pairs,
            [
                { try measure(count, sessions: sessions, hash) },
                {
                    try JournalBenchmarks.rawCommit(count, sessions: sessions, in: raw.path)
                },
            ])
        let (ours, theirs) = (
            InterleavedPairs.median(times[0]), InterleavedPairs.median(times[1])
        )
        var result = BenchmarkResult(
            "journal.sync", operations: count,
            conditions:
                "threads paired, profile laptop, \(sessions) sessions with one lean order or "
                + "deletion in flight each, data directory in \(TemporaryFolder.parent); "
                + "\(formatGrouped(Int(1e9 / ours))) requests a second, raw group commit "
                + formatGrouped(Int(1e9 / theirs)))
        result.nanosPerOperation = ours
        result.hash = hash.value
        result.baseline = "raw group commit"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        return [result]
    }

    private static func measure(
        _ count: Int, sessions: Int, _ hash: Box<UInt64>
    ) throws -> Double {
        let folder = TemporaryFolder()
        var durability = DurabilitySettings.standard(folder.path)
        durability.mode = .sync
        // Nobody spins: with two cores the disk's completions and the journal need one of them.
        let server = try VenueServer(
            .paired, sessions: sessions, profile: .laptop, durability: durability)
        defer { server.stop() }
        return try onClientCore {
            let clients = try (0..<sessions).map {
                try GatewayClient(
                    port: server.port, credentials: VenueServer.credentials($0))
            }
            for client in clients { try client.logOn() }
            try GatewayClient.pipeline(clients, total: count / 4, batch: 1, window: 1, rests: true)
            let start = monotonicNanos()
            try GatewayClient.pipeline(clients, total: count, batch: 1, window: 1, rests: true)
            let nanos = Double(monotonicNanos() - start)
            hash.value = clients.reduce(0) { $0 &* 31 &+ $1.hash }
            return nanos / Double(count)
        }
    }
}
