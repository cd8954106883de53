import CLinux
import Glibc

/// SIGTERM and SIGINT as something to wait for, not as an interruption.
///
/// Make one before any other thread exists, so that all inherit the blocked signals and only
/// this descriptor hears of them. A peer that closed is an error of `send`, never SIGPIPE.
public final class StopSignal: Sendable {
    private let descriptor: Int32

    public init() throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        let result = clinux_stop_signals()
        guard result >= 0 else {
            throw SystemError("the stop signals cannot be received", code: -result)
        }
        descriptor = result
    }

    deinit { _ = close(descriptor) }

    /// Whether a stop was asked for. The signal stays: it answers true from then on.
    public var isRequested: Bool { wait(timeoutMillis: 0) }

    /// Waits for a stop; false when `timeoutMillis` have passed (negative: no limit).
    public func wait(timeoutMillis: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&entry, 1, timeoutMillis)
            if count >= 0 { return count > 0 }
            if errno != EINTR { return false }
        }
    }

    /// Writes to a descriptor that somebody else reads, at his pace. False when nobody reads any more, or
    /// when he takes nothing and a stop is asked for: then the rest is not written.
    public func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        var entries = [
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while !rest.isEmpty {
            if poll(&entries, nfds_t(entries.count), -1) < 0 {
                guard errno == EINTR else { return false }
                continue
            }
            guard entries[0].revents != 0 else { return false }
            // A pipe that takes anything takes so much at once; more might have to wait.
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(PIPE_BUF)))
            let count = Glibc.write(descriptor, part.baseAddress, part.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
