import Domain
import TestSupport
import Testing

@testable import MarketData

/// An image of a product, put together from its packets.
struct NaiveImage {
    var lastMessage: UInt32 = 0
    var state: [UInt8] = []
    var orders: [Int64: [[PublicOrder]]] = [:]
    var counts: [Int64: UInt16] = [:]
    var statuses: [Int64: UInt8] = [:]
    var tops: [Int64: NaiveReceiver.Top] = [:]
    /// Type, price and size of each entry.
    var entries: [Int64: [[Int64]]] = [:]

    init?(_ packets: [NaiveReceiver.Packet]) {
        let messages = packets.flatMap(\.messages)
        guard let first = messages.first, first.template == 13600 else { return nil }
        guard messages.map(\.number) == (1...UInt32(messages.count)).map(\.self) else { return nil }
        guard packets.map(\.isComplete) == packets.indices.map({ $0 == packets.count - 1 }) else {
            return nil
        }
        lastMessage = first.u32(8)
        state = [first.u8(12), first.u8(13), first.u8(14)]
        var security: Int64 = 0
        for message in messages.dropFirst() {
            switch message.template {
            case 13601:
                security = message.i64(8)
                counts[security] = message.u16(32)
                statuses[security] = message.u8(35)
                orders[security] = [[], []]
                entries[security] = (0..<Int(message.u8(57))).map { index in
                    let place = 64 + index * 24
                    return [
                        Int64(message.u8(place + 16)), message.i64(place), message.i64(place + 8),
                    ]
                }
            case 13602:
                orders[security]?[Int(message.u8(24)) - 1].append(
                    PublicOrder(
                        time: message.u64(8), price: message.i64(32), quantity: message.i64(16)))
            case 13504: tops[message.i64(16)] = NaiveReceiver.top(message)
            default: return nil
            }
        }
    }
}

extension MarketDataTests {
    @Suite struct SnapshotTests {
        /// The images of the next whole cycle, by segment.
        static func images(_ market: TestMarket) throws -> [Int32: NaiveImage] {
            let cycles = market.counters.snapshotCycles
            var packets: [NaiveReceiver.Packet] = []
            for _ in 0..<1_000 where market.counters.snapshotCycles < cycles + 2 {
                market.advance(millis: 10)
                let wasBegun = market.counters.snapshotCycles > cycles
                market.step()
                let sent = market.sender.take().compactMap(NaiveReceiver.parse)
                if wasBegun { packets += sent.filter { $0.channel == .snapshot } }
            }
            var images: [Int32: NaiveImage] = [:]
            for (segment, packets) in Dictionary(grouping: packets, by: \.segment) {
                let first = try #require(packets.firstIndex { $0.messages[0].template == 13600 })
                let end = try #require(packets[first...].firstIndex { $0.isComplete })
                let image: NaiveImage = try #require(NaiveImage(Array(packets[first...end])))
                images[segment] = image
            }
            return images
        }

        @Test func `an image is the engine's book in price-time order, as after its last message`()
            throws
        {
            let market = TestMarket(massCancelSlice: 16)
            var receiver = NaiveReceiver()
            for round in 1...5 as ClosedRange<UInt64> {
                PublishedBookTests.run(market, seed: round, commands: 1_500) { receiver.take($1) }
                let images = try Self.images(market)
                #expect(images.count == 3)
                for (segment, image) in images {
                    #expect(image.lastMessage == receiver.lastMessage[segment, default: 0])
                    #expect(image.state == [1, 3, 2])
                }
                for instrument in 0..<3 {
                    let security = Int64(1000 + instrument)
                    let image = try #require(images[instrument < 2 ? 100 : 200])
                    let expected = [
                        market.orders(instrument, .buy), market.orders(instrument, .sell),
                    ]
                    #expect(image.orders[security] == expected)
                    #expect(image.counts[security] == UInt16(expected.joined().count))
                    #expect(image.statuses[security] == 203)
                }
                let image = try #require(images[300])
                for instrument in 3..<5 {
                    let security = Int64(1000 + instrument)
                    #expect(image.tops[security] == market.top(instrument))
                    #expect(image.orders[security] == [[], []])
                }
                try compareTrades(images, receiver)
                // The receiver goes on where it was: images took no numbers of the other channel.
                receiver.lastPacket = [:]
                receiver.complaints = []
            }
        }

        private func compareTrades(_ images: [Int32: NaiveImage], _ receiver: NaiveReceiver) throws
        {
            for (security, trades) in Dictionary(grouping: receiver.trades, by: \.security) {
                let segment: Int32 = security < 1002 ? 100 : security == 1002 ? 200 : 300
                let entries = try #require(images[segment]?.entries[security])
                let prices = trades.map(\.price)
                let none = Int64.min
                #expect(entries.map { $0[0] } == [2, 4, 7, 8, 66])
                #expect(entries[0][1] == prices.last)
                #expect(entries[1] == [4, prices[0], none])
                #expect(entries[2] == [7, prices.max() ?? none, none])
                #expect(entries[3] == [8, prices.min() ?? none, none])
                #expect(entries[4] == [66, none, trades.map(\.quantity).reduce(0, +)])
            }
        }

        @Test func `the cycle keeps to its rate and its interval`() {
            let market = TestMarket {
                $0.snapshotPacketsPerSecond = 200
                $0.snapshotIntervalNanos = 400_000_000
            }
            PublishedBookTests.run(market, seed: 3, commands: 3_000) { _, _ in }
            let cycles = market.counters.snapshotCycles
            let before = market.counters.snapshotPackets
            for _ in 0..<3_000 {
                market.advance(millis: 1)
                market.step()
            }
            let packets = market.sender.take().filter { $0.channel == .snapshot }.count
            #expect(market.counters.snapshotPackets >= before + UInt64(packets) - 1)
            #expect(packets <= 600 + 2)
            // An empty product takes a packet too: three seconds hold seven cycles and a bit.
            #expect((6...8).contains(market.counters.snapshotCycles - cycles))
        }

        @Test func `a quiet product gets a heartbeat, a busy one none`() {
            let market = TestMarket { $0.heartbeatNanos = 1_000_000_000 }
            var receiver = NaiveReceiver()
            market.step()
            receiver.take(market.sender.take())
            #expect(receiver.templates[13001] == 3)
            var random = RandomOrders(seed: 1)
            for _ in 0..<10 { market.apply(random.next()) }
            var order = Command(kind: .newOrder)
            for index in 0..<30 {
                market.advance(millis: 100)
                order.session = SessionIndex(2)
                order.sessionInstanceID = 1
                order.instrument = InstrumentIndex(2)
                order.clOrdID = ClOrdID(raw: 1_000_000 + UInt64(index))
                order.price = Price(units: 1)
                order.quantity = Quantity(units: 1)
                market.apply(order)
                market.step()
                receiver.take(market.sender.take())
            }
            // Products 0 and 2 were quiet for three seconds, product 1 never.
            #expect((8...9).contains(receiver.templates[13001, default: 0]))
            #expect(receiver.complaints.isEmpty)
        }
    }
}
