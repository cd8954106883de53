// What a protocol has beside its messages: enumerations, names of fields, the schema as data.

extension WireGenerator {
    func enumerations(_ out: inout SourceText) {
        out.doc("Holds the enumerations of the wire, apart from domain types of the same name.")
        out.block("public enum \(schema.dialect.protocolName)") { out in
            for (index, enumeration) in schema.enumerations.enumerated() {
                if index > 0 { out.line() }
                let users = schema.fields.filter { $0.enumeration == enumeration.name }
                out.doc("Values of \(users.map(\.name).joined(separator: ", ")).")
                if let owner = enumeration.sharedWith {
                    out.line("public typealias \(enumeration.name) = \(owner).\(enumeration.name)")
                } else {
                    enumeration.write(to: &out)
                }
            }
        }
    }

    func fieldNames(_ out: inout SourceText) {
        out.doc("Names every field of the schema, small enough to travel in a reject.")
        out.block("@frozen public enum WireField: UInt16, CaseIterable, Sendable") { out in
            for field in schema.fields { out.line("case \(field.swiftName)") }
        }
        out.line()
        out.block("extension WireField") { out in
            out.doc("The field's name as the schema spells it.")
            out.block("public var schemaName: StaticString") { out in
                out.line("switch self {")
                for field in schema.fields {
                    out.line("case .\(field.swiftName):", "\"\(field.name)\"")
                }
                out.line("}")
            }
        }
    }

    /// The whole schema as text, so that it costs the compiler one literal.
    func schemaTable(_ out: inout SourceText) {
        out.doc("The schema in the short notation that `MessageCatalogue` reads.")
        out.block("enum \(prefix)SchemaTable") { out in
            out.line("static let text: StaticString = \"\"\"")
            for enumeration in schema.enumerations {
                out.line("    enumeration \(enumeration.name)")
                out.wrapped(enumeration.values.map { "\($0.name)=\($0.code)" }, prefix: "    . ")
            }
            for field in schema.fields {
                let scale = field.scale.map(String.init) ?? "-"
                out.line(
                    "    field \(field.name) \(field.type.rawValue) \(field.size) \(scale) "
                        + "\(field.unit ?? "-") \(field.enumeration ?? "-")")
            }
            for group in schema.groups {
                out.line("    group \(group.name) \(group.length)")
                out.wrapped(group.slots.map(\.notation), prefix: "    . ")
            }
            for message in schema.messages {
                out.line(
                    "    message \(message.name) \(message.id) \(message.direction.rawValue) "
                        + "\(message.fixedLength) \(message.constantLength.map(String.init) ?? "-")"
                )
                out.wrapped(message.slots.map(\.notation), prefix: "    . ")
                for tail in message.tail {
                    let kind =
                        switch tail.kind {
                        case .group(let group): "repeats \(group.name)"
                        case .text(let name): "text \(name)"
                        }
                    out.line("    \(kind) \(tail.counter.name) \(tail.min) \(tail.max)")
                }
            }
            out.line("    \"\"\"")
        }
    }
}

extension Schema.Slot {
    /// Name, offset and the presence's initial: `ClOrdID@48o`.
    fileprivate var notation: String { "\(field.name)@\(offset)\(presence.rawValue.prefix(1))" }
}

extension Schema.Enumeration {
    fileprivate func write(to out: inout SourceText) {
        let swiftType = type == .u32 ? "UInt32" : type == .u16 ? "UInt16" : "UInt8"
        out.block("@frozen public enum \(name): \(swiftType), CaseIterable, Sendable") { out in
            for value in values {
                if type == .char, let scalar = Unicode.Scalar(UInt32(value.code)) {
                    out.line("/// Character \(Character(scalar)).")
                    let code = UInt64(value.code).grouped
                    out.line("case \(value.name) = 0x\(code)")
                } else {
                    out.line("case \(value.name) = \(value.code)")
                }
            }
            out.line()
            out.doc("True when a raw value is one of the cases.")
            out.block("@inlinable public static func isKnown(_ raw: \(swiftType)) -> Bool") { out in
                let first = values[0].code
                if values.count == 1 {
                    out.line("raw == \(first)")
                } else if values[values.count - 1].code < 64 {
                    let mask = values.reduce(UInt64(0)) { $0 | 1 << UInt64($1.code) }
                    let test = "0x\(mask.grouped) as UInt64 &>> UInt64(raw) & 1 == 1"
                    out.line("raw < 64 && \(test)")
                } else if values[values.count - 1].code - first < 64 {
                    let mask = values.reduce(UInt64(0)) { $0 | 1 << UInt64($1.code - first) }
                    out.line("let bit = raw &- \(first)")
                    let test = "0x\(mask.grouped) as UInt64 &>> UInt64(bit) & 1 == 1"
                    out.line("return bit < 64 && \(test)")
                } else {
                    out.line("Self(rawValue: raw) != nil")
                }
            }
        }
    }
}

extension UInt64 {
    /// Hexadecimal digits in groups of four, as `swift format` wants long literals.
    var grouped: String {
        let digits = String(self, radix: 16, uppercase: true)
        guard digits.count > 7 else { return digits }
        var groups: [Substring] = []
        var rest = Substring(digits)
        while !rest.isEmpty {
            groups.insert(rest.suffix(4), at: 0)
            rest = rest.dropLast(4)
        }
        return groups.joined(separator: "_")
    }
}
