import CommandLineTool
import Glibc

/// What the terminal shows while a measurement runs.
enum LiveView {
    /// The lines of one picture, each at most 79 characters.
    static func lines(_ pipeline: LatencyPipeline, name: String) -> [String] {
        let stages = pipeline.summaries()
        let elapsed = pipeline.currentIntervalStart.nanos(since: pipeline.start)
        var lines = [
            "apus-latency  \(name)  \(CompactText.duration(elapsed))  "
                + "\(formatGrouped(pipeline.counts.answers)) answers, now \(rate(pipeline))/s", "",
        ]
        lines += StageTable.lines(stages, hiccups: pipeline.hiccupPercentiles)
        lines += [""] + TextReport.losses(pipeline.counts)
        lines.append("Ctrl-C ends the measurement.")
        return lines
    }

    /// One line for those who read from a file or a pipe.
    static func line(_ pipeline: LatencyPipeline) -> String {
        let elapsed = pipeline.currentIntervalStart.nanos(since: pipeline.start)
        var line = "\(CompactText.duration(elapsed))  \(rate(pipeline)) answers/s"
        if let point = pipeline.series.points.last {
            let sample = point[.venue]
            line +=
                ", \(Stage.venue.label) p50 \(formatNanos(sample.p50)), "
                + "p99 \(formatNanos(sample.p99)), max \(formatNanos(sample.max)), "
                + "hiccups up to \(formatNanos(point.hiccups.max))"
        }
        if pipeline.counts.lostStamps > 0 {
            line += ", \(formatGrouped(pipeline.counts.lostStamps)) lost"
        }
        return line
    }

    private static func rate(_ pipeline: LatencyPipeline) -> String {
        guard let point = pipeline.series.points.last, point.lengthNanos > 0 else { return "0" }
        let count = point[.venue].count + point[.gatewayOnly].count
        return formatGrouped(Int(Double(count) * 1e9 / Double(point.lengthNanos)))
    }
}

/// A part of the terminal that is drawn again in place.
///
/// It moves up and writes over what it wrote: no second screen, no hidden cursor, no colours. Whatever
/// ends the program, the terminal is as it should be.
struct TerminalScreen {
    /// Lengths of the lines drawn last.
    private var drawn: [Int] = []

    init() {}

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns and rows, as far as the terminal tells.
    static func size() -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// What to send for these lines to take the place of those before.
    mutating func draw(_ lines: [String], columns: Int, rows: Int) -> String {
        // The last row stays free: a line end there would scroll.
        let shown = lines.prefix(max(1, rows - 1)).map { String($0.prefix(max(1, columns - 1))) }
        let text = back(columns: columns) + shown.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
        drawn = shown.map(\.count)
        return text
    }

    /// What to send to take the lines away again.
    mutating func erase(columns: Int) -> String {
        defer { drawn = [] }
        return drawn.isEmpty ? "" : back(columns: columns) + "\u{1B}[J"
    }

    /// To the start of what was drawn; a terminal made narrower since has wrapped its lines.
    private func back(columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
        return rows == 0 ? "" : "\r\u{1B}[\(rows)A"
    }
}
