import CommandLineTool

/// Writes HTML and SVG in which every element is closed and every text escaped: what comes out is
/// well-formed XML too.
struct Markup {
    private(set) var text = ""

    mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
        _ body: (inout Markup) -> Void
    ) {
        open(name, attributes)
        text += ">"
        body(&self)
        text += "</\(name)>"
    }

    /// An element around a text.
    mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String>, _ content: String
    ) {
        element(name, attributes) { $0.write(content) }
    }

    mutating func element(_ name: String, _ content: String) { element(name, [:], content) }

    /// An element without content.
    mutating func empty(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        open(name, attributes)
        text += "/>"
    }

    mutating func write(_ content: String) { text += Self.escaped(content) }

    /// What is markup already.
    mutating func raw(_ markup: String) { text += markup }

    private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        text += "<\(name)"
        for (key, value) in attributes { text += " \(key)=\"\(Self.escaped(value))\"" }
    }

    /// Control characters cannot be said in XML at all; they come from names and become a sign.
    static func escaped(_ content: String) -> String {
        var result = ""
        result.reserveCapacity(content.utf8.count)
        for scalar in content.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// A coordinate with the tenth of a unit that eyes can tell.
func coordinate(_ value: Double) -> String { formatDecimal(value, decimals: 1) }

extension Markup {
    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String
    ) {
        empty(
            "line",
            [
                "class": style, "x1": coordinate(x1), "y1": coordinate(y1), "x2": coordinate(x2),
                "y2": coordinate(y2),
            ])
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, width: Double, height: Double, style: String
    ) {
        empty(
            "rect",
            [
                "class": style, "x": coordinate(x), "y": coordinate(y),
                "width": coordinate(max(0, width)), "height": coordinate(max(0, height)),
            ])
    }

    mutating func polyline(_ points: [(x: Double, y: Double)], style: String) {
        let text = points.map { "\(coordinate($0.x)),\(coordinate($0.y))" }.joined(separator: " ")
        empty("polyline", ["class": style, "points": text])
    }

    enum Anchor: String { case start, middle, end }

    mutating func label(
        _ content: String, _ x: Double, _ y: Double, anchor: Anchor = .start,
        style: String = "label"
    ) {
        element(
            "text",
            [
                "class": style, "x": coordinate(x), "y": coordinate(y),
                "text-anchor": anchor.rawValue,
            ], content)
    }
}
