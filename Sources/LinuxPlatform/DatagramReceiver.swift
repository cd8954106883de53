import CLinux
import Glibc

/// A UDP socket that receives, many datagrams a system call, without waiting.
public final class DatagramReceiver {
    /// Datagrams taken by one system call at most.
    public static let batch = 64
    /// Longer ones are cut, and no packet of a feed.
    public static let datagramLengthMax = 2048

    public let descriptor: Int32
    /// The port, also where any was asked for.
    public let port: UInt16
    /// What the system gave of the receive buffer that was asked for, its own overhead included.
    public let bufferBytes: Int
    private let memory: UnsafeMutableRawPointer
    private let lengths: UnsafeMutablePointer<UInt32>

    /// Binds to an address of this machine, or joins a multicast group on the interface of that address;
    /// port 0: any free one.
    ///
    /// The buffer asked for is 8 MiB, which the system cuts to net.core.rmem_max for programs without
    /// privilege.
    public init(
        address: String, port: UInt16, interface: String = "127.0.0.1", bufferBytes: Int = 8 << 20
    ) throws(SystemError) {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else {
            throw SystemError("\"\(address)\" is not an IPv4 address", code: 0)
        }
        let type =
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let fd = socket(AF_INET, type, 0)
        guard fd >= 0 else { throw SystemError("a socket cannot be made", code: errno) }
        let isGroup = UInt32(bigEndian: place.sin_addr.s_addr) >> 28 == 0xE
        var on: Int32 = 1
        let length = socklen_t(MemoryLayout<Int32>.size)
        // Every receiver of a group has a copy; a unicast port is one receiver's.
        if isGroup { setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, length) }
        var wanted = Int32(clamping: bufferBytes)
        if setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, length) != 0 {
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, length)
        }
        var given: Int32 = 0
        var givenLength = length
        getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &given, &givenLength)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let group = place.sin_addr
        let isBound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard isBound else {
            let code = errno
            _ = close(fd)
            throw SystemError("\(address):\(port) cannot be received on", code: code)
        }
        if isGroup {
            var membership = ip_mreq()
            membership.imr_multiaddr = group
            guard inet_pton(AF_INET, interface, &membership.imr_interface) == 1 else {
                _ = close(fd)
                throw SystemError("\"\(interface)\" is not an IPv4 address", code: 0)
            }
            guard
                setsockopt(
                    fd, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &membership,
                    socklen_t(MemoryLayout<ip_mreq>.size)) == 0
            else {
                let code = errno
                _ = close(fd)
                throw SystemError("the group \(address) cannot be joined", code: code)
            }
        }
        descriptor = fd
        self.port = UInt16(bigEndian: place.sin_port)
        self.bufferBytes = Int(given)
        memory = .allocate(byteCount: Self.batch * Self.datagramLengthMax, alignment: 64)
        lengths = .allocate(capacity: Self.batch)
    }

    deinit {
        _ = close(descriptor)
        memory.deallocate()
        lengths.deallocate()
    }

    /// Takes what is at hand, at most a batch; hands over each in the order of arrival. The bytes are
    /// valid during the call of `body`.
    public func receive(_ body: (UnsafeRawBufferPointer) -> Void) -> Int {
        let count = Int(
            clinux_receive_datagrams(
                descriptor, memory, UInt32(Self.datagramLengthMax), lengths, UInt32(Self.batch)))
        guard count > 0 else { return 0 }
        for index in 0..<count {
            body(
                UnsafeRawBufferPointer(
                    start: memory + index * Self.datagramLengthMax, count: Int(lengths[index])))
        }
        return count
    }
}
