import CommandLineTool
import LinuxPlatform
import Surface
import Telemetry

/// The program `apus-stat`.
public enum StatTool {
    public static func main() -> Never {
        tool.main { try StatJob($0).run() }
    }

    static let tool = Tool(
        "apus-stat", summary: "Shows the counters of a running venue.",
        options: [
            .value("name", "NAME", "the venue's name on this machine", default: "demo"),
            .flag("watch", "again and again, with rates, until Ctrl-C"),
            .value("interval", "TIME", "time between two looks with --watch", default: "1s"),
            .flag("all", "what was never counted too"),
            .flag("json", "one JSON object (with --watch one a line)"),
            .flag("prometheus", "the text format that Prometheus scrapes"),
            .flag("explain", "what each counter means"),
        ],
        notes: """
            Counters of the drop-copy publisher of the same name are shown beside the venue's. A venue
            is not disturbed by being looked at. docs/counters.md lists all counters.
            """)
}

/// One run of the program, its arguments read.
struct StatJob {
    private enum Form { case table, json, prometheus, explanation }

    private let name: String
    private let form: Form
    private let watches: Bool
    private let showsZeroes: Bool
    private let intervalMillis: Int32

    init(_ arguments: Arguments) throws(UsageError) {
        let forms: [(String, Form)] = [
            ("json", .json), ("prometheus", .prometheus), ("explain", .explanation),
        ]
        let asked = forms.filter { arguments.flag($0.0) }
        guard asked.count < 2 else {
            throw UsageError("--\(asked[0].0) and --\(asked[1].0) exclude each other.")
        }
        name = arguments.string("name") ?? ""
        form = asked.first?.1 ?? .table
        watches = arguments.flag("watch")
        showsZeroes = arguments.flag("all")
        let nanos = try arguments.durationNanos("interval", in: 50_000_000...3_600_000_000_000)
        intervalMillis = Int32((nanos ?? 1_000_000_000) / 1_000_000)
        if watches, form == .prometheus || form == .explanation {
            throw UsageError("--watch goes with tables and with --json.")
        }
        if arguments.isGiven("interval"), !watches {
            throw UsageError("--interval goes with --watch.")
        }
    }

    func run() throws {
        // Before anything else, so that Ctrl-C finds the terminal in order at any time.
        let stop = try StopSignal()
        if watches { return try watch(stop) }
        let snapshot = try SnapshotSource(name: name).take()
        let screen = Screen(until: stop)
        switch form {
        case .table:
            let view = SnapshotView(
                snapshot: snapshot, earlier: nil, showsZeroes: showsZeroes)
            _ = screen.write(view.text)
        case .json: _ = screen.write(snapshot.json + "\n")
        case .prometheus: _ = screen.write(Exposition(snapshot).text)
        case .explanation: _ = screen.write(Self.explanation(snapshot))
        }
    }

    /// Looks again and again. A venue that ends is waited for: the next one of its name is shown.
    private func watch(_ stop: StopSignal) throws {
        var source = try SnapshotSource(name: name)
        var screen = Screen(until: stop)
        defer { screen.end() }
        var earlier: Snapshot?
        while true {
            let snapshot = try source.take()
            guard show(snapshot, earlier, on: &screen) else { return }
            earlier = snapshot
            if stop.wait(timeoutMillis: intervalMillis) { return }
            guard !source.isLive else { continue }
            screen.end()
            printError("apus-stat: the venue \(name) ended; waiting for the next of this name")
            guard let next = try waitForVenue(stop) else { return }
            source = next
            earlier = nil
        }
    }

    private func show(
        _ snapshot: Snapshot, _ earlier: Snapshot?, on screen: inout Screen
    ) -> Bool {
        if form == .json { return screen.write(snapshot.json + "\n") }
        let view = SnapshotView(snapshot: snapshot, earlier: earlier, showsZeroes: showsZeroes)
        return screen.show(view.text)
    }

    private func waitForVenue(_ stop: StopSignal) throws -> SnapshotSource? {
        while !stop.wait(timeoutMillis: 200) {
            do throws(SurfaceError) {
                return try SnapshotSource(name: name)
            } catch .noVenue {
                continue
            }
        }
        return nil
    }

    /// The families with their meanings, a line each.
    static func explanation(_ snapshot: Snapshot) -> String {
        var table = TextTable([("counter", .left), ("kind", .left), ("meaning", .left)])
        var seen: Set<String> = []
        for sample in snapshot.programs.flatMap(\.samples) {
            let counter = sample.counter
            guard seen.insert(counter.family).inserted else { continue }
            let labels = counter.labels.map(\.key).joined(separator: ",")
            table.add([
                counter.family + (labels.isEmpty ? "" : "{\(labels)}"),
                counter.kind == .total ? "total" : "gauge", counter.meaning,
            ])
        }
        return table.text
    }
}
