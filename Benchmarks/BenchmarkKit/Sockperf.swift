import CommandLineTool
import Glibc

/// A round trip measured by a program that is not ours, where it is installed: Debian's `sockperf`, over
/// the same loopback, with the same sizes, on the same cores.
package enum Sockperf {
    static let name = "gateway.roundtrip.sockperf"
    private static let program = "/usr/bin/sockperf"

    static func result(_ options: BenchmarkOptions) -> BenchmarkResult {
        guard access(program, X_OK) == 0 else { return notRun("sockperf is not installed") }
        do {
            return try measure(program, seconds: options.isQuick ? 1 : 5)
        } catch {
            return notRun("\(error)")
        }
    }

    private static func notRun(_ reason: String) -> BenchmarkResult {
        BenchmarkResult(name, operations: 0, conditions: "not run: \(reason)")
    }

    /// Runs the program as server and as client, both spinning.
    package static func measure(_ program: String, seconds: Int) throws -> BenchmarkResult {
        let port = String(try freePort())
        let common = ["-i", "127.0.0.1", "-p", port, "--tcp", "--nonblocked"]
        // A program inherits the core of the thread that starts it.
        let server = try onCore(GatewayCores.server) {
            try Companion(path: program, ["server"] + common)
        }
        defer { server.stop() }
        usleep(300_000)
        let text = try onCore(GatewayCores.client) {
            try Companion(
                path: program,
                ["ping-pong"] + common
                    + ["-m", "\(GatewayClient.messageLength)", "-t", "\(seconds)", "--full-rtt"]
            ).wholeOutput()
        }
        guard let report = SockperfReport(text) else {
            throw BenchmarkError("sockperf printed no percentiles")
        }
        var result = BenchmarkResult(
            name, operations: report.observations,
            conditions: "\(program), TCP, not blocking, \(GatewayClient.messageLength) B each way, "
                + "server on core \(GatewayCores.server), client on core \(GatewayCores.client): "
                + "what another's program makes of the same kernel")
        result.nanosPerOperation = report.meanNanos
        result.p50 = report.p50
        result.p99 = report.p99
        result.p999 = report.p999
        result.max = report.max
        return result
    }

    /// A port that was free a moment ago: the program takes none of the system's choice.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard result else { throw BenchmarkError("no port: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// What `sockperf ping-pong` prints, in nanoseconds of a whole round trip.
package struct SockperfReport: Equatable {
    package private(set) var observations = 0
    package private(set) var meanNanos = 0.0
    package private(set) var p50: UInt64 = 0
    package private(set) var p99: UInt64 = 0
    package private(set) var p999: UInt64 = 0
    package private(set) var max: UInt64 = 0

    /// nil where the percentiles are missing. A program that speaks of latency means half a round trip.
    package init?(_ text: String) {
        var found = 0
        var halves = 1.0
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\r" })
            func nanos() -> UInt64 {
                found += 1
                return UInt64(((words.last.flatMap { Double($0) } ?? 0) * 1000).rounded())
            }
            if line.contains("percentile 50.000") {
                p50 = nanos()
            } else if line.contains("percentile 99.000") {
                p99 = nanos()
            } else if line.contains("percentile 99.900") {
                p999 = nanos()
            } else if line.contains("<MAX> observation") {
                max = nanos()
            } else if line.contains("Summary:"), words.count >= 2 {
                halves = line.contains("Round trip") ? 1 : 2
                meanNanos = (Double(words[words.count - 2]) ?? 0) * 1000
            } else if line.contains("each percentile") {
                let place = words.firstIndex { $0.hasPrefix("observations") } ?? 0
                observations = place > 0 ? Int(words[place - 1]) ?? 0 : 0
            }
        }
        guard found == 4, observations > 0 else { return nil }
        meanNanos *= halves
        p50 *= UInt64(halves)
        p99 *= UInt64(halves)
        p999 *= UInt64(halves)
        max *= UInt64(halves)
    }
}
