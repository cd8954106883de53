import Domain
import PublicBooks
import Testing

/// Whatever is lost, doubled or comes late: a book that says it is live is the true one.
@Suite struct LossTests {
    /// Hands packets on, and now and then none, two, or one after later ones.
    struct Relay {
        /// Of a hundred packets so many are lost, as many doubled, and as many held back.
        var percent: Int
        var held: [NaivePublisher.Packet] = []

        mutating func pass(
            _ packet: NaivePublisher.Packet, _ random: inout TestRandom
        ) -> [NaivePublisher.Packet] {
            var out: [NaivePublisher.Packet] = []
            switch random.below(100) {
            case 0..<percent: break
            case percent..<2 * percent: out = [packet, packet]
            case 2 * percent..<3 * percent:
                held.append(packet)
                return []
            default: out = [packet]
            }
            if !held.isEmpty, random.below(3) == 0 { out.append(held.removeFirst()) }
            return out
        }
    }

    /// What a live book must be: the true one at the highest number that the receiver has heard of, or
    /// at the number of a snapshot beyond it.
    static func expectTruth(
        _ receiver: Receiver, _ publisher: NaivePublisher, heard: UInt32, cycles: [UInt32],
        _ note: String
    ) {
        let number = receiver.builder.lastMsgSeqNum(marketSegmentID: 7) ?? 0
        for security in publisher.market.securities where receiver.isLive(security) {
            for later in publisher.history.keys where later > number && later <= heard {
                Issue.record("live at \(number) though \(later) was heard of; \(note)")
            }
            let book = receiver.orders(security)
            let isTrue = ([number] + cycles.filter { $0 > number }).contains {
                publisher.history[$0]?[security] == book
            }
            #expect(isTrue, "security \(security) at \(number); \(note)")
        }
    }

    @Test(arguments: [0, 5, 20]) func everyReceiverReachesTheTrueBookAgain(percent: Int) {
        var (staleSeen, closedByLatePackets) = (0, 0)
        for seed in 1...20 {
            var random = TestRandom(seed: UInt64(seed))
            var publisher = NaivePublisher()
            var relay = Relay(percent: percent)
            let receiver = Receiver()
            var heard: UInt32 = 0
            var cycles: [UInt32] = []
            func deliver(_ packets: [NaivePublisher.Packet]) {
                for packet in packets {
                    for passed in relay.pass(packet, &random) {
                        if passed.channel == .incremental {
                            heard = max(heard, passed.lastNumber)
                        } else {
                            cycles.append(passed.lastNumber)
                        }
                        receiver.take(passed)
                        staleSeen +=
                            publisher.market.securities.contains {
                                receiver.instrument($0)?.condition == .stale
                            } ? 1 : 0
                        Self.expectTruth(
                            receiver, publisher, heard: heard, cycles: cycles,
                            "seed \(seed), \(percent) %")
                    }
                }
            }
            for round in 0..<300 {
                deliver(publisher.transactions(&random))
                if round % 10 == 0 { deliver(publisher.cycle(&random)) }
                if round % 25 == 0 {
                    deliver([publisher.heartbeat()])
                    receiver.builder.checkInvariants()
                }
            }
            // The market rests, the feed goes on: with the next whole cycle all is true.
            relay.percent = 0
            deliver([publisher.heartbeat()])
            deliver(publisher.cycle(&random))
            #expect(receiver.image([1, 2, 3]) == publisher.market.image, "seed \(seed)")
            for security in publisher.market.securities {
                #expect(receiver.isLive(security))
                #expect(receiver.levelsAgree(security))
                #expect(
                    receiver.instrument(security)?.statistics.volume.raw
                        == publisher.market.volume[security] ?? 0 || percent > 0)
            }
            receiver.builder.checkInvariants()
            #expect(percent == 0 || receiver.builder.counters.gaps > 0)
            closedByLatePackets += receiver.builder.counters.closedByLatePackets
        }
        #expect((closedByLatePackets > 0) == (percent > 0))
        #expect((staleSeen > 0) == (percent > 0))
    }

    @Test func aReceiverThatJoinsAtAnyMomentReachesTheBookOfOneThatSawAll() {
        var random = TestRandom(seed: 99)
        var publisher = NaivePublisher()
        var packets: [NaivePublisher.Packet] = []
        for round in 0..<240 {
            packets += publisher.transactions(&random)
            // A snapshot's packets come slowly, with changes between them.
            if round % 6 == 0 {
                for packet in publisher.cycle(&random) {
                    packets.append(packet)
                    if random.below(2) == 0 { packets += publisher.transactions(&random) }
                }
            }
        }
        packets.append(publisher.heartbeat())
        let last = publisher.cycle(&random)
        let seesAll = Receiver()
        for packet in packets + last { seesAll.take(packet) }
        #expect(seesAll.image([1, 2, 3]) == publisher.market.image)
        for start in 0..<packets.count {
            let receiver = Receiver()
            for packet in packets[start...] + last {
                receiver.take(packet)
                // Whatever is shown as live was true at its number.
                let number = receiver.builder.lastMsgSeqNum(marketSegmentID: 7) ?? 0
                if start % 16 == 0 {
                    for security in publisher.market.securities where receiver.isLive(security) {
                        #expect(
                            receiver.orders(security) == publisher.history[number]?[security],
                            "joined at \(start)")
                    }
                }
            }
            #expect(receiver.image([1, 2, 3]) == publisher.market.image, "joined at \(start)")
            #expect([1, 2, 3].allSatisfy(receiver.isLive), "joined at \(start)")
            receiver.builder.checkInvariants()
        }
    }
}
