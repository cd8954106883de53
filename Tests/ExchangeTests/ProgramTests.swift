import Foundation
import LinuxPlatform
import Testing

@testable import Exchange

/// The built `apus-exchange`, as a user meets it.
@Suite(.enabled(if: Program.exists, "apus-exchange is not built beside the tests"))
struct ProgramTests {
    @Test func helpAndVersion() throws {
        let help = try Program.run(["--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("--config FILE"))
        #expect(help.errors.isEmpty)
        let version = try Program.run(["--version"])
        #expect(version.status == 0)
        #expect(version.output.hasPrefix("apus-exchange "))
        #expect(try Program.run(["hash-password", "--help"]).status == 0)
    }

    @Test(
        "Bad arguments are named in one sentence, and the status is 2",
        arguments: [
            (["--prot", "1"], "--port"), (["--port", "x"], "--port"), (["now"], "now"),
            (["--data-dir", ""], "--data-dir"), (["--durability", "sync"], "--durability"),
            (["--config", "/no/file"], "/no/file"), (["hash-password", "--cost", "1"], "--cost"),
        ] as [([String], String)])
    func badArguments(arguments: [String], named: String) throws {
        let result = try Program.run(arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains(named))
        #expect(result.errors.hasPrefix("apus-exchange"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func whatIsPrintedCanBeRead() throws {
        let printed = try Program.run(["--print-config", "--name", "copy", "--port", "0"])
        #expect(printed.status == 0)
        let configuration = try Configuration(parsing: Array(printed.output.utf8))
        #expect(configuration.runtime.name == "copy")
        #expect(configuration.market == DemonstrationMarket.referenceData)

        try withTemporaryFile(printed.output) { path in
            let again = try Program.run(["--config", path, "--print-config"])
            #expect(again.status == 0)
            #expect(again.output == printed.output)
            let checked = try Program.run(["--config", path, "--check-config"])
            #expect(checked.status == 0)
            #expect(checked.errors.isEmpty)
        }
    }

    @Test func everyErrorOfAFileIsListed() throws {
        var text = Configuration.demonstration.printed()
        text = text.replacing("\"tick\": \"0.5\"", with: "\"tick\": \"0\"")
        text = text.replacing("\"kind\": \"operations\"", with: "\"kind\": \"boss\"")
        text = text.replacing("\"securityID\": 3001", with: "\"securityID\": 2001")
        try withTemporaryFile(text) { path in
            let result = try Program.run(["--check-config", "--config", path])
            #expect(result.status == 2)
            #expect(result.output.isEmpty)
            let places = ["products[0].tick", "instruments[7].securityID", "sessions[3].kind"]
            let lines = result.errors.split(separator: "\n")
            #expect(lines.count == places.count)
            for (line, place) in zip(lines, places) {
                #expect(line.hasPrefix("apus-exchange: \(path): \(place): "), "\(line)")
            }
        }
    }

    @Test func hashesVerify() throws {
        let chosen = try Program.run(["hash-password"], input: "open sesame\n")
        #expect(chosen.status == 0)
        let hash = String(chosen.output.dropLast())
        #expect(PasswordHashForm.isWellFormed(hash))
        #expect(PasswordHash.verify(hash: hash, password: "open sesame"))
        #expect(!PasswordHash.verify(hash: hash, password: "open sesame\n"))

        let random = try Program.run(["hash-password", "--random"])
        #expect(random.status == 0)
        let lines = random.output.split(separator: "\n").map { $0.split(separator: " ") }
        try #require(lines.map(\.first) == ["password", "hash"])
        #expect(PasswordHashForm.isWellFormed(String(lines[1][1])))
        #expect(
            PasswordHash.verify(hash: String(lines[1][1]), password: String(lines[0][1])))
    }

    @Test(
        "What no logon can carry is no password",
        arguments: ["", "\n", String(repeating: "x", count: 33), "pässword\n", "a\u{0}b"])
    func refusesPasswords(input: String) throws {
        let result = try Program.run(["hash-password"], input: input)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("standard input"))
    }

    /// Foundation costs milliseconds at start and megabytes of memory, and nothing of it is needed.
    @Test func linksNoFoundation() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/ldd") else { return }
        let libraries = try Program.run([Program.path], program: "/usr/bin/ldd").output
        #expect(libraries.contains("libswiftCore"))
        #expect(!libraries.contains("Foundation"), "\(libraries)")
    }
}

@Suite struct DemonstrationPasswordTests {
    /// The passwords of the demonstration market, each with the number that makes it.
    static var hashes: [(number: UInt32, hash: String)] {
        let market = DemonstrationMarket.referenceData
        let sessions = market.sessions.map { session in
            let isTrading = session.kind == .trading
            return (
                isTrading ? market.units[session.unit.index].id : session.id, session.passwordHash
            )
        }
        let traders = market.units.flatMap(\.traders).map { ($0.id.raw, $0.passwordHash) }
        return sessions + traders
    }

    @Test func areAsDocumented() {
        for (number, hash) in Self.hashes {
            #expect(PasswordHash.verify(hash: hash, password: "apus-\(number)"), "apus-\(number)")
            #expect(!PasswordHash.verify(hash: hash, password: "apus-\(number)0"))
        }
    }
}

/// The program under test, found beside the tests.
enum Program {
    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    static var path: String {
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appending(path: "apus-exchange").path
    }

    static var exists: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Runs to the end; what is printed has to fit the pipes.
    static func run(
        _ arguments: [String], input: String = "", program: String = path
    ) throws -> Result {
        try withTemporaryFile(input) { inputPath in
            let process = Process()
            let (output, errors) = (Pipe(), Pipe())
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            process.standardInput = try FileHandle(forReadingFrom: URL(filePath: inputPath))
            process.standardOutput = output
            process.standardError = errors
            try process.run()
            process.waitUntilExit()
            return Result(
                status: process.terminationStatus, output: try text(output),
                errors: try text(errors))
        }
    }

    private static func text(_ pipe: Pipe) throws -> String {
        String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
}

/// Calls `body` with the path of a file that holds `text`, and removes the file.
func withTemporaryFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let file = FileManager.default.temporaryDirectory
        .appending(path: "apus-\(UUID().uuidString).json")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
}
