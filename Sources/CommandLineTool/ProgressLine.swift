import Glibc

/// A line on a terminal that says how far something is; nothing elsewhere.
public final class ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shownAt: Int64 = 0
    private var isShown = false

    /// So often a line is written at most.
    private static var pauseNanos: Int64 { 200_000_000 }

    public init() {}

    deinit { clear() }

    /// Replaces the line, unless that was done just before.
    public func show(_ text: @autoclosure () -> String) {
        guard isTerminal else { return }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        guard now - shownAt >= Self.pauseNanos else { return }
        shownAt = now
        isShown = true
        write("\r\u{1B}[K" + text())
    }

    /// Wipes the line, so that what follows starts on an empty one.
    public func clear() {
        guard isShown else { return }
        isShown = false
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
