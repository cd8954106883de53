import CommandLineTool
import Exchange

/// What `apus-exchange` understands.
let exchangeTool = Tool(
    "apus-exchange",
    summary: "Runs a venue: the market of a configuration file, or the demonstration market.",
    options: [
        .value("config", "FILE", "the configuration; without it the demonstration market"),
        .value("name", "NAME", "the venue's name on this machine"),
        .value("port", "N", "TCP port of the trading gateway, 0 for any free one"),
        .value("profile", "PROFILE", "laptop (sleeps when idle) or latency (spins, pinned)"),
        .value("threads", "PLAN", "dedicated, paired, single or automatic"),
        .value("feed", "LIST", "public market data: off, or receivers as [ADDRESS:]PORT,..."),
        .value("data-dir", "DIR", "keep everything here, and go on from it at the next start"),
        .value(
            "durability", "MODE",
            "none, async (survives the process; default with --data-dir) or sync (power loss too)"),
        .flag("check-config", "check the configuration and end"),
        .flag("print-config", "print the configuration in effect and end"),
        .value(
            "export-instruments", "FORMAT", "csv or json: print products and instruments and end"),
    ],
    notes: """
        Prints "listening ADDRESS:PORT" and "ready", each on its own line, and runs until SIGTERM or
        SIGINT. Options win over the configuration.

        apus-exchange hash-password [--random] makes password hashes for a configuration.

        apus-exchange halt, resume, close, open and end-of-day ask a running venue; each has --help.
        """)

/// What `apus-exchange hash-password` understands; a tool of its own, as the venue needs no command.
let hashPasswordTool = Tool(
    "apus-exchange hash-password",
    summary: "Reads a password from standard input and prints its hash.",
    options: [
        .flag("random", "make the password too, and print both")
    ],
    notes: """
        Hashes of chosen passwords are slow to check on purpose. Those of --random are quick, which
        is right for a secret that nobody can guess.
        """)

extension VenueOptions {
    init(_ arguments: Arguments) {
        self.init()
        config = arguments.string("config")
        name = arguments.string("name")
        port = arguments.string("port")
        profile = arguments.string("profile")
        threads = arguments.string("threads")
        dataDirectory = arguments.string("data-dir")
        durability = arguments.string("durability")
        feed = arguments.string("feed")
    }
}
