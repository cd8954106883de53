import CommandLineTool
import Domain
import OrderFlow

/// The program `apus-latency`.
public enum LatencyTool {
    public static func main() -> Never {
        tool.main { arguments in
            do {
                let output = OutputOptions(arguments)
                let files = try RecordedOptions(arguments)
                if let files {
                    try files.run(output)
                } else {
                    try LiveOptions(arguments).run(output)
                }
            } catch let error as ToolError where error.kind == .input {
                throw UsageError(error.description + ".")
            }
        }
    }

    static let tool = Tool(
        "apus-latency",
        summary: "Shows where each microsecond between a request and its answer went.",
        options: [
            .value("name", "NAME", "the running venue to watch", default: "demo"),
            .value("duration", "TIME", "how long (default: until Ctrl-C or the venue's end)"),
            .value("dropcopy", "[ADDR:]PORT", "listen to the drop copy there too"),
            .value("session", "N", "back-office session to listen as", default: "90000"),
            .value(
                "password-file", "FILE",
                "its password (default: the demonstration market's)"),
            .value("save", "FILE", "keep everything that was read, for --stamps"),
            .repeated("record", "FILE", "instead of watching: what apus-load --record wrote"),
            .value("stamps", "FILE", "instead of watching: what --save kept, joined with --record"),
            .value("hdr", "FILE", "write an HdrHistogram log, an interval a second and stage"),
            .value("html", "FILE", "write a report to read in a browser"),
            .flag("json", "one JSON object on standard output"),
            .value(
                "idle", "spin|backoff",
                "hiccup meter and listener (default: backoff below four cores)"),
        ],
        notes:
            "Stamps are the venue's own clock readings of each answered request. A client's part of the "
            + "way comes from apus-load: run apus-latency --save S beside apus-load --record R, then "
            + "apus-latency --stamps S --record R. Times that come out negative are counted apart.")
}

/// Where a finished measurement goes.
struct OutputOptions {
    let htmlPath: String?
    let hdrPath: String?
    let json: Bool

    init(_ arguments: Arguments) {
        htmlPath = arguments.string("html")
        hdrPath = arguments.string("hdr")
        json = arguments.flag("json")
    }

    /// Prints the result and writes the page, in this order: a page that cannot be written must not
    /// take the figures with it.
    func write(_ report: LatencyReport) throws(ToolError) {
        if json {
            print(JSONReport.text(report))
        } else {
            print(TextReport.text(report), terminator: "")
        }
        guard let htmlPath else { return }
        let file = try AppendingFile(htmlPath)
        file.append(HTMLReport.text(report))
        try file.close()
    }
}

/// Another look at files: no venue is needed.
struct RecordedOptions {
    private let recordPaths: [String]
    private let stampsPath: String?

    /// Nil when no files are named.
    init?(_ arguments: Arguments) throws(ToolError) {
        recordPaths = arguments.strings("record")
        stampsPath = arguments.string("stamps")
        guard !recordPaths.isEmpty || stampsPath != nil else { return nil }
        for name in ["name", "duration", "dropcopy", "save"] where arguments.isGiven(name) {
            throw ToolError(
                .input,
                "--\(name) is for a running venue: expected it without --record and --stamps")
        }
    }

    func run(_ output: OutputOptions) throws(ToolError) {
        let measurement = try stampsPath.map { path throws(ToolError) in
            try SavedMeasurement.read(path)
        }
        var records: [LoadRecord] = []
        for path in recordPaths { records += try LoadRecord.read(path) }
        let paths = recordPaths + [stampsPath].compactMap { $0 }
        let names = paths.map(Self.lastPart).joined(separator: ", ")
        let conditions = conditions(measurement)
        var log: AppendingFile?
        if let hdrPath = output.hdrPath {
            log = try AppendingFile(hdrPath)
            let start = measurement?.start ?? Self.start(records)
            log?.append(HDRLog(start: start, subject: names, conditions: conditions).header)
        }
        let pipeline = try RecordedMeasurement(
            measurement: measurement ?? SavedMeasurement(), records: records
        ).run { tag, histogram, interval in
            log?.append(HDRLog.line(tag, histogram, interval))
        }
        try log?.close()
        try output.write(
            LatencyReport(
                subject: names, pipeline: pipeline, end: pipeline.currentIntervalStart,
                conditions: conditions, notes: notes(measurement)))
    }

    /// A file's name without its folders, which the command line tells.
    private static func lastPart(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func start(_ records: [LoadRecord]) -> Timestamp {
        Timestamp(nanos: records.reduce(UInt64.max) { min($0, $1.plannedNanos) })
    }

    private func conditions(_ measurement: SavedMeasurement?) -> [RunCondition] {
        var conditions = measurement?.conditions ?? []
        if measurement == nil {
            conditions.append(
                RunCondition("machine", "not known: record files do not say where they were made"))
        }
        conditions.append(
            RunCondition("put together by", RunConditions.commandLine(CommandLine.arguments)))
        return conditions
    }

    private func notes(_ measurement: SavedMeasurement?) -> [String] {
        guard let measurement, measurement.unusedBytes > 0, let stampsPath else { return [] }
        return [
            "\(stampsPath) ends in the middle: its last \(measurement.unusedBytes) bytes are not used"
        ]
    }
}
