import Client
import Domain
import Glibc
import Platform
import Testing

@testable import OrderFlow

@Suite("Over real sockets")
struct SocketTests {
    private static let clock = Clock(source: {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    })

    private func sessions(_ count: Int, _ port: UInt16) throws -> [VenueSession<TCPByteStream>] {
        try CredentialsFile.demonstration.prefix(count).map {
            VenueSession($0, stream: try TCPByteStream(port: port), clock: Self.clock)
        }
    }

    @Test("a replay is equal", .timeLimit(.minutes(1)))
    func replay() throws {
        let server = FakeServer()
        server.start(clients: 2)
        let flow = FlowGenerator.generate(seed: 21, rows: 3_000)
        let both = try sessions(2, server.port)
        let driver = ReplayDriver(
            flow: flow, terms: ReplayTerms(), speed: .asFastAsPossible, clock: Self.clock,
            resting: both[0], aggressive: both[1])
        let result = try driver.run(FlowPlan(flow, sweeps: true))
        #expect(result.report.isEqual)
        #expect(driver.roundTrip.count == UInt64(result.report.requests))
    }

    @Test("a closed load is answered in full", .timeLimit(.minutes(1)))
    func load() throws {
        let server = FakeServer()
        server.start(clients: 3)
        var options = LoadOptions()
        options.pacing = .closed
        options.durationNanos = 200_000_000
        options.warmupNanos = 10_000_000
        let report = try LoadRun(
            options, sessions: sessions(3, server.port), clock: Self.clock,
            waitAny: { usleep(UInt32($0 / 1000)) }
        ).run()
        #expect(report.unanswered == 0)
        #expect(report.measured > 10)
    }

    @Test("a port nobody listens on is a sentence")
    func refused() throws {
        let port = FakeServer().port
        #expect {
            try TCPByteStream(port: port)
        } throws: {
            "\($0)".contains("no connection to 127.0.0.1:\(port)")
        }
    }
}
