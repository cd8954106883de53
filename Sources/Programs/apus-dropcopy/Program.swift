import CommandLineTool
import Exchange
import LinuxPlatform
import LocalDropCopy
import Surface

/// What `apus-dropcopy` understands.
let dropCopyTool = Tool(
    "apus-dropcopy",
    summary: "Publishes the drop copy of a venue on this machine: listener data and trades.",
    options: [
        .value("name", "NAME", "the venue's name (default demo); waits for it"),
        .value("archive", "DIR", "keep the history in files here; without it in memory"),
        .value("data-dir", "DIR", "the venue's data directory: what was missed is read there"),
        .value("port", "N", "TCP port for listeners (default 19006), 0 for any free one"),
        .value("profile", "PROFILE", "laptop (sleeps when idle, default) or latency (spins)"),
    ],
    notes: """
        Prints "listening ADDRESS:PORT" and "ready", each on its own line, and runs until SIGTERM or
        SIGINT. Sessions and passwords are those of the venue's configuration. It may be started before
        or after the venue, and ended at any time: the venue does not notice.

        With --data-dir nothing is missed: what the venue's event ring no longer holds is read from its
        event archive, also after a restart of either. Without it the history covers what the ring
        still held at the start and all that came since, with --archive also what earlier runs of the
        publisher saw; what neither holds is told with the protocol's gap message (10032). A venue that
        keeps its history (its own --data-dir) is one history over all its runs, any other begins a new
        one, in files of its own, with each.
        """)

/// The publisher's process.
@main struct Program {
    static func main() {
        dropCopyTool.main(CommandLine.arguments) { arguments in
            var options = DropCopyOptions()
            options.archive = arguments.string("archive")
            options.dataDirectory = arguments.string("data-dir")
            options.port = UInt16(try arguments.int("port", in: 0...65535, default: 19006))
            let profile = try arguments.choice("profile", of: RuntimeSettings.Profile.self)
            options.spins = profile == .latency
            try run(options, name: arguments.string("name") ?? "demo")
        }
    }

    /// Publishes until a signal asks for the end.
    static func run(_ options: DropCopyOptions, name: String) throws {
        // Before any other thread exists, so that all inherit the blocked signals.
        let signal = try StopSignal()
        guard let venue = try awaitVenue(name, signal) else { return }
        let publisher = try LocalDropCopy(options, venue: venue)
        try publisher.start()
        for note in publisher.notes { printError("apus-dropcopy: \(note)") }
        printLine("listening \(publisher.address):\(publisher.port)")
        printLine("ready")
        while !signal.wait(timeoutMillis: 500), publisher.failure == nil {
            for notice in publisher.takeNotices() { printError("apus-dropcopy: \(notice)") }
        }
        publisher.stop()
        if let failure = publisher.failure { throw PublisherFailure(description: failure) }
    }

    private static func awaitVenue(
        _ name: String, _ signal: StopSignal
    ) throws -> SurfaceReader? {
        do throws(SurfaceError) {
            return try SurfaceReader.attach(name: name)
        } catch .noVenue {
            printError("apus-dropcopy: waiting for the venue \(name)")
        }
        return try SurfaceReader.wait(name: name) { !signal.isRequested }
    }
}

/// Something that ended the publisher.
struct PublisherFailure: Error, CustomStringConvertible {
    let description: String
}
