import Client
import CommandLineTool
import Domain
import Glibc
import LinuxPlatform
import Platform

/// The program `apus-load`.
public enum LoadTool {
    public static func main() -> Never {
        tool.main { arguments in
            do {
                try LoadJob(arguments).run()
            } catch let error as ToolError where error.kind == .input {
                throw UsageError(error.description + ".")
            }
        }
    }

    static let tool = Tool(
        "apus-load", summary: "Offers orders to a venue on a plan and measures the answers.",
        options: [
            .value("rate", "N", "orders a second over all sessions, such as 1000, 50k or 1.5M"),
            .flag("closed", "instead of a rate: each session sends when it was answered"),
            .value("sessions", "N", "sessions to use", default: "1"),
            .value(
                "credentials", "FILE",
                "lines of session,password,trader,password (default: the demonstration's three)"),
            .value(
                "mix", "N:N:N:N", "weights of new, cancel, modify, immediate-or-cancel",
                default: "50:40:5:5"),
            .value("batch", "N", "orders a send", default: "1"),
            .value("duration", "TIME", "measured time", default: "10s"),
            .value("warmup", "TIME", "time before it, not measured", default: "1s"),
            .value("record", "FILE", "write each measured order as a CSV line"),
            .value("hdr", "FILE", "write an HdrHistogram log, an interval a second"),
            .value("instrument", "N", "SecurityID to trade", default: "2001"),
            .value("product", "N", "its MarketSegmentID", default: "200"),
            .value("price", "P", "middle of the prices", default: "585"),
            .value("tick", "P", "distance between two prices", default: "0.01"),
            .value("seed", "N", "the requests' number", default: "1"),
            .flag("lean", "lean orders (default)"),
            .flag("standard", "standard orders: recoverable, seen by listeners"),
            .value(
                "idle", "spin|backoff", "between orders (default: backoff below four cores)"),
            .value("host", "ADDR", "the venue's address, on this machine", default: "127.0.0.1"),
            .value("port", "N", "the venue's port", default: "19043"),
            .flag("json", "one JSON object on standard output"),
        ],
        notes:
            "Latency counts from the planned time, service time from the send. Resting orders never "
            + "cross the middle price; immediate-or-cancel orders do. At the end the sessions' orders "
            + "are withdrawn.")
}

/// One run of the program, its arguments read.
struct LoadJob {
    private var options = LoadOptions()
    private let credentials: [Credentials]
    private let port: UInt16
    private let recordPath: String?
    private let hdrPath: String?
    private let json: Bool
    /// Orders that one run records at most: 40 bytes each.
    private static let recordsMax = 20_000_000

    init(_ arguments: Arguments) throws {
        port = UInt16(try arguments.int("port", in: 1...65535, default: 19043))
        try VenueAddress.check(arguments.string("host") ?? "")
        json = arguments.flag("json")
        recordPath = arguments.string("record")
        hdrPath = arguments.string("hdr")
        let file = arguments.string("credentials")
        let known = try file.map { try CredentialsFile.read($0) } ?? CredentialsFile.demonstration
        let count = try arguments.int("sessions", in: 1...10_000, default: 1)
        guard count <= known.count else {
            throw ToolError.input(
                "--sessions is \(count), expected at most \(known.count), as many as "
                    + (file ?? "the demonstration market") + " has")
        }
        credentials = Array(known.prefix(count))
        // About 60 bytes for each request in flight: a megabyte a session, or 64 KiB when many.
        if count > 64 { options.inFlightMax = 1024 }
        options.batch = try arguments.int("batch", in: 1...200, default: 1)
        options.mix = try Self.mix(arguments.string("mix") ?? "")
        options.durationNanos =
            try arguments.durationNanos("duration", in: 1_000_000...86_400_000_000_000)
            ?? 10_000_000_000
        options.warmupNanos =
            try arguments.durationNanos("warmup", in: 0...3_600_000_000_000) ?? 1_000_000_000
        options.seed = UInt64(try arguments.int("seed", default: 1))
        options.instrument = UInt32(
            try arguments.int("instrument", in: 1...0xFFFF_FFFE, default: 2001))
        options.product = Int32(try arguments.int("product", in: 1...0x7FFF_FFFF, default: 200))
        options.middle = try Self.price(arguments, "price")
        options.tick = try Self.price(arguments, "tick")
        guard !(arguments.flag("lean") && arguments.flag("standard")) else {
            throw ToolError.input("--lean and --standard exclude each other")
        }
        options.isStandard = arguments.flag("standard")
        let idle = try arguments.choice("idle", of: ["spin", "backoff"])
        options.spins = idle.map { $0 == "spin" } ?? (sysconf(Int32(_SC_NPROCESSORS_ONLN)) >= 4)
        try readPacing(arguments)
    }

