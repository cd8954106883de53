import Client
import Exchange
import Glibc
import LinuxPlatform
import LocalVenue
import Platform
import Testing

@testable import OrderFlow

extension VenueSuites {
    /// Order flows with a known outcome, through everything there is.
    @Suite("Replay over a real venue")
    struct MarketReplayTests {
        private func replay(
            _ flow: RecordedFlow, sweeps: Bool = false, form: OrderForm = .short,
            relay: (any DatagramFeed) -> any DatagramFeed = { $0 }, afterwards: () -> Void = {}
        ) throws -> ReplayReport {
            // As much as a program without privilege has.
            let sockets = try FeedSockets(anyPortOf: "127.0.0.1", bufferBytes: 212_992)
            let configuration = Configuration.with { $0.feed.receivers = [sockets.address] }
            return try withVenue(configuration) { venue in
                let clock = SystemClock.utc
                let credentials = CredentialsFile.demonstration
                let sessions = try credentials.prefix(2).map {
                    VenueSession($0, stream: try TCPByteStream(port: venue.port), clock: clock)
                }
                let feed = FeedWatch(
                    relay(sockets), securityID: 2001,
                    bufferBytes: sockets.incremental.bufferBytes, clock: clock)
                #expect(feed.start())
                let driver = ReplayDriver(
                    flow: flow, terms: ReplayTerms(form: form), speed: .asFastAsPossible,
                    clock: clock, resting: sessions[0], aggressive: sessions[1], feed: feed)
                let result = try driver.run(FlowPlan(flow, sweeps: sweeps))
                #expect(result.isComplete)
                afterwards()
                return result.report
            }
        }

        @Test("Generated flows are equal", arguments: [1, 2] as [UInt64])
        func generated(seed: UInt64) throws {
            let flow = FlowGenerator.generate(seed: seed, rows: 10_000)
            let report = try replay(flow, sweeps: seed == 2, form: seed == 2 ? .long : .short)
            #expect(report.isEqual, "\(report.mismatches)")
            #expect(report.executions > 300)
            #expect(report.feed?.rowsEqual == report.rows, "\(report.feed?.differences ?? [])")
            #expect(report.feed?.executionsEqual == report.executions)
        }

        /// One receiver has every datagram, another loses, doubles and swaps one in twenty.
        @Test("Under loss the public book is stale, and true again")
        func loss() throws {
            let flow = FlowGenerator.generate(seed: 3, rows: 20_000)
            var relay: LossyRelay?
            let report = try replay(
                flow,
                relay: {
                    relay = LossyRelay($0, percent: 5)
                    return relay!
                },
                afterwards: {
                    // The venue rests, the feed goes on: snapshots and heartbeats repair the rest.
                    relay?.percent = 0
                    for _ in 0..<1000 where relay?.isSettled == false {
                        if relay?.receive({ _, _ in }) == 0 { relay?.wait(nanos: 10_000_000) }
                    }
                })
            #expect(report.feed?.isEqual == true, "\(report.feed?.differences ?? [])")
            let lossy = try #require(relay)
            #expect(lossy.lossCount > 20 && lossy.staleCount > 20)
            #expect(lossy.falseCount == 0, "live books that were not the true ones")
            #expect(lossy.isSettled)
        }

        private static let folder =
            (getenv("APUS_DATA").map { String(cString: $0) } ?? "../shared/data") + "/lobster"
        private static let isThere =
            access(folder + "/AAPL_message_50.csv.gz", R_OK) == 0 && InputFile.readsGzip
        private static let missing: Comment =
            "The recorded AAPL flow is missing: set APUS_DATA to the folder that holds lobster/."

        private func recorded(exceptions: Bool) throws -> RecordedFlow {
            let folder = Self.folder
            return try LobsterFiles.read(
                messages: folder + "/AAPL_message_50.csv.gz",
                bestPrices: folder + "/AAPL_bbo.csv.gz", seed: folder + "/AAPL_seed.csv",
                exceptions: exceptions ? folder + "/AAPL_exceptions.csv" : nil)
        }

        @Test("The recorded market is repeated in full", .enabled(if: isThere, missing))
        func rows() throws {
            let report = try replay(recorded(exceptions: true))
            #expect(report.rows == 49_328)
            #expect(report.rowsEqual == 49_328)
            #expect(report.executions == 2_407)
            #expect(report.executionsEqual == 2_407)
            #expect(report.feed?.rowsEqual == 49_328, "\(report.feed?.differences ?? [])")
            #expect(report.feed?.executionsEqual == 2_407)
            #expect(report.feed?.unexplained == 0)
            #expect(report.isEqual)
        }

        @Test("Sweeps as one order are repeated in full", .enabled(if: isThere, missing))
        func sweeps() throws {
            let report = try replay(recorded(exceptions: true), sweeps: true, form: .long)
            #expect(report.rows == 48_842)
            #expect(report.rowsEqual == 48_842)
            #expect(report.executions == 1_946)
            #expect(report.executionsEqual == 1_946)
            #expect(report.feed?.rowsEqual == 48_842, "\(report.feed?.differences ?? [])")
            #expect(report.feed?.executionsEqual == 1_946)
            #expect(report.isEqual)
        }

        @Test("Everything as orders: as many rows as always", .enabled(if: isThere, missing))
        func everythingAsOrders() throws {
            let report = try replay(recorded(exceptions: false))
            #expect(report.rows == 49_328)
            #expect(report.rowsEqual == 47_563)
            #expect(report.feed?.rowsEqual == 47_563)
        }
    }
}
