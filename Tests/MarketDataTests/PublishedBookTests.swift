import Domain
import TestSupport
import Testing

@testable import MarketData

/// All of the room's tests share one clock, so they take turns.
@Suite(.serialized) struct MarketDataTests {}

extension MarketDataTests {
    /// A receiver that knows nothing but the published layouts has the engine's books.
    @Suite struct PublishedBookTests {
        /// Applies random commands, now and then steps the publisher, and hands out what it sent.
        static func run(
            _ market: TestMarket, seed: UInt64, commands: Int, perStep: Int = 7,
            _ check: (Int, [FakeDatagrams.Packet]) -> Void
        ) {
            var random = RandomOrders(seed: seed)
            for index in 0..<commands {
                market.apply(random.next())
                while let following = random.following() { market.apply(following) }
                if market.hasMassCancelPending, index % 3 == 0 {
                    market.apply(Command(kind: .continueMassCancel))
                }
                if index % perStep == 0 {
                    market.step()
                    check(index, market.sender.take())
                }
            }
            market.finishMassCancels()
            market.step()
            check(commands, market.sender.take())
        }

        static func compare(
            _ receiver: NaiveReceiver, _ market: TestMarket, _ place: Comment
        ) {
            for instrument in 0..<3 {
                let security = Int64(1000 + instrument)
                #expect(
                    receiver.orders(security, 1) == market.orders(instrument, .buy), place)
                #expect(
                    receiver.orders(security, 2) == market.orders(instrument, .sell), place)
            }
            for instrument in 3..<5 {
                let security = Int64(1000 + instrument)
                #expect(receiver.books.keys.allSatisfy { $0.security != security })
                let top =
                    receiver.tops[security]
                    ?? NaiveReceiver.Top(
                        bid: .min, offer: .min, bidSize: .min, offerSize: .min, buyOrders: .max,
                        sellOrders: .max)
                #expect(top == market.top(instrument), place)
            }
        }

        @Test(arguments: 1...4 as ClosedRange<UInt64>)
        func `the public book is the engine's`(seed: UInt64) {
            let market = TestMarket(massCancelSlice: 16)
            var receiver = NaiveReceiver()
            Self.run(market, seed: seed, commands: 6_000) { index, packets in
                receiver.take(packets)
                Self.compare(receiver, market, "seed \(seed), command \(index)")
            }
            #expect(receiver.complaints.isEmpty)
            #expect(receiver.unfinished.isEmpty)
            #expect(market.counters.contradictions == 0)
            // The run was about something.
            for template in [13100, 13101, 13102, 13104, 13105, 13106, 13201, 13202, 13504]
                as [UInt16]
            {
                #expect(receiver.templates[template, default: 0] > 0, "no message \(template)")
            }
        }

        @Test func `a transaction that is larger than a packet says where it ends`() {
            let market = TestMarket()
            var receiver = NaiveReceiver()
            var split = 0
            var shared = 0
            Self.run(
                market, seed: 9, commands: 8_000, perStep: 40
            ) { index, packets in
                for packet in packets.compactMap(NaiveReceiver.parse) {
                    if !packet.isComplete { split += 1 }
                    if packet.messages.filter({ $0.template == 13202 }).count > 1 { shared += 1 }
                }
                receiver.take(packets)
                Self.compare(receiver, market, "command \(index)")
            }
            #expect(receiver.complaints.isEmpty)
            #expect(split > 0)
            #expect(shared > 0)
        }

        @Test func `an instrument that loses all its orders at once says so in one message`() {
            let market = TestMarket()
            var receiver = NaiveReceiver()
            func enter(_ session: Int, _ instrument: Int, _ name: UInt64) {
                var order = Command(kind: .newOrder)
                order.session = SessionIndex(session)
                order.sessionInstanceID = 1
                order.instrument = InstrumentIndex(instrument)
                order.clOrdID = ClOrdID(raw: name)
                order.price = Price(units: 1)
                order.quantity = Quantity(units: 1)
                market.apply(order)
            }
            // Instrument 0 holds orders of one session alone, 1 of two, 2 a single order, 3 two of
            // which the public sees only the price.
            for name in 1...5 as ClosedRange<UInt64> { enter(0, 0, name) }
            for name in 6...9 as ClosedRange<UInt64> { enter(name == 9 ? 1 : 0, 1, name) }
            enter(0, 2, 10)
            enter(0, 3, 11)
            enter(0, 3, 12)
            market.step()
            receiver.take(market.sender.take())
            var lost = Command(kind: .sessionEnded)
            lost.session = SessionIndex(0)
            lost.sessionInstanceID = 1
            market.apply(lost)
            market.step()
            let before = receiver.templates
            receiver.take(market.sender.take())
            Self.compare(receiver, market, "after the loss")
            #expect(receiver.templates[13103, default: 0] - before[13103, default: 0] == 1)
            #expect(receiver.templates[13102, default: 0] - before[13102, default: 0] == 4)
            #expect(receiver.complaints.isEmpty)
        }

        @Test func `nothing leaves while the gate is closed`() {
            let market = TestMarket()
            market.step()
            _ = market.sender.take()
            market.gate.publish(4)
            var random = RandomOrders(seed: 5)
            for _ in 0..<20 { market.apply(random.next()) }
            market.step()
            #expect(market.sender.take().isEmpty)
            #expect(market.published.value == 4)
            market.gate.publish(.max)
            market.step()
            #expect(!market.sender.take().isEmpty)
            #expect(market.published.value == 24)
        }

        @Test func `what the system does not take is counted`() {
            let market = TestMarket()
            market.sender.refusedCopies = 2
            market.step()
            // Three heartbeats and three images, two copies each refused.
            #expect(market.counters.sendErrors == UInt64(market.sender.packets.count * 2))
            #expect(market.counters.sendErrors >= 12)
        }
    }
}
