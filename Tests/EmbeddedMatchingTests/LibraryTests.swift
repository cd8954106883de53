import Foundation
import TestSupport
import Testing

/// The library as a C program meets it: header, shared object, example.
@Suite struct LibraryTests {
    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let headers = repository.appending(path: "Sources/CApusMatching/include").path
    static let example = repository.appending(
        path: "Sources/Programs/apus-matching-example/main.c")
    /// Where what was built lies, the tests among it.
    static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()
    static let library = products.appending(path: "libApusMatching.so")

    /// A library that was built with a sanitizer is for programs that were too.
    static let isUsable = exists(library) && !isSanitized
    static let unusable: Comment =
        "libApusMatching.so is not built beside the tests, or is for programs with a sanitizer"

    static func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
    static func tool(_ name: String) -> URL? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
            .map { URL(filePath: String($0)).appending(path: name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// What the example has to say, thought out by hand.
    static let story = """
         3 session 0 order 1 accepted, 10 open
         4 session 0 order 2 accepted, 10 open
         5 session 0 order 3 accepted, 10 open
         6 session 0 order 1 resting executed: 10 at 100.50
         6 session 0 order 2 resting executed: 10 at 100.51
         6 session 1 order 7 fill: 10 at 100.50
         6 session 1 order 7 fill: 10 at 100.51
         6 session 1 order 7 executed, 5 open
           asks  10 at 100.52
           bids  5 at 100.51
         7 session 1 order 8 modified, 5 open
         8 session 1 order 9 rejected: reason 5, rule 118
           asks  10 at 100.52
           bids  5 at 100.25
           best 100.25 / 100.52
         9 session 0 order 3 deleted
        10 session 1 order 8 removed
        10 session 1 order 0 mass cancelled
           0 orders

        """

    struct Outcome: Equatable {
        var status: Int32
        var output: String
        var errors: String
    }

    static func run(_ program: URL, _ arguments: [String] = []) throws -> Outcome {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        let complained = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: said, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self))
    }

    static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "apus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    // MARK: The example

    static let builtExample = products.appending(path: "apus-matching-example")

