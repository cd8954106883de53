import CBaselines
import CommandLineTool
import Glibc
import MarketFlows

/// The `bench` program: picks benchmarks, runs them, prints a table or JSON.
public enum BenchTool {
    static let tool = Tool(
        "bench",
        summary: "Measures Apus against baselines in the same run; every figure is also a ratio.",
        options: [
            .flag("list", "names and what each measures, without running any"),
            .value("filter", "NAME", "only benchmarks whose name begins with NAME"),
            .value("flow", "NAME", "only this market flow, as normal (matcher)"),
            .flag("quick", "few repetitions: shows that everything runs, gives no figures"),
            .flag("profile", "only our side, for valgrind and perf (matcher, gateway)"),
            .flag("json", "one JSON object on standard output"),
            .value("data", "DIR", "recorded market data (also from APUS_DATA)"),
        ],
        notes: """
            Ratios are our time divided by the baseline's, the median of interleaved pairs, with the
            interval that holds the true median with 95 %.
            """)

    public static func main() -> Never {
        if CommandLine.arguments.dropFirst() == [SilentSessions.argument] { SilentSessions.hold() }
        tool.main { arguments in
            let chosen = try choose(arguments.string("filter"))
            if arguments.flag("list") { return list(chosen) }
            let options = BenchmarkOptions(
                isQuick: arguments.flag("quick"), isProfile: arguments.flag("profile"),
                dataFolder: arguments.string("data") ?? environment("APUS_DATA")
                    ?? "../shared/data",
                filter: arguments.string("filter"), flow: arguments.string("flow"),
                bench: Companion.own)
            _ = try MarketProfile.named(options.flow)
            var results: [BenchmarkResult] = []
            for benchmark in chosen {
                if !arguments.flag("json") { printNote("\(benchmark.name) …") }
                results += try benchmark.results(options)
            }
            // Under valgrind two threads that wait for each other take minutes.
            let machine = Machine(measuringLines: !options.isProfile)
            if arguments.flag("json") {
                printJSON(results, machine)
            } else {
                printTable(results, machine)
            }
        }
    }

    private static func choose(_ filter: String?) throws -> [Benchmark] {
        guard let filter else { return Benchmark.all }
        let chosen = Benchmark.all.filter { $0.name.hasPrefix(filter) }
        guard !chosen.isEmpty else {
            throw UsageError(
                "--filter \(filter): no benchmark's name begins so; --list shows them")
        }
        return chosen
    }

    private static func list(_ benchmarks: [Benchmark]) {
        var table = TextTable([("name", .left), ("measures", .left)])
        for benchmark in benchmarks { table.add([benchmark.name, benchmark.summary]) }
        print(table.text)
    }

    private static func printTable(_ results: [BenchmarkResult], _ machine: Machine) {
        var table = TextTable([
            ("benchmark", .left), ("operations", .right), ("ns/op", .right), ("p50", .right),
            ("p99", .right), ("p99.9", .right), ("max", .right), ("ratio", .right), ("95 %", .left),
            ("baseline", .left),
        ])
        for result in results {
            table.add([
                result.name, formatGrouped(result.operations),
                result.nanosPerOperation.map { formatDecimal($0, decimals: 1) } ?? "",
                result.p50.map(formatNanos) ?? "", result.p99.map(formatNanos) ?? "",
                result.p999.map(formatNanos) ?? "", result.max.map(formatNanos) ?? "",
                result.ratio.map { formatDecimal($0.median, decimals: 2) } ?? "",
                result.ratio.map {
                    formatDecimal($0.low, decimals: 2) + "–" + formatDecimal($0.high, decimals: 2)
                } ?? "",
                result.baseline ?? "",
            ])
        }
        print(table.text)
        for result in results { print("\(result.name): \(result.conditions)") }
        print("machine: \(machine.summary)")
    }

    private static func printJSON(_ results: [BenchmarkResult], _ machine: Machine) {
        var json = JSONWriter()
        json.object { json in
            json.object("machine") { machine.write(to: &$0) }
            json.array("benchmarks") { json in
                for result in results { result.write(to: &json) }
            }
        }
        print(json.text)
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func printNote(_ text: String) {
        guard isatty(2) != 0 else { return }
        _ = (text + "\n").withCString { write(2, $0, strlen($0)) }
    }
}

/// What a figure was measured on.
struct Machine {
    var processor: String
    var cores: Int
    var kernel: String
    /// A cache line sent to the other core and back; 0: not measured.
    var lineRoundTripNanos: Double

    init(measuringLines: Bool) {
        var name = utsname()
        uname(&name)
        kernel = withUnsafeBytes(of: name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        var first: Int32 = -1
        var second: Int32 = -1
        cores = Int(cbaselines_usable_cores(&first, &second))
        processor = Self.processorName()
        lineRoundTripNanos =
            second < 0 || !measuringLines ? 0 : cbaselines_line_round_trip(first, second)
    }

    var summary: String {
        "\(processor), \(cores) cores, Linux \(kernel), a cache line there and back in "
            + "\(formatDecimal(lineRoundTripNanos, decimals: 0)) ns"
    }

    func write(to json: inout JSONWriter) {
        json.field("processor", processor)
        json.field("cores", cores)
        json.field("kernel", kernel)
        json.field("line_round_trip_ns", lineRoundTripNanos, decimals: 1)
    }

    private static func processorName() -> String {
        guard let file = fopen("/proc/cpuinfo", "r") else { return "unknown processor" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            guard text.hasPrefix("model name"), let colon = text.firstIndex(of: ":") else {
                continue
            }
            let name = text[text.index(after: colon)...].drop { $0 == " " }
            return String(name.prefix { $0 != "\n" })
        }
        return "unknown processor"
    }
}
