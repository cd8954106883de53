import CommandLineTool
import FuzzTargets
import Glibc
import LinuxPlatform

/// One `apus-fuzz run`, its arguments read.
struct FuzzJob {
    private let targets: [FuzzTarget]
    private let driver: FuzzDriver
    private let folders: FuzzFolders
    private let secondsEach: Double
    private let jobs: Int
    private let seed: UInt64
    private let isJSON: Bool

    init(_ arguments: Arguments) throws {
        targets =
            arguments.string("TARGET") == "all" ? FuzzTarget.all : [try FuzzTool.target(arguments)]
        folders = try FuzzTool.folders(arguments)
        driver = arguments.flag("plain") ? .plain : .libFuzzer
        jobs = try arguments.int("jobs", in: 1...256, default: 1)
        let seconds = try arguments.double("seconds", in: 1...1e7) ?? 60
        secondsEach = seconds * Double(min(jobs, targets.count)) / Double(targets.count)
        seed = try arguments.int("seed").map(UInt64.init) ?? SystemClock.utc.now().nanos >> 10
        isJSON = arguments.flag("json")
        guard driver == .plain || access(folders.fuzzer, X_OK) == 0 else {
            throw UsageError(
                "There is no \(folders.fuzzer): build it as --help says, or add --plain.")
        }
    }

    func run() throws {
        var waiting = targets[...]
        var running: [FuzzRun] = []
        var results: [FuzzResult] = []
        let startedAt = SystemClock.monotonicNanos()
        let stop = try StopSignal()
        var isStopped = false
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < jobs, let target = waiting.popFirst() {
                running.append(
                    try FuzzRun(
                        target, driver, folders: folders, seconds: secondsEach,
                        seed: seed &+ UInt64(results.count)))
            }
            if !isStopped, stop.wait(timeoutMillis: 50) {
                isStopped = true
                waiting = []
                for run in running { run.stop() }
            }
            for (index, run) in running.enumerated().reversed() where !run.isRunning {
                running.remove(at: index)
                guard !isStopped else { continue }
                let result = try run.result()
                results.append(result)
                if !isJSON { show(result) }
            }
        }
        let seconds = Double(SystemClock.monotonicNanos() - startedAt) / 1e9
        tell(results, seconds: seconds)
        if results.contains(where: { !$0.findings.isEmpty }) { exitProcess(1) }
    }

    private func show(_ result: FuzzResult) {
        let rate = formatGrouped(Int(result.executionsPerSecond))
        printLine(
            "\(result.target): \(formatGrouped(result.executions)) executions, \(rate) a second, "
                + "\(result.findings.count) findings")
        for finding in result.findings {
            printLine("  \(finding.sentence)\n  repeat it: \(finding.command)")
        }
    }

    private func tell(_ results: [FuzzResult], seconds: Double) {
        let total = results.reduce(0) { $0 + $1.executions }
        guard isJSON else {
            let findings = results.reduce(0) { $0 + $1.findings.count }
            return printLine(
                "\(formatGrouped(total)) executions in \(formatDecimal(seconds, decimals: 1)) s "
                    + "(\(driver.rawValue)), \(findings) findings")
        }
        var json = JSONWriter()
        json.object {
            $0.field("driver", driver.rawValue)
            $0.field("executions", total)
            $0.field("seconds", seconds, decimals: 1)
            $0.array("targets") { json in
                for result in results { json.object { write(result, to: &$0) } }
            }
        }
        printLine(json.text)
    }

    private func write(_ result: FuzzResult, to json: inout JSONWriter) {
        json.field("name", result.target)
        json.field("executions", result.executions)
        json.field("seconds", result.seconds, decimals: 1)
        json.field("executions_per_second", result.executionsPerSecond, decimals: 0)
        json.array("findings") { json in
            for finding in result.findings {
                json.object {
                    $0.field("file", finding.path)
                    $0.field("sentence", finding.sentence)
                    $0.field("command", finding.command)
                }
            }
        }
    }
}
