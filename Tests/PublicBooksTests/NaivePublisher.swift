import Platform
import TestSupport

/// Publishes a naive market: packets of both channels, and what was true after each transaction.
struct NaivePublisher {
    struct Packet {
        var channel: FeedChannel
        var bytes: [UInt8]
        /// Number of the last message told so far on the incremental channel.
        var lastNumber: UInt32
    }

    var market: NaiveMarket
    var incremental: FeedPacketWriter
    var snapshot: FeedPacketWriter
    /// Books by the number of a transaction's last message.
    var history: [UInt32: NaiveMarket.Image] = [:]
    var sentAt: UInt64 = 5_000_000
    private var waiting: [FeedMessage.Bytes] = []

    init(marketSegmentID: Int32 = 7, securities: [Int64] = [1, 2, 3]) {
        market = NaiveMarket(securities: securities)
        incremental = FeedPacketWriter(marketSegmentID: marketSegmentID)
        snapshot = FeedPacketWriter(marketSegmentID: marketSegmentID)
        history[0] = market.image
    }

    private mutating func now() -> UInt64 {
        sentAt += 100
        return sentAt
    }

    /// Some transactions in some packets: now one in several, now several in one.
    mutating func transactions(_ random: inout TestRandom) -> [Packet] {
        var messages: [FeedMessage.Bytes] = []
        let count = random.below(4) == 0 ? 1 + random.below(3) : 1
        var number = incremental.msgSeqNum
        for _ in 0..<count {
            let step = market.step(&random)
            number += UInt32(step.count)
            messages += step
            history[number] = market.image
        }
        guard count == 1, messages.count > 1, random.below(2) == 0 else {
            return [packet(messages, isComplete: true)]
        }
        var packets: [Packet] = []
        while !messages.isEmpty {
            let part = min(messages.count, 1 + random.below(2))
            let piece = Array(messages[0..<part])
            messages.removeFirst(part)
            packets.append(packet(piece, isComplete: messages.isEmpty))
        }
        return packets
    }

    mutating func packet(_ messages: [FeedMessage.Bytes], isComplete: Bool) -> Packet {
        let bytes = incremental.packet(messages, isComplete: isComplete, sentAt: now())
        return Packet(channel: .incremental, bytes: bytes, lastNumber: incremental.msgSeqNum)
    }

    mutating func heartbeat() -> Packet {
        packet([FeedMessage.heartbeat(last: incremental.msgSeqNum)], isComplete: true)
    }

    /// One cycle of the snapshot channel, as of now, in packets of a few messages.
    mutating func cycle(_ random: inout TestRandom) -> [Packet] {
        var messages = [FeedMessage.productSummary(last: incremental.msgSeqNum)]
        for security in market.securities {
            let orders = market.image(of: security)
            messages.append(
                FeedMessage.instrumentSummary(
                    security, orders: UInt16(orders.count), updated: market.time,
                    trading: market.trading[security] ?? 203,
                    entries: [(66, .min, market.volume[security] ?? 0)]
                        + (market.last[security].map { [(2, $0, 10_000)] } ?? [])))
            messages += orders.map {
                FeedMessage.snapshotOrder(
                    side: $0.side, price: $0.price, quantity: $0.quantity, priority: $0.priority)
            }
        }
        var packets: [Packet] = []
        while !messages.isEmpty {
            // The longest pair is two InstrumentSummaries, 880 bytes; orders are 40.
            let part = min(messages.count, 1 + random.below(20))
            var piece: [FeedMessage.Bytes] = []
            var length = 32
            while piece.count < part, !messages.isEmpty, length + messages[0].count <= 1400 {
                length += messages[0].count
                piece.append(messages.removeFirst())
            }
            let bytes = snapshot.packet(piece, isComplete: messages.isEmpty, sentAt: now())
            packets.append(
                Packet(channel: .snapshot, bytes: bytes, lastNumber: incremental.msgSeqNum))
        }
        return packets
    }
}
