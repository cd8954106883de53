import CommandLineTool

/// The program `apus-simulate`.
public enum SimulateTool {
    public static func main() -> Never {
        tool.main { arguments in
            guard arguments.string("canary") != "list" else { return listCanaries() }
            if try !SimulateJob(arguments).run() { exitProcess(1) }
        }
    }

    static let tool = Tool(
        "apus-simulate",
        summary:
            "Runs a whole venue on simulated network, disk and clock, and checks what it says.",
        options: [
            .value("seed", "N", "the run's number; of several, the first one's", default: "1"),
            .value("runs", "N", "how many seeds to run, one after the other", default: "1"),
            .value("steps", "N", "steps of a run", default: "5000"),
            .value(
                "power-cuts", "N",
                "go on with further seeds until there were so many losses of power"),
            .value("mode", "none|async|sync", "what the venue keeps (default: the seed decides)"),
            .flag("sound-disk", "no full, failing or slow disk, and no damaged files"),
            .value("canary", "NAME", "plant this bug, which must be found; list: what there are"),
            .repeated("trace", "SESSION", "print what this session says and hears"),
            .flag("json", "one JSON object on standard output"),
        ],
        notes:
            "The same seed and number of steps give the same run, byte for byte. A run that finds "
            + "something wrong prints what, and the command that repeats it, and exits with 1.")

    private static func listCanaries() {
        for canary in Canary.allCases { printLine("\(canary.rawValue): \(canary.sentence)") }
    }
}

/// One call of the program, its arguments read.
struct SimulateJob {
    private let first: UInt64
    private let runs: Int
    private let powerCuts: Int
    private var simulation: Simulation
    private let isJSON: Bool
    private let clock = ContinuousClock()

    init(_ arguments: Arguments) throws(UsageError) {
        first = UInt64(try arguments.int("seed", in: 0...Int.max / 2, default: 1))
        runs = try arguments.int("runs", in: 1...1_000_000_000, default: 1)
        powerCuts = try arguments.int("power-cuts", in: 0...1_000_000_000, default: 0)
        simulation = Simulation(
            seed: first, steps: try arguments.int("steps", in: 1...1_000_000_000, default: 5_000),
            canary: try arguments.choice("canary", of: Canary.self))
        simulation.mode = try arguments.choice("mode", of: Simulation.Mode.self)
        simulation.hasSoundDisk = arguments.flag("sound-disk")
        guard powerCuts == 0 || simulation.mode != Simulation.Mode.none else {
            throw UsageError("with --mode none no power is cut")
        }
        simulation.traced = Set(arguments.strings("trace").compactMap { UInt32($0) })
        isJSON = arguments.flag("json")
    }

    private struct Sum {
        var runs = 0
        var steps = 0
        var looks = 0
        var rounds = 0
        var diskTroubles = 0
        var damages = 0
        var crashes: [Simulation.Mode: CrashCounts] = [:]
        var simulatedNanos: UInt64 = 0
        var failures: [Simulation.Outcome] = []
        var hash: UInt64 = 0

        var allCrashes: CrashCounts { crashes.values.reduce(into: CrashCounts()) { $0 += $1 } }
    }

    /// Runs all seeds; true when nothing is wrong with any.
    func run() throws -> Bool {
        var sum = Sum()
        let start = clock.now
        let progress = ProgressLine()
        while sum.runs < runs || sum.allCrashes.powerCuts < powerCuts {
            var simulation = simulation
            simulation.seed = first + UInt64(sum.runs)
            let outcome = try simulation.run()
            sum.runs += 1
            sum.steps += outcome.steps
            sum.rounds += outcome.rounds
            sum.crashes[outcome.mode, default: CrashCounts()] += outcome.crashes
            sum.diskTroubles += outcome.diskTroubles
            sum.damages += outcome.damages
            sum.looks += outcome.looks.values.reduce(0, +)
            sum.simulatedNanos += outcome.simulatedNanos
            sum.hash = outcome.outboundHash
            if !outcome.findings.isEmpty {
                progress.clear()
                sum.failures.append(outcome)
                if !isJSON { tell(outcome) }
            }
            progress.show(
                "\(sum.runs) of \(runs) runs, \(formatGrouped(sum.steps)) steps, "
                    + "\(sum.failures.count) failed")
        }
        progress.clear()
        let seconds = max(Self.seconds(start.duration(to: clock.now)), 1e-9)
        if isJSON { printJSON(sum, seconds) } else { printText(sum, seconds) }
        return sum.failures.isEmpty
    }

