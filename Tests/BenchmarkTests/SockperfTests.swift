import BenchmarkKit
import Glibc
import Testing

@Suite struct SockperfTests {
    /// As sockperf 3.7 of Debian prints it with `--full-rtt`, colours included.
    static let roundTrips = """
        sockperf: Starting test...
        sockperf: Test end (interrupted by timer)
        sockperf: Test ended
        sockperf: [Total Run] RunTime=1.000 sec; Warm up time=400 msec; SentMessages=84937; ReceivedMessages=84936
        sockperf: ========= Printing statistics for Server No: 0
        sockperf: [Valid Duration] RunTime=0.550 sec; SentMessages=48937; ReceivedMessages=48937
        sockperf: \u{1B}[2;35m====> avg-rtt=11.198 (std-dev=0.540)\u{1B}[0m
        sockperf: # dropped messages = 0; # duplicated messages = 0; # out-of-order messages = 0
        sockperf: Summary: Round trip is 11.198 usec
        sockperf: \u{1B}[2;35mTotal 48937 observations\u{1B}[0m; each percentile contains 489.37 observations
        sockperf: ---> <MAX> observation = 2129.252
        sockperf: ---> percentile 99.999 =   17.814
        sockperf: ---> percentile 99.990 =   17.387
        sockperf: ---> percentile 99.900 =   15.372
        sockperf: ---> percentile 99.000 =   13.173
        sockperf: ---> percentile 90.000 =   11.803
        sockperf: ---> percentile 75.000 =   11.310
        sockperf: ---> percentile 50.000 =   11.190
        sockperf: ---> percentile 25.000 =   10.900
        sockperf: ---> <MIN> observation =    9.877
        """

    @Test func readsRoundTrips() throws {
        let report = try #require(SockperfReport(Self.roundTrips))
        #expect(report.observations == 48_937)
        #expect(abs(report.meanNanos - 11_198) < 0.001)
        #expect(report.p50 == 11_190)
        #expect(report.p99 == 13_173)
        #expect(report.p999 == 15_372)
        #expect(report.max == 2_129_252)
    }

    @Test func latencyIsHalfARoundTrip() throws {
        let text = Self.roundTrips.split(separator: "Round trip is")
            .joined(separator: "Latency is")
        let report = try #require(SockperfReport(text))
        #expect(abs(report.meanNanos - 22_396) < 0.001)
        #expect(report.p50 == 22_380)
        #expect(report.max == 4_258_504)
    }

    @Test func whatIsNoReportIsNone() {
        #expect(SockperfReport("") == nil)
        #expect(SockperfReport("sockperf: No messages were received from the server.") == nil)
    }

    /// A script stands for the program: server until it is ended, client with the sample.
    @Test func runsServerAndClient() throws {
        var folder = Array("/tmp/sockperf-XXXXXX".utf8CString)
        try #require(mkdtemp(&folder) != nil)
        let path = String(decoding: folder.dropLast().map(UInt8.init), as: UTF8.self)
        let program = path + "/sockperf"
        defer {
            unlink(program)
            rmdir(path)
        }
        let script = """
            #!/bin/sh
            [ "$1" = server ] && exec sleep 60
            case "$*" in *"ping-pong -i 127.0.0.1 -p "*"--tcp --nonblocked -m 120 -t 1 --full-rtt"*) ;; *) exit 1;; esac
            cat <<'END'
            \(Self.roundTrips)
            END
            """
        let file = try #require(fopen(program, "w"))
        fputs(script, file)
        fclose(file)
        chmod(program, 0o755)
        let result = try Sockperf.measure(program, seconds: 1)
        #expect(result.p50 == 11_190)
        #expect(result.operations == 48_937)
    }
}
