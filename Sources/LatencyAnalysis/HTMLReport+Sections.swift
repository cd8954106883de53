import CommandLineTool
import Domain

// The parts of the page, in their order.

extension HTMLReport {
    /// What was measured, and the figures that a hurried reader takes away.
    static func header(_ report: LatencyReport, _ markup: inout Markup) {
        markup.element("header") { markup in
            markup.element("h1", "Latency: \(report.subject)")
            markup.element(
                "p",
                TextReport.summary(report) + ", from "
                    + CalendarText.utc(report.start) + ".")
            guard let headline = report.headline else { return }
            markup.element("p", ["class": "cards-title"], headline.stage.label)
            markup.element("dl", ["class": "cards"]) { markup in
                let figures = headline.percentiles
                var cards = [
                    ("half within", figures.p50), ("99 % within", figures.p99),
                    ("99.9 % within", figures.p999), ("slowest", figures.max),
                ]
                if report.hiccups.count > 0 {
                    cards.append(("machine's longest pause", report.hiccups.max))
                }
                for (name, nanos) in cards {
                    markup.element("div") {
                        $0.element("dt", name)
                        $0.element("dd", formatNanos(nanos))
                    }
                }
            }
            let warnings =
                TextReport.losses(report.counts)
                + StageTable.negatives(report.stages) + report.notes
            if !warnings.isEmpty {
                markup.element("ul", ["class": "warnings"]) { markup in
                    for warning in warnings { markup.element("li", warning) }
                }
            }
        }
        markup.raw("\n")
    }

    static func stages(_ report: LatencyReport, _ markup: inout Markup) {
        section("Stages", id: "stages", &markup) { markup in
            let families: [(Stage.Family, String)] = [
                (.part, "Parts of the way, in their order"), (.whole, "Wholes"),
                (.dropCopy, "Drop copy"),
                (.feed, "Public feed: who was first, the answer or the public"),
            ]
            for (family, caption) in families {
                let members = report.stages.filter { $0.stage.family == family }
                guard !members.isEmpty else { continue }
                table(
                    caption: caption, columns: ["stage"] + figureNames,
                    rows: members.map { [$0.stage.label] + figures($0.percentiles) }, &markup)
            }
            if report.hiccups.count > 0 {
                table(
                    caption: "The machine: pauses of a thread that only reads the clock",
                    columns: [""] + figureNames,
                    rows: [["pauses"] + figures(report.hiccups)], &markup)
            }
        }
    }

    /// What each stage is about, for those who read on.
    static func explanations(_ report: LatencyReport, _ markup: inout Markup) {
        guard !report.stages.isEmpty else { return }
        section("What the stages are", id: "explanations", &markup) { markup in
            markup.element("dl", ["class": "explanations"]) { markup in
                for summary in report.stages {
                    markup.element("div") {
                        $0.element("dt", summary.stage.label)
                        $0.element("dd", summary.stage.explanation)
                    }
                }
            }
        }
    }

    /// A stage's colour and dash: its place among the parts, the whole's is its own.
    static func style(_ stage: Stage, in report: LatencyReport) -> Int {
        let parts = report.stages.filter { $0.stage.family == stage.family }
        if stage.family == .whole { return 0 }
        return (parts.firstIndex { $0.stage == stage } ?? 0) % 8 + 1
    }

    static func percentiles(_ report: LatencyReport, _ markup: inout Markup) {
        let way = report.stages.filter {
            $0.stage.family == .part || $0.stage == report.headline?.stage
        }
        let copy = report.stages.filter { $0.stage.family == .dropCopy }
        guard !way.isEmpty || !copy.isEmpty else { return }
        section("Percentiles", id: "percentiles", &markup) { markup in
            markup.element(
                "p",
                "Each step to the right leaves a tenth of the requests: half a picture shows the "
                    + "slowest percent.")
            if !way.isEmpty {
                percentilePlot("Request and answer", way, report, id: "way", &markup)
            }
            if !copy.isEmpty { percentilePlot("Drop copy", copy, report, id: "copy", &markup) }
        }
    }

