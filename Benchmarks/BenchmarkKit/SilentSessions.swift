import Client
import CommandLineTool
import Glibc
import LinuxPlatform

/// Sessions that are logged on to a benchmark's venue and say nothing more, in a process of their own: here
/// they would take as many descriptors again as the venue takes for them.
///
/// ```
/// bench ── port, first session, how many, password ─▶ bench --hold-sessions
///       ◀─ nanoseconds of the logons, "ready" ──────
///       ── end of input, however bench ends ────────▶ ends
/// ```
final class SilentSessions {
    /// The only argument of the process that holds them.
    static let argument = "--hold-sessions"
    private static let ready = "ready"
    /// Logons not answered yet, and so connections not accepted yet: whom a full queue of the system turns
    /// away tries again after a second.
    private static let underWayMax = 100
    /// It ends after so long even if nobody ends it.
    private static let secondsMax: UInt32 = 300

    /// From the first connection to the last answer.
    let logonNanos: Double
    let process: Companion

    /// Logs `count` sessions on, from the venue's session `first` on.
    init(_ count: Int, from first: Int, at port: UInt16, program: String) throws {
        let credentials = VenueServer.credentials(first)
        process = try Companion(
            path: program, [Self.argument],
            input: "\(port) \(credentials.session) \(count) \(credentials.sessionPassword)\n")
        try process.awaitLine(Self.ready)
        logonNanos = process.lines.first.flatMap(Double.init) ?? 0
    }

    /// Ends them all without a farewell.
    func stop() { process.stop() }

    // MARK: In the process of their own

    /// Logs the sessions on that the first line of the input names, and holds them until the input ends.
    static func hold() -> Never {
        alarm(secondsMax)
        do {
            let start = monotonicNanos()
            let sessions = try logOn(readLine() ?? "")
            print(monotonicNanos() - start)
            print(ready)
            fflush(nil)
            withExtendedLifetime(sessions) { _ = readLine() }
            exit(0)
        } catch {
            print(error)
            exit(1)
        }
    }

    private static func logOn(_ order: String) throws -> [GatewayClient] {
        let words = order.split(separator: " ")
        guard words.count == 4, let port = UInt16(words[0]), let first = UInt32(words[1]),
            let count = Int(words[2])
        else { throw BenchmarkError("\(argument) is for bench itself") }
        try allowDescriptors(for: count)
        var clients: [GatewayClient] = []
        for number in 0..<count {
            let client = try GatewayClient(
                port: port,
                credentials: Credentials(
                    session: first + UInt32(number), sessionPassword: String(words[3]), trader: 0,
                    traderPassword: ""),
                answerBytes: 4096)
            client.leaveByReset()
            try client.requestLogon()
            clients.append(client)
            if number >= underWayMax { try clients[number - underWayMax].awaitAnswer() }
        }
        for client in clients.suffix(underWayMax) { try client.awaitAnswer() }
        return clients
    }

    /// One for each, and what every process has.
    private static func allowDescriptors(for count: Int) throws {
        let needed = count + 16
        let allowed = DescriptorLimit.raise(to: needed)
        guard allowed >= needed else {
            throw BenchmarkError(
                "\(formatGrouped(count)) silent sessions need \(formatGrouped(needed)) open files, the "
                    + "system allows \(formatGrouped(allowed))")
        }
    }
}
