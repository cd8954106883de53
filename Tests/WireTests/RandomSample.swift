import Wire

extension Sample {
    enum Fill {
        /// Every field that may carry a value does.
        case full
        /// Only mandatory fields carry one.
        case lean
    }

    /// A valid message with random values; `turn` walks through the values of enumerations.
    static func random(
        _ template: Template, fill: Fill, turn: Int, entries: (MessageCatalogue.Tail) -> Int,
        using generator: inout SeededGenerator
    ) -> Sample {
        let message = template.message
        var counts: [String: Int] = [:]
        for part in message.tail { counts[part.counter] = max(part.min, entries(part)) }
        var values: [(path: String, raw: [UInt8])] = []
        for slot in message.slots {
            let raw =
                counts[slot.field.name].map { littleEndian($0, size: slot.field.size) }
                ?? slot.randomRaw(fill, turn, &generator)
            values.append((slot.field.name, raw))
        }
        var length = message.fixedLength
        for part in message.tail {
            let count = counts[part.counter] ?? 0
            switch part.kind {
            case .text(let name):
                values.append(
                    (name, (0..<count).map { _ in .random(in: 97...122, using: &generator) }))
                length += count
            case .group(let group):
                for index in 0..<count {
                    for slot in group.slots {
                        values.append(
                            (
                                "\(group.name)[\(index)].\(slot.field.name)",
                                slot.randomRaw(fill, turn + index, &generator)
                            ))
                    }
                }
                length += count * group.length
            }
        }
        message.setHeader(of: &values, length: message.constantLength ?? (length + 7) / 8 * 8)
        return Sample(label: "\(template) \(fill) \(turn)", template: template, values: values)
    }
}

extension MessageCatalogue.Message {
    /// Sets BodyLen and TemplateID, the first two fields of every message.
    func setHeader(of values: inout [(path: String, raw: [UInt8])], length: Int) {
        values[0].raw = littleEndian(length, size: slots[0].field.size)
        values[1].raw = littleEndian(Int(templateID), size: slots[1].field.size)
    }
}

func littleEndian(_ value: Int, size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

extension MessageCatalogue.Slot {
    fileprivate func randomRaw(
        _ fill: Sample.Fill, _ turn: Int, _ generator: inout SeededGenerator
    ) -> [UInt8] {
        if presence == .unused || (fill == .lean && presence == .optional) {
            return field.nullBytes
        }
        if let values = field.enumeration?.values {
            return littleEndian(Int(values[turn % values.count].code), size: field.size)
        }
        switch field.type {
        case .text, .bytes:
            let count = Int.random(in: 1...field.size, using: &generator)
            let text = (0..<count).map { _ in UInt8.random(in: 65...90, using: &generator) }
            return text + [UInt8](repeating: 0, count: field.size - count)
        case .u64 where field.unit == "nanoseconds":
            let nanos = UInt64.random(in: 1...1_900_000_000_000_000_000, using: &generator)
            return littleEndian(Int(nanos), size: 8)
        default:
            while true {
                let raw = (0..<field.size).map { _ in UInt8.random(in: 0...255, using: &generator) }
                if !field.isNull(raw) { return raw }
            }
        }
    }
}
