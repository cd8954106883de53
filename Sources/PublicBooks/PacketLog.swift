import Containers

/// A packet of the incremental channel that waits.
struct LoggedPacket: BitwiseCopyable {
    /// Numbers of its first and last message.
    var first: UInt32
    var last: UInt32
    /// A transaction ends with it.
    var isComplete: Bool
    var block: Int32
    var length: Int
}

/// Packets of one product in the order of their numbers: those of a transaction that is not whole yet,
/// those behind a missing one, and those that a book which is about to join will need.
struct PacketLog: ~Copyable {
    private(set) var packets = GrowingList<LoggedPacket>()

    enum Insertion { case inserted, duplicate, overlapping }

    /// Puts a packet in its place; only when `inserted` has its block been taken over.
    mutating func insert(_ packet: LoggedPacket) -> Insertion {
        let index = position(of: packet.first)
        if index < packets.count {
            let next = packets[index]
            if next.first == packet.first, next.last == packet.last { return .duplicate }
            guard next.first > packet.last else { return .overlapping }
        }
        guard index == 0 || packets[index - 1].last < packet.first else { return .overlapping }
        packets.insert(packet, at: index)
        return .inserted
    }

    /// First index whose packet does not begin before `number`.
    func position(of number: UInt32) -> Int {
        var low = 0
        var high = packets.count
        while low < high {
            let middle = (low &+ high) / 2
            if packets[middle].first < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Forgets the first packets, whose blocks the caller has freed.
    mutating func removeFirst(_ count: Int) { packets.removeFirst(count) }

    /// The last number up to which the packets behind `number` follow each other without a gap, and
    /// the last one up to which they are whole transactions.
    func run(after number: UInt32) -> (end: UInt32, completeEnd: UInt32) {
        var (end, complete) = (number, number)
        var index = position(of: number &+ 1)
        while index < packets.count, packets[index].first == end &+ 1 {
            end = packets[index].last
            if packets[index].isComplete { complete = end }
            index += 1
        }
        return (end, complete)
    }

    /// Whether all messages behind `number` and up to `end` are here.
    func covers(after number: UInt32, through end: UInt32) -> Bool {
        guard number < end else { return true }
        // The packet with the first of them may begin before it.
        var index = position(of: number &+ 1)
        if index > 0, packets[index - 1].last > number { index -= 1 }
        guard index < packets.count, packets[index].first <= number &+ 1 else { return false }
        var reached = packets[index].last
        index += 1
        while reached < end, index < packets.count, packets[index].first == reached &+ 1 {
            reached = packets[index].last
            index += 1
        }
        return reached >= end
    }
}
