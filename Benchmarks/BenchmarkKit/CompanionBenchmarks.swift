import Client
import CommandLineTool
import Domain
import Glibc
import LinuxPlatform
import OrderFlow
import Telemetry
import Wire

/// Whether the programs beside a venue cost the order path anything, and how late the drop copy is.
enum CompanionBenchmarks {
    static let dropCopy = Benchmark(
        name: "dropcopy.roundtrip",
        summary: "round trip of standard orders beside a drop copy with a listener ÷ without",
        run: {
            try onAndOff($0, "dropcopy.roundtrip", "apus-dropcopy") { venue in
                try Publisher(venue: venue.name, listeners: 1)
            }
        })

    static let latency = Benchmark(
        name: "latency.roundtrip",
        summary: "round trip of standard orders with apus-latency attached ÷ without",
        run: {
            try onAndOff($0, "latency.roundtrip", "apus-latency") { venue in
                let watcher = try Companion("apus-latency", ["--name", venue.name, "--json"])
                usleep(300_000)
                return watcher
            }
        })

    static let delay = Benchmark(
        name: "dropcopy.delay",
        summary:
            "from the sending of an answer to the last listener's message, 1, 10, 200 listeners",
        run: { options in
            guard Companion.isBuilt("apus-dropcopy") else {
                return [missing("dropcopy.delay", "apus-dropcopy")]
            }
            return try [1, 10, 200].filter { !options.isQuick || $0 < 200 }.map {
                try delay(options, listeners: $0)
            }
        })

    private static func missing(_ name: String, _ program: String) -> BenchmarkResult {
        BenchmarkResult(
            name, operations: 0, conditions: "not run: \(program) is not built beside bench")
    }

    // MARK: On and off

    private static func onAndOff(
        _ options: BenchmarkOptions, _ name: String, _ program: String,
        _ attach: @escaping (VenueServer) throws -> any Stoppable
    ) throws -> [BenchmarkResult] {
        guard Companion.isBuilt(program) else { return [missing(name, program)] }
        let count = options.isQuick ? 200 : 2_000
        let all = Box(LatencyHistogram())
        let hash = Box<UInt64>(0)
        let times = try interleaved(
            options.pairs,
            [
                { try roundTrips(count, all, hash, attach) },
                { try roundTrips(count, nil, nil, nil) },
            ])
        var result = BenchmarkResult(
            name, operations: Int(all.value.count),
            conditions:
                "threads paired, profile latency, one standard order or deletion in flight, "
                + "client on core \(GatewayCores.client) of \(GatewayCores.usable.count); \(program) "
                + "in a process of its own, wherever the system puts it; without it "
                + formatNanos(UInt64(InterleavedPairs.median(times[1]))))
        result.nanosPerOperation = all.value.mean
        result.p50 = all.value.value(atPercentile: 50)
        result.p99 = all.value.value(atPercentile: 99)
        result.p999 = all.value.value(atPercentile: 99.9)
        result.hash = hash.value
        result.baseline = "no \(program)"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        return [result]
    }

    private static func roundTrips(
        _ count: Int, _ all: Box<LatencyHistogram>?, _ hash: Box<UInt64>?,
        _ attach: ((VenueServer) throws -> any Stoppable)?
    ) throws -> Double {
        let server = try VenueServer(.paired)
        defer { server.stop() }
        let companion = try attach?(server)
        defer { companion?.stop() }
        return try onClientCore {
            let client = try GatewayClient(
                port: server.port, credentials: VenueServer.credentials(), isStandard: true)
            try client.logOn()
            for _ in 0..<count / 4 { _ = try client.roundTrip() }
            var histogram = LatencyHistogram()
            for _ in 0..<count { histogram.record(try client.roundTrip()) }
            all?.value.merge(histogram)
            hash?.value = client.hash
            return Double(histogram.value(atPercentile: 50))
        }
    }

    // MARK: Delay

    private static func delay(
        _ options: BenchmarkOptions, listeners: Int
    ) throws -> BenchmarkResult {
        let count = options.isQuick ? 50 : 1_000
        let server = try VenueServer(.paired, listeners: listeners, profile: .laptop)
        defer { server.stop() }
        let publisher = try Publisher(venue: server.name, listeners: listeners)
        defer { publisher.stop() }
        let (histogram, hiccups) = try onClientCore {
            let client = try GatewayClient(
                port: server.port, credentials: VenueServer.credentials(), isStandard: true)
            try client.logOn()
            var histogram = LatencyHistogram()
            var hiccups = HiccupMeter()
            hiccups.watch(nanos: 50_000_000)
            for _ in 0..<count {
                _ = try client.roundTrip()
                histogram.record(try publisher.awaitNext(after: client.lastSendingTime))
                usleep(500)
            }
            return (Box(histogram), hiccups)
        }
        var result = BenchmarkResult(
            "dropcopy.delay.\(listeners)", operations: count,
            conditions: "SendingTime of the answer to the arrival of the same event at the last of "
                + "\(listeners) listeners, all read by one thread; an event every half millisecond or "
                + "slower, laptop profiles: a sleeping publisher's nap is part of it; "
                + hiccups.summary)
        result.nanosPerOperation = histogram.value.mean
        result.p50 = histogram.value.value(atPercentile: 50)
        result.p99 = histogram.value.value(atPercentile: 99)
        result.p999 = histogram.value.value(atPercentile: 99.9)
        result.hiccupMax = hiccups.longestNanos
        return result
    }
}

/// Something beside a venue that ends when told.
protocol Stoppable {
    func stop()
}

extension Companion: Stoppable {}

/// The drop copy's program and its listeners.
final class Publisher: Stoppable {
    private let program: Companion
    private var listeners: [ListenerConnection<TCPByteStream>] = []
    private var heard: [Int] = []
    private var expected = 0

    init(venue: String, listeners count: Int) throws {
        program = try Companion(
            "apus-dropcopy", ["--name", venue, "--port", "0"], readyLine: "ready")
        do {
            for position in 0..<count {
                let listener = ListenerConnection(
                    session: VenueServer.backOffice(position), password: "apus-90001",
                    stream: try TCPByteStream(port: program.port ?? 0),
                    clock: SystemClock.utc)
                try listener.logon()
                try listener.subscribe(to: .listenerData, scope: 10001) { _ in }
                listeners.append(listener)
            }
        } catch {
            stop()
            throw BenchmarkError("\(error)")
        }
        heard = Array(repeating: 0, count: count)
    }

    /// Waits until every listener has the next event; returns how long after `sent` the last got it.
    func awaitNext(after sent: UInt64) throws -> UInt64 {
        expected += 1
        let started = monotonicNanos()
        while true {
            var behind = 0
            for index in listeners.indices where heard[index] < expected {
                do throws(ToolError) {
                    try listeners[index].receive { message in
                        if ListenerMessage(message) != nil { heard[index] += 1 }
                    }
                } catch {
                    throw BenchmarkError("\(error)")
                }
                if heard[index] < expected { behind += 1 }
            }
            if behind == 0 { break }
            guard monotonicNanos() - started < 10_000_000_000 else {
                throw BenchmarkError("\(behind) listeners heard nothing for 10 s")
            }
        }
        let now = SystemClock.utc.now().nanos
        return now > sent ? now - sent : 0
    }

    func stop() {
        for listener in listeners { listener.close() }
        program.stop()
    }
}
