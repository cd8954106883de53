/// A JSON document as a tree that forgets nothing a configuration needs.
///
/// Numbers keep their digits, because 0.1 has no binary form; objects keep their order and their
/// double keys, because the second of two limits must not silently win. Those two losses are why
/// this is not `JSONDecoder`, and why the venue links no Foundation at all.
public enum JSONValue: Equatable, Sendable {
    public struct Member: Equatable, Sendable {
        public var key: String
        public var value: JSONValue
    }

    case null
    case boolean(Bool)
    /// The number as it was written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A short form for error messages: the value itself, or what it is.
    var summary: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let digits): digits
        case .string(let text): JSONValue.quoted(text)
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue {
    /// The member of this key; nil where there is none, or no object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
}

// MARK: Printing

extension JSONValue {
    /// The document as text with four spaces a level; what fits a line stays on one.
    func printed() -> String {
        var text = ""
        write(into: &text, indentation: 0, lineUsed: 0)
        text += "\n"
        return text
    }

    private static let lineLengthMax = 100

    private func write(into text: inout String, indentation: Int, lineUsed: Int) {
        let oneLine = onOneLine()
        if indentation > 0, lineUsed + oneLine.count < JSONValue.lineLengthMax {
            text += oneLine
            return
        }
        let inner = String(repeating: " ", count: indentation + 4)
        let outer = String(repeating: " ", count: indentation)
        switch self {
        case .null, .boolean, .number, .string:
            text += oneLine
        case .array(let values):
            text += "[\n"
            for (index, value) in values.enumerated() {
                text += inner
                value.write(into: &text, indentation: indentation + 4, lineUsed: inner.count)
                text += index + 1 < values.count ? ",\n" : "\n"
            }
            text += outer + "]"
        case .object(let members):
            text += "{\n"
            for (index, member) in members.enumerated() {
                let label = JSONValue.quoted(member.key) + ": "
                text += inner + label
                member.value.write(
                    into: &text, indentation: indentation + 4, lineUsed: inner.count + label.count)
                text += index + 1 < members.count ? ",\n" : "\n"
            }
            text += outer + "}"
        }
    }

    private func onOneLine() -> String {
        switch self {
        case .null, .boolean, .number, .string:
            summary
        case .array(let values):
            "[" + values.map { $0.onOneLine() }.joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.map { JSONValue.quoted($0.key) + ": " + $0.value.onOneLine() }
                .joined(separator: ", ") + "}"
        }
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
