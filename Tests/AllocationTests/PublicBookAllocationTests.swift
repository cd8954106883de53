import CAllocationCount
import Domain
import Platform
import PublicBooks
import TestSupport
import Testing

extension AllocationTests {
    /// A market's life in packets: two rounds of the same shape, with losses and snapshots in them.
    private static func rounds() -> [[(channel: FeedChannel, bytes: [UInt8])]] {
        var incremental = FeedPacketWriter(marketSegmentID: 1)
        var snapshot = FeedPacketWriter(marketSegmentID: 1)
        var time: UInt64 = 1_000
        var sentAt: UInt64 = 1_000
        return (0..<2).map { _ in
            var packets: [(channel: FeedChannel, bytes: [UInt8])] = []
            func send(_ messages: [FeedMessage.Bytes], isComplete: Bool = true) {
                sentAt += 1
                packets.append(
                    (
                        .incremental,
                        incremental.packet(messages, isComplete: isComplete, sentAt: sentAt)
                    ))
            }
            func cycle() {
                sentAt += 1
                let empty = FeedMessage.instrumentSummary(9, orders: 0, updated: time)
                let summary = FeedMessage.productSummary(last: incremental.msgSeqNum)
                packets.append((.snapshot, snapshot.packet([summary, empty], sentAt: sentAt)))
            }
            cycle()
            for _ in 0..<20 {
                var orders: [(side: UInt8, price: Int64, priority: UInt64)] = []
                for place in 0..<200 as Range<Int64> {
                    time += 1
                    let side: UInt8 = place % 2 == 0 ? 1 : 2
                    let price = side == 1 ? 1_000_000 - place / 4 : 1_000_001 + place / 4
                    orders.append((side, price, time))
                    send([
                        FeedMessage.add(
                            9, side: side, price: price, quantity: 20_000, priority: time)
                    ])
                }
                for (number, order) in orders.enumerated() {
                    time += 1
                    switch number % 3 {
                    case 0:
                        send([
                            FeedMessage.delete(
                                9, side: order.side, price: order.price, quantity: 20_000,
                                priority: order.priority, at: time)
                        ])
                    case 1:
                        send(
                            [
                                FeedMessage.executionSummary(
                                    9, aggressor: 3 - order.side, price: order.price,
                                    quantity: 20_000, at: time)
                            ], isComplete: false)
                        send([
                            FeedMessage.execution(
                                9, side: order.side, price: order.price, quantity: 20_000,
                                priority: order.priority, match: UInt32(number), isFull: true)
                        ])
                    default:
                        send([
                            FeedMessage.modify(
                                9, side: order.side, previousPriority: order.priority,
                                previousPrice: order.price, previousQuantity: 20_000,
                                price: order.price, quantity: 30_000, priority: time)
                        ])
                    }
                }
                // A packet that comes late, one that never comes, and the snapshot after it.
                send([FeedMessage.instrumentState(9, 203, at: time)])
                send([FeedMessage.massDelete(9, at: time + 1)])
                packets.swapAt(packets.count - 1, packets.count - 2)
                send([FeedMessage.instrumentState(9, 203, at: time + 2)])
                packets.removeLast()
                send([FeedMessage.instrumentState(9, 203, at: time + 3)])
                cycle()
                time += 10
            }
            return packets
        }
    }

    @Test func aPublicBookIsBuiltWithoutAllocation() {
        let rounds = Self.rounds()
        var builder = PublicBookBuilder(limits: .init(orders: 1024, packets: 64))
        var eventCount = 0
        func take(_ packets: [(channel: FeedChannel, bytes: [UInt8])]) {
            for packet in packets {
                packet.bytes.withUnsafeBytes { builder.take($0, from: packet.channel) }
                eventCount += builder.eventCount
            }
        }
        take(rounds[0])
        let before = builder.counters
        let count = Self.allocations { take(rounds[1]) }
        Self.expectNone(count)
        #expect(builder.counters.messages - before.messages > 8_000)
        #expect(builder.counters.gaps - before.gaps >= 40)
        #expect(builder.counters.closedByLatePackets - before.closedByLatePackets >= 20)
        #expect(builder.counters.contradictions == 0 && eventCount > 2_000)
        #expect(builder.instrument(0).isLive)
        builder.checkInvariants()
    }
}
