import CommandLineTool

/// Orders a second when a client does not wait for answers, against the bare io_uring echo.
enum GatewayPipelinedBenchmark {
    static let benchmark = Benchmark(
        name: "gateway.pipelined",
        summary:
            "orders a second in batches of 64 over 1, 8 and 64 sessions ÷ a bare io_uring echo",
        run: run)

    static let batch = 64
    /// Orders of one session that may be unanswered.
    static let window = 256
    /// Orders that are timed together: batches of every session, and of one session some.
    private static func chunk(_ sessions: Int) -> Int { batch * max(16, sessions) }

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        try [1, 8, 64].map { try run(options, sessions: $0) }
    }

    private static func run(
        _ options: BenchmarkOptions, sessions: Int
    ) throws -> BenchmarkResult {
        let chunk = chunk(sessions)
        let total = (options.isProfile ? 400 : options.isQuick ? 4 : 24) * chunk
        var hash: UInt64 = 0
        var enters: UInt64 = 0
        var allocations = 0
        var orders = 0
        var means: [Double] = []
        func venue() throws -> Double {
            let server = try VenueServer(.paired, sessions: sessions)
            let nanos: Double
            let more: Int
            let mean: Double
            (nanos, mean, hash, more) = try measure(server, total, sessions, isVenue: true)
            means.append(mean)
            allocations += more
            enters += server.venue.kernelEntries
            orders += total + total / 4
            return nanos
        }
        if options.isProfile {
            for _ in 0..<5 { _ = try venue() }
        }
        let times = try interleaved(
            options.isProfile ? 0 : options.pairs,
            [
                venue,
                { try measure(try EchoServer(.uring), total, sessions, isVenue: false).0 },
            ])
        var result = BenchmarkResult(
            sessions == 1 ? "gateway.pipelined" : "gateway.pipelined.\(sessions)",
            operations: total, conditions: "")
        result.hash = hash
        result.allocations = allocations
        let entersPerOrder = Double(enters) / Double(max(orders, 1))
        result.conditions =
            "threads paired, profile latency, \(sessions) session\(sessions == 1 ? "" : "s"), "
            + "\(batch) orders a send, at most \(window) a session unanswered, "
            + "best tenth of the chunks of \(formatGrouped(chunk)) orders, "
            + "kernel entered \(formatDecimal(entersPerOrder, decimals: 4)) times an order"
        guard !options.isProfile else { return result }
        let nanos = InterleavedPairs.median(times[0])
        result.nanosPerOperation = nanos
        result.baseline = "bare io_uring echo"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        let echo = InterleavedPairs.median(times[1])
        result.conditions +=
            "; \(formatGrouped(Int(1e9 / nanos))) orders a second, "
            + "the echo \(formatGrouped(Int(1e9 / echo))); over all chunks of the median run "
            + "\(formatGrouped(Int(1e9 / InterleavedPairs.median(means))))"
        return result
    }

    /// Returns nanoseconds per order, of the best tenth of the chunks and of all, and the answers'
    /// hash; the server is stopped by then. The best tenth of the chunks counts: a chunk in which the system lent a core to somebody else takes
    /// many times as long, and the longer side is hit more often.
    private static func measure(
        _ server: any BenchServer, _ total: Int, _ sessions: Int, isVenue: Bool
    ) throws -> (Double, Double, UInt64, Int) {
        defer { server.stop() }
        return try onClientCore {
            let clients = try (0..<sessions).map {
                try GatewayClient(
                    port: server.port, credentials: VenueServer.credentials($0), batch: batch)
            }
            if isVenue { for client in clients { try client.logOn() } }
            try GatewayClient.pipeline(clients, total: total / 4, batch: batch, window: window)
            var chunks: [Double] = []
            let chunk = chunk(sessions)
            let allocations = try allocationsOfOthers {
                for _ in 0..<total / chunk {
                    let start = monotonicNanos()
                    try GatewayClient.pipeline(clients, total: chunk, batch: batch, window: window)
                    chunks.append(Double(monotonicNanos() - start) / Double(chunk))
                }
            }
            chunks.sort()
            return (
                chunks[chunks.count / 10], chunks.reduce(0, +) / Double(chunks.count),
                clients.reduce(0) { $0 &* 31 &+ $1.hash }, allocations
            )
        }
    }
}
