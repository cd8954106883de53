import CLinux
import Glibc
import Platform

/// Sends datagrams over UDP, many with one system call.
///
/// The socket is bound to no peer, so a receiver that is not there is nothing it would hear of.
public final class DatagramSocket: DatagramSender {
    private let descriptor: Int32
    private let destinationCount: Int
    /// Where the datagrams of each channel go, in network order.
    private let targets: UnsafeMutablePointer<clinux_target>
    private let batch: UnsafeMutablePointer<clinux_datagram>

    /// Datagrams given to the kernel at once.
    private static let batchMax = 64

    /// `interface` is the address of the interface that multicast groups are reached through; nil lets
    /// the system choose. Datagrams to a group stay within `multicastHops` routers: 1 is this network.
    public init(
        to destinations: [FeedAddress], interface: String? = nil, multicastHops: UInt8 = 1
    ) throws(SystemError) {
        var parsed: [clinux_target] = []
        for destination in destinations {
            guard let address = Self.parse(destination.address) else {
                throw SystemError("\(destination.address) is no IPv4 address", code: 0)
            }
            parsed.append(
                clinux_target(address: address, port: destination.snapshotPort.bigEndian))
            parsed.append(
                clinux_target(address: address, port: destination.port.bigEndian))
        }
        descriptor = socket(
            AF_INET,
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
                | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("a socket cannot be made", code: errno) }
        destinationCount = destinations.count
        targets = .allocate(capacity: max(1, parsed.count))
        targets.initialize(from: parsed, count: parsed.count)
        batch = .allocate(capacity: Self.batchMax)
        batch.initialize(repeating: clinux_datagram(), count: Self.batchMax)
        try setUpMulticast(interface, hops: multicastHops)
    }

    deinit {
        _ = Glibc.close(descriptor)
        targets.deallocate()
        batch.deallocate()
    }

    public func send(_ datagrams: UnsafeBufferPointer<Datagram>) -> Int {
        var refused = 0
        var count = 0
        for datagram in datagrams {
            for index in 0..<destinationCount {
                let channel = datagram.channel == .snapshot ? 0 : 1
                batch[count] = clinux_datagram(
                    base: datagram.base, length: UInt32(datagram.count),
                    target: targets[index * 2 + channel])
                count += 1
                if count == Self.batchMax {
                    refused += Int(clinux_send_datagrams(descriptor, batch, Int32(count)))
                    count = 0
                }
            }
        }
        if count > 0 { refused += Int(clinux_send_datagrams(descriptor, batch, Int32(count))) }
        return refused
    }

    private func setUpMulticast(_ interface: String?, hops: UInt8) throws(SystemError) {
        var hops = hops
        setsockopt(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_TTL, &hops, 1)
        guard let interface else { return }
        guard let address = Self.parse(interface) else {
            throw SystemError("\(interface) is no IPv4 address", code: 0)
        }
        var choice = in_addr(s_addr: address)
        let length = socklen_t(MemoryLayout<in_addr>.size)
        guard
            setsockopt(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &choice, length) == 0
        else { throw SystemError("datagrams cannot leave through \(interface)", code: errno) }
    }

    /// An address in network order.
    private static func parse(_ text: String) -> UInt32? {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1 ? address.s_addr : nil
    }
}
