import Foundation
import Testing

@testable import Statistics

@Suite struct ExpositionTests {
    @Test func isWhatTheFormatAsksFor() throws {
        let metrics = try ExpositionParser.parse(Exposition(.sample()).text)
        let names = metrics.map(\.name)
        #expect(
            names.prefix(3) == [
                "apus_engine_commands_total", "apus_engine_event_ring_waits_total",
                "apus_engine_trade_sides",
            ])
        #expect(names.contains("apus_thread_busy_seconds_total"))
        #expect(names.contains("apus_thread_cycle_max_seconds"))
        #expect(names.last == "apus_venue_start_time_seconds")
        #expect(metrics.allSatisfy { $0.name.hasPrefix("apus_") })

        let commands = metrics[0]
        #expect(commands.type == "counter")
        #expect(commands.help == "Counts engine.commands.")
        #expect(
            commands.samples == [
                .init(
                    labels: ["venue": "demo", "program": "venue", "kind": "new_order"],
                    value: "1200"),
                .init(
                    labels: ["venue": "demo", "program": "venue", "kind": "delete_order"],
                    value: "0"),
            ])
        func value(_ name: String) -> String? {
            metrics.first { $0.name == name }?.samples.first?.value
        }
        #expect(value("apus_thread_busy_seconds_total") == "15.000000000")
        #expect(value("apus_thread_cycle_recent_max_seconds") == "0.000087000")
        #expect(value("apus_venue_start_time_seconds") == "1.000000000")
        #expect(value("apus_pool_orders_capacity") == "1000")
        let dropCopy = metrics.first { $0.name == "apus_dropcopy_messages_total" }
        #expect(dropCopy?.samples.first?.labels["program"] == "dropcopy")
    }

    @Test func theSameCounterOfTwoProgramsStandsTogether() throws {
        var snapshot = Snapshot.sample()
        snapshot.programs[1].samples.append(
            .total("thread.cycles", 7, ["thread": "orders"]))
        let metrics = try ExpositionParser.parse(Exposition(snapshot).text)
        let cycles = try #require(metrics.first { $0.name == "apus_thread_cycles_total" })
        #expect(cycles.samples.map { $0.labels["program"] } == ["venue", "dropcopy"])
    }

    @Test func whateverIsInALabelIsEscaped() throws {
        let name = "a\"b\\c\nd"
        let metrics = try ExpositionParser.parse(Exposition(.sample(venue: name)).text)
        #expect(metrics[0].samples[0].labels["venue"] == name)
        // The backslash of a gauge's meaning.
        #expect(metrics.first { $0.type == "gauge" }?.help.hasPrefix("Shows \\ ") == true)
    }

    @Test func largeNumbersKeepEveryDigit() throws {
        var snapshot = Snapshot.sample(orders: .max >> 1)
        snapshot.programs[0].samples.append(.total("x.y_nanos", .max))
        let text = Exposition(snapshot).text
        #expect(text.contains("kind=\"new_order\"} 9223372036854775807\n"))
        #expect(text.contains("program=\"venue\"} 18446744073.709551615\n"))
    }

    /// The checker checks: each of these is refused.
    @Test(arguments: [
        "", "x 1\n", "# HELP a b\n", "# HELP a b\n# TYPE a gauge\n", "# TYPE a gauge\na 1\n",
        "# HELP a b\n# TYPE a gauge\na 1", "# HELP a b\n# TYPE a counter\na 1\n",
        "# HELP a_total b\n# TYPE a_total gauge\na_total 1\n",
        "# HELP a b\n# TYPE a gauge\na 1\na 1\n", "# HELP a b\n# TYPE a gauge\na{x=\"\\q\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1} 1\n", "# HELP a b\n# TYPE a gauge\na 1 2\n",
        "# HELP a b\n# TYPE a gauge\na -1\n", "# HELP a b\n# TYPE a gauge\na 1\n\n",
        "# HELP a b\n# TYPE a gauge\na 1\n# HELP c b\n# TYPE c gauge\nc 1\na{x=\"1\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n", "# HELP 1 b\n# TYPE 1 gauge\n1 1\n",
    ])
    func theParserIsStrict(text: String) {
        #expect(throws: ExpositionParser.Failure.self) {
            _ = try ExpositionParser.parse(text)
        }
    }

    /// What Prometheus' own library for Python makes of it.
    @Test(
        .enabled(
            if: PythonClient.isInstalled,
            "python3 with prometheus_client (python3-prometheus-client) is not installed"))
    func prometheusReadsIt() throws {
        let answer = try PythonClient.families(of: Exposition(.sample()).text)
        #expect(answer.contains("apus_engine_commands counter 2"))
        #expect(answer.contains("apus_thread_cycle_max_seconds gauge 1"))
    }
}

/// The official parser, where it is installed.
private enum PythonClient {
    static let isInstalled = (try? run("import prometheus_client.parser", input: ""))?.status == 0

    static func families(of text: String) throws -> [Substring] {
        let script = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families
            for family in text_string_to_metric_families(sys.stdin.read()):
                print(family.name, family.type, len(family.samples))
            """
        return try run(script, input: text).output.split(separator: "\n")
    }

    private static func run(
        _ script: String, input: String
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        let (stdin, stdout) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", script]
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = FileHandle.nullDevice
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
