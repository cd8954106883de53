import BenchmarkKit
import CommandLineTool
import Testing

/// Every benchmark's quick run works; nothing is said about speed.
@Suite(.serialized) struct BenchmarkTests {
    static let options = BenchmarkOptions(isQuick: true, dataFolder: "/nonexistent")
    static let names = Benchmark.all.map(\.name)

    static func run(_ name: String) throws -> [BenchmarkResult] {
        let benchmark = try #require(Benchmark.all.first { $0.name == name })
        return try benchmark.results(options)
    }

    @Test func namesAreUnique() { #expect(Set(Self.names).count == Self.names.count) }

    @Test(.timeLimit(.minutes(2)), arguments: names)
    func quickRunWorks(name: String) throws {
        let results = try Self.run(name)
        #expect(!results.isEmpty)
        for result in results {
            #expect(result.name.hasPrefix(name.prefix { $0 != "." }))
            #expect(!result.conditions.isEmpty)
            // What was not run says why.
            guard result.operations > 0 else { continue }
            if let ratio = result.ratio {
                #expect(ratio.low <= ratio.median && ratio.median <= ratio.high)
                #expect(result.baseline != nil)
            }
        }
        // Equal work, equal hash.
        let again = try Self.run(name)
        #expect(results.map(\.hash) == again.map(\.hash))
    }

    @Test func everyMessageIsAnOperationOfOneKind() throws {
        let results = try Self.run("matcher.operations")
        #expect(results.reduce(0) { $0 + $1.operations } == 20_000)
        #expect(results.allSatisfy { $0.operations > 0 && $0.p50! > 0 && $0.p50! <= $0.p99! })
    }

    @Test func tracedRunMarksHalfOfTheMessages() throws {
        let benchmark = try #require(Benchmark.all.first { $0.name == "matcher.operations" })
        let options = BenchmarkOptions(isQuick: true, isProfile: true, dataFolder: "/nonexistent")
        #expect(try benchmark.results(options).map(\.operations) == [10_000])
    }

    @Test func jsonHasEveryField() throws {
        let result = try #require(try Self.run("histogram").first)
        var json = JSONWriter()
        result.write(to: &json)
        for field in [
            "name", "operations", "ns_per_op", "p50_ns", "p99_ns", "p999_ns", "max_ns",
            "instructions_per_op", "allocations", "hash", "baseline", "ratio",
        ] {
            #expect(json.text.contains("\"\(field)\":"), "\(field) is missing in \(json.text)")
        }
    }
}
