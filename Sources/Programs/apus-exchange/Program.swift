import CommandLineTool
import Exchange
import LinuxPlatform
import LocalVenue
import Operations

/// The venue's process.
@main struct Program {
    static func main() {
        let words = CommandLine.arguments
        if words.count > 1, words[1] == "hash-password" {
            hashPasswordTool.main(Array(words.dropFirst())) { try hashPassword($0) }
        }
        OperationsTool.mainIfCommand(Array(words.dropFirst()))
        exchangeTool.main(words) { arguments in
            let export = try arguments.choice("export-instruments", of: ["csv", "json"])
            let configuration = try effectiveConfiguration(VenueOptions(arguments))
            if let export {
                let instruments = InstrumentExport(configuration)
                print(export == "csv" ? instruments.csv : instruments.json, terminator: "")
            } else if arguments.flag("print-config") {
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

    /// Runs the venue until a signal asks it to end.
    static func run(_ configuration: Configuration) throws {
        // Before any other thread exists, so that all inherit the blocked signals.
        let signal = try StopSignal()
        let venue = try LocalVenue(configuration) { printError("apus-exchange: \($0)") }
        try venue.start()
        for note in venue.notes { printError("apus-exchange: \(note)") }
        printLine("listening \(venue.address):\(venue.port)")
        printLine("ready")
        while !signal.wait(timeoutMillis: 1_000) { tell(venue.takeNotices()) }
        venue.stop()
        tell(venue.takeNotices())
    }

    private static func tell(_ notices: [String]) {
        for notice in notices { printError("apus-exchange: \(notice)") }
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
