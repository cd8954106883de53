import Domain
import PublicBooks
import TestSupport
import Testing

/// Any bytes may come by a socket.
@Suite struct HostileFeedTests {
    /// A feed with some of everything in it.
    static func feed(seed: UInt64) -> [NaivePublisher.Packet] {
        var random = TestRandom(seed: seed)
        var publisher = NaivePublisher()
        var packets = publisher.cycle(&random)
        for _ in 0..<60 { packets += publisher.transactions(&random) }
        packets += publisher.cycle(&random)
        let time = publisher.market.time
        packets.append(
            publisher.packet(
                [
                    FeedMessage.massInstrumentState(2, except: [(2, 203)], at: time),
                    FeedMessage.productState(1, at: time),
                    FeedMessage.tradeReport(1, price: 5, quantity: 10_000, at: time),
                    FeedMessage.topOfBook(3, bid: (1, 10_000), ask: nil, at: time),
                    FeedMessage.massDelete(2, at: time),
                ], isComplete: true))
        packets.append(publisher.heartbeat())
        return packets
    }

    @Test func everyTruncationIsRefusedOrShorter() {
        for packet in Self.feed(seed: 1) {
            let receiver = Receiver()
            for length in 0...packet.bytes.count {
                receiver.take(Array(packet.bytes[..<length]), packet.channel)
                receiver.take(Array(packet.bytes[..<length]), .snapshot)
                receiver.take(Array(packet.bytes[..<length]), .incremental)
            }
            receiver.builder.checkInvariants()
        }
    }

    @Test func randomBytesNeverStopIt() {
        var random = TestRandom(seed: 2)
        let receiver = Receiver(
            limits: PublicBookLimits(products: 4, instruments: 8, orders: 64, packets: 16))
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(300)).map { _ in UInt8(random.below(256)) }
            receiver.take(bytes, random.below(2) == 0 ? .incremental : .snapshot)
        }
        #expect(receiver.builder.counters.malformed == 20_000)
        receiver.builder.checkInvariants()
    }

    /// Right in form, wrong in everything else: counts, prices, sides, numbers, times.
    @Test func corruptedFieldsNeverStopIt() {
        let feed = Self.feed(seed: 3)
        for seed in 1...40 {
            var random = TestRandom(seed: UInt64(seed))
            let receiver = Receiver(
                limits: PublicBookLimits(products: 8, instruments: 16, orders: 128, packets: 32))
            for _ in 0..<1500 {
                var packet = feed[random.below(feed.count)]
                // Lengths and templates mostly stay, so that the rest is looked at.
                for _ in 0..<1 + random.below(3) where random.below(3) > 0 {
                    let place = 8 + random.below(packet.bytes.count - 8)
                    let values: [UInt8] = [0, 1, 2, 0x7F, 0x80, 0xFF, UInt8(random.below(256))]
                    packet.bytes[place] = values[random.below(values.count)]
                }
                receiver.take(packet.bytes, random.below(9) == 0 ? .snapshot : packet.channel)
                receiver.events.removeAll()
            }
            receiver.builder.checkInvariants()
        }
    }

    @Test func extremeNumbersNeverStopIt() {
        var random = TestRandom(seed: 4)
        let receiver = Receiver(
            limits: PublicBookLimits(products: 2, instruments: 4, orders: 64, packets: 16))
        func number() -> Int64 {
            let numbers: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max, 10_000]
            return numbers[random.below(numbers.count)]
        }
        var writer = FeedPacketWriter(marketSegmentID: 7)
        var snapshot = FeedPacketWriter(marketSegmentID: 7)
        var time: UInt64 = 1
        for _ in 0..<20_000 {
            time += 1
            let priority = UInt64(random.below(4))
            let side = UInt8(random.below(4))
            let messages: [FeedMessage.Bytes] = [
                FeedMessage.add(
                    1, side: side, price: number(), quantity: number(), priority: priority),
                FeedMessage.executionSummary(
                    1, aggressor: side, price: number(), quantity: number(), at: priority),
                FeedMessage.execution(
                    1, side: side, price: number(), quantity: number(), priority: priority,
                    tradePrice: number(), match: 1, isFull: random.below(2) == 0),
                FeedMessage.modifySamePriority(
                    1, side: side, price: number(), previousQuantity: 1, quantity: number(),
                    priority: priority, at: priority),
                FeedMessage.tradeReport(1, price: number(), quantity: number(), at: priority),
            ]
            receiver.take(
                writer.packet([messages[random.below(messages.count)]], sentAt: time), .incremental)
            if random.below(3) == 0 {
                time += 1
                let cycle = [
                    FeedMessage.productSummary(last: writer.msgSeqNum),
                    FeedMessage.instrumentSummary(
                        1, orders: UInt16(random.below(3)), updated: 1,
                        entries: [(66, .min, number()), (7, number(), number())]),
                    FeedMessage.snapshotOrder(
                        side: side, price: number(), quantity: number(), priority: priority),
                ]
                receiver.take(snapshot.packet(cycle, sentAt: time), .snapshot)
            }
            receiver.events.removeAll()
        }
        receiver.builder.checkInvariants()
        #expect(receiver.builder.counters.contradictions > 0)
        #expect(receiver.builder.counters.joins > 0)
    }
}
