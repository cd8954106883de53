import CommandLineTool
import Glibc
import LinuxPlatform
import OrderFlow

/// The program `apus-crash`.
public enum CrashTool {
    public static func main() -> Never {
        tool.main { arguments in
            do {
                let options = try CrashOptions(arguments)
                // Before anything else, so that every wait can be ended.
                let stop = try StopSignal()
                let job = CrashJob(options) { stop.isRequested }
                let isGood = try job.run()
                job.printTotals(isJSON: arguments.flag("json"))
                exitProcess(isGood ? 0 : 1)
            } catch let error as ToolError where error.kind == .input {
                throw UsageError(error.description + ".")
            }
        }
    }

    static let tool = Tool(
        "apus-crash",
        summary: "Takes the real programs away in the middle of trading, and holds what comes back "
            + "against what everybody was told.",
        options: [
            .value("runs", "N", "how often (default 20)"),
            .value("seed", "N", "decides what is traded and when it happens", default: "1"),
            .value("durability", "MODE", "async or sync", default: "async"),
            .value("kill", "WHO", "venue, dropcopy or both (default: any of them)"),
            .value(
                "fault", "WHAT",
                "kill, " + Fault.allCases.dropFirst().map(\.rawValue).joined(separator: ", "),
                default: "kill"),
            .value("seconds-per-run", "S", "how long a life lasts at most", default: "0.5"),
            .value("lives", "N", "runs over one data directory before a fresh one", default: "10"),
            .value("pause", "TIME", "how long a pause lasts", default: "30s"),
            .value("programs", "DIR", "where apus-exchange and apus-dropcopy are (default: here)"),
            .value("folder", "DIR", "where data directories are made", default: "/tmp"),
            .flag(
                "busy-disk",
                "write to the same disk all the time, so that what is under way stays so"),
            .flag("keep", "keep data directories and logs of good runs too"),
            .flag("json", "one JSON object on standard output"),
        ],
        notes: """
            Starts apus-exchange and apus-dropcopy with a data directory on free ports, lets three
            sessions trade every kind of order, and listens to the drop copy. After each kill both are
            started again, and the clients' own records are compared with what the venue now says:
            session data sent again, orders restated, executions, the drop copy's numbers, and by
            trading on, everybody's place in the queue.

            A difference keeps the folder and prints the command that repeats the run. Moments of a
            real process do not repeat exactly; what is traded does.
            """)
}

extension CrashOptions {
    init(_ arguments: Arguments) throws(UsageError) {
        runs = try arguments.int("runs", in: 1...1_000_000, default: 20)
        seed = UInt64(try arguments.int("seed", default: 1))
        durability = try arguments.choice("durability", of: Deployment.Durability.self) ?? .async
        victim = try arguments.choice("kill", of: Victim.self)
        fault = try arguments.choice("fault", of: Fault.self) ?? .kill
        let seconds = try arguments.double("seconds-per-run", in: 0.001...3600) ?? 0.5
        lifeNanos = UInt64(seconds * 1e9)
        lives = try arguments.int("lives", in: 1...10_000, default: 10)
        pauseNanos = try arguments.durationNanos("pause") ?? pauseNanos
        programs = arguments.string("programs") ?? Self.ownFolder
        folder = arguments.string("folder") ?? "/tmp"
        keep = arguments.flag("keep")
        busiesDisk = arguments.flag("busy-disk")
    }

    /// The folder that this program lies in.
    static var ownFolder: String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let text = String(
            decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
    }
}
