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
    /// Orders that are timed together: so many batches of every session that the first and the last, with
    /// nothing before or behind them, count for little.
    private static func chunk(_ sessions: Int) -> Int { batch * max(128, 4 * sessions) }

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        try [1, 8, 64].map { try run(options, sessions: $0) }
    }

    /// Of one server, over one load.
    private struct Measurement {
        /// Nanoseconds an order in the best tenth of the chunks. That tenth counts: a chunk in which the
        /// system lent a core to somebody else takes many times as long, and the longer side is hit more
        /// often.
        var nanos = 0.0
        /// Nanoseconds an order in all chunks.
        var mean = 0.0
        var hash: UInt64 = 0
        var allocations = 0
        /// Nanoseconds an order of processor time of the server's threads, one of which spins.
        var processor = 0.0
    }

    private static func run(
        _ options: BenchmarkOptions, sessions: Int
    ) throws -> BenchmarkResult {
        let chunk = chunk(sessions)
        let total = (options.isProfile ? 400 : options.isQuick ? 4 : 24) * chunk
        var enters: UInt64 = 0
        var venues: [Measurement] = []
        var echoes: [Measurement] = []
        func venue() throws -> Double {
            let server = try VenueServer(.paired, sessions: sessions)
            venues.append(try measure(server, total, sessions, isVenue: true))
            enters += server.venue.kernelEntries
            return venues[venues.count - 1].nanos
        }
        func echo() throws -> Double {
            echoes.append(try measure(try EchoServer(.uring), total, sessions, isVenue: false))
            return echoes[echoes.count - 1].nanos
        }
        if options.isProfile {
            for _ in 0..<5 { _ = try venue() }
        }
        func processor(_ measurements: [Measurement]) -> String {
            formatDecimal(InterleavedPairs.median(measurements.map(\.processor)), decimals: 0)
        }
        let times = try interleaved(options.isProfile ? 0 : options.pairs, [venue, echo])
        var result = BenchmarkResult(
            sessions == 1 ? "gateway.pipelined" : "gateway.pipelined.\(sessions)",
            operations: total, conditions: "")
        result.hash = venues.last?.hash ?? 0
        result.allocations = venues.reduce(0) { $0 + $1.allocations }
        let orders = venues.count * (total + total / 4)
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
        result.conditions +=
            "; \(formatGrouped(Int(1e9 / nanos))) orders a second, "
            + "the echo \(formatGrouped(Int(1e9 / InterleavedPairs.median(times[1])))); "
            + "over all chunks of the median run "
            + "\(formatGrouped(Int(1e9 / InterleavedPairs.median(venues.map(\.mean)))))"
            + "; processor time an order, spinning included: \(processor(venues)) ns of the venue's "
            + "threads, \(processor(echoes)) ns of the echo's"
        return result
    }

    /// The server is stopped by then.
    private static func measure(
        _ server: any BenchServer, _ total: Int, _ sessions: Int, isVenue: Bool
    ) throws -> Measurement {
        defer { server.stop() }
        return try onClientCore {
            let clients = try (0..<sessions).map {
                try GatewayClient(
                    port: server.port, credentials: VenueServer.credentials($0), batch: batch)
            }
            if isVenue { for client in clients { try client.logOn() } }
            try GatewayClient.pipeline(clients, total: total / 4, batch: batch, window: window)
            var measured = Measurement()
            var chunks: [Double] = []
            let chunk = chunk(sessions)
            let before = othersNanos()
            measured.allocations = try allocationsOfOthers {
                for _ in 0..<total / chunk {
                    let start = monotonicNanos()
                    try GatewayClient.pipeline(clients, total: chunk, batch: batch, window: window)
                    chunks.append(Double(monotonicNanos() - start) / Double(chunk))
                }
            }
            measured.processor = max(0, othersNanos() - before) / Double(total)
            chunks.sort()
            measured.nanos = chunks[chunks.count / 10]
            measured.mean = chunks.reduce(0, +) / Double(chunks.count)
            measured.hash = clients.reduce(0) { $0 &* 31 &+ $1.hash }
            return measured
        }
    }
}