    private static func percentilePlot(
        _ title: String, _ stages: [StageSummary], _ report: LatencyReport, id: String,
        _ markup: inout Markup
    ) {
        var curves = stages.filter { $0.percentiles.count > 0 }.map { summary in
            PlotCurve(
                name: summary.stage.label, style: style(summary.stage, in: report),
                points: summary.curve)
        }
        var legendEntries = curves.map { ("curve s\($0.style)", $0.name) }
        if !report.hiccupCurve.isEmpty {
            curves.append(PlotCurve(name: "hiccups", style: 9, points: report.hiccupCurve))
            legendEntries.append(("curve s9", "hiccups of the machine"))
        }
        let description = stages.map { summary in
            "\(summary.stage.label): half within \(formatNanos(summary.percentiles.p50)), 99 % "
                + "within \(formatNanos(summary.percentiles.p99))"
        }.joined(separator: "; ")
        let plot = PercentilePlot(
            title: "\(title): latency by percentile", description: description, curves: curves)
        figure(plot.title, &markup) { markup in
            for size in PlotSize.allCases { plot.draw(&markup, size, id: id) }
            legend(legendEntries, &markup)
        }
        table(
            caption: "The same in figures",
            columns: [
                "stage", "50\u{A0}%", "90\u{A0}%", "99\u{A0}%", "99.9\u{A0}%", "99.99\u{A0}%",
                "slowest",
            ],
            rows: stages.map { summary in
                let figures = summary.percentiles
                return [summary.stage.label]
                    + [figures.p50, figures.p90, figures.p99, figures.p999, figures.p9999]
                    .map(formatNanos) + [formatNanos(figures.max)]
            }, &markup)
    }

    static func breakdown(_ report: LatencyReport, _ markup: inout Markup) {
        let parts = report.stages.filter { $0.stage.isAddend && $0.percentiles.count > 0 }
        guard parts.count > 1, let headline = report.headline else { return }
        section("Where the time goes", id: "breakdown", &markup) { markup in
            markup.element(
                "p",
                "Each bar puts the same percentile of all parts side by side. Percentiles do not "
                    + "add up exactly: the request that is slow in one part is rarely slow in all.")
            let choices: [(String, (Percentiles) -> UInt64)] = [
                ("p50", { $0.p50 }), ("p90", { $0.p90 }), ("p99", { $0.p99 }),
            ]
            let bars = choices.map { name, value in
                BreakdownPlot.Bar(
                    name: "\(name) of the parts",
                    pieces: parts.map {
                        (style($0.stage, in: report), value($0.percentiles))
                    })
            }
            let plot = BreakdownPlot(
                title: "Parts of the way at three percentiles",
                description: zip(choices, bars).map {
                    "\($0.0): the parts' sum is \(formatNanos($1.sum))"
                }.joined(separator: "; "),
                bars: bars)
            figure(plot.title, &markup) { markup in
                for size in PlotSize.allCases { plot.draw(&markup, size, id: "parts") }
                legend(
                    parts.map { ("piece s\(style($0.stage, in: report))", $0.stage.label) },
                    &markup)
            }
            var rows = parts.map { summary in
                [summary.stage.label] + choices.map { formatNanos($0.1(summary.percentiles)) }
            }
            rows.append(["sum of the parts"] + bars.map { formatNanos($0.sum) })
            rows.append(
                ["the whole: \(headline.stage.label)"]
                    + choices.map { formatNanos($0.1(headline.percentiles)) })
            table(
                caption: "The same in figures", columns: ["part"] + choices.map(\.0), rows: rows,
                &markup)
        }
    }

