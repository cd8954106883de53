import CommandLineTool
import Exchange
import LinuxPlatform

/// The venue's process.
@main struct Program {
    static func main() {
        let words = CommandLine.arguments
        if words.count > 1, words[1] == "hash-password" {
            hashPasswordTool.main(Array(words.dropFirst())) { try hashPassword($0) }
        }
        exchangeTool.main(words) { arguments in
            let configuration = try effectiveConfiguration(VenueOptions(arguments))
            if arguments.flag("print-config") {
                print(configuration.printed(), terminator: "")
            } else if arguments.flag("check-config") {
                let market = configuration.market
                print(
                    "good: \(market.instruments.count) instruments of \(market.products.count) "
                        + "products, \(market.sessions.count) sessions of \(market.units.count) units"
                )
            } else {
                try run(configuration)
            }
        }
    }

    static func run(_ configuration: Configuration) throws {
        printError("apus-exchange: the wiring of the venue is not part of this build")
        exitProcess(1)
    }

    /// All that is wrong with the configuration, a line each, ends the program.
    static func effectiveConfiguration(_ options: VenueOptions) throws -> Configuration {
        do {
            return try options.configuration(contentsOfFile: File.contents)
        } catch {
            for sentence in error.sentences { printError("apus-exchange: \(sentence)") }
            exitProcess(2)
        }
    }
}
