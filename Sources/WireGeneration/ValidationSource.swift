// What finds the first fault in the fields of a request.

extension Schema.Message {
    /// What whole streams consist of, and is therefore judged without a call.
    var isFrequent: Bool {
        let names = [
            "NewOrderSingleShortRequest", "ModifyOrderSingleShortRequest",
            "DeleteOrderSingleRequest",
        ]
        return names.contains(name)
    }

    /// Fields of the header are the session's business and are not judged here.
    private var judgedSlots: [Schema.Slot] {
        let header = ["BodyLen", "TemplateID", "NetworkMsgID", "MsgSeqNum", "SenderSubID"]
        return slots.filter { $0.presence != .unused && !header.contains($0.field.name) }
    }

    /// First all missing fields, then enumerations, then group counts: the market's order.
    func writeValidation(_ enumerations: [Schema.Enumeration], to out: inout SourceText) {
        let bounded = boundedSlots(enumerations)
        let neighbours = bounded.count { $0.gapsMask == nil }
        let hasShortcut = tail.isEmpty && (neighbours > 1 || isFrequent)
        out.block("extension \(viewName)") { out in
            out.doc("Finds the first field a reject would name, or nothing.")
            out.block(
                "public static func firstViolation(in base: UnsafeRawPointer, length: Int)"
                    + " -> FieldViolation?"
            ) { out in
                let sentence = "The frame's length must be judged first."
                out.line("precondition(length >= fixedLength, \"\(sentence)\")")
                if !missing.isEmpty || !enumerated.isEmpty || !tail.isEmpty {
                    out.line("let view = Self(base)")
                }
                if hasShortcut {
                    out.line("return view.isSound ? nil : firstViolation(in: view)")
                } else {
                    search(&out)
                }
            }
            guard hasShortcut else { return }
            out.line()
            out.doc("True when nothing is wrong, which is mostly so and takes one look.")
            out.block("@inlinable public var isSound: Bool") { out in
                out.block("@inline(__always) get") { out in look(bounded, &out) }
            }
            out.line()
            out.line("@inline(never)")
            out.block("private static func firstViolation(in view: Self) -> FieldViolation?") {
                out in
                search(&out)
            }
        }
    }

    private var missing: [Schema.Slot] { judgedSlots.filter { $0.presence == .mandatory } }
    private var enumerated: [Schema.Slot] { judgedSlots.filter { $0.field.enumeration != nil } }

    /// Looks at one field after the other.
    private func search(_ out: inout SourceText) {
        for slot in missing {
            absence(&out, slot, "FieldViolation(.missing, .\(slot.field.swiftName))")
        }
        for slot in enumerated {
            strangeness(&out, slot, "FieldViolation(.invalidValue, .\(slot.field.swiftName))")
        }
        for part in tail {
            var test = "view.\(part.countName) > \(part.max)"
            if part.min > 0 { test = "view.\(part.countName) < \(part.min) || " + test }
            groupViolation(&out, "if \(test)", part.counter)
        }
        if let last = tail.last {
            groupViolation(&out, "if view.lengthFromCounts != length", last.counter)
        }
        out.line("return nil")
    }

