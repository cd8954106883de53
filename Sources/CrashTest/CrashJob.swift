import CommandLineTool
import Glibc
import LinuxPlatform
import OrderFlow

/// All runs of one call of the program.
final class CrashJob {
    private let options: CrashOptions
    private let shouldStop: () -> Bool
    private(set) var totals = CrashTotals()
    private let progress = ProgressLine()
    private let begin = SystemClock.monotonicNanos()
    /// Violations printed; the others are as a rule of the same kind.
    private static let shown = 10
    /// What was found wrong, and the command that repeats it.
    private(set) var violations: [String] = []
    private(set) var repetition: String?
    /// Data and logs of what went wrong.
    private(set) var folder = ""

    init(_ options: CrashOptions, shouldStop: @escaping () -> Bool) {
        self.options = options
        self.shouldStop = shouldStop
    }

    /// Returns whether all was as it should be.
    func run() throws(ToolError) -> Bool {
        guard options.busiesDisk else { return try runAll() }
        return try BusyDisk(in: options.folder).meanwhile { () throws(ToolError) in try runAll() }
    }

    private func runAll() throws(ToolError) -> Bool {
        var seed = options.seed
        while totals.runs < options.runs {
            // Other faults have a data directory for each run.
            let lives = options.fault == .kill ? options.lives : 1
            let runs = min(lives, options.runs - totals.runs)
            guard try runHistory(seed: seed, runs: runs) else { return false }
            seed += 1
        }
        return true
    }

    private func runHistory(seed: UInt64, runs: Int) throws(ToolError) -> Bool {
        let folder: TemporaryFolder
        do throws(SystemError) {
            folder = try TemporaryFolder(in: options.folder)
        } catch {
            throw .run(error.description)
        }
        folder.isKept = options.keep
        let deployment = try Deployment(
            folder: folder.path, name: "crash-\(getpid())-\(seed)", programs: options.programs,
            durability: options.durability)
        defer { deployment.kill() }
        if options.durability != .none {
            try deployment.configure(options.configuration(seed: seed).printed())
        }
        let verdict = Verdict()
        let market = Market(seed: seed, verdict: verdict, shouldStop: shouldStop)
        var done = CrashTotals()
        do {
            try run(seed: seed, runs: runs, deployment, market, &done)
        } catch {
            if shouldStop() { throw error }
            verdict.fail("\(error)")
        }
        totals += done
        guard !verdict.isGood else { return true }
        report(verdict, folder, seed: seed, runs: min(done.runs + 1, runs))
        return false
    }

    private func run(
        seed: UInt64, runs: Int, _ deployment: Deployment, _ market: Market,
        _ done: inout CrashTotals
    ) throws(ToolError) {
        guard options.fault == .kill else {
            var run = FaultRun(
                options.with(seed: seed), deployment: deployment, market: market)
            defer { done = run.totals }
            return try run.run()
        }
        var history = KillHistory(
            options, seed: seed, runs: runs, deployment: deployment, market: market)
        defer { done = history.totals }
        try history.run { lived in
            progress.show(
                "\(formatGrouped(totals.runs + lived.runs)) of \(formatGrouped(options.runs)) runs")
        }
    }

    private func report(_ verdict: Verdict, _ folder: TemporaryFolder, seed: UInt64, runs: Int) {
        folder.isKept = true
        self.folder = folder.path
        progress.clear()
        violations = verdict.violations
        for violation in violations.prefix(Self.shown) { printError("apus-crash: \(violation)") }
        var words = ["apus-crash", "--runs \(runs)", "--seed \(seed)"]
        words.append("--durability \(options.durability.rawValue)")
        if let victim = options.victim { words.append("--kill \(victim.rawValue)") }
        if options.fault != .kill { words.append("--fault \(options.fault.rawValue)") }
        words.append("--seconds-per-run \(Double(options.lifeNanos) / 1e9)")
        words.append("--lives \(options.lives)")
        if options.busiesDisk { words.append("--busy-disk") }
        let command = words.joined(separator: " ")
        repetition = command
        printError("apus-crash: data and logs are in \(folder.path); again with: \(command)")
    }

    // MARK: Showing

    func printTotals(isJSON: Bool) {
        progress.clear()
        let seconds = Double(SystemClock.monotonicNanos() - begin) / 1e9
        let times = totals.recoveryNanos.sorted()
        let middle = times.isEmpty ? nil : times[times.count / 2]
        guard !isJSON else {
            var json = JSONWriter()
            json.object {
                $0.field("fault", options.fault.rawValue)
                $0.field("durability", options.durability.rawValue)
                $0.field("runs", totals.runs)
                $0.field("venue_kills", totals.venueKills)
                $0.field("dropcopy_kills", totals.publisherKills)
                $0.field("requests_answered", totals.requests)
                $0.field("rejects", totals.rejects)
                $0.field("executions", totals.executions)
                $0.field("matches", totals.trades)
                $0.field("requests_in_flight", totals.inFlight.requests)
                $0.field("requests_in_flight_done", totals.inFlight.done)
                $0.field("orders_restated", totals.inFlight.restated)
                $0.field("messages_missed_and_resent", totals.missed)
                $0.field("dropcopy_compared", totals.dropCopyCompared)
                $0.field("dropcopy_resent", totals.dropCopyResent)
                $0.field("start_ms_p50", middle.map { Double($0) / 1e6 } ?? 0, decimals: 1)
                $0.field("start_ms_max", times.last.map { Double($0) / 1e6 } ?? 0, decimals: 1)
                $0.field("seconds", seconds, decimals: 1)
                $0.field("violations", violations.count)
                $0.field("repeat", repetition)
            }
            return Swift.print(json.text)
        }
        Swift.print(
            """
            \(formatGrouped(totals.executions)) executions, \(formatGrouped(totals.trades)) matches \
            balance
            \(formatGrouped(totals.inFlight.requests)) requests were in flight, \
            \(formatGrouped(totals.inFlight.done)) of them had been done; \
            \(formatGrouped(totals.inFlight.restated)) orders restated
            \(formatGrouped(totals.dropCopyCompared)) messages of the drop copy are what sessions were \
            told
            started again in \(middle.map(formatNanos) ?? "-") (p50), \
            \(times.last.map(formatNanos) ?? "-") (max)
            \(formatGrouped(totals.runs)) runs (\(options.fault.rawValue), \
            \(options.durability.rawValue)), \(formatGrouped(totals.venueKills)) kills of the venue, \
            \(formatGrouped(totals.publisherKills)) of the drop copy, \
            \(formatGrouped(totals.requests)) requests answered: \
            \(violations.isEmpty ? "nothing lost, nothing doubled" : "\(violations.count) violations")
            """)
    }
}
