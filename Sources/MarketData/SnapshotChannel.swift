import Containers
import Domain
import Platform
import Wire

/// Packets of the snapshot channel: the image of one product, taken at one moment and sent slowly.
///
/// Messages are numbered from 1 in every image, so that a receiver sees whether it has all of it.
struct SnapshotChannel: ~Copyable {
    struct Product: BitwiseCopyable {
        var marketSegmentID: Int32
        var applSeqNum: UInt32 = 0
    }

    private static var headerBytes: Int { EOBIPacketHeaderWriter.length }

    private let products: FixedTable<Product>
    private let partitionID: UInt8
    private var store: PacketStore
    private var product = 0
    private var packet: UnsafeMutableRawPointer?
    private var used = 0
    private var msgSeqNum: UInt32 = 0
    /// Packets of the image that were sent.
    private var sentCount = 0
    private(set) var messageCount: UInt64 = 0
    private(set) var packetCount: UInt64 = 0
    private(set) var byteCount: UInt64 = 0

    init(
        marketSegments: [Int32], partitionID: UInt16, orderCapacity: Int, instrumentCount: Int
    ) {
        products = FixedTable(marketSegments.map { Product(marketSegmentID: $0) })
        self.partitionID = UInt8(truncatingIfNeeded: partitionID)
        let payload = PacketStore.packetBytes - Self.headerBytes
        let ordersPerPacket = payload / EOBISnapshotOrderWriter.length
        // The end of a packet before a summary may stay empty.
        store = PacketStore(
            capacity: orderCapacity / ordersPerPacket + instrumentCount + 2)
    }

    /// The image was sent whole, or there is none.
    var isDone: Bool { sentCount == store.count }

    mutating func begin(_ product: Int) {
        store.removeAll()
        sentCount = 0
        self.product = product
        msgSeqNum = 0
        open()
    }

    mutating func message<Writer: NumberedMessage>(_ writer: Writer.Type) -> Writer {
        if used &+ Writer.length > PacketStore.packetBytes {
            close(isLast: false)
            open()
        }
        guard let packet else { preconditionFailure("an image is written between begin and end") }
        let message = Writer(packet + used)
        used &+= Writer.length
        message.initialize()
        msgSeqNum &+= 1
        message.msgSeqNum = msgSeqNum
        messageCount &+= 1
        return message
    }

    mutating func end() { close(isLast: true) }

    /// Drops what was not sent of the image.
    mutating func abandon() {
        store.removeAll()
        sentCount = 0
        packet = nil
    }

    /// Sends the next packets of the image, at most so many. Returns how many those were.
    mutating func send(
        countMax: Int, at now: Timestamp, _ send: (UnsafeBufferPointer<Datagram>) -> Void
    ) -> Int {
        let packets = store.packets(from: sentCount, countMax: countMax, sentAt: now.nanos)
        if !packets.isEmpty { send(packets) }
        sentCount += packets.count
        return packets.count
    }

    private mutating func open() {
        packet = store.take()
        used = Self.headerBytes
    }

    private mutating func close(isLast: Bool) {
        guard let packet else { return }
        products[product].applSeqNum = nextNumber(after: products[product].applSeqNum)
        let header = EOBIPacketHeaderWriter(packet)
        header.initialize()
        header.applSeqNum = products[product].applSeqNum
        header.marketSegmentID = products[product].marketSegmentID
        header.partitionID = partitionID
        header.completionIndicator = isLast ? 1 : 0
        header.applSeqResetIndicator = products[product].applSeqNum == 1 ? 1 : 0
        header.dscp = 0
        store.close(packet, used, .snapshot)
        packetCount &+= 1
        byteCount &+= UInt64(used)
        self.packet = nil
    }
}
