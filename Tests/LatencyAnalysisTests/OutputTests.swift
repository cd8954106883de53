import Domain
import Foundation
import OrderFlow
import Telemetry
import Testing

@testable import LatencyAnalysis

@Suite("Outputs")
struct OutputTests {
    @Test("every line of the table fits 79 columns, whatever the figures")
    func tableWidth() {
        let values: [UInt64] = [0, 999, 1_000, 9_999, 99_999, 999_499, 999_500, 3_599_999_999_999]
        for value in values {
            var figures = Percentiles()
            figures.count = value * 1_000
            figures.min = value
            (figures.p50, figures.p90, figures.p99) = (value, value, value)
            (figures.p999, figures.p9999, figures.max) = (value, value, value)
            let stages = Stage.allCases.map {
                StageSummary(
                    stage: $0, percentiles: figures, negativeCount: value,
                    mostNegativeNanos: value, curve: [])
            }
            for line in StageTable.lines(stages, hiccups: figures) {
                #expect(line.count <= 79, "\(line)")
            }
        }
    }

    @Test(
        "figures have three digits in at most six letters",
        arguments: [
            (0, "0ns"), (999, "999ns"), (1_000, "1.00µs"), (9_994, "9.99µs"), (9_996, "10.0µs"),
            (99_960, "100µs"), (999_499, "999µs"), (999_500, "1.00ms"), (31_400_000, "31.4ms"),
            (999_500_000, "1.00s"), (3_600_000_000_000, "3600s"),
        ] as [(UInt64, String)])
    func compact(nanos: UInt64, expected: String) {
        #expect(CompactText.nanos(nanos) == expected)
    }

    @Test("the table's lines are as they always were")
    func tableText() throws {
        let pipeline = LatencyPipeline(start: MadeUpRun.start)
        for number in 1...100 { pipeline.note(MadeUpRun.stamps(number)) }
        pipeline.closeInterval(
            at: MadeUpRun.start.adding(nanos: 1_000_000_000), hiccups: LatencyHistogram())
        #expect(
            StageTable.lines(pipeline.summaries(), hiccups: Percentiles()).joined(separator: "\n")
                == """
                                         count    min    p50    p90    p99  p99.9 p99.99    max
                gateway in → engine in     100 1.00µs 1.00µs 1.00µs 1.00µs 1.00µs 1.00µs 1.00µs
                engine in → engine out     100 2.00µs 2.00µs 2.00µs 2.00µs 2.00µs 2.00µs 2.00µs
                engine out → answer in     100 3.00µs 3.00µs 3.00µs 3.00µs 3.00µs 3.00µs 3.00µs
                answer in → gateway out    100 4.00µs 4.00µs 4.00µs 4.00µs 4.00µs 4.00µs 4.00µs

                gateway in → out           100 10.0µs 10.0µs 10.0µs 10.0µs 10.0µs 10.0µs 10.0µs
                """)
    }

    @Test("the JSON is one object with every stage, count and condition")
    func json() throws {
        let (measurement, records) = MadeUpRun.measurement()
        let report = try MadeUpRun.report(measurement, records)
        let text = JSONReport.text(report)
        let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let object = try #require(parsed as? [String: Any])
        let stages = try #require(object["stages"] as? [[String: Any]])
        #expect(stages.map { $0["name"] as? String } == report.stages.map(\.stage.tag))
        let back = try #require(stages.first { $0["name"] as? String == "engine_out..answer_in" })
        #expect(back["negative"] as? Int == 1 && back["most_negative_ns"] as? Int == 7)
        let counts = try #require(object["counts"] as? [String: Any])
        #expect(counts["answers"] as? UInt64 == report.counts.answers)
        #expect(counts["lost_stamps"] as? Int == 120)
        #expect((object["slowest"] as? [Any])?.count == 10)
        #expect((object["series"] as? [Any])?.count == report.series.points.count)
        let conditions = try #require(object["conditions"] as? [String: String])
        #expect(conditions["processor"] == "made up <&> \"tested\"")
    }

    @Test("the log has an interval a second and tag, which add up to the whole")
    func hdrLog() throws {
        let (measurement, _) = MadeUpRun.measurement()
        let log = HDRLog(start: measurement.start, subject: "made up", conditions: [])
        var text = log.header
        let pipeline = try RecordedMeasurement(measurement: measurement, records: []).run {
            text += HDRLog.line($0, $1, $2)
        }
        var counts: [String: UInt64] = [:]
        try HistogramLog.forEachInterval(in: text) { interval in
            counts[interval.tag ?? "", default: 0] += interval.histogram.count
        }
        for summary in pipeline.summaries() {
            #expect(counts[summary.stage.tag] == summary.percentiles.count)
        }
        #expect(counts["hiccups"] == pipeline.hiccupPercentiles.count)
        #expect(Set(Stage.allCases.map(\.tag)).count == Stage.allCases.count)
        // The Python implementation finds the same, where it is installed.
        try withFile(text, "hlog") { path in
            let python = ProcessInfo.processInfo.environment["APUS_PYTHON"] ?? "python3"
            guard runProgram(python, ["-c", "import hdrh.log"]) == 0 else { return }
            let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Tools/check-hdrlog").standardizedFileURL.path
            let venue = try #require(pipeline.summaries().first { $0.stage == .venue })
            let check = [
                tool, path, "--tag", Stage.venue.tag, "--count", "\(venue.percentiles.count)",
                "--p50", "\(venue.percentiles.p50)", "--p99", "\(venue.percentiles.p99)",
            ]
            #expect(runProgram(python, check) == 0)
        }
    }
}

