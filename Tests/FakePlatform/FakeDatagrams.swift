import Platform

/// Keeps the datagrams it is given, in their order.
package final class FakeDatagrams: DatagramSender {
    package struct Packet {
        package var channel: FeedChannel
        package var bytes: [UInt8]
    }

    package private(set) var packets: [Packet] = []
    /// Copies of each that the system is said not to take.
    package var refusedCopies = 0

    package init() {}

    package func send(_ datagrams: UnsafeBufferPointer<Datagram>) -> Int {
        for datagram in datagrams {
            let bytes = UnsafeRawBufferPointer(start: datagram.base, count: Int(datagram.count))
            packets.append(Packet(channel: datagram.channel, bytes: [UInt8](bytes)))
        }
        return datagrams.count * refusedCopies
    }

    /// What was sent since the last call.
    package func take() -> [Packet] {
        defer { packets = [] }
        return packets
    }
}
