import CLinux
import Glibc

/// A client's stream connection to this machine, without buffers and without waiting: for tools.
public struct TCPConnection: ~Copyable {
    /// What a read found.
    public enum Received: Equatable, Sendable {
        case bytes(Int)
        /// Nothing is there yet.
        case nothing
        /// The peer has closed its side.
        case end
    }

    public let descriptor: Int32

    /// Connects to a port of 127.0.0.1. Small writes leave at once.
    public init(port: UInt16) throws(SystemError) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Self.closeOnExec, 0)
        guard fd >= 0 else { throw SystemError("a socket cannot be made", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            _ = Glibc.close(fd)
            throw SystemError("no connection to 127.0.0.1:\(port)", code: code)
        }
        var on: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)
        descriptor = fd
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Gives bytes to the system. Returns how many it took; 0 when it takes none at the moment.
    public func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return 0 }
        while true {
            let count = Glibc.send(descriptor, base, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { throw SystemError("sending failed", code: errno) }
        }
    }

    /// Takes what is there, at most what fits.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Received
    {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return .nothing }
        while true {
            let count = recv(descriptor, base, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EAGAIN || errno == EWOULDBLOCK { return .nothing }
            if errno != EINTR { throw SystemError("receiving failed", code: errno) }
        }
    }

    /// Waits until something can be read, or the end; false when `timeoutMillis` have passed.
    public func waitReadable(timeoutMillis: Int32) throws(SystemError) -> Bool {
        try wait(for: Int16(POLLIN), timeoutMillis)
    }

    /// Waits until the system takes bytes again; false when `timeoutMillis` have passed.
    public func waitWritable(timeoutMillis: Int32) throws(SystemError) -> Bool {
        try wait(for: Int16(POLLOUT), timeoutMillis)
    }

    /// Tells the peer that nothing more comes from here.
    public func shutdownSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the coming close a reset: the peer sees an error, not an end.
    public func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private static var closeOnExec: Int32 { Int32(SOCK_CLOEXEC.rawValue) }

    private func wait(for events: Int16, _ timeoutMillis: Int32) throws(SystemError) -> Bool {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let count = poll(&entry, 1, timeoutMillis)
            if count >= 0 { return count > 0 }
            if errno != EINTR { throw SystemError("waiting failed", code: errno) }
        }
    }
}
