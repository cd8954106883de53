import CommandLineTool
import DataOutput

/// Where a command says what it found: lines on standard output, and how far it is on a terminal.
final class ToolOutput {
    let isJSON: Bool
    let lines: LineOutput
    let progress = ProgressLine()

    init(isJSON: Bool, lines: LineOutput = LineOutput()) {
        self.isJSON = isJSON
        self.lines = lines
    }

    deinit { lines.flush() }

    func add(_ line: String) { lines.add(line) }

    /// One JSON object on a line.
    func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        var json = JSONWriter()
        try json.object(body)
        lines.add(json.text)
    }

    func passed(_ sequence: UInt64, of last: UInt64) {
        guard sequence & 0xFFF == 0 else { return }
        progress.show("command \(formatGrouped(sequence)) of \(formatGrouped(last))")
    }

    func finish() {
        progress.clear()
        lines.flush()
    }
}
