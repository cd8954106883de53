import Foundation
import FuzzTargets
import Testing

/// Every input that is kept is tried again: those to begin with, and those that once showed a bug. A
/// property that does not hold stops the process with a sentence.
@Suite struct CorpusTests {
    private static let fuzzers = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzzers")

    private func inputs(_ kind: String, _ target: FuzzTarget) throws -> [(name: String, Data)] {
        let folder = Self.fuzzers.appending(path: "\(kind)/\(target.name)")
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, try Data(contentsOf: folder.appending(path: $0)))
        }
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `Every property holds for what is kept`(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let corpus = try inputs("Corpus", target)
        #expect(!corpus.isEmpty, "\(name) has inputs to begin with")
        for (_, input) in try corpus + inputs("Findings", target) {
            // A copy of its own for every input: nothing lies behind it.
            [UInt8](input).withUnsafeBytes { target.run($0) }
        }
    }

    @Test func `Names are different, and folders belong to targets`() throws {
        let names = Set(FuzzTarget.all.map(\.name))
        #expect(names.count == FuzzTarget.all.count)
        for kind in ["Corpus", "Findings"] {
            let folder = Self.fuzzers.appending(path: kind)
            let found = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(Set(found ?? []).subtracting(["README.md"]).isSubset(of: names))
        }
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `Nothing and little are inputs too`(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for length in 0..<24 {
            for byte in [0, 1, 0x7F, 0xFF] as [UInt8] {
                [UInt8](repeating: byte, count: length).withUnsafeBytes { target.run($0) }
            }
        }
    }
}