    static func overTime(_ report: LatencyReport, _ markup: inout Markup) {
        guard let stage = report.headline?.stage, !report.series.points.isEmpty else { return }
        let points = report.series.points
        section("Over time", id: "time", &markup) { markup in
            let each = Double(points.map(\.lengthNanos).max() ?? 0) / 1e9
            markup.element(
                "p",
                "\(stage.label). Each point is \(formatDecimal(each, decimals: each < 0.95 ? 2 : 0)) s"
                    + (report.series.intervalsPerPoint > 1
                        ? ", its p99 that of its worst second" : "") + ".")
            let silent = points.filter { $0[stage].count == 0 }.count
            let plot = TimePlot(
                title: "\(stage.label) over the run",
                description: "\(points.count) points, \(silent) of them without an answer; the "
                    + "slowest answer took "
                    + formatNanos(points.map { $0[stage].max }.max() ?? 0),
                series: report.series, stage: stage)
            figure(plot.title, &markup) { markup in
                for size in PlotSize.allCases { plot.draw(&markup, size, id: "series") }
                legend(
                    [
                        ("curve s1", "p50"), ("curve s2", "p99"), ("curve s3", "slowest"),
                        ("hiccup", "longest pause of the machine"), ("silence", "no answer"),
                        ("loss", "stamps lost"),
                    ], &markup)
            }
            let worst = points.sorted { $0[stage].max > $1[stage].max }.prefix(8)
            table(
                caption: "The points with the slowest answers",
                columns: ["from", "answers", "p50", "p99", "slowest", "machine's pause", "lost"],
                rows: worst.map { point in
                    let sample = point[stage]
                    return [
                        formatDecimal(Double(point.startNanos) / 1e9, decimals: 1) + " s",
                        formatGrouped(sample.count), formatNanos(sample.p50),
                        formatNanos(sample.p99), formatNanos(sample.max),
                        formatNanos(point.hiccups.max), formatGrouped(point.lost),
                    ]
                }, &markup)
            if !report.worstHiccups.isEmpty {
                table(
                    caption: "The machine's longest pauses", columns: ["at", "pause"],
                    rows: report.worstHiccups.map {
                        [
                            formatDecimal(Double($0.offsetNanos) / 1e9, decimals: 3) + " s",
                            formatNanos($0.nanos),
                        ]
                    }, &markup)
            }
        }
    }

    static func slowest(_ report: LatencyReport, _ markup: inout Markup) {
        guard !report.slowest.isEmpty else { return }
        section("The slowest requests", id: "slowest", &markup) { markup in
            let parts = Stage.allCases.filter { stage in
                stage.family == .part && report[stage] != nil
            }
            table(
                caption: "Where each of them was slow",
                columns: ["session, number", "at", "whole"] + parts.map(\.label),
                rows: report.slowest.map { request in
                    let offset = request.stamps.gatewayIn.nanos(since: report.start)
                    return [
                        "\(request.stamps.sessionID), \(request.stamps.msgSeqNum)",
                        formatDecimal(Double(offset) / 1e9, decimals: 3) + " s",
                        formatNanos(request.wholeNanos),
                    ] + parts.map { request.nanos($0).map(formatNanos) ?? "–" }
                }, &markup)
        }
    }

    static func conditions(_ report: LatencyReport, _ markup: inout Markup) {
        section("Conditions", id: "conditions", &markup) { markup in
            markup.element("dl", ["class": "explanations"]) { markup in
                for condition in report.conditions {
                    markup.element("div") {
                        $0.element("dt", condition.name)
                        $0.element("dd", condition.value)
                    }
                }
            }
            if !report.omissions.isEmpty {
                markup.element("h3", "What is not included")
                markup.element("ul") { markup in
                    for sentence in report.omissions { markup.element("li", sentence) }
                }
            }
        }
    }

    private static func figure(
        _ title: String, _ markup: inout Markup, _ body: (inout Markup) -> Void
    ) {
        markup.element("figure") { markup in
            markup.element("figcaption", title)
            body(&markup)
        }
    }
}
