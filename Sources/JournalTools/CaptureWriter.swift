import Glibc

/// Messages as TCP conversations in a capture file of the classic format (pcap), which tshark and
/// Wireshark open.
///
/// Every conversation is one session's: its client side has a port of its own, the venue's is that of
/// the order port or of the drop copy. Nothing is invented but the packets around the messages: no
/// handshake, no acknowledgements.
final class CaptureWriter {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    /// Bytes sent so far, by client port.
    private var sent: [UInt16: UInt32] = [:]
    private(set) var messageCount = 0

    /// Payload bytes of a packet; longer messages span several.
    private static let segmentBytes = 1400
    /// Nanoseconds in the stamps.
    private static let magic: UInt32 = 0xA1B2_3C4D
    private static let rawIP: UInt32 = 101

    init(path: String) throws {
        guard let file = fopen(path, "wb") else {
            throw JournalToolError("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        self.path = path
        self.file = file
        var header: [UInt8] = []
        header.append(little: Self.magic)
        header.append(little: UInt16(2))
        header.append(little: UInt16(4))
        header.append(little: UInt64(0))
        header.append(little: UInt32(262_144))
        header.append(little: Self.rawIP)
        put(header)
    }

    deinit { fclose(file) }

    /// Adds a message from the venue's `port` to a client's, at a moment since 1970.
    func add(
        _ message: UnsafeRawBufferPointer, from port: UInt16, to client: UInt16, nanos: UInt64
    ) {
        messageCount += 1
        var rest = message[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.segmentBytes)
            let position = sent[client, default: 1]
            let packet = Self.packet(
                UnsafeRawBufferPointer(rebasing: part), from: port, to: client, position)
            var header: [UInt8] = []
            header.append(little: UInt32(truncatingIfNeeded: nanos / 1_000_000_000))
            header.append(little: UInt32(nanos % 1_000_000_000))
            header.append(little: UInt32(packet.count))
            header.append(little: UInt32(packet.count))
            put(header)
            put(packet)
            sent[client] = position &+ UInt32(part.count)
            rest = rest.dropFirst(part.count)
        }
    }

    /// Makes sure that all is in the file.
    func finish() throws {
        guard fflush(file) == 0, ferror(file) == 0 else {
            throw JournalToolError(
                "\(path) could not be written whole: \(String(cString: strerror(errno)))")
        }
    }

    private static func packet(
        _ payload: UnsafeRawBufferPointer, from port: UInt16, to client: UInt16, _ position: UInt32
    ) -> [UInt8] {
        var packet: [UInt8] = [0x45, 0]
        packet.append(big: UInt16(40 + payload.count))
        // No fragments, 64 hops, TCP, no checksum.
        packet += [0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]
        packet.append(big: port)
        packet.append(big: client)
        packet.append(big: position)
        packet.append(big: UInt32(1))
        // Five words of header, PSH and ACK.
        packet += [0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]
        return packet + payload
    }

    private func put(_ bytes: [UInt8]) { _ = fwrite(bytes, 1, bytes.count, file) }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(little number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append<Number: FixedWidthInteger>(big number: Number) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
