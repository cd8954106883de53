import CommandLineTool
import Domain
import LinuxPlatform
import MarketFlows

/// How long a venue takes from its start until it could serve, with a history behind it: from the newest
/// snapshot, and from the journal alone.
enum RecoveryBenchmark {
    static let benchmark = Benchmark(
        name: "recovery",
        summary: "a venue's start from its data directory: snapshot and journal, and journal alone",
        run: { options in
            try (options.flow == nil ? fullBook(options) : []) + [normalFlow(options)]
        })

    /// A book that fills, and then a routine day in it.
    private static func fullBook(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let orders = options.isQuick ? 6_000 : 1_000_000
        let history = RecoveryHistory(
            commands: options.isQuick ? 60_000 : 10_000_000,
            tail: options.isQuick ? 20_000 : 1_000_000, orderCapacity: orders + orders / 8)
        let folder = try TemporaryFolder.onDisk()
        var day = RoutineDay(orders: orders)
        let applyNanos = try history.write(to: folder.path) { day.next($0) }
        let live = day.liveCount

        var snapshot = BenchmarkResult(
            "recovery.snapshot", operations: history.tail,
            conditions: "\(history.tail) commands behind the snapshot of "
                + conditions(history, live, folder))
        let starts = try (0..<(options.isQuick ? 1 : 3)).map { _ in
            try history.start(from: folder.path).nanos
        }
        snapshot.nanosPerOperation = starts.min()! / Double(history.tail)
        snapshot.hash = history.stateHash
        snapshot.conditions += "; \(milliseconds(starts.min()!)) ms in all"

        try history.removeSnapshots(folder.path)
        return [
            snapshot, try journal("recovery.journal", history, live, folder, applyNanos, options),
        ]
    }

    /// The journal of a `normal` market flow, five of its usual lengths.
    private static func normalFlow(_ options: BenchmarkOptions) throws -> BenchmarkResult {
        var profile = MarketProfile.normal
        profile.messages = options.isQuick ? 20_000 : 10_000_000
        let history = RecoveryHistory(
            commands: profile.messages, tail: 0, orderCapacity: 1 << 18)
        let folder = try TemporaryFolder.onDisk()
        var market = MarketGenerator(profile)
        let applyNanos = try history.write(to: folder.path) { sequence in
            var command = MarketFlow.command(market.next(), request: Int(sequence))
            RecoveryHistory.stamp(&command, sequence)
            return command
        }
        let live = market.restingCount
        return try journal("recovery.normal", history, live, folder, applyNanos, options)
    }

    private static func journal(
        _ name: String, _ history: RecoveryHistory, _ live: Int, _ folder: TemporaryFolder,
        _ applyNanos: Double, _ options: BenchmarkOptions
    ) throws -> BenchmarkResult {
        var result = BenchmarkResult(
            name, operations: history.commands, conditions: conditions(history, live, folder))
        let starts = try (0..<(options.isQuick ? 1 : 3)).map { _ in
            try history.start(from: folder.path)
        }
        let whole = starts.map(\.nanos).min()!
        let processor = starts.map(\.processorNanos).min()!
        result.nanosPerOperation = whole / Double(history.commands)
        result.hash = history.stateHash
        result.conditions +=
            "; \(milliseconds(whole)) ms in all, \(perSecond(history.commands, whole)) commands a "
            + "second; \(milliseconds(processor)) ms of processor time, "
            + "\(perSecond(history.commands, processor)) commands a second of it; "
            + "applying them in memory took \(Int(applyNanos / Double(history.commands))) ns a command"
        return result
    }

    private static func conditions(
        _ history: RecoveryHistory, _ live: Int, _ folder: TemporaryFolder
    ) -> String {
        "\(history.commands) journaled commands, \(live) live orders, "
            + "\(history.journalBytes(folder.path) >> 20) MiB of journal in the page cache, until "
            + "everything is made and the first connection could be taken"
    }

    private static func perSecond(_ commands: Int, _ nanos: Double) -> String {
        formatGrouped(Int(Double(commands) / nanos * 1_000_000) * 1000)
    }

    private static func milliseconds(_ nanos: Double) -> Int { Int(nanos / 1_000_000) }
}