    private mutating func readPacing(_ arguments: Arguments) throws {
        let rate = try arguments.ratePerSecond("rate", in: 0.1...10_000_000)
        guard (rate == nil) == arguments.flag("closed") else {
            throw ToolError.input("expected either --rate N or --closed")
        }
        options.pacing = rate.map { .open(rate: $0) } ?? .closed
        guard recordPath != nil else { return }
        let expected = (rate ?? 1e6) * Double(options.durationNanos) / 1e9 + 10_000
        if rate != nil, expected > Double(Self.recordsMax) {
            throw ToolError.input(
                "--record keeps at most \(formatGrouped(Self.recordsMax)) orders: expected a lower "
                    + "--rate or a shorter --duration")
        }
        options.recordCapacity = min(Int(expected), Self.recordsMax)
    }

    func run() throws {
        let clock = SystemClock.utc
        let stop = try StopSignal()
        let streams = try credentials.map { _ in try TCPByteStream(port: port) }
        var polled = streams.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let load = LoadRun(
            options,
            sessions: zip(credentials, streams).map { credentials, stream in
                VenueSession(
                    credentials, stream: stream, clock: clock, inboundCapacity: 128 * 1024)
            },
            clock: clock,
            waitAny: { nanos in
                // poll counts in milliseconds: shorter waits are plain naps.
                if nanos >= 1_000_000 {
                    _ = poll(&polled, nfds_t(polled.count), Int32(nanos / 1_000_000))
                } else {
                    var time = timespec(tv_sec: 0, tv_nsec: min(nanos, 100_000))
                    nanosleep(&time, nil)
                }
            },
            shouldStop: { stop.isRequested }, progress: printError)
        let report = try load.run()
        print(report)
        if let recordPath { try write(load.records, to: recordPath) }
        if let hdrPath { try OutputFile.write(hdrPath) { $0.append(load.log) } }
    }

    private func write(_ records: [LoadRecord], to path: String) throws {
        if records.count == options.recordCapacity {
            printError("apus-load: \(path) has the first \(records.count) orders only")
        }
        try OutputFile.write(path) { output in
            output.append(LoadRecord.header)
            for record in records { output.append(record.line) }
        }
    }

    private func print(_ report: LoadReport) {
        guard !json else { return Swift.print(Self.json(report)) }
        let offered = report.offeredRate.map { "offered \(formatGrouped(Int($0)))/s, " } ?? ""
        Swift.print(
            """
            \(formatGrouped(report.sent)) of \(formatGrouped(report.planned)) planned orders sent, \
            \(formatGrouped(report.measured)) answers measured in \
            \(formatDecimal(report.seconds, decimals: 2)) s
            \(offered)achieved \(formatGrouped(Int(report.achievedRate)))/s, \
            \(formatGrouped(report.rejects)) rejects, \(formatGrouped(report.unanswered)) unanswered
            """)
        for (reason, count) in report.rejectsByReason.sorted(by: { $0.key < $1.key }) {
            Swift.print("  rejects for reason \(reason): \(formatGrouped(count))")
        }
        var table = TextTable([("time", .left)] + LatencySummary.columns)
        table.add(["planned to answer"] + report.latency.cells)
        table.add(["sent to answer"] + report.service.cells)
        table.add(["own loop's gaps"] + report.hiccups.cells)
        Swift.print(table.text, terminator: "")
    }

    static func json(_ report: LoadReport) -> String {
        var json = JSONWriter()
        json.object {
            $0.field("planned", report.planned)
            $0.field("sent", report.sent)
            $0.field("measured", report.measured)
            $0.field("unanswered", report.unanswered)
            $0.field("rejects", report.rejects)
            $0.field("seconds", report.seconds, decimals: 3)
            $0.field("offered_per_second", report.offeredRate, decimals: 1)
            $0.field("achieved_per_second", report.achievedRate, decimals: 1)
            $0.field("stopped", report.wasStopped)
            $0.object("latency") { report.latency.write(&$0) }
            $0.object("service") { report.service.write(&$0) }
            $0.object("hiccups") { report.hiccups.write(&$0) }
        }
        return json.text
    }

    private static func mix(_ text: String) throws -> LoadOptions.Mix {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 4, parts.allSatisfy({ $0 != nil && $0! >= 0 && $0! <= 1_000_000 }),
            parts.contains(where: { $0! > 0 })
        else {
            throw ToolError.input(
                "--mix is \"\(text)\", expected four weights new:cancel:modify:ioc, not all 0")
        }
        return LoadOptions.Mix(
            new: parts[0]!, cancel: parts[1]!, modify: parts[2]!, take: parts[3]!)
    }

    private static func price(_ arguments: Arguments, _ name: String) throws -> Price {
        let value = try arguments.double(name, in: 0.00000001...1_000_000) ?? 1
        return Price(raw: Int64((value * Double(Price.unit)).rounded()))
    }
}
