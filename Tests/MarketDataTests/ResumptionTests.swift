import Domain
import PublicBooks
import TestSupport
import Testing

@testable import MarketData

extension MarketDataTests {
    /// A venue that was taken away comes back with its orders, and its feed with it.
    @Suite struct ResumptionTests {
        private func trade(_ market: TestMarket, _ random: inout RandomOrders, commands: Int) {
            for _ in 0..<commands {
                var command = random.next()
                // What outlives a restart.
                if command.kind == .newOrder, command.clOrdID.raw % 3 == 0 {
                    command.attributes.applSeqIndicator = 1
                    command.attributes.execInst = .persistent
                }
                market.apply(command)
                while let following = random.following() { market.apply(following) }
                market.finishMassCancels()
                market.step()
            }
        }

        private func logOnAll(_ market: TestMarket) {
            for session in 0..<TestMarket.referenceData.sessions.count {
                var command = Command(kind: .sessionStarted)
                command.session = SessionIndex(session)
                command.sessionInstanceID = 1
                market.apply(command)
            }
        }

        private func follow(_ market: TestMarket, _ builder: inout PublicBookBuilder) {
            for packet in market.sender.take() {
                packet.bytes.withUnsafeBytes { builder.take($0, from: packet.channel) }
            }
        }

        private func books(_ builder: borrowing PublicBookBuilder, _ instrument: Int)
            -> [[PublicOrder]]
        {
            guard let index = builder.index(of: Int64(1000 + instrument)) else { return [[], []] }
            return [Side.buy, .sell].map { side in
                var orders: [PublicOrder] = []
                builder.forEachOrder(index, side) { order in
                    orders.append(
                        PublicOrder(
                            time: order.timePriority.nanos, price: order.price.raw,
                            quantity: order.quantity.raw))
                    return true
                }
                return orders
            }
        }

        @Test(arguments: 1...3 as ClosedRange<UInt64>)
        func `receivers of the former life follow the next one, whose books are whole`(
            seed: UInt64
        ) throws {
            let former = TestMarket(massCancelSlice: 8) { $0.snapshotIntervalNanos = 1 }
            var random = RandomOrders(seed: seed)
            var builder = PublicBookBuilder()
            former.step()
            trade(former, &random, commands: 400)
            former.advance(millis: 100)
            former.step()
            follow(former, &builder)
            #expect(books(builder, 0) == [former.orders(0, .buy), former.orders(0, .sell)])

            FakeClock.nanos += 1_000_000_000
            let market = TestMarket(massCancelSlice: 8, resuming: former) {
                $0.snapshotIntervalNanos = 1
            }
            // No snapshot says that the books are empty.
            market.step()
            market.advance(millis: 100)
            market.step()
            #expect(market.sender.packets.allSatisfy { $0.channel == .incremental })
            follow(market, &builder)
            for index in 0..<builder.instrumentCount {
                #expect(builder.instrument(index).condition != .live)
            }

            // Losses, restatement and listing are worked in slices, and others trade between them.
            logOnAll(market)
            while market.list() {
                trade(market, &random, commands: 2)
                market.step()
            }
            trade(market, &random, commands: 50)
            market.advance(millis: 100)
            market.step()
            follow(market, &builder)
            #expect(market.counters.contradictions == 0 && market.counters.overruns == 0)
            #expect(builder.counters.contradictions == 0)
            for instrument in 0..<3 {
                let expected = [market.orders(instrument, .buy), market.orders(instrument, .sell)]
                #expect(books(builder, instrument) == expected)
                let found = builder.index(of: Int64(1000 + instrument))
                let index = try #require(found)
                #expect(builder.instrument(index).condition == .live)
            }
            #expect(former.orders(0, .buy).isEmpty == false)
        }

        @Test func `a receiver that heard nothing but that it was quiet sees that it was not`()
            throws
        {
            let former = TestMarket(massCancelSlice: 8) { $0.snapshotIntervalNanos = 1 }
            var random = RandomOrders(seed: 4)
            var builder = PublicBookBuilder()
            former.step()
            former.advance(millis: 100)
            former.step()
            follow(former, &builder)
            #expect(builder.instrument(0).condition == .live)
            // Of these it hears nothing, and then the venue is taken away.
            trade(former, &random, commands: 100)
            _ = former.sender.take()

            FakeClock.nanos += 1_000_000_000
            let market = TestMarket(massCancelSlice: 8, resuming: former) {
                $0.snapshotIntervalNanos = 1
            }
            market.step()
            market.advance(millis: 100)
            market.step()
            follow(market, &builder)
            for index in 0..<builder.instrumentCount {
                #expect(builder.instrument(index).condition != .live)
            }
            while market.list() { market.step() }
            market.advance(millis: 100)
            market.step()
            follow(market, &builder)
            #expect(books(builder, 0) == [market.orders(0, .buy), market.orders(0, .sell)])
            #expect(market.orders(0, .buy).isEmpty == false)
        }
    }
}
