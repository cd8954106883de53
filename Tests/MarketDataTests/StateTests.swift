import Domain
import TestSupport
import Testing

@testable import MarketData

extension MarketDataTests {
    @Suite struct StateTests {
        @Test func `a halt of a product: its state, its instruments, then the orders that go`() {
            let market = TestMarket()
            var random = RandomOrders(seed: 1)
            var receiver = NaiveReceiver()
            receiver.securities = [1000, 1001]
            for _ in 0..<4 { market.apply(random.resting(0, 0)) }
            for isStandard in [false, true] {
                market.apply(random.resting(0, 1, isStandard: isStandard))
            }
            market.step()
            receiver.take(market.sender.take())
            market.operate(.halt, product: 0)
            market.step()
            let packets = market.sender.take()
            let messages = packets.compactMap(NaiveReceiver.parse)
                .filter { $0.channel == .incremental }.flatMap(\.messages)
            // Instrument 0 loses all four orders, instrument 1 the one that is not persistent.
            #expect(messages.map(\.template) == [13300, 13302, 13103, 13102])
            receiver.take(packets)
            #expect(receiver.states[100] == [1, 3, 1])
            #expect(receiver.statuses == [1000: 2, 1001: 2])
            PublishedBookTests.compare(receiver, market, "halted")

            market.operate(.resume, product: 0)
            market.step()
            receiver.take(market.sender.take())
            #expect(receiver.states[100] == [1, 3, 2])
            #expect(receiver.statuses == [1000: 203, 1001: 203])
            #expect(receiver.complaints.isEmpty)
        }

        @Test func `an instrument's own state shows where its product allows more`() {
            let market = TestMarket()
            var receiver = NaiveReceiver()
            receiver.securities = [1000, 1001]
            market.operate(.halt, product: 0, instrument: 1)
            market.step()
            receiver.take(market.sender.take())
            #expect(receiver.statuses == [1001: 2])
            market.operate(.close, product: 0)
            market.step()
            receiver.take(market.sender.take())
            #expect(receiver.states[100] == [3, 7, 3])
            #expect(receiver.statuses == [1000: 200, 1001: 200])
            market.operate(.open, product: 0)
            market.step()
            receiver.take(market.sender.take())
            // Open again, and instrument 1 still halted: the exception of the mass change.
            #expect(receiver.statuses == [1000: 203, 1001: 2])
            #expect(receiver.complaints.isEmpty)
        }

        @Test func `the end of the day is a state, and the day's figures go with it`() throws {
            let market = TestMarket()
            var receiver = NaiveReceiver()
            PublishedBookTests.run(market, seed: 2, commands: 500) { receiver.take($1) }
            #expect(receiver.trades.contains { $0.security == 1002 })
            market.operate(.endOfDay, product: 1)
            market.finishMassCancels()
            market.step()
            receiver.take(market.sender.take())
            #expect(receiver.states[200] == [5, 7, 3])
            PublishedBookTests.compare(receiver, market, "end of day")
            let image = try #require(try SnapshotTests.images(market)[200])
            #expect(image.state == [5, 7, 3])
            #expect(image.statuses == [1002: 200])
        }
    }
}
