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
