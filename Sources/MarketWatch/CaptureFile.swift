import CommandLineTool
import OrderFlow

/// UDP datagrams of a capture file in the classic format (pcap), as tcpdump and tshark write it.
enum CaptureFile {
    struct Datagram {
        var port: UInt16
        var bytes: [UInt8]
    }

    /// Fragments and anything but UDP over IPv4 are passed over. A file that ends inside a packet gives
    /// those before it.
    static func datagrams(of path: String) throws -> [Datagram] {
        let file = try InputFile.read(path)
        guard file.count >= 24, let isSwapped = isSwapped(file) else {
            throw UsageError("\(path) is no capture file of the classic format (pcap).")
        }
        func number(_ offset: Int, _ size: Int) -> Int {
            let bytes = file[offset..<offset + size]
            let ordered = isSwapped ? Array(bytes) : bytes.reversed()
            return ordered.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let linkLength = linkLength(number(20, 4) & 0xFFFF) else {
            throw UsageError(
                "\(path) was captured on a kind of interface that is not known here "
                    + "(\(number(20, 4) & 0xFFFF)).")
        }
        var datagrams: [Datagram] = []
        var offset = 24
        while offset + 16 <= file.count {
            let length = number(offset + 8, 4)
            offset += 16
            guard length <= file.count - offset else { break }
            let packet = file[offset..<offset + length].dropFirst(linkLength)
            if let datagram = udp(Array(packet)) { datagrams.append(datagram) }
            offset += length
        }
        return datagrams
    }

    /// Whether numbers are big-endian; nil for another kind of file.
    private static func isSwapped(_ file: [UInt8]) -> Bool? {
        switch (file[0], file[1], file[2], file[3]) {
        // Microseconds and nanoseconds.
        case (0xD4, 0xC3, 0xB2, 0xA1), (0x4D, 0x3C, 0xB2, 0xA1): false
        case (0xA1, 0xB2, 0xC3, 0xD4), (0xA1, 0xB2, 0x3C, 0x4D): true
        default: nil
        }
    }

    /// Bytes before the IP header, by link type.
    private static func linkLength(_ type: Int) -> Int? {
        switch type {
        case 0: 4  // loopback of BSD
        case 1: 14  // Ethernet, which Linux's loopback uses too
        case 12, 101, 228: 0  // raw IP
        case 113: 16  // Linux "any"
        case 276: 20  // its second form
        default: nil
        }
    }

    private static func udp(_ packet: [UInt8]) -> Datagram? {
        guard packet.count >= 28, packet[0] >> 4 == 4, packet[9] == 17 else { return nil }
        let headerLength = Int(packet[0] & 15) * 4
        let isFragment = packet[6] & 0x3F != 0 || packet[7] != 0
        guard headerLength >= 20, packet.count >= headerLength + 8, !isFragment else { return nil }
        let udp = packet[headerLength...]
        let base = udp.startIndex
        let length = Int(udp[base + 4]) << 8 | Int(udp[base + 5])
        guard length >= 8, length <= udp.count else { return nil }
        return Datagram(
            port: UInt16(udp[base + 2]) << 8 | UInt16(udp[base + 3]),
            bytes: Array(udp[base + 8..<base + length]))
    }
}
