/// Writes one JSON document, keys in the order in which they are given.
///
/// ```swift
/// var json = JSONWriter()
/// json.object {
///     $0.field("name", "ring")
///     $0.array("samples") { for sample in samples { $0.value(sample) } }
/// }
/// print(json.text)
/// ```
/// Numbers that JSON cannot express, infinities and not-a-number, become null.
public struct JSONWriter: Sendable {
    /// What was written so far.
    public private(set) var text = ""
    private var needsComma = false
    private var depth = 0

    public init() {}
}

extension JSONWriter {
    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nested("{", "}", body)
    }

    public mutating func object(
        _ key: String, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        self.key(key)
        try nested("{", "}", body)
    }

    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nested("[", "]", body)
    }

    public mutating func array(
        _ key: String, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        self.key(key)
        try nested("[", "]", body)
    }

    public mutating func field(_ key: String, _ value: String?) {
        self.key(key)
        self.value(value)
    }

    public mutating func field(_ key: String, _ value: Bool?) {
        self.key(key)
        self.value(value)
    }

    public mutating func field(_ key: String, _ value: (some BinaryInteger)?) {
        self.key(key)
        self.value(value)
    }

    /// A number with a fraction, rounded to so many decimals if given.
    public mutating func field(_ key: String, _ value: Double?, decimals: Int? = nil) {
        self.key(key)
        self.value(value, decimals: decimals)
    }

    public mutating func null(_ key: String) {
        self.key(key)
        literal("null")
    }

    public mutating func value(_ value: String?) {
        literal(value.map(Self.quoted) ?? "null")
    }

    public mutating func value(_ value: Bool?) {
        literal(value.map { $0 ? "true" : "false" } ?? "null")
    }

    public mutating func value(_ value: (some BinaryInteger)?) {
        literal(value.map { "\($0)" } ?? "null")
    }

    public mutating func value(_ value: Double?, decimals: Int? = nil) {
        guard let value, value.isFinite else { return literal("null") }
        if let decimals {
            literal(formatDecimal(value, decimals: decimals))
        } else if value == value.rounded(), abs(value) < 1e15 {
            literal("\(Int64(value))")
        } else {
            literal("\(value)")
        }
    }

    private mutating func key(_ key: String) {
        separate()
        text += Self.quoted(key) + ":"
        needsComma = false
    }

    private mutating func literal(_ literal: String) {
        separate()
        text += literal
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { text += "," }
    }

    private mutating func nested(
        _ open: String, _ close: String, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        separate()
        text += open
        needsComma = false
        depth += 1
        try body(&self)
        depth -= 1
        text += close
        needsComma = true
    }

    static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