@Suite("HTML report")
struct HTMLReportTests {
    /// With everything a report can have, and names that try to be markup.
    private func fullReport() throws -> String {
        let (measurement, records) = MadeUpRun.measurement()
        return HTMLReport.text(
            try MadeUpRun.report(
                measurement, records, subject: "<script>alert(\"x\")</script> & co"))
    }

    @Test(
        "a page to look at in a browser is kept where APUS_REPORT says",
        .enabled(if: ProcessInfo.processInfo.environment["APUS_REPORT"] != nil))
    func keptForPeople() throws {
        let path = ProcessInfo.processInfo.environment["APUS_REPORT"]!
        let (measurement, records) = MadeUpRun.measurement(seconds: 60)
        let report = HTMLReport.text(try MadeUpRun.report(measurement, records))
        try report.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func reports() throws -> [String] {
        let (measurement, records) = MadeUpRun.measurement()
        var noListener = measurement
        noListener.arrivals = []
        let nothing = LatencyPipeline(start: MadeUpRun.start)
        return [
            try fullReport(), HTMLReport.text(try MadeUpRun.report(noListener, [])),
            HTMLReport.text(try MadeUpRun.report(SavedMeasurement(), records)),
            HTMLReport.text(
                LatencyReport(subject: "nothing", pipeline: nothing, end: MadeUpRun.start)),
        ]
    }

    @Test("every element is closed where it was opened, every reference leads somewhere")
    func wellFormed() throws {
        for report in try reports() {
            var checker = MarkupChecker(report)
            #expect(checker.firstMistake() == nil)
            #expect(checker.identifiers.count == Set(checker.identifiers).count)
            for reference in checker.references {
                #expect(checker.identifiers.contains(reference), "\(reference)")
            }
        }
    }

    @Test("the page needs nothing but itself")
    func selfContained() throws {
        for report in try reports() {
            for word in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"]
            {
                #expect(!report.contains(word), "\(word)")
            }
        }
    }

    @Test("every picture has a name, a description, both sizes and a table")
    func accessible() throws {
        let report = try fullReport()
        let pictures = report.split(separator: "<svg class=\"wide\"").count - 1
        #expect(pictures == 4)
        #expect(report.split(separator: "<svg class=\"narrow\"").count - 1 == pictures)
        #expect(report.split(separator: "<desc ").count - 1 == 2 * pictures)
        #expect(report.split(separator: "<table>").count - 1 >= pictures)
        #expect(report.contains("prefers-color-scheme: dark") && report.contains("@media print"))
    }

    @Test("texts from outside stay texts")
    func escaped() throws {
        let report = try fullReport()
        #expect(report.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; co"))
        #expect(report.contains("made up &lt;&amp;&gt; &quot;tested&quot;"))
        #expect(Markup.escaped("a\u{0}\u{1B}b") == "a\u{FFFD}\u{FFFD}b")
    }

    @Test("what the figures leave out and what was lost is said")
    func honesty() throws {
        let (measurement, _) = MadeUpRun.measurement()
        let report = HTMLReport.text(try MadeUpRun.report(measurement, []))
        #expect(report.contains("The way between client and gateway is not included"))
        #expect(report.contains("120 answers lost"))
        #expect(report.contains("1 negative, down to -7ns, not counted"))
    }

    @Test("other programs' parsers find nothing wrong either")
    func otherParsers() throws {
        for report in try reports() {
            try withFile(report, "html") { path in
                if let status = runProgram("xmllint", ["--noout", "--nonet", path]) {
                    #expect(status == 0)
                }
                let script = """
                    import sys, xml.etree.ElementTree as tree
                    tree.parse(sys.argv[1])
                    """
                if let status = runProgram("python3", ["-c", script, path]) {
                    #expect(status == 0)
                }
            }
        }
    }
}

/// A strict reader of markup: names in angle brackets, closed in order, texts without bare signs.
private struct MarkupChecker {
    private let text: [Character]
    private var position = 0
    private(set) var identifiers: [String] = []
    private(set) var references: [String] = []

    init(_ text: String) { self.text = Array(text) }

    mutating func firstMistake() -> String? {
        var open: [String] = []
        while position < text.count {
            let character = text[position]
            if character == "<" {
                guard let end = text[position...].firstIndex(of: ">") else { return "no end" }
                let tag = String(text[position + 1..<end])
                position = end + 1
                if tag.hasPrefix("!DOCTYPE") { continue }
                if tag.hasPrefix("/") {
                    guard open.popLast() == String(tag.dropFirst()) else { return tag }
                } else {
                    note(tag)
                    if !tag.hasSuffix("/") {
                        open.append(String(tag.split(separator: " ")[0]))
                    }
                }
                continue
            }
            if character == "&" {
                let known = ["&lt;", "&gt;", "&amp;", "&quot;"]
                let rest = String(text[position..<min(position + 6, text.count)])
                guard known.contains(where: rest.hasPrefix) else { return rest }
            }
            if character == ">" { return "a bare >" }
            position += 1
        }
        return open.isEmpty ? nil : "not closed: \(open)"
    }

    private mutating func note(_ tag: String) {
        func value(_ name: String) -> String? {
            guard let start = tag.range(of: " \(name)=\"") else { return nil }
            return String(tag[start.upperBound...].prefix { $0 != "\"" })
        }
        if let identifier = value("id") { identifiers.append(identifier) }
        if let names = value("aria-labelledby") {
            references += names.split(separator: " ").map(String.init)
        }
    }
}