    @Test(.enabled(if: exists(builtExample), "apus-matching-example is not built beside the tests"))
    func exampleTellsItsStory() throws {
        #expect(
            try Self.run(Self.builtExample) == Outcome(status: 0, output: Self.story, errors: ""))
    }

    /// As docs/embedding.md says: header, library and a C compiler are all it takes.
    @Test(
        .enabled(if: isUsable, unusable),
        arguments: ["gcc", "clang"])
    func exampleAgainstTheLibrary(compiler: String) throws {
        guard let compiler = Self.tool(compiler) else { return }
        try Self.withFolder { folder in
            let program = folder.appending(path: "example")
            let compiled = try Self.run(
                compiler,
                Self.strict + [
                    "-std=c11", "-I", Self.headers, Self.example.path, "-L", Self.products.path,
                    "-lApusMatching", "-Wl,-rpath,\(Self.products.path)", "-o", program.path,
                ])
            #expect(compiled == Outcome(status: 0, output: "", errors: ""))
            #expect(
                try Self.run(program) == Outcome(status: 0, output: Self.story, errors: ""))
        }
    }

    /// The pieces of C in docs/embedding.md, one behind the other, are a program that works.
    @Test(.enabled(if: isUsable, unusable), .enabled(if: tool("gcc") != nil, "there is no gcc"))
    func documentedPiecesWork() throws {
        let page = try String(
            contentsOf: Self.repository.appending(path: "docs/embedding.md"), encoding: .utf8)
        let pieces = page.components(separatedBy: "```c\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
        try #require(pieces.count == 3)
        let program = """
            #include <apus_matching.h>
            static int accepted;
            static void handle(const apus_event *event) { accepted += event->kind == APUS_ACCEPTED; }
            int main(void) {
            \(pieces.joined())
            return status == APUS_OK && accepted == 1 && !apus_engine_destroy(engine) ? 0 : 1;
            }

            """
        try Self.withFolder { folder in
            let source = folder.appending(path: "pieces.c")
            try Data(program.utf8).write(to: source)
            let result = folder.appending(path: "pieces")
            let compiled = try Self.run(
                try #require(Self.tool("gcc")),
                Self.strict + [
                    "-std=c11", "-I", Self.headers, source.path, "-L", Self.products.path,
                    "-lApusMatching", "-Wl,-rpath,\(Self.products.path)", "-o", result.path,
                ])
            #expect(compiled == Outcome(status: 0, output: "", errors: ""))
            #expect(try Self.run(result).status == 0)
        }
    }

    /// What the page calls by name is in the header, and what it links to is there.
    @Test func pageIsUpToDate() throws {
        let page = Self.repository.appending(path: "docs/embedding.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let header = try String(
            contentsOf: URL(filePath: Self.headers).appending(path: "apus_matching.h"),
            encoding: .utf8)
        let names = text.matches(of: /\b(apus_(?!matching\b)[a-z_]+|APUS_[A-Z_]+)\b/).map { $0.1 }
        #expect(names.count > 10)
        for name in names { #expect(header.contains(name), "\(name)") }
        let links = text.matches(of: /\]\(([^)]+)\)/).map { String($0.1) }
        #expect(links.count >= 3)
        for link in links {
            #expect(Self.exists(page.deletingLastPathComponent().appending(path: link)), "\(link)")
        }
    }

    // MARK: The header

    static let strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    static let languages = [
        ["-x", "c", "-std=c99"], ["-x", "c", "-std=c11"], ["-x", "c", "-std=c17"],
        ["-x", "c++", "-std=c++11"], ["-x", "c++", "-std=c++20"],
    ]

    /// Strict C and C++, in two files that both include it, with the sizes that the header promises.
    @Test(arguments: ["gcc", "clang"], languages)
    func headerIsStrict(compiler: String, language: [String]) throws {
        guard let compiler = Self.tool(compiler) else { return }
        try Self.withFolder { folder in
            let source = folder.appending(path: "header.txt")
            let text = """
                #include <apus_matching.h>
                #include <apus_matching.h>
                typedef char request_is_64[sizeof(apus_request) == 64 ? 1 : -1];
                typedef char event_is_128[sizeof(apus_event) == 128 ? 1 : -1];
                uint32_t version(void);
                uint32_t version(void) {
                    apus_config config;
                    apus_config_init(&config, 0, 0);
                    return config.version;
                }

                """
            try Data(text.utf8).write(to: source)
            let compiled = try Self.run(
                compiler,
                language + Self.strict + ["-fsyntax-only", "-I", Self.headers, source.path])
            #expect(compiled == Outcome(status: 0, output: "", errors: ""))
        }
    }

    // MARK: The shared object

    /// The functions that the header declares.
    static func declared() throws -> Set<String> {
        let text = try String(
            contentsOf: URL(filePath: headers).appending(path: "apus_matching.h"), encoding: .utf8)
        let names = text.matches(of: /(apus_[a-z_]+)\(/).map { String($0.1) }
        // This one is the header's own.
        return Set(names).subtracting(["apus_config_init"])
    }

    @Test(
        .enabled(if: isUsable, unusable),
        .enabled(if: tool("nm") != nil, "there is no nm to look into a library"))
    func libraryShowsTheHeadersFunctionsAlone() throws {
        let output = try Self.run(
            try #require(Self.tool("nm")), ["-D", "--defined-only", Self.library.path]
        ).output
        let shown = output.split(separator: "\n").map { $0.split(separator: " ") }
            // Small letters are not for others to link with.
            .filter { $0.count == 3 && $0[1].allSatisfy(\.isUppercase) }.map { String($0[2]) }
        #expect(try Set(shown) == Self.declared())
    }

    /// With the archive of the standard library at hand there is no Swift among what it needs.
    @Test(
        .enabled(if: isUsable, unusable),
        .enabled(if: tool("readelf") != nil, "there is no readelf to look into a library"))
    func libraryBringsSwiftAlong() throws {
        let output = try Self.run(
            try #require(Self.tool("readelf")), ["-d", Self.library.path]
        ).output
        let needed = output.split(separator: "\n").filter { $0.contains("(NEEDED)") }
        #expect(needed.contains { $0.contains("libc.so") })
        let compiler = URL(filePath: try #require(Self.tool("swift")).path)
            .resolvingSymlinksInPath()
        let archive = compiler.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "lib/swift_static/linux/libswiftCore.a")
        guard Self.exists(archive) else { return }
        #expect(!needed.contains { $0.contains("swift") }, "\(needed)")
    }
}
