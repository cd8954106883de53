import Foundation
import LinuxPlatform
import TestSupport
import Testing

@testable import Fuzzing

@Suite struct MutatorTests {
    private func inputs(seed: UInt64, lengthMax: Int = 64) -> [[UInt8]] {
        var mutator = Mutator(
            seeds: [Array("hello".utf8), [], [UInt8](repeating: 7, count: 60)],
            lengthMax: lengthMax, seed: seed)
        return (0..<2000).map { _ in mutator.next() }
    }

    @Test func `The same seed makes the same inputs`() {
        #expect(inputs(seed: 1) == inputs(seed: 1))
        #expect(inputs(seed: 1) != inputs(seed: 2))
    }

    @Test func `Inputs are of every kind, and never too long`() {
        let made = inputs(seed: 3, lengthMax: 40)
        #expect(made.allSatisfy { $0.count <= 40 })
        #expect(made.contains { $0.isEmpty } && made.contains { $0.count == 40 })
        #expect(Set(made).count > 1500)
        // Parts of the seeds survive.
        #expect(made.contains { $0.starts(with: Array("hell".utf8)) })
    }
}

@Suite struct GuardedInputTests {
    @Test func `The last input is read from the file of who was stopped`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).input").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let input = try #require(GuardedInput(capacity: 5000, path: path))
        for bytes in [[], [1, 2, 3], [UInt8](repeating: 9, count: 5000)] as [[UInt8]] {
            #expect(Array(input.hold(bytes)) == bytes)
            #expect(GuardedInput.last(in: try FuzzFiles.read(path)) == bytes)
        }
        #expect(GuardedInput.last(in: [1, 2, 3]) == nil)
    }

    @Test func `Who reads beyond the input is stopped`() async {
        await #expect(processExitsWith: .failure) {
            let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).input")
            let input = GuardedInput(capacity: 100, path: path.path)!
            unlink(path.path)
            let bytes = input.hold([1, 2, 3])
            let beyond = (bytes.baseAddress! + 3).load(as: UInt8.self)
            // What is not used is not read either, once it is optimised.
            FileHandle.standardError.write(Data([beyond]))
        }
    }
}

/// The program itself, on a repository of its own.
@Suite(.serialized) struct FuzzProgramTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")

    static var program: String {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "apus-fuzz").path
    }

    static let sanitized: Comment = "a sanitizer exceeds the limit of memory for what is fuzzed"

    private func run(_ arguments: [String]) throws -> (end: ChildProcess.End?, output: String) {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let log = folder.appending(path: "log").path
        try? FileManager.default.removeItem(atPath: log)
        let process = try ChildProcess(
            path: Self.program, arguments: arguments, output: log, errors: log)
        let end = process.wait(nanos: 120_000_000_000)
        return (end, try String(contentsOfFile: log, encoding: .utf8))
    }

    @Test(.enabled(if: !isSanitized, sanitized))
    func `A bug is found, made small, kept and can be repeated`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let corpus = folder.appending(path: "Tests/Fuzzers/Corpus/planted")
        try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
        try Data("some words with a BUh in them".utf8).write(to: corpus.appending(path: "seed"))
        let (end, output) = try run([
            "run", "planted", "--plain", "--seconds", "20", "--seed", "1", "--repository",
            folder.path,
        ])
        #expect(end == .exit(1), "\(output)")
        #expect(output.contains("the planted bug is not in the input"), "\(output)")
        #expect(output.contains("apus-fuzz try planted Tests/Fuzzers/Findings/planted/"))
        let findings = FuzzFiles.paths(
            in: folder.appending(path: "Tests/Fuzzers/Findings/planted").path)
        #expect(try findings.map { try FuzzFiles.read($0) } == [Array("BUG".utf8)])
        let again = try run(["try", "planted"] + findings + ["--repository", folder.path])
        #expect(again.end != .exit(0) && again.output.contains("planted bug"))
    }

    @Test(.enabled(if: !isSanitized, sanitized))
    func `Nothing is found where nothing is`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (end, output) = try run([
            "run", "requests", "--plain", "--seconds", "1", "--json", "--repository", folder.path,
        ])
        #expect(end == .exit(0), "\(output)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        #expect(json["driver"] as? String == "plain")
        #expect((json["executions"] as? Int ?? 0) > 100)
    }

    @Test func `A witness is served while a venue is attacked`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (end, output) = try run([
            "network", "--seconds", "3", "--seed", "7", "--patience", "20s", "--json",
        ])
        #expect(end == .exit(0), "\(output)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        #expect((json["witness_rounds"] as? Int ?? 0) > 1)
        #expect((json["attacks"] as? Int ?? 0) > 8)
        #expect(json["violation"] is NSNull)
    }

    @Test func `Wrong arguments end with 2 and one sentence`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (end, output) = try run(["run", "nothing", "--repository", folder.path])
        #expect(end == .exit(2))
        #expect(
            output.contains("There is no target \"nothing\"") && !output.dropLast().contains("\n"))
    }
}
