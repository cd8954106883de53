import Client
import CommandLineTool
import Domain
import Glibc
import LinuxPlatform
import OrderFlow
import Platform
import Surface

/// The program `apus-top`.
public enum TopTool {
    /// Whether this build can draw on terminals.
    public static var drawsOnTerminals: Bool { Terminal.isSupported }

    public static func main() -> Never {
        tool.main { try TopJob($0).run() }
    }

    static let tool = Tool(
        "apus-top", summary: "Shows a market on the terminal, and trades in it.",
        options: [
            .value("name", "NAME", "the venue's name on this machine", default: "demo"),
            .value(
                "feed", "[ADDR:]PORT",
                "where the public feed's incremental channel arrives; snapshots at the port below",
                default: "127.0.0.1:59001"),
            .value("instrument", "N", "SecurityID to choose at first"),
            .value("text", "TIME", "look for so long, print the screen as text, and end"),
            .value("size", "CxR", "columns and rows of that text", default: "120x40"),
        ] + SessionChoice.options(session: nil),
        notes: """
            Keys are in the last line; ? explains them. Prices come from the public feed; names, sessions \
            and latency from the venue's shared memory, if it runs on this machine. With --session, orders \
            can be entered and deleted; they are deleted when the screen ends. NO_COLOR=1 does without \
            colours. Needs libncurses when built; --text does not.

            """ + SessionChoice.note)
}

/// One run of the program, its arguments read.
struct TopJob {
    private let name: String
    private let address: FeedAddress
    private let instrument: UInt32?
    private let textNanos: UInt64?
    private let size: (columns: Int, rows: Int)
    private let credentials: Credentials?
    private let port: UInt16

    /// How often the screen is painted at most, and keys are looked for.
    private static let paintNanos: UInt64 = 100_000_000
    private static let lookMillis: Int32 = 20

    init(_ arguments: Arguments) throws {
        name = arguments.string("name") ?? ""
        let text = arguments.string("feed") ?? ""
        guard let address = FeedAddress(text) else {
            throw UsageError("--feed is \"\(text)\", expected [ADDR:]PORT, as in 59003.")
        }
        self.address = address
        instrument = try arguments.int("instrument", in: 1...0xFFFF_FFFE).map { UInt32($0) }
        textNanos = try arguments.durationNanos("text", in: 1_000_000...3_600_000_000_000)
        let parts = (arguments.string("size") ?? "").split(separator: "x").map { Int($0) ?? 0 }
        guard parts.count == 2, parts.allSatisfy({ (1...1_000).contains($0) }) else {
            throw UsageError("--size expects columns and rows, as in 120x40.")
        }
        size = (parts[0], parts[1])
        credentials = try SessionChoice.credentials(arguments)
        port = try SessionChoice.port(arguments)
    }

    func run() throws {
        // Before anything else, so that Ctrl-C finds the terminal in order at any time.
        let stop = try StopSignal()
        let feed: FeedSockets
        do {
            feed = try FeedSockets(address)
        } catch {
            throw ToolError.run("the feed at \(address): \(error)")
        }
        let venue = VenueWatch(name: name)
        _ = try venue.look()
        var state = ScreenState()
        state.feedAddress = "\(address)"
        venue.fill(&state)
        if let instrument {
            state.chosen = state.market.firstIndex { $0.securityID == instrument } ?? 0
        }
        var desk: TradingDesk?
        if let credentials {
            let opened = Desk(
                credentials, stream: try TCPByteStream(port: port), clock: SystemClock.utc)
            try opened.open()
            desk = TradingDesk(opened)
        }
        var view = TopView(state: state, venue: venue, feed: FeedWatch(feed), desk: desk)
        if let textNanos {
            try printText(&view, textNanos, stop)
        } else {
            try watch(&view, stop)
        }
        try desk?.close()
    }

    private func printText(_ view: inout TopView, _ nanos: UInt64, _ stop: StopSignal) throws {
        let end = SystemClock.monotonicNanos() + nanos
        while SystemClock.monotonicNanos() < end, !stop.wait(timeoutMillis: Self.lookMillis) {
            _ = try view.look()
        }
        view.fill()
        print(
            TopLayout.draw(view.state, rows: size.rows, columns: size.columns).text, terminator: "")
    }

    private func watch(_ view: inout TopView, _ stop: StopSignal) throws {
        guard Terminal.isSupported else {
            throw ToolError.run(
                "this build has no terminal library: install libncurses-dev and build again, or use "
                    + "--text")
        }
        let noColour = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        guard let terminal = Terminal(noColour: noColour) else {
            throw ToolError.run("there is no terminal that can be drawn on; use --text")
        }
        // Whatever is thrown, the terminal is in order before it is said.
        defer { terminal.end() }
        var nextPaint: UInt64 = 0
        while !stop.isRequested {
            let isNew = try view.look()
            var isUrgent = false
            while let key = terminal.key() {
                isUrgent = true
                guard try view.press(key) else { return }
            }
            let now = SystemClock.monotonicNanos()
            if isUrgent || now >= nextPaint {
                nextPaint = now + Self.paintNanos
                view.fill()
                terminal.paint(
                    TopLayout.draw(
                        view.state, rows: terminal.rows, columns: terminal.columns,
                        ascii: !terminal.isUTF8))
            }
            if !isNew { Self.waitForInput() }
        }
    }

    /// Sleeps until a key is pressed, or a moment has passed. A signal ends it early.
    private static func waitForInput() {
        var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, lookMillis)
        // A terminal that is gone stays readable for ever; the hang-up ends the program.
        if entry.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { kill(getpid(), SIGTERM) }
    }
}

/// The state with the sources that fill it.
struct TopView {
    var state: ScreenState
    let venue: VenueWatch
    let feed: FeedWatch
    let desk: TradingDesk?

    /// Takes what is new; true when there was anything.
    mutating func look() throws -> Bool {
        let hasFigures = try venue.look()
        let hasMarket = feed.look()
        let hasOwn = try desk?.look(&state) ?? false
        return hasFigures || hasMarket || hasOwn
    }

    mutating func fill() {
        state.now = SystemClock.utc.now()
        venue.fill(&state)
        feed.fill(&state)
        desk?.fill(&state)
    }

    /// Takes a key; false when it asks for the end.
    mutating func press(_ key: ScreenKey) throws -> Bool {
        guard let action = state.press(key) else { return true }
        if action == .quit { return false }
        try desk?.perform(action, &state)
        return true
    }
}
