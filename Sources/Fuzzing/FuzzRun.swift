import FuzzTargets
import Glibc
import LinuxPlatform
import OrderFlow

/// Which of two drivers makes the inputs.
enum FuzzDriver: String {
    /// libFuzzer, which looks at what inputs reach, under the address sanitizer.
    case libFuzzer
    /// Blind mutation in the plain release build.
    case plain
}

/// What became of one target.
struct FuzzResult {
    struct Finding {
        var path: String
        /// What did not hold.
        var sentence: String
        var command: String
    }

    var target: String
    var driver: FuzzDriver
    var executions = 0
    var seconds = 0.0
    var findings: [Finding] = []

    var executionsPerSecond: Double { seconds > 0 ? Double(executions) / seconds : 0 }
}

/// Fuzzes one target for a while in a process of its own, and keeps what it finds.
final class FuzzRun {
    let target: FuzzTarget
    private let driver: FuzzDriver
    private let folders: FuzzFolders
    private let process: ChildProcess
    private let startedAt = SystemClock.monotonicNanos()
    private let log: String
    private let artifact: String

    init(
        _ target: FuzzTarget, _ driver: FuzzDriver, folders: FuzzFolders, seconds: Double,
        seed: UInt64
    ) throws {
        self.target = target
        self.driver = driver
        self.folders = folders
        try FuzzFiles.makeFolder(folders.scratch("runs"))
        let name = folders.scratch("runs/\(target.name)-\(getpid())")
        log = name + ".log"
        artifact = name + ".input"
        unlink(log)
        unlink(artifact)
        let program: String
        let arguments: [String]
        switch driver {
        case .plain:
            program = FuzzFolders.ownPath()
            arguments = [
                "worker", target.name, "--seconds", "\(seconds)", "--seed", "\(seed)", "--last",
                artifact, "--repository", folders.repository,
            ]
        case .libFuzzer:
            program = folders.fuzzer
            try FuzzFiles.makeFolder(folders.found(target.name))
            let kept = [folders.corpus(target.name), folders.findings(target.name)]
            let dictionary = folders.dictionary(target.name)
            arguments =
                [
                    "--target=\(target.name)", "-max_total_time=\(Int(seconds.rounded(.up)))",
                    "-max_len=\(target.lengthMax)", "-timeout=\(PlainWorker.secondsPerInputMax)",
                    "-rss_limit_mb=2048", "-print_final_stats=1", "-seed=\(seed & 0x7FFF_FFFF)",
                    "-exact_artifact_path=\(artifact)", "-detect_leaks=0", "-reload=0",
                ] + (access(dictionary, R_OK) == 0 ? ["-dict=\(dictionary)"] : [])
                + [folders.found(target.name)] + kept.filter { path in access(path, R_OK) == 0 }
        }
        process = try ChildProcess(
            path: program, arguments: arguments, output: log, errors: log)
    }

    var isRunning: Bool { process.isRunning }

    func stop() { process.signal(SIGTERM) }

    /// Waits for the end, and makes a finding small and keeps it.
    func result() throws -> FuzzResult {
        let end = process.wait(nanos: .max)
        var result = FuzzResult(target: target.name, driver: driver)
        result.seconds = Double(SystemClock.monotonicNanos() - startedAt) / 1e9
        let text = String(decoding: (try? FuzzFiles.read(log)) ?? [], as: UTF8.self)
        result.executions = Self.executions(in: text)
        if end != .exit(0) { result.findings.append(try keep(text)) }
        unlink(artifact)
        return result
    }

    private static func executions(in text: String) -> Int {
        for line in text.split(separator: "\n").reversed() {
            for mark in ["stat::number_of_executed_units: ", "executions: "]
            where line.hasPrefix(mark) {
                return Int(line.dropFirst(mark.count)) ?? 0
            }
        }
        return 0
    }

    private func keep(_ text: String) throws -> FuzzResult.Finding {
        let content = (try? FuzzFiles.read(artifact)) ?? []
        guard let input = driver == .plain ? GuardedInput.last(in: content) : content,
            driver == .plain || !content.isEmpty
        else {
            throw ToolError.input(
                "\(target.name) ended without an input that shows why; its output is in \(log)")
        }
        let repeater = Repeater(target: target.name, driver: driver, folders: folders)
        let small = try repeater.minimised(input)
        let folder = folders.findings(target.name)
        try FuzzFiles.makeFolder(folder)
        let path = "\(folder)/\(FuzzFiles.name(of: small))"
        try FuzzFiles.write(small, to: path)
        let sentence = try repeater.attempt(small) ?? Self.sentence(in: text)
        return FuzzResult.Finding(
            path: path, sentence: sentence, command: repeater.command(for: path))
    }

    /// The line of a program's output that says why it ended.
    static func sentence(in text: String) -> String {
        let marks = ["Fatal error: ", "ERROR: AddressSanitizer", "ERROR: libFuzzer", "Assertion"]
        for line in text.split(separator: "\n") {
            for mark in marks where line.contains(mark) { return String(line) }
        }
        return "it was stopped without a word"
    }
}
