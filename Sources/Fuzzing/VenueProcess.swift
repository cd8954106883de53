import Glibc
import LinuxPlatform
import OrderFlow

/// A venue in a process of its own: one that runs already, or one started for this purpose.
final class VenueProcess {
    let port: UInt16
    private let identifier: pid_t?
    private let process: ChildProcess?
    private let log: String

    init(port: UInt16, identifier: pid_t?) {
        self.port = port
        self.identifier = identifier
        process = nil
        log = ""
    }

    private init(_ process: ChildProcess, port: UInt16, log: String) {
        self.process = process
        self.port = port
        self.log = log
        identifier = process.identifier
    }

    /// The demonstration market, by the program beside this one, on any port.
    static func started() throws -> VenueProcess {
        let own = FuzzFolders.ownPath()
        let program =
            own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
            + "/apus-exchange"
        let log = "/tmp/apus-fuzz-\(getpid()).log"
        unlink(log)
        let process = try ChildProcess(
            path: program,
            arguments: ["--port", "0", "--name", "fuzz-\(getpid())", "--feed", "off"], output: log,
            errors: log)
        let deadline = SystemClock.monotonicNanos() + 30_000_000_000
        while SystemClock.monotonicNanos() < deadline, process.isRunning {
            let text = Self.text(of: log)
            if text.contains("\nready\n"), let port = Self.port(in: text) {
                return VenueProcess(process, port: port, log: log)
            }
            Nap.nanos(20_000_000)
        }
        throw ToolError.run("\(program) does not serve: \(Self.text(of: log))")
    }

    /// `listening 127.0.0.1:PORT`
    private static func port(in text: String) -> UInt16? {
        for line in text.split(separator: "\n") where line.hasPrefix("listening ") {
            return line.split(separator: ":").last.flatMap { UInt16($0) }
        }
        return nil
    }

    private static func text(of path: String) -> String {
        String(decoding: (try? FuzzFiles.read(path)) ?? [], as: UTF8.self)
    }

    var isAlive: Bool {
        if let process { return process.isRunning }
        return identifier.map { kill($0, 0) == 0 } ?? true
    }

    /// What it wrote last.
    var lastWords: String {
        Self.text(of: log).split(separator: "\n").last.map(String.init) ?? "without a word"
    }

    /// Memory in use; 0 when the process is not known.
    var residentBytes: Int {
        guard let identifier else { return 0 }
        // Pages: all, resident, …
        let words = Self.text(of: "/proc/\(identifier)/statm").split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }

    /// Ends a venue that was started for this.
    func end() {
        guard let process else { return }
        process.signal(SIGTERM)
        if process.wait(nanos: 10_000_000_000) == nil { process.signal(SIGKILL) }
        unlink(log)
    }
}
