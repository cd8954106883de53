/// Collects lines of Swift source with their indentation.
struct SourceText {
    private var lines: [String] = []
    private var depth = 0

    var text: String { lines.joined(separator: "\n") + "\n" }

    mutating func line(_ text: String = "") {
        lines.append(text.isEmpty ? "" : String(repeating: "    ", count: depth) + text)
    }

    mutating func block(_ opening: String, _ body: (inout SourceText) -> Void) {
        line(opening + " {")
        depth += 1
        body(&self)
        depth -= 1
        line("}")
    }

    /// A function whose parameters move to a line of their own when the opening is too long.
    mutating func function(
        _ opening: String, _ parameters: String, returning result: String,
        _ body: (inout SourceText) -> Void
    ) {
        let oneLine = "\(opening)(\(parameters)) -> \(result)"
        if depth * 4 + oneLine.count + 2 <= 100 {
            block(oneLine, body)
        } else {
            line(opening + "(")
            line("    " + parameters)
            block(") -> " + result, body)
        }
    }

    /// A line, or its two halves when it is too long.
    mutating func line(
        _ first: String, _ second: String, joint: String = " ", indent: String = "    "
    ) {
        if depth * 4 + first.count + joint.count + second.count <= 100 {
            line(first + joint + second)
        } else {
            line(first)
            line(indent + second)
        }
    }

    /// A documentation comment, wrapped to the line length.
    mutating func doc(_ text: String) {
        wrapped(text.split(separator: " ").map(String.init), prefix: "/// ")
    }

    /// Words laid out in lines of at most 100 columns.
    mutating func wrapped(_ words: [String], prefix: String) {
        var current = ""
        let width = 100 - depth * 4 - prefix.count
        for word in words {
            if current.isEmpty {
                current = word
            } else if current.count + 1 + word.count <= width {
                current += " " + word
            } else {
                line(prefix + current)
                current = word
            }
        }
        if !current.isEmpty { line(prefix + current) }
    }
}
