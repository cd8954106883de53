/// The stages' figures as lines of at most 79 characters.
enum StageTable {
    private static let labelWidth = 23
    private static let figureWidth = 7

    /// Heading, one line a stage, the machine's hiccups, and a line for each stage with negative times.
    static func lines(_ stages: [StageSummary], hiccups: Percentiles) -> [String] {
        var lines = [line("", Percentiles.names)]
        var family: Stage.Family?
        for summary in stages {
            if let family, family != summary.stage.family { lines.append("") }
            family = summary.stage.family
            lines.append(line(summary.stage.label, cells(summary.percentiles)))
        }
        if hiccups.count > 0 {
            if !stages.isEmpty { lines.append("") }
            lines.append(line("hiccups of the machine", cells(hiccups)))
        }
        return lines + negatives(stages)
    }

    /// What the histograms could not take, said in full.
    static func negatives(_ stages: [StageSummary]) -> [String] {
        stages.filter { $0.negativeCount > 0 }.map { summary in
            "\(summary.stage.label): \(CompactText.count(summary.negativeCount)) negative, down to "
                + "-\(CompactText.nanos(summary.mostNegativeNanos)), not counted"
        }
    }

    static func cells(_ figures: Percentiles) -> [String] {
        [CompactText.count(figures.count)]
            + [
                figures.min, figures.p50, figures.p90, figures.p99, figures.p999, figures.p9999,
                figures.max,
            ].map(CompactText.nanos)
    }

    private static func line(_ label: String, _ cells: [String]) -> String {
        var line = label + blanks(labelWidth - label.count)
        for cell in cells { line += blanks(figureWidth - cell.count) + cell }
        return line
    }

    private static func blanks(_ count: Int) -> String {
        String(repeating: " ", count: max(0, count))
    }
}
