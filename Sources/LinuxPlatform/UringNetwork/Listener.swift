import CLinux
import Glibc

/// A socket that listens, and the port it got.
struct Listener {
    let descriptor: Int32
    let port: UInt16

    /// Connections inherit TCP_NODELAY from here.
    ///
    /// When somebody else listens on the port, tries again for `patienceMillis`: the kernel closes what a
    /// killed program held in its ring a moment after the program is gone, and whoever watched it has
    /// started the next one by then.
    init(address: String, port: UInt16, patienceMillis: Int = 2_000) throws(SystemError) {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else {
            throw SystemError("\"\(address)\" is not an IPv4 address", code: 0)
        }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let fd = socket(AF_INET, type, 0)
        guard fd >= 0 else { throw SystemError("a socket cannot be made", code: errno) }
        var on: Int32 = 1
        let length = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, length)
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, length)
        let deadline = SystemClock.monotonicNanos() + UInt64(patienceMillis) * 1_000_000
        while !Self.listens(fd, &place) {
            let code = errno
            if code == EADDRINUSE, SystemClock.monotonicNanos() < deadline {
                Nap.nanos(10_000_000)
                continue
            }
            _ = close(fd)
            throw SystemError("\(address):\(port) cannot be listened on", code: code)
        }
        descriptor = fd
        self.port = UInt16(bigEndian: place.sin_port)
    }

    /// Whether it listens at the place now, which says then where that is.
    private static func listens(_ fd: Int32, _ place: inout sockaddr_in) -> Bool {
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && listen(fd, 4096) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
    }
}
