import Foundation
import WireGeneration

let usage = """
    usage: wiregen [--check] [--schema FILE] [--output DIR] [--tests DIR]

    Writes the Swift sources of the room Wire from its schema.

      --check        write nothing, fail when a file differs from what would be written
      --schema FILE  the schema (default Protocol/eti.json)
      --output DIR   where the sources go (default Sources/Wire/Generated)
      --tests DIR    where the test support goes (default Tests/WireTests/Generated)
      --help, --version
    """

@main struct Program {
    static func main() {
        var options = [
            "--schema": WireGenerator.defaultSchemaPath, "--output": "Sources/Wire/Generated",
            "--tests": "Tests/WireTests/Generated",
        ]
        var check = false
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--help": return print(usage)
            case "--version": return print("wiregen \(WireGenerator.version)")
            case "--check": check = true
            case "--schema", "--output", "--tests":
                guard let value = arguments.popFirst() else {
                    fail("\(argument) needs a value.", status: 2)
                }
                options[argument] = value
            default: fail("'\(argument)' is no argument of wiregen; try --help.", status: 2)
            }
        }
        do {
            let path = options["--schema"] ?? ""
            guard let json = FileManager.default.contents(atPath: path) else {
                fail("\(path) cannot be read.", status: 2)
            }
            let generator = WireGenerator(try Schema(json: [UInt8](json)), path: path)
            var stale: [String] = []
            stale += try GeneratedFolder(options["--output"] ?? "")
                .update(to: generator.sources(), dryRun: check)
            stale += try GeneratedFolder(options["--tests"] ?? "")
                .update(to: generator.testSources(), dryRun: check)
            for path in stale { print(check ? "differs: \(path)" : "wrote: \(path)") }
            if check && !stale.isEmpty { fail("the sources do not match the schema.", status: 1) }
        } catch {
            fail("\(error)", status: 1)
        }
    }

    static func fail(_ sentence: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data("wiregen: \(sentence)\n".utf8))
        exit(status)
    }
}
