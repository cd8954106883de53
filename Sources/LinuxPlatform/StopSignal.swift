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
}
