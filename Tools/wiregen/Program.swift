import Foundation
import WireGeneration

let usage = """
    usage: wiregen [--check] [--root DIR]

    Writes the Swift sources of the room Wire, and what its tests need to reach every field, from
    the schemas: \(WireGenerator.schemaPaths.joined(separator: ", ")).

      --check     write nothing, fail when a file differs from what would be written
      --root DIR  where the package lies (default .)
      --help, --version
    """

@main struct Program {
    static func main() {
        var root = "."
        var check = false
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--help": return print(usage)
            case "--version": return print("wiregen \(WireGenerator.version)")
            case "--check": check = true
            case "--root":
                guard let value = arguments.popFirst() else {
                    fail("\(argument) needs a value.", status: 2)
                }
                root = value
            default: fail("'\(argument)' is no argument of wiregen; try --help.", status: 2)
            }
        }
        do {
            let generators = try WireGenerator.all { path in
                guard let json = FileManager.default.contents(atPath: "\(root)/\(path)") else {
                    fail("\(root)/\(path) cannot be read.", status: 2)
                }
                return [UInt8](json)
            }
            var stale: [String] = []
            for generator in generators {
                stale += try GeneratedFolder("\(root)/\(generator.sourceFolder)")
                    .update(to: generator.sources(), dryRun: check)
                stale += try GeneratedFolder("\(root)/\(generator.testFolder)")
                    .update(to: generator.testSources(), dryRun: check)
            }
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
