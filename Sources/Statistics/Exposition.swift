import Telemetry

/// A snapshot in the text format that Prometheus scrapes (version 0.0.4).
///
/// A family `engine.commands` becomes `apus_engine_commands_total`, `thread.busy_nanos` becomes
/// `apus_thread_busy_seconds_total`: base units, and `_total` behind what only grows. Every sample says
/// of which venue and program it is.
struct Exposition {
    /// A metric with all its samples, which have to stand together.
    private struct Metric {
        var name: String
        var meaning: String
        var kind: CounterDefinition.Kind
        var lines: [String] = []
    }

    let text: String

    init(_ snapshot: Snapshot) {
        var metrics: [Metric] = []
        var positions: [String: Int] = [:]
        for program in snapshot.programs {
            for sample in program.samples {
                let name = Self.name(of: sample.counter)
                let position = positions[name] ?? metrics.count
                if position == metrics.count {
                    positions[name] = position
                    metrics.append(
                        Metric(
                            name: name, meaning: sample.counter.meaning, kind: sample.counter.kind))
                }
                let labels = Self.labels(
                    [("venue", snapshot.venue), ("program", program.name)]
                        + sample.counter.labels.map { ($0.key, $0.value) })
                metrics[position].lines.append("\(name)\(labels) \(Self.value(of: sample))\n")
            }
        }
        var start = Metric(
            name: "apus_venue_start_time_seconds", meaning: "When the venue started, UTC.",
            kind: .gauge)
        start.lines = [
            start.name + Self.labels([("venue", snapshot.venue)])
                + " \(Self.seconds(snapshot.startNanos))\n"
        ]
        text = (metrics + [start]).map(Self.block).joined()
    }

    private static func block(_ metric: Metric) -> String {
        "# HELP \(metric.name) \(escaped(metric.meaning, quotes: false))\n"
            + "# TYPE \(metric.name) \(metric.kind == .total ? "counter" : "gauge")\n"
            + metric.lines.joined()
    }

    static func name(of counter: CounterDefinition) -> String {
        var name = "apus_" + counter.family.replacing(".", with: "_")
        if name.hasSuffix("_nanos") { name = name.dropLast(5) + "seconds" }
        return counter.kind == .total ? name + "_total" : name
    }

    private static func value(of sample: Snapshot.Sample) -> String {
        sample.isTime ? seconds(sample.value) : "\(sample.value)"
    }

    /// Nanoseconds as seconds, digit by digit: no binary fraction comes near them.
    static func seconds(_ nanos: UInt64) -> String {
        let digits = "\(nanos % 1_000_000_000)"
        return "\(nanos / 1_000_000_000)."
            + String(repeating: "0", count: 9 - digits.utf8.count) + digits
    }

    static func labels(_ labels: [(key: String, value: String)]) -> String {
        let pairs = labels.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
