/// One field of a message, with its value in words.
public struct DescribedField: Equatable, Sendable {
    /// The name, preceded by group and index inside a group: `FillsGrp[0].FillPx`.
    public let path: String
    public let offset: Int
    public let raw: [UInt8]
    /// `-` for no value, the name of an enumerated value, a decimal number, or a quoted text.
    public let text: String
}

/// Puts messages into words, for tools and tests; allocates, and copes with any bytes.
public enum MessageText {
    /// All fields in wire order; ends early where the bytes end, empty for unknown templates.
    public static func describe(
        _ bytes: UnsafeRawBufferPointer, in catalogue: MessageCatalogue = .shared
    ) -> [DescribedField] {
        guard let templateID = catalogue.templateID(of: bytes),
            let message = catalogue.message(templateID: templateID)
        else { return [] }
        var result: [DescribedField] = []
        var counts: [String: Int] = [:]
        for slot in message.slots {
            guard let field = describe(slot, prefix: "", at: 0, in: bytes) else { return result }
            result.append(field)
            counts[slot.field.name] =
                slot.field.isNull(field.raw) ? 0 : Int(clamping: number(field.raw))
        }
        var offset = message.fixedLength
        for part in message.tail {
            let count = counts[part.counter] ?? 0
            switch part.kind {
            case .text(let name):
                guard offset + count <= bytes.count else { return result }
                let raw = [UInt8](bytes[offset..<offset + count])
                result.append(
                    DescribedField(path: name, offset: offset, raw: raw, text: quoted(raw)))
                offset += count
            case .group(let group):
                for index in 0..<count {
                    for slot in group.slots {
                        let prefix = "\(group.name)[\(index)]."
                        guard let field = describe(slot, prefix: prefix, at: offset, in: bytes)
                        else { return result }
                        result.append(field)
                    }
                    offset += group.length
                }
            }
        }
        return result
    }

    /// The message on one line: its name, then every field that has a value.
    public static func line(
        _ bytes: UnsafeRawBufferPointer, in catalogue: MessageCatalogue = .shared
    ) -> String {
        guard let templateID = catalogue.templateID(of: bytes) else { return "no message" }
        guard let message = catalogue.message(templateID: templateID) else {
            return "template \(templateID), \(bytes.count) bytes"
        }
        let fields = describe(bytes, in: catalogue).dropFirst(2).filter { $0.text != "-" }
        return ([message.name] + fields.map { "\($0.path)=\($0.text)" }).joined(separator: " ")
    }

    private static func describe(
        _ slot: MessageCatalogue.Slot, prefix: String, at start: Int,
        in bytes: UnsafeRawBufferPointer
    ) -> DescribedField? {
        let offset = start + slot.offset
        guard offset + slot.field.size <= bytes.count else { return nil }
        let raw = [UInt8](bytes[offset..<offset + slot.field.size])
        return DescribedField(
            path: prefix + slot.field.name, offset: offset, raw: raw, text: slot.field.words(raw))
    }

    /// Little-endian bytes as an unsigned number.
    fileprivate static func number(_ raw: [UInt8]) -> UInt64 {
        raw.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    fileprivate static func quoted(_ raw: [UInt8]) -> String {
        "\"" + String(decoding: raw, as: UTF8.self) + "\""
    }
}

extension MessageCatalogue.Field {
    /// The value in words; a raw value its enumeration does not know stays a number.
    public func words(_ raw: [UInt8]) -> String {
        if isNull(raw) { return "-" }
        switch type {
        case .text:
            let end = raw.lastIndex { $0 != 0 } ?? 0
            return MessageText.quoted([UInt8](raw[...end]))
        case .bytes:
            return raw.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
        case .u8, .u16, .u32, .u64, .char:
            let code = MessageText.number(raw)
            return enumeration?.valueName(code) ?? String(code)
        case .i8, .i16, .i32, .i64:
            let unused = Int64(64 - 8 * size)
            let value = (Int64(bitPattern: MessageText.number(raw)) << unused) >> unused
            guard let scale else { return String(value) }
            return decimal(value, scale: scale)
        }
    }

    /// A fixed-point number without needless zeros.
    private func decimal(_ value: Int64, scale: Int) -> String {
        var digits = String(value.magnitude)
        digits = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        var fraction = digits.suffix(scale)
        while fraction.last == "0" { fraction.removeLast() }
        let sign = value < 0 ? "-" : ""
        return sign + digits.dropLast(scale) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
