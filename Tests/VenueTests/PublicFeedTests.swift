import Domain
import Exchange
import LinuxPlatform
import LocalVenue
import Platform
import PublicBooks
import Surface
import Telemetry
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// The feed of a real venue, over sockets.
    @Suite("Public feed")
    struct PublicFeedTests {
        /// A venue that publishes to a receiver of its own.
        private func withFeed(
            _ feed: FeedSettings.PublicFirst = .bestEffort,
            threads: RuntimeSettings.Threads = .automatic,
            _ body: (LocalVenue, FeedSockets, Configuration) throws -> Void
        ) throws {
            let sockets = try FeedSockets(anyPortOf: "127.0.0.1")
            let configuration = Configuration.with {
                $0.feed.receivers = [sockets.address]
                $0.feed.snapshotIntervalMillis = 20
                $0.feed.heartbeatMillis = 50
                $0.feed.publicFirst = feed
                $0.runtime.threads = threads
            }
            try withVenue(configuration) { try body($0, sockets, configuration) }
        }

        @Test(
            "A receiver has the book that the members made",
            arguments: [RuntimeSettings.Threads.paired, .single, .dedicated])
        func book(threads: RuntimeSettings.Threads) throws {
            try withFeed(threads: threads) { venue, sockets, configuration in
                let client = try venue.member(.one)
                let other = try venue.member(.two)
                _ = try client.order(id: 1, side: 1, lots: 5, price: 100)
                _ = try client.order(.persistent, id: 2, side: 1, lots: 7, price: 99.5)
                var builder = PublicBookBuilder()
                // It joins now: what came before it has from a snapshot.
                follow(sockets, &builder) { builder in
                    builder.index(of: 1001).map { builder.instrument($0).isLive } ?? false
                }
                _ = try other.order(id: 1, side: 2, lots: 2, price: 100)
                _ = try client.delete(id: 2)
                _ = try other.order(id: 3, side: 2, lots: 4, price: 101)
                follow(sockets, &builder) { builder in
                    let index = builder.index(of: 1001) ?? 0
                    return builder.levelCount(index, .sell) == 1
                }
                let found = builder.index(of: 1001)
                let index = try #require(found)
                let bid = builder.level(index, .buy, at: 0)
                #expect(builder.levelCount(index, .buy) == 1)
                #expect(bid.price == Price(units: 100) && bid.quantity == Quantity(units: 3))
                let offer = builder.level(index, .sell, at: 0)
                #expect(offer.price == Price(units: 101) && offer.quantity == Quantity(units: 4))
                #expect(builder.instrument(index).statistics.last == Price(units: 100))
                let counters = try SurfaceReader.attach(name: configuration.runtime.name).counters()
                #expect(counters.value(of: "feed.send_errors") == 0)
                #expect(counters.value(of: "feed.contradictions") == 0)
                #expect(counters.value(of: "feed.snapshot_cycles") ?? 0 > 0)
            }
        }

        private func follow(
            _ sockets: FeedSockets, _ builder: inout PublicBookBuilder,
            until isThere: (borrowing PublicBookBuilder) -> Bool
        ) {
            for _ in 0..<500 {
                let count = sockets.receive { builder.take($1, from: $0) }
                if isThere(builder) { return }
                if count == 0 { sockets.wait(nanos: 20_000_000) }
            }
            Issue.record("the feed did not tell it in time")
        }

        @Test("publicFirst strict: no answer leaves before its public datagram")
        func strict() throws {
            try withFeed(.strict) { venue, sockets, configuration in
                let client = try venue.member(.one)
                var sent: [UInt64: UInt64] = [:]
                for id in 1...200 as ClosedRange<UInt64> {
                    let answer = try #require(
                        try client.order(.short, id: id, side: 1, lots: 1, price: 10).first)
                    let execID = answer.field("ExecID")
                    sent[execID] = answer.field("SendingTime")
                }
                let seen = try SurfaceReader.attach(name: configuration.runtime.name)
                var told = 0
                // Orders are told in their order.
                var stretchesOfLate: UInt64 = 0
                var wasLate = false
                var noted = 0
                for _ in 0..<100 where told < 200 {
                    let count = sockets.receive { channel, bytes in
                        guard channel == .incremental, var datagram = EOBIDatagram(bytes) else {
                            return
                        }
                        while case .known(let template, let base)? = datagram.next() {
                            guard template == .orderAdd else { continue }
                            let time = EOBIOrderAddView(base).trdRegTSTimePriority
                            let out = datagram.packet.transactTime
                            let isLate = out > sent[time] ?? 0
                            if isLate, !wasLate { stretchesOfLate += 1 }
                            wasLate = isLate
                            // What apus-latency joins with the stamps of answers.
                            if seen.publicOut.time(of: time).nanos == out { noted += 1 }
                            told += 1
                        }
                    }
                    if count == 0 { sockets.wait(nanos: 20_000_000) }
                }
                #expect(told == 200)
                // Two transactions may want the same entry.
                #expect(noted > 190)
                let counters = try seen.counters()
                #expect(counters.value(of: "gateway.public_first_waits") ?? 0 > 0)
                // On a busy machine the publisher may have no turn for 10 ms. Then nobody waits for it
                // until it has.
                let givenUp = counters.value(of: "gateway.public_first_timeouts") ?? 0
                #expect(stretchesOfLate <= givenUp && givenUp < 20)
            }
        }
    }
}