    private func tell(_ outcome: Simulation.Outcome) {
        printLine("seed \(outcome.seed), step \(formatGrouped(outcome.steps)):")
        for finding in outcome.findings { printLine("  \(finding)") }
        printLine("to repeat: \(command(outcome.seed))")
    }

    private func command(_ seed: UInt64) -> String {
        var words = ["apus-simulate", "--seed", "\(seed)", "--steps", "\(simulation.steps)"]
        if let mode = simulation.mode { words += ["--mode", mode.rawValue] }
        if simulation.hasSoundDisk { words.append("--sound-disk") }
        if let canary = simulation.canary { words += ["--canary", canary.rawValue] }
        return words.joined(separator: " ")
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    private func printText(_ sum: Sum, _ seconds: Double) {
        let simulated = Double(sum.simulatedNanos) * 1e-9
        printLine(
            "\(sum.runs - sum.failures.count) of \(sum.runs) runs found nothing wrong, "
                + "\(formatGrouped(sum.looks)) checks")
        printLine(crashText(sum))
        printLine(
            "\(formatGrouped(sum.steps)) steps in \(formatDecimal(seconds, decimals: 1)) s, "
                + "\(formatGrouped(Int(Double(sum.steps) / seconds))) a second; "
                + "\(formatDecimal(simulated, decimals: 1)) s simulated, "
                + "\(formatDecimal(simulated / seconds, decimals: 2)) for each real one")
        if sum.runs == 1 { printLine("outbound bytes: \(String(sum.hash, radix: 16))") }
    }

    private func crashText(_ sum: Sum) -> String {
        func count(_ number: Int, _ what: String, _ part: (CrashCounts) -> Int) -> String {
            let modes = Simulation.Mode.allCases.compactMap { mode in
                sum.crashes[mode].map(part).flatMap {
                    $0 > 0 ? "\(formatGrouped($0)) in \(mode)" : nil
                }
            }
            let by = modes.isEmpty ? "" : " (\(modes.joined(separator: ", ")))"
            return "\(formatGrouped(number)) \(what)\(by)"
        }
        let all = sum.allCrashes
        return count(all.kills, "kills") { $0.kills } + ", "
            + count(all.powerCuts, "losses of power") { $0.powerCuts } + ", by which "
            + "\(formatGrouped(all.losses.dropped)) writes were dropped and "
            + "\(formatGrouped(all.losses.torn)) torn; "
            + "\(formatGrouped(sum.diskTroubles)) troubles of the disk, "
            + "\(formatGrouped(sum.damages)) files damaged"
    }

    private func printJSON(_ sum: Sum, _ seconds: Double) {
        var json = JSONWriter()
        json.object {
            $0.field("first_seed", first)
            $0.field("runs", sum.runs)
            $0.field("steps_per_run", simulation.steps)
            $0.field("canary", simulation.canary?.rawValue)
            $0.field("steps", sum.steps)
            $0.field("comparisons", sum.rounds)
            for mode in Simulation.Mode.allCases where mode != .none {
                let crashes = sum.crashes[mode] ?? CrashCounts()
                $0.field("kills_\(mode)", crashes.kills)
                $0.field("power_cuts_\(mode)", crashes.powerCuts)
                $0.field("writes_dropped_\(mode)", crashes.losses.dropped)
                $0.field("writes_torn_\(mode)", crashes.losses.torn)
            }
            $0.field("disk_troubles", sum.diskTroubles)
            $0.field("damages", sum.damages)
            $0.field("checks", sum.looks)
            $0.field("seconds", seconds, decimals: 3)
            $0.field("steps_per_second", Double(sum.steps) / seconds, decimals: 0)
            $0.field("simulated_seconds", Double(sum.simulatedNanos) * 1e-9, decimals: 3)
            $0.field(
                "simulated_per_real", Double(sum.simulatedNanos) * 1e-9 / seconds, decimals: 4)
            $0.field("outbound_hash", sum.runs == 1 ? String(sum.hash, radix: 16) : nil)
            $0.array("failures") { list in
                for failure in sum.failures {
                    list.object { object in
                        object.field("seed", failure.seed)
                        object.field("step", failure.steps)
                        object.field("command", command(failure.seed))
                        object.array("findings") { sentences in
                            for finding in failure.findings { sentences.value(finding) }
                        }
                    }
                }
            }
        }
        printLine(json.text)
    }
}
