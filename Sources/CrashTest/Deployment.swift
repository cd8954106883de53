import Glibc
import LinuxPlatform
import OrderFlow

/// The venue and its publisher as real processes over one folder.
///
/// ```
/// FOLDER/data     the venue's data directory
/// FOLDER/archive  the publisher's
/// FOLDER/logs     what both printed, a file per life
/// ```
final class Deployment {
    enum Durability: String, CaseIterable { case none, async, sync }

    let folder: String
    let name: String
    let programs: String
    private let durability: Durability
    private(set) var venue: ChildProcess?
    private(set) var publisher: ChildProcess?
    private(set) var venuePort: UInt16 = 0
    private(set) var publisherPort: UInt16 = 0
    private var startCount = 0
    /// For the next start of the venue.
    var descriptorLimit: Int?
    /// The time that the programs see from their next start on; nil: the true one.
    var clock: MachineClock?
    /// The configuration file that the venue starts with; nil for the demonstration market.
    private var configuration: String?

    private static let patienceNanos: UInt64 = 60_000_000_000

    init(
        folder: String, name: String, programs: String, durability: Durability
    ) throws(ToolError) {
        self.folder = folder
        self.name = name
        self.programs = programs
        self.durability = durability
        for part in ["", "/data", "/archive", "/logs"] {
            guard mkdir(folder + part, 0o700) == 0 || errno == EEXIST else {
                throw .run("\(folder + part) cannot be made: \(SystemError.reason(errno))")
            }
        }
    }

    var dataFolder: String { folder + "/data" }

    /// Starts with this configuration from now on.
    func configure(_ text: String) throws(ToolError) {
        let path = folder + "/configuration.json"
        guard let file = fopen(path, "w") else {
            throw .run("\(path) cannot be written: \(SystemError.reason(errno))")
        }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw .run("\(path) cannot be written") }
        configuration = path
    }

    deinit { kill() }

    /// Starts the venue and waits until it serves; returns how long that took.
    @discardableResult
    func startVenue() throws(ToolError) -> UInt64 {
        var arguments = [
            "--name", name, "--port", "0", "--feed", "off", "--durability", durability.rawValue,
        ]
        if durability != .none { arguments += ["--data-dir", dataFolder] }
        if let configuration { arguments += ["--config", configuration] }
        let begin = SystemClock.monotonicNanos()
        let log = nextLog("venue")
        let process = try start("apus-exchange", arguments, log, descriptorLimit)
        venue = process
        venuePort = try awaitReady(process, log)
        return SystemClock.monotonicNanos() - begin
    }

    func startPublisher() throws(ToolError) {
        var arguments = ["--name", name, "--port", "0", "--archive", folder + "/archive"]
        if durability != .none { arguments += ["--data-dir", dataFolder] }
        let log = nextLog("publisher")
        let process = try start("apus-dropcopy", arguments, log, nil)
        publisher = process
        publisherPort = try awaitReady(process, log)
    }

    /// Kills the venue with SIGKILL and waits until the system has taken it away.
    func killVenue() {
        venue?.signal(SIGKILL)
        _ = venue?.wait(nanos: .max)
        venue = nil
    }

    func killPublisher() {
        publisher?.signal(SIGKILL)
        _ = publisher?.wait(nanos: .max)
        publisher = nil
    }

    /// Asks the venue to end and waits; it has to end cleanly.
    func stopVenue() throws(ToolError) {
        try stop(venue)
        venue = nil
    }

    /// Asks both to end and waits; both have to end cleanly.
    func stop() throws(ToolError) {
        try stop(publisher)
        publisher = nil
        try stopVenue()
    }

    private func stop(_ process: ChildProcess?) throws(ToolError) {
        guard let process else { return }
        process.signal(SIGTERM)
        switch process.wait(nanos: Self.patienceNanos) {
        case .exit(0): break
        case nil: throw .run("\(process.name) does not end when asked to")
        case let end?: throw .run("\(process.name) ended with \(end) when asked to end")
        }
    }

    /// Kills what runs and removes what a killed venue leaves in shared memory.
    func kill() {
        killPublisher()
        killVenue()
        for file in TemporaryFolder.names(in: "/dev/shm") where file.hasPrefix("apus.\(name).") {
            unlink("/dev/shm/" + file)
        }
    }

    /// Starts the venue, which has to refuse; returns the sentence with which it does.
    func startRefused() throws(ToolError) -> String {
        do {
            try startVenue()
        } catch {
            guard let end = venue?.wait(nanos: Self.patienceNanos) else {
                throw .run("the venue neither starts nor ends")
            }
            venue = nil
            guard end == .exit(1) else { throw .run("a start that is refused ends with \(end)") }
            return error.description
        }
        throw .run("the venue starts with what it has to refuse")
    }

    private func nextLog(_ who: String) -> String {
        startCount += 1
        return "\(folder)/logs/\(who)-\(startCount)"
    }

    private func start(
        _ program: String, _ arguments: [String], _ log: String, _ descriptorLimit: Int?
    ) throws(ToolError) -> ChildProcess {
        do {
            return try ChildProcess(
                path: "\(programs)/\(program)", arguments: arguments, output: log + ".out",
                errors: log + ".err", environment: clock?.environment ?? [:],
                descriptorLimit: descriptorLimit)
        } catch {
            throw .run("\(error)")
        }
    }

    /// Waits for the lines `listening ADDRESS:PORT` and `ready`; returns the port.
    private func awaitReady(_ process: ChildProcess, _ log: String) throws(ToolError) -> UInt16 {
        let begin = SystemClock.monotonicNanos()
        while SystemClock.monotonicNanos() - begin < Self.patienceNanos {
            let text = String(
                decoding: (try? InputFile.read(log + ".out")) ?? [], as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count >= 3, lines[1] == "ready",
                let port = lines[0].split(separator: ":").last.flatMap({ UInt16($0) })
            {
                return port
            }
            guard process.isRunning else {
                let errors = String(
                    decoding: (try? InputFile.read(log + ".err")) ?? [], as: UTF8.self)
                throw .run("\(process.name) ended at its start: \(errors)")
            }
            Nap.nanos(1_000_000)
        }
        throw .run("\(process.name) is not ready after 60 s")
    }
}
