import CommandLineTool
import Exchange
import Glibc
import LinuxPlatform
import Surface
import Telemetry

/// What it costs that nothing acknowledged is lost.
enum DurabilityBenchmarks {
    static let async = Benchmark(
        name: "journal.async",
        summary: "order to answer over loopback with a data directory in async ÷ without one",
        run: roundTrips)

    static let sync = Benchmark(
        name: "journal.sync",
        summary: "orders of 32 sessions in sync ÷ an echo with raw group commit",
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
                    let folder = try TemporaryFolder.onDisk()
                    return try measure(count, .standard(folder.path), with, hash)
                },
                { try measure(count, DurabilitySettings(), without, Box(0)) },
            ])
        var result = BenchmarkResult(
            "journal.async", operations: Int(with.value.count),
            conditions:
                "threads paired, profile latency, one lean order or deletion in flight, client "
                + "on core \(GatewayCores.client) of \(GatewayCores.usable.count), which journal and "
                + "follower share on two; data directory in \(TemporaryFolder.benchmarkParent); without it "
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

    /// What 32 sessions send at once.
    private struct Load {
        var name: String
        /// Requests a send, and how many of a session may be unanswered.
        var batch: Int
        var window: Int
        var words: String

        static let sessions = 32
        static let single = Load(
            name: "journal.sync", batch: 1, window: 1,
            words: "\(sessions) sessions with one lean order or deletion in flight each")
        static let pipelined = Load(
            name: "journal.sync.pipelined", batch: 16, window: 64,
            words: "\(sessions) sessions, \(16) lean orders and deletions a send, at most \(64) "
                + "unanswered of each")
    }

    private static func sessions(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        try [Load.single, .pipelined].map { try sessions(options, $0) }
    }

    /// The venue in `sync` and without a journal, an echo that commits its groups and does nothing else,
    /// and the disk alone with groups of everything that may be in flight.
    private static func sessions(
        _ options: BenchmarkOptions, _ load: Load
    ) throws -> BenchmarkResult {
        let count = Load.sessions * (options.isQuick ? 16 : 256) * load.batch
        let hash = Box<UInt64>(0)
        let groups = Box<[Double]>([])
        let raw = try TemporaryFolder.onDisk()
        let times = try interleaved(
            options.pairs,
            [
                { try venue(count, load, .sync, hash, groups) },
                { try venue(count, load, nil, Box(0), Box([])) },
                {
                    let echo = try EchoServer(.committing(folder: raw.path))
                    return try measure(echo, count, load, isVenue: false, Box(0))
                },
                {
                    try JournalBenchmarks.rawCommit(
                        count, group: Load.sessions * load.window, in: raw.path)
                },
            ])
        let rates = times.map { formatGrouped(Int(1e9 / InterleavedPairs.median($0))) }
        let group = formatDecimal(InterleavedPairs.median(groups.value), decimals: 1)
        let disk = InterleavedPairs.estimate(zip(times[0], times[3]).map { $0 / $1 })
        var result = BenchmarkResult(
            load.name, operations: count,
            conditions:
                "threads paired, profile latency, \(load.words), data directory in "
                + "\(TemporaryFolder.benchmarkParent); client, journal and the kernel's writer share a "
                + "core; \(rates[0]) requests a second in groups of \(group), without a journal "
                + "\(rates[1]), an echo over the same connections with group commit \(rates[2]), the "
                + "disk alone with groups of \(Load.sessions * load.window) \(rates[3]) "
                + "(\(formatDecimal(disk.median, decimals: 2)) times ours)")
        result.nanosPerOperation = InterleavedPairs.median(times[0])
        result.hash = hash.value
        result.baseline = "echo with raw group commit"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[2]).map { $0 / $1 })
        return result
    }

    /// Notes how many commands a group of the journal had.
    private static func venue(
        _ count: Int, _ load: Load, _ mode: DurabilitySettings.Mode?, _ hash: Box<UInt64>,
        _ groups: Box<[Double]>
    ) throws -> Double {
        let folder = try TemporaryFolder.onDisk()
        var durability = DurabilitySettings()
        if let mode {
            durability = .standard(folder.path)
            durability.mode = mode
        }
        let server = try VenueServer(.paired, sessions: Load.sessions, durability: durability)
        let counters = try SurfaceReader.attach(name: server.name).counters()
        let nanos = try measure(server, count, load, isVenue: true, hash)
        if mode != nil {
            let records = counters.value(of: "journal.records") ?? 0
            let writes = counters.value(of: "journal.groups") ?? 0
            groups.value.append(Double(records) / Double(max(writes, 1)))
        }
        return nanos
    }

    /// Nanoseconds a request; the server is stopped by then.
    private static func measure(
        _ server: any BenchServer, _ count: Int, _ load: Load, isVenue: Bool, _ hash: Box<UInt64>
    ) throws -> Double {
        defer { server.stop() }
        return try onClientCore {
            let clients = try (0..<Load.sessions).map {
                try GatewayClient(
                    port: server.port, credentials: VenueServer.credentials($0), batch: load.batch)
            }
            if isVenue { for client in clients { try client.logOn() } }
            func run(_ total: Int) throws {
                try GatewayClient.pipeline(
                    clients, total: total, batch: load.batch, window: load.window, rests: true)
            }
            try run(count / 4)
            let start = monotonicNanos()
            try run(count)
            let nanos = Double(monotonicNanos() - start)
            hash.value = clients.reduce(0) { $0 &* 31 &+ $1.hash }
            return nanos / Double(count)
        }
    }
}
