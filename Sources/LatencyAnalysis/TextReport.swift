import CommandLineTool

/// A finished measurement as plain text.
enum TextReport {
    static func text(_ report: LatencyReport) -> String {
        var lines = [summary(report), ""]
        lines += StageTable.lines(report.stages, hiccups: report.hiccups)
        let losses = losses(report.counts)
        if !losses.isEmpty { lines += [""] + losses }
        if !report.notes.isEmpty { lines += [""] + report.notes }
        if !report.omissions.isEmpty { lines += [""] + report.omissions }
        return lines.joined(separator: "\n") + "\n"
    }

    static func summary(_ report: LatencyReport) -> String {
        let seconds = formatDecimal(report.seconds, decimals: 1)
        let counts = report.counts
        let what =
            counts.answers > 0
            ? "\(formatGrouped(counts.answers)) answers"
            : "\(formatGrouped(counts.records)) recorded requests"
        return "\(report.subject): \(what) in \(seconds) s, "
            + "\(formatGrouped(Int(report.ratePerSecond)))/s"
    }

    /// One line for each kind of thing that was seen and could not be used.
    static func losses(_ counts: MeasurementCounts) -> [String] {
        var lines: [String] = []
        func add(_ count: UInt64, _ words: String) {
            if count > 0 { lines.append("\(formatGrouped(count)) \(words)") }
        }
        add(counts.lostStamps, "answers lost: their stamps were overwritten before they were read")
        add(counts.unjoinedMessages, "messages of the drop copy without an answer's stamps")
        add(counts.droppedMessages, "messages of the drop copy dropped: no room to keep them")
        add(counts.unjoinedRecords, "recorded requests without stamps")
        add(counts.unjoinedStamps, "stamps of requests that are in no record file, not counted")
        return lines
    }
}
