import Glibc
import LinuxPlatform

/// Standard output for a view that is renewed: drawn in place on a terminal, one after the other
/// elsewhere.
struct Screen {
    private let isTerminal: Bool
    private let stop: StopSignal
    private var isDrawn = false

    /// A reader who pauses does not keep the program from ending at `stop`.
    init(until stop: StopSignal) {
        isTerminal = isatty(STDOUT_FILENO) == 1
        self.stop = stop
    }

    /// Shows a text of whole lines. False when nobody reads any more, or nobody does and a stop is asked
    /// for.
    mutating func show(_ text: String) -> Bool {
        defer { isDrawn = true }
        guard isTerminal else { return write(isDrawn ? "\n" + text : text) }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0
        return write(
            (isDrawn ? "" : Self.enter)
                + Self.frame(
                    text, rows: isKnown ? Int(size.ws_row) : 24,
                    columns: isKnown ? Int(size.ws_col) : 80))
    }

    /// Leaves the terminal as it was, below what was drawn last.
    mutating func end() {
        if isTerminal, isDrawn { _ = write(Self.leave) }
        isDrawn = false
    }

    /// Hides the cursor and clears once; each frame then overwrites the last, so nothing flickers.
    static let enter = "\u{1B}[?25l\u{1B}[2J"
    static let leave = "\u{1B}[?25h\n"

    /// A text as it is drawn over the previous one: cut to the terminal, each line cleared behind its
    /// end, and the rest of the screen cleared.
    static func frame(_ text: String, rows: Int, columns: Int) -> String {
        // The last row stays empty: a line end there would scroll.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast(text.hasSuffix("\n") ? 1 : 0).prefix(max(1, rows - 1))
        return "\u{1B}[H" + lines.map { $0.prefix(columns) + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { stop.write(UnsafeRawBufferPointer($0), to: STDOUT_FILENO) }
    }
}
