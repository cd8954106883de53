import CommandLineTool
import FuzzTargets
import Glibc
import LinuxPlatform

/// The program `apus-fuzz`.
public enum FuzzTool {
    public static func main() -> Never {
        // A stopped process ends at once, instead of looking at itself for minutes.
        setenv("SWIFT_BACKTRACE", "enable=no", 0)
        tool.main { arguments in
            switch arguments.subcommand {
            case "list": try list(arguments)
            case "run": try FuzzJob(arguments).run()
            case "try": try attempt(arguments)
            case "network": try NetworkAttack(arguments).run()
            case "seeds": try SeedCorpus(folders(arguments)).write()
            default: try work(arguments)
            }
        }
    }

    private static let repository = Option.value(
        "repository", "DIR", "the repository with Tests/Fuzzers (default: this program's)")

    static let tool = Tool(
        "apus-fuzz", summary: "Feeds decoders, readers and the venue what nobody should send.",
        subcommands: [
            Tool(
                "list", summary: "Shows the targets.",
                options: [.flag("json", "one JSON object"), repository]),
            Tool(
                "run", summary: "Fuzzes one target, or all.",
                options: [
                    .positional("TARGET", "a target's name, or all"),
                    .value("seconds", "N", "how long; all targets share it", default: "60"),
                    .value("jobs", "J", "processes at once", default: "1"),
                    .value("seed", "N", "the first random number (default: the time)"),
                    .flag("plain", "blind mutation, without libFuzzer and its coverage"),
                    .flag("json", "one JSON object"), repository,
                ]),
            Tool(
                "try", summary: "Tries single inputs, in this process.",
                options: [
                    .positional("TARGET", "a target's name"),
                    .rest("FILE", "inputs", isRequired: true), repository,
                ]),
            Tool(
                "network", summary: "Attacks a live venue while a witness trades.",
                options: NetworkAttack.options),
            Tool(
                "seeds", summary: "Writes the inputs to begin with into Tests/Fuzzers/Corpus.",
                options: [repository]),
            Tool(
                "worker", summary: "What run --plain starts for each target.",
                options: [
                    .positional("TARGET", "a target's name"),
                    .value("seconds", "N", "how long", isRequired: true),
                    .value("seed", "N", "the first random number", isRequired: true),
                    .value("last", "FILE", "where the input at hand is kept", isRequired: true),
                    repository,
                ]),
        ],
        notes: """
            Without --plain the fuzzers must be built:
              swift build -c release --sanitize=address --sanitize=fuzzer --package-path Tests/Fuzzers
            What is found is made small and kept in Tests/Fuzzers/Findings; the tests try it ever after.
            Exit 1: something was found. docs/fuzzing.md says more.
            """)

    static func folders(_ arguments: Arguments) throws -> FuzzFolders {
        try arguments.string("repository").map { FuzzFolders(repository: $0) } ?? .ofThisProgram()
    }

    static func target(_ arguments: Arguments) throws -> FuzzTarget {
        let name = arguments.string("TARGET") ?? ""
        guard let target = FuzzTarget.named(name) else {
            let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
            throw UsageError("There is no target \"\(name)\", expected one of \(names).")
        }
        return target
    }

    private static func list(_ arguments: Arguments) throws {
        let folders = try folders(arguments)
        let rows = FuzzTarget.all.map { target in
            (
                target, FuzzFiles.paths(in: folders.corpus(target.name)).count,
                FuzzFiles.paths(in: folders.findings(target.name)).count
            )
        }
        guard !arguments.flag("json") else {
            var json = JSONWriter()
            json.object {
                $0.array("targets") { json in
                    for (target, corpus, findings) in rows {
                        json.object {
                            $0.field("name", target.name)
                            $0.field("summary", target.summary)
                            $0.field("corpus", corpus)
                            $0.field("findings", findings)
                        }
                    }
                }
            }
            return printLine(json.text)
        }
        var table = TextTable([
            ("target", .left), ("corpus", .right), ("findings", .right), ("what is fed", .left),
        ])
        for (target, corpus, findings) in rows {
            table.add([target.name, "\(corpus)", "\(findings)", target.summary])
        }
        printLine(table.text)
    }

    private static func attempt(_ arguments: Arguments) throws {
        let target = try target(arguments)
        for path in arguments.strings("FILE") {
            let bytes = try FuzzFiles.read(path)
            bytes.withUnsafeBytes { target.run($0) }
        }
        printLine("every property holds")
    }

    private static func work(_ arguments: Arguments) throws {
        let target = try target(arguments)
        let folders = try folders(arguments)
        let paths =
            FuzzFiles.paths(in: folders.corpus(target.name))
            + FuzzFiles.paths(in: folders.findings(target.name))
        let worker = PlainWorker(
            target: target, seconds: try arguments.double("seconds", in: 0...1e9) ?? 0,
            seed: UInt64(try arguments.int("seed") ?? 0), lastInput: arguments.string("last") ?? "",
            seeds: try paths.map { try FuzzFiles.read($0) })
        printLine("executions: \(try worker.run())")
    }
}