    /// Looks at the same fields, but only once at each, and at neighbours with bounds all at once. An
    /// enumeration does not know the value that means none.
    private func look(_ bounded: [BoundedSlot], _ out: inout SourceText) {
        for slot in missing where slot.field.enumeration == nil {
            absence(&out, slot, "false", of: "")
        }
        let words = words(of: bounded)
        let offsets = Set(words.flatMap(\.slots).map(\.slot.offset))
        for slot in enumerated where !offsets.contains(slot.offset) {
            strangeness(&out, slot, "false", of: "")
        }
        for (start, word) in words {
            func bytes(_ byte: (BoundedSlot) -> Int) -> String {
                let bytes = word.reduce(UInt64(0)) {
                    $0 | UInt64(byte($1)) << UInt64(8 * ($1.slot.offset - start))
                }
                return "0x\(bytes.grouped)"
            }
            out.line("if !areWithinBounds(")
            out.line("    base: base + \(start), fields: \(bytes { _ in 0xFF }),")
            out.line("    least: \(bytes(\.least)), most: \(bytes(\.most)))")
            out.line("{")
            out.line("    return false")
            out.line("}")
            // Of a value within bounds below 64, one bit is left to ask for.
            for (slot, mask) in word.compactMap({ slot in slot.gapsMask.map { (slot, $0) } }) {
                let field = slot.slot.field.swiftName
                out.block("if 0x\(mask.grouped) as UInt64 &>> UInt64(\(field)) & 1 == 0") { out in
                    out.line("return false")
                }
            }
        }
        out.line("return true")
    }

    /// `view` is what precedes the field's name.
    private func absence(
        _ out: inout SourceText, _ slot: Schema.Slot, _ result: String, of view: String = "view."
    ) {
        let field = slot.field
        let test =
            field.swiftNull.map { "\(view)\(field.swiftName) == \($0)" }
            ?? "\(view)\(field.swiftName)[0] == 0"
        out.block("if \(test)") { out in out.line("return \(result)") }
    }

    private func strangeness(
        _ out: inout SourceText, _ slot: Schema.Slot, _ result: String, of view: String = "view."
    ) {
        let field = slot.field
        let type = type(of: slot)
        guard slot.presence != .mandatory else {
            return out.block("if !\(type).isKnown(\(view)\(field.swiftName))") { out in
                out.line("return \(result)")
            }
        }
        out.line("if \(view)\(field.swiftName) != \(field.swiftNull ?? "0"),")
        out.line(
            "    !\(type).isKnown(", "\(view)\(field.swiftName))", joint: "", indent: "        ")
        out.line("{")
        out.line("    return \(result)")
        out.line("}")
    }

    private func groupViolation(
        _ out: inout SourceText, _ test: String, _ counter: Schema.Field
    ) {
        out.block(test) { out in
            out.line("return FieldViolation(.groupCount, .\(counter.swiftName))")
        }
    }

    // MARK: Bounds

    /// A field of one byte that must have a value between two bounds.
    private struct BoundedSlot {
        let slot: Schema.Slot
        let least: Int
        let most: Int
        /// The values that are known, as bits, where not all are that lie between the bounds.
        let gapsMask: UInt64?
    }

    private func boundedSlots(_ enumerations: [Schema.Enumeration]) -> [BoundedSlot] {
        enumerated.compactMap { slot in
            let codes =
                enumerations.first { $0.name == slot.field.enumeration }?.values.map(\.code) ?? []
            guard slot.presence == .mandatory, slot.field.size == 1, let least = codes.first,
                let most = codes.last
            else { return nil }
            let hasGaps = codes.count != most - least + 1
            guard most < (hasGaps ? 64 : 128) else { return nil }
            let mask = hasGaps ? codes.reduce(UInt64(0)) { $0 | 1 << UInt64($1) } : nil
            return BoundedSlot(slot: slot, least: least, most: most, gapsMask: mask)
        }
    }

    /// Fields that lie within eight bytes, and where these begin; for some that all have gaps it does not
    /// pay.
    private func words(of bounded: [BoundedSlot]) -> [(start: Int, slots: [BoundedSlot])] {
        var words: [(start: Int, slots: [BoundedSlot])] = []
        var rest = bounded
        while let first = rest.filter({ $0.gapsMask == nil }).map(\.slot.offset).min() {
            let start = min(first, fixedLength - 8)
            words.append((start, rest.filter { start..<start + 8 ~= $0.slot.offset }))
            rest.removeAll { start..<start + 8 ~= $0.slot.offset }
        }
        return words
    }

    private func type(of slot: Schema.Slot) -> String {
        "\(dialect.protocolName).\(slot.field.enumeration ?? "")"
    }
}
