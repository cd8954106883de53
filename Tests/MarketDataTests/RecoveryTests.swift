import Domain
import TestSupport
import Testing

@testable import MarketData

extension MarketDataTests {
    /// The engine does not wait: what is not read in time is gone, and found again.
    @Suite struct RecoveryTests {
        /// Random commands without the publisher looking, until its ring has gone round.
        private func overrun(_ market: TestMarket, _ random: inout RandomOrders, commands: Int) {
            for _ in 0..<commands {
                market.apply(random.next())
                while let following = random.following() { market.apply(following) }
                market.finishMassCancels()
            }
        }

        @Test(arguments: 1...3 as ClosedRange<UInt64>)
        func `after an overrun receivers are told, and the book is whole again`(seed: UInt64) throws
        {
            let market = TestMarket(ringCapacity: 1 << 10) { $0.snapshotIntervalNanos = 1 }
            var random = RandomOrders(seed: seed)
            var receiver = NaiveReceiver()
            overrun(market, &random, commands: 20)
            market.step()
            receiver.take(market.sender.take())
            let before = receiver.lastMessage
            overrun(market, &random, commands: 1_500)
            market.step()
            #expect(market.counters.overruns == 1)
            #expect(market.counters.isIncomplete == 1)

            // Each product leaves a number out and says so at once; nothing else is said.
            let told = market.sender.take().compactMap(NaiveReceiver.parse)
            let heartbeats = told.filter { $0.channel == .incremental }
            #expect(heartbeats.count == 3)
            for packet in heartbeats {
                #expect(packet.messages.map(\.template) == [13001])
                #expect(packet.messages[0].u32(8) == before[packet.segment, default: 0] + 1)
            }
            market.advance(millis: 100)
            market.step()
            #expect(market.sender.take().allSatisfy { $0.channel == .incremental })

            // The listing comes in slices, and others trade between them.
            var slices = 0
            while market.list() {
                slices += 1
                overrun(market, &random, commands: 5)
                market.step()
            }
            #expect(slices > 3)
            #expect(market.counters.listings == 1)
            #expect(market.counters.isIncomplete == 0)
            #expect(market.counters.contradictions == 0)
            market.step()
            _ = market.sender.take()
            try goOn(market, &random, skipped: before)
        }

        /// Images and changes after the loss are true.
        private func goOn(
            _ market: TestMarket, _ random: inout RandomOrders, skipped: [Int32: UInt32]
        ) throws {
            let images = try SnapshotTests.images(market)
            var receiver = NaiveReceiver()
            for instrument in 0..<3 {
                let security = Int64(1000 + instrument)
                let image = try #require(images[instrument < 2 ? 100 : 200])
                #expect(
                    image.orders[security]
                        == [market.orders(instrument, .buy), market.orders(instrument, .sell)])
                for (side, orders) in try #require(image.orders[security]).enumerated() {
                    for order in orders {
                        receiver.books[
                            NaiveReceiver.Key(
                                security: security, side: UInt8(side + 1), time: order.time)] =
                            order
                    }
                }
            }
            for (segment, image) in images {
                #expect(image.lastMessage > skipped[segment, default: 0])
                receiver.lastMessage[segment] = image.lastMessage
            }
            receiver.tops = images[300]?.tops ?? [:]
            for _ in 0..<100 {
                overrun(market, &random, commands: 4)
                market.step()
                receiver.take(market.sender.take().filter { $0.channel == .incremental })
                receiver.complaints.removeAll { $0.hasPrefix("packet") || $0.hasPrefix("reset") }
                PublishedBookTests.compare(receiver, market, "after the loss")
            }
            #expect(receiver.complaints.isEmpty)
        }

        @Test func `an overrun in the middle of a listing starts it over`() throws {
            let market = TestMarket(ringCapacity: 1 << 10)
            var random = RandomOrders(seed: 4)
            overrun(market, &random, commands: 1_500)
            market.step()
            #expect(market.list())
            #expect(market.list())
            overrun(market, &random, commands: 1_500)
            market.step()
            #expect(market.counters.overruns == 2)
            while market.list() { market.step() }
            market.step()
            #expect(market.counters.listings == 1)
            let images = try SnapshotTests.images(market)
            #expect(
                images[200]?.orders[1002] == [market.orders(2, .buy), market.orders(2, .sell)])
        }

        @Test func `states that changed in what was lost are found again`() throws {
            let market = TestMarket(ringCapacity: 1 << 10)
            var random = RandomOrders(seed: 5)
            market.step()
            market.operate(.halt, product: 0, instrument: 1)
            market.operate(.close, product: 2)
            overrun(market, &random, commands: 1_500)
            market.step()
            while market.list() { market.step() }
            market.step()
            #expect(market.counters.overruns == 1)
            let images = try SnapshotTests.images(market)
            #expect(images[100]?.statuses == [1000: 203, 1001: 2])
            #expect(images[300]?.statuses == [1003: 200, 1004: 200])
            #expect(images[300]?.state == [3, 7, 3])
        }

        @Test func `a transaction that was lost in the middle is not told as whole`() {
            let market = TestMarket(ringCapacity: 1 << 9)
            var random = RandomOrders(seed: 6)
            // Hundreds of orders that one sweep takes: its events are more than the ring holds.
            for _ in 0..<400 {
                market.apply(random.resting(0, 2))
                market.step()
            }
            var receiver = NaiveReceiver()
            receiver.take(market.sender.take())
            var sweep = Command(kind: .newOrder)
            sweep.session = SessionIndex(2)
            sweep.sessionInstanceID = 1
            sweep.instrument = InstrumentIndex(2)
            sweep.clOrdID = ClOrdID(raw: 1_000_000)
            sweep.price = Price(raw: Price.unit / 100)
            sweep.quantity = Quantity(units: 400)
            sweep.attributes = OrderAttributes(side: .sell)
            market.apply(sweep)
            market.step()
            #expect(market.counters.overruns > 0)
            let packets = market.sender.take().compactMap(NaiveReceiver.parse)
            for packet in packets where packet.channel == .incremental {
                #expect(!packet.isComplete || packet.messages.allSatisfy { $0.template == 13001 })
            }
        }
    }
}
