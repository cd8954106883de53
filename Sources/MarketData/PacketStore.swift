import Platform
import Wire

/// Packets that were made and not sent yet, in the order in which they leave.
///
/// All memory is there from the start; only the pages that are needed are ever touched.
struct PacketStore: ~Copyable, @unchecked Sendable {
    /// Payload of a datagram that fits every Ethernet without being cut.
    static let packetBytes = 1400
    /// Packets lie on cache lines of their own.
    private static let strideBytes = 1408

    let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private let closed: UnsafeMutablePointer<Datagram>
    /// Packets handed out and packets closed, since the last `removeAll`.
    private(set) var taken = 0
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        memory = .allocate(byteCount: capacity * Self.strideBytes, alignment: 128)
        closed = .allocate(capacity: capacity)
    }

    deinit {
        memory.deallocate()
        closed.deallocate()
    }

    var isEmpty: Bool { count == 0 }
    var room: Int { capacity &- taken }

    /// Room for a packet.
    mutating func take() -> UnsafeMutableRawPointer {
        precondition(taken < capacity, "there is room for the packets of any transaction")
        defer { taken &+= 1 }
        return memory + taken &* Self.strideBytes
    }

    /// A packet is done, and goes behind the others.
    mutating func close(
        _ packet: UnsafeMutableRawPointer, _ byteCount: Int, _ channel: FeedChannel
    ) {
        precondition(count < taken, "a packet is closed once")
        closed[count] = Datagram(base: packet, count: byteCount, channel: channel)
        count &+= 1
    }

    /// The packets from this one on, at most so many; each is told when it was sent.
    func packets(
        from first: Int, countMax: Int, sentAt nanos: UInt64
    ) -> UnsafeBufferPointer<Datagram> {
        let packets = UnsafeBufferPointer(
            start: closed + first, count: min(countMax, count - first))
        for packet in packets {
            EOBIPacketHeaderWriter(packet.base).transactTime = nanos
        }
        return packets
    }

    mutating func removeAll() {
        taken = 0
        count = 0
    }
}
