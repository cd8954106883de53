import CommandLineTool
import Domain
import Exchange
import Glibc
import LinuxPlatform
import OrderFlow
import Surface

/// A running venue to watch.
struct LiveOptions {
    private let name: String
    private let durationNanos: UInt64?
    private let dropCopyPort: UInt16?
    private let session: UInt32
    private let password: String
    private let savePath: String?
    private let spins: Bool
    private let cores: [Int]

    init(_ arguments: Arguments) throws {
        name = arguments.string("name") ?? ""
        durationNanos = try arguments.durationNanos(
            "duration", in: 1_000_000...31_536_000_000_000_000)
        session = UInt32(try arguments.int("session", in: 1...0xFFFF_FFFE, default: 90000))
        savePath = arguments.string("save")
        dropCopyPort = try Self.port(arguments.string("dropcopy"))
        password = try Self.password(
            arguments.string("password-file"), session: session, isWanted: dropCopyPort != nil)
        cores = try CoreSet.usable().cores
        let idle = try arguments.choice("idle", of: ["spin", "backoff"])
        spins = idle.map { $0 == "spin" } ?? (cores.count >= 4)
    }

    /// "19006" or "127.0.0.1:19006".
    private static func port(_ text: String?) throws(ToolError) -> UInt16? {
        guard let text else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let host = parts.count == 2 ? String(parts[0]) : "127.0.0.1"
        guard parts.count <= 2, ["127.0.0.1", "localhost"].contains(host),
            let port = UInt16(parts[parts.count - 1]), port > 0
        else {
            throw ToolError(
                .input, "--dropcopy is \"\(text)\", expected a port of this machine, as in 19006")
        }
        return port
    }

    private static func password(
        _ path: String?, session: UInt32, isWanted: Bool
    ) throws(ToolError) -> String {
        if let path {
            let bytes = try InputFile.read(path)
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            guard (1...32).contains(line.count) else {
                throw ToolError(
                    .input, "\(path), line 1: expected a password of at most 32 bytes")
            }
            return String(decoding: line, as: UTF8.self)
        }
        guard !isWanted || (90_000...90_003).contains(session) else {
            throw ToolError(
                .input, "session \(session) needs its password: expected --password-file")
        }
        return "apus-\(session)"
    }

    func run(_ output: OutputOptions) throws {
        // Before any thread: all are to leave the stop signals to this one.
        let stop = try StopSignal()
        let venue = try SurfaceReader.attach(name: name)
        let clock = SystemClock.utc
        let listener = try dropCopyPort.map { port throws(ToolError) in
            try DropCopyListener(
                port: port, session: session, password: password, clock: clock, spins: spins)
        }
        var conditions = RunConditions.machine(cores: cores) + Self.conditions(of: venue)
        conditions.append(
            RunCondition(
                "hiccup meter", spins ? "spins on a core of its own" : "sleeps 5 ms at a time"
            ))
        conditions.append(
            RunCondition("command", RunConditions.commandLine(CommandLine.arguments)))
        conditions.append(RunCondition("load average before", RunConditions.loadAverage()))
        let hiccups = HiccupMeter(spins: spins)
        let start = clock.now()
        var saved: MeasurementWriter?
        if let savePath { saved = try MeasurementWriter(savePath, start: start) }
        var log: AppendingFile?
        if let hdrPath = output.hdrPath {
            log = try AppendingFile(hdrPath)
            log?.append(HDRLog(start: start, subject: name, conditions: conditions).header)
        }
        let measurement = LiveMeasurement(
            start: start, stamps: try venue.stamps(from: .newest), publicOut: venue.publicOut,
            clock: clock, hiccups: hiccups, listener: listener, saved: saved, log: log)
        try hiccups.start()
        try listener?.start()
        let end = try watch(measurement, venue, stop, quietly: output.json)
        listener?.stop()
        let gaps = hiccups.stop()
        conditions.append(RunCondition("load average after", RunConditions.loadAverage()))
        try measurement.close(conditions: conditions)
        let pipeline = measurement.pipeline
        try output.write(
            LatencyReport(
                subject: name, pipeline: pipeline, end: pipeline.currentIntervalStart,
                worstHiccups: gaps.map {
                    LatencyReport.Gap(
                        offsetNanos: $0.atNanos - min($0.atNanos, pipeline.start.nanos),
                        nanos: $0.nanos)
                },
                conditions: conditions,
                notes: measurement.notes + (end == .venueEnded ? ["the venue ended"] : [])))
    }

    /// Measures, with a picture in the terminal or a line a second.
    private func watch(
        _ measurement: LiveMeasurement, _ venue: SurfaceReader, _ stop: StopSignal, quietly: Bool
    ) throws(ToolError) -> LiveMeasurement.End {
        let draws = TerminalScreen.isTerminal && !quietly
        var screen = TerminalScreen()
        let end = try measurement.run(
            durationNanos: durationNanos, isLive: { venue.isLive },
            shouldStop: { stop.isRequested },
            onInterval: { pipeline in
                guard draws else { return printError(LiveView.line(pipeline)) }
                let (columns, rows) = TerminalScreen.size()
                let lines = LiveView.lines(pipeline, name: name)
                Self.send(screen.draw(lines, columns: columns, rows: rows))
            })
        if draws { Self.send(screen.erase(columns: TerminalScreen.size().columns)) }
        return end
    }

    private static func send(_ text: String) {
        print(text, terminator: "")
        fflush(nil)
    }

    private static func conditions(of venue: SurfaceReader) -> [RunCondition] {
        var conditions = [
            RunCondition("venue", "\(venue.name), process \(venue.processID)")
        ]
        if let configuration = try? Configuration(parsing: Array(venue.configuration.utf8)) {
            let runtime = configuration.runtime
            conditions += [
                RunCondition("venue's profile", runtime.profile.rawValue),
                RunCondition("venue's threads", runtime.threads.rawValue),
            ]
        }
        return conditions
    }
}
