import Foundation

/// One TCP conversation and a feed of UDP datagrams, written in the classic capture format as raw
/// IP packets.
package struct PacketCapture {
    package static let serverPort: UInt16 = 19043
    /// Where tshark expects the incremental channel of the public feed.
    package static let feedPort: UInt16 = 59001
    /// Payload bytes per packet, so that long messages span several.
    private static let segmentLength = 1400

    private var packets: [[UInt8]] = []
    private var sent = [true: UInt32(1), false: UInt32(1)]

    package init() {}

    package mutating func send(_ message: [UInt8], fromClient: Bool) {
        var rest = message[...]
        while !rest.isEmpty {
            let segment = rest.prefix(Self.segmentLength)
            packets.append(packet([UInt8](segment), fromClient: fromClient))
            sent[fromClient, default: 1] &+= UInt32(segment.count)
            rest = rest.dropFirst(segment.count)
        }
    }

    /// One packet of the public feed; the snapshot channel has the port below.
    package mutating func send(datagram: [UInt8], toPort port: UInt16 = feedPort) {
        var udp = bigEndian(Self.clientPort) + bigEndian(port)
        udp += bigEndian(UInt16(8 + datagram.count)) + [0, 0]
        packets.append(
            header(protocolNumber: 17, length: udp.count + datagram.count, fromClient: false)
                + udp + datagram)
    }

    private static let clientPort: UInt16 = 40001

    private func packet(_ payload: [UInt8], fromClient: Bool) -> [UInt8] {
        let client = Self.clientPort
        var tcp: [UInt8] = []
        tcp += bigEndian(fromClient ? client : Self.serverPort)
        tcp += bigEndian(fromClient ? Self.serverPort : client)
        tcp += bigEndian(sent[fromClient] ?? 1)
        tcp += bigEndian(sent[!fromClient] ?? 1)
        tcp += [0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]
        return header(
            protocolNumber: 6, length: tcp.count + payload.count, fromClient: fromClient)
            + tcp + payload
    }

    private func header(protocolNumber: UInt8, length: Int, fromClient: Bool) -> [UInt8] {
        let ip: [UInt8] = [0x45, 0] + bigEndian(UInt16(20 + length))
        return ip + [0, 0, 0x40, 0, 64, protocolNumber, 0, 0]
            + [127, 0, 0, fromClient ? 1 : 2] + [127, 0, 0, fromClient ? 2 : 1]
    }

    package var bytes: [UInt8] {
        var file = littleEndian(0xA1B2_C3D4, size: 4) + littleEndian(2, size: 2)
        file += littleEndian(4, size: 2) + littleEndian(0, size: 8)
        file += littleEndian(262_144, size: 4) + littleEndian(101, size: 4)  // 101: raw IP
        for (index, packet) in packets.enumerated() {
            file += littleEndian(1_767_603_600 + index, size: 4) + littleEndian(0, size: 4)
            file += littleEndian(packet.count, size: 4) + littleEndian(packet.count, size: 4)
            file += packet
        }
        return file
    }

    private func littleEndian(_ number: Int, size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
    }

    /// The TCP and UDP payloads of a capture file of raw IP or Ethernet packets.
    package static func payloads(of file: [UInt8]) -> [[UInt8]] {
        func number(_ offset: Int, _ size: Int) -> Int {
            (0..<size).reversed().reduce(0) { $0 << 8 | Int(file[offset + $1]) }
        }
        let isEthernet = number(20, 4) == 1
        var payloads: [[UInt8]] = []
        var offset = 24
        while offset + 16 <= file.count {
            let length = number(offset + 8, 4)
            // Ethernet frames may carry a VLAN tag before the type of their payload.
            let isTagged = isEthernet && file[offset + 16 + 12] == 0x81
            let linkLength = isEthernet ? (isTagged ? 18 : 14) : 0
            let packet = [UInt8](file[(offset + 16 + linkLength)..<(offset + 16 + length)])
            offset += 16 + length
            let ipLength = Int(packet[0] & 0xF) * 4
            let total = Int(packet[2]) << 8 | Int(packet[3])
            let headerLength: Int
            switch packet[9] {
            case 6: headerLength = Int(packet[ipLength + 12] >> 4) * 4
            case 17: headerLength = 8
            default: continue
            }
            payloads.append([UInt8](packet[(ipLength + headerLength)..<min(total, packet.count)]))
        }
        return payloads
    }
}
