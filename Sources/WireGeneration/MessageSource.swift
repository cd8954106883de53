// Views, writers and validation of one message or one group.

extension Schema.Message {
    /// `components` are those that have a view and a writer of their own.
    func write(to out: inout SourceText, components: [Schema.Group]) {
        writeView(to: &out, components)
        out.line()
        writeWriter(to: &out, components)
        if direction == .request {
            out.line()
            writeValidation(to: &out)
        }
    }

    private func writeView(to out: inout SourceText, _ components: [Schema.Group]) {
        out.doc("Reads \(name) (\(id)): \(says)")
        out.block("@frozen public struct \(viewName)") { out in
            writeConstants(to: &out)
            out.line()
            out.line("public let base: UnsafeRawPointer")
            out.line()
            out.doc("Lays the view over a frame whose length has been judged.")
            out.line("@inlinable public init(_ base: UnsafeRawPointer) { self.base = base }")
            for slot in slots { slot.writeReader(to: &out) }
            writeComponents(to: &out, components, suffix: "View")
            writeTailReaders(to: &out)
        }
    }

    private func writeWriter(to out: inout SourceText, _ components: [Schema.Group]) {
        out.doc("Writes \(name) (\(id)): \(says)")
        out.block("@frozen public struct \(writerName)") { out in
            writeConstants(to: &out)
            out.line()
            out.line("public let base: UnsafeMutableRawPointer")
            out.line()
            out.doc("Wraps room for the message; nothing is written yet.")
            out.line(
                "@inlinable public init(_ base: UnsafeMutableRawPointer) { self.base = base }")
            out.line()
            out.doc(
                "Writes a blank message: header set, counters zero, every other field without value."
            )
            writeBlank(to: &out, image: blankImage, room: constantLength)
            for slot in slots { slot.writeProperty(to: &out) }
            writeComponents(to: &out, components, suffix: "Writer")
            writeTailWriters(to: &out)
        }
    }

    private func writeComponents(
        to out: inout SourceText, _ components: [Schema.Group], suffix: String
    ) {
        for placement in placements {
            guard let component = components.first(where: { $0.name == placement.component })
            else { continue }
            let name = Naming.lowerCamelCase(component.name)
            let type = component.typeName + suffix
            out.line()
            out.doc("The fields of \(component.name), as every message has them that has any.")
            out.block("@inlinable public var \(name): \(type)") { out in
                out.line("\(type)(base + \(placement.offset))")
            }
        }
    }

    private func writeConstants(to out: inout SourceText) {
        out.line("@inlinable public static var templateID: \(templateTypeName) { .\(swiftCase) }")
        if let constantLength {
            out.line("@inlinable public static var length: Int { \(constantLength) }")
            return
        }
        out.line("@inlinable public static var fixedLength: Int { \(fixedLength) }")
        out.line("@inlinable public static var lengthMin: Int { \(lengthMin) }")
        out.line("@inlinable public static var lengthMax: Int { \(lengthMax) }")
    }

    private var blankImage: [UInt8] {
        var image = slots.blankImage(length: fixedLength)
        for (slot, value) in zip(slots, [constantLength ?? fixedLength, id]) {
            for index in 0..<slot.field.size {
                image[slot.offset + index] = UInt8(value >> (8 * index) & 0xFF)
            }
        }
        return image
    }
}

extension Schema.Group {
    /// `what` says what the bytes are: one entry of a group, or a component.
    func write(to out: inout SourceText, what: String) {
        out.doc("Reads \(what) \(name): \(says)")
        out.block("@frozen public struct \(typeName)View") { out in
            out.line("@inlinable public static var size: Int { \(length) }")
            out.line()
            out.line("public let base: UnsafeRawPointer")
            out.line()
            out.doc("Lays the view over its bytes inside a judged frame.")
            out.line("@inlinable public init(_ base: UnsafeRawPointer) { self.base = base }")
            for slot in slots { slot.writeReader(to: &out) }
        }
        out.line()
        out.doc("Writes \(what) \(name): \(says)")
        out.block("@frozen public struct \(typeName)Writer") { out in
            out.line("@inlinable public static var size: Int { \(length) }")
            out.line()
            out.line("public let base: UnsafeMutableRawPointer")
            out.line()
            out.doc("Wraps room for it; nothing is written yet.")
            out.line(
                "@inlinable public init(_ base: UnsafeMutableRawPointer) { self.base = base }")
            out.line()
            out.doc("Leaves every field without value.")
            writeBlank(to: &out, image: slots.blankImage(length: length), room: nil)
            for slot in slots { slot.writeProperty(to: &out) }
        }
    }
}

extension Schema.Group {
    /// A component as a writer of its own, so that its fields are filled by the same code in every
    /// message that has it.
    func writeHeader(to out: inout SourceText, offset: Int) {
        out.doc("Writes the component \(name) of a blank message. \(says)")
        out.block("@frozen public struct \(typeName)Writer") { out in
            out.line("@inlinable public static var size: Int { \(length) }")
            out.line()
            out.line("public let base: UnsafeMutableRawPointer")
            out.line()
            out.doc(
                "Wraps the header of a message of the exchange, where it follows BodyLen and TemplateID."
            )
            out.block("@inlinable public init(ofMessage base: UnsafeMutableRawPointer)") { out in
                out.line("self.base = base + \(offset)")
            }
            for slot in slots { slot.writeProperty(to: &out) }
        }
    }
}

// MARK: - Fields

extension Schema.Slot {
    fileprivate func writeReader(to out: inout SourceText) {
        out.line()
        out.line(
            "@inlinable public static var \(field.swiftName)Offset: Int { \(offset) }")
        out.doc(field.says)
        out.block("@inlinable public var \(field.swiftName): \(field.swiftType)") { out in
            out.line(load)
        }
    }

    fileprivate func writeProperty(to out: inout SourceText) {
        out.line()
        out.doc(field.says)
        out.block("@inlinable public var \(field.swiftName): \(field.swiftType)") { out in
            out.line("get { \(load) }")
            out.line("nonmutating set { \(store) }")
        }
    }

    private var load: String {
        field.type.isText
            ? "UnsafeRawBufferPointer(start: base + \(offset), count: \(field.size))"
            : "base.loadUnaligned(fromByteOffset: \(offset), as: \(field.swiftType).self)"
    }

    private var store: String {
        field.type.isText
            ? "storeText(newValue, at: base + \(offset), size: \(field.size))"
            : "base.storeBytes(of: newValue, toByteOffset: \(offset), as: \(field.swiftType).self)"
    }
}

extension [Schema.Slot] {
    /// Every field without value, counters at zero, padding zero.
    fileprivate func blankImage(length: Int) -> [UInt8] {
        var image = [UInt8](repeating: 0, count: length)
        for slot in self where !slot.field.counts {
            image.replaceSubrange(
                slot.offset..<slot.offset + slot.field.size, with: slot.field.nullBytes)
        }
        return image
    }
}

/// Stores of constants, eight bytes each: the compiler joins them to vector stores.
///
/// What lies between the image and the end of `room` becomes zero.
private func writeBlank(to out: inout SourceText, image: [UInt8], room: Int?) {
    out.block("public func initialize()") { out in
        for offset in stride(from: 0, to: image.count, by: 8) {
            let word = (0..<8).reduce(UInt64(0)) {
                $0 | UInt64(image[offset + $1]) << UInt64(8 * $1)
            }
            out.line(
                "base.storeBytes(of: 0x\(word.grouped), toByteOffset: \(offset), as: UInt64.self)")
        }
        if let room, room > image.count {
            out.line("let rest = base + \(image.count)")
            out.line(
                "rest.initializeMemory(as: UInt8.self, repeating: 0, count: \(room - image.count))")
        }
    }
}

// MARK: - Groups and text

extension Schema.Tail {
    /// `fills` for the group counted by NoFills, `varText` for the text VarText.
    fileprivate var swiftName: String {
        switch kind {
        case .group: Naming.counted(counter.name)
        case .text(let name): Naming.lowerCamelCase(name)
        }
    }

    /// The property that gives the count as an integer, null read as zero.
    fileprivate var countName: String { swiftName + "Count" }
}

extension Schema.Message {
    /// Where a part of the tail starts, as a sum over the counts of the parts before it.
    private func offsetExpression(before index: Int, count: (Schema.Tail) -> String) -> String {
        if dialect.groupSpace == .maximum {
            return String(tail[..<index].reduce(fixedLength) { $0 + $1.max * $1.entryLength })
        }
        return
            ([String(fixedLength)]
            + tail[..<index].map { part in
                part.entryLength == 1
                    ? count(part) : "\(count(part)) * \(part.entryLength)"
            }).joined(separator: " + ")
    }

    private func writeTailOffsets(to out: inout SourceText) {
        for (index, part) in tail.enumerated() {
            out.line()
            if index == 0 || dialect.groupSpace == .maximum {
                out.doc("Offset of the first byte of \(part.swiftName).")
                let offset = offsetExpression(before: index) { $0.countName }
                out.line(
                    "@inlinable public static var \(part.swiftName)Offset: Int { \(offset) }")
                continue
            }
            out.doc("Offset of the first byte of \(part.swiftName), given the counts before it.")
            let parameters = tail[..<index].map { "\($0.counter.swiftName): Int" }
            out.function(
                "@inlinable public static func \(part.swiftName)Offset",
                parameters.joined(separator: ", "), returning: "Int"
            ) { out in
                out.line(offsetExpression(before: index) { $0.counter.swiftName })
            }
        }
        for part in tail {
            out.line()
            out.doc("Entries or bytes of \(part.swiftName); no value counts as none.")
            let name = part.counter.swiftName
            out.block("@inlinable public var \(part.countName): Int") { out in
                out.line("let count = \(name)")
                out.line("return count == \(part.counter.swiftNull ?? "0") ? 0 : Int(count)")
            }
        }
        guard dialect.groupSpace == .counted else { return }
        out.line()
        out.doc("BodyLen as the counters demand it.")
        out.block("@inlinable public var lengthFromCounts: Int") { out in
            let sum = offsetExpression(before: tail.count) { $0.countName }
            if case .text = tail[tail.count - 1].kind {
                out.line("(\(sum) + 7) & ~7")
            } else {
                out.line(sum)
            }
        }
    }

    private func writeTailReaders(to out: inout SourceText) {
        guard !tail.isEmpty else { return }
        writeTailOffsets(to: &out)
        for (index, part) in tail.enumerated() {
            out.line()
            let start = offsetExpression(before: index) { $0.countName }
            switch part.kind {
            case .group(let group):
                out.doc("Entry of \(group.name): \(group.says)")
                out.function(
                    "@inlinable public func \(part.swiftName)", "at index: Int",
                    returning: "\(group.typeName)View"
                ) { out in
                    writeIndexCheck(to: &out, part)
                    out.line("let start = \(start)")
                    out.line("return \(group.typeName)View(base + start + index * \(group.length))")
                }
            case .text(let name):
                out.doc("Bytes of \(name) without its padding.")
                out.block(
                    "@inlinable public var \(part.swiftName): UnsafeRawBufferPointer"
                ) { out in
                    out.line("let start = \(start)")
                    out.line(
                        "return UnsafeRawBufferPointer(start: base + start, count: \(part.countName))"
                    )
                }
            }
        }
    }

    private func writeTailWriters(to out: inout SourceText) {
        guard !tail.isEmpty else { return }
        writeTailOffsets(to: &out)
        for (index, part) in tail.enumerated() {
            out.line()
            let start = offsetExpression(before: index) { $0.countName }
            switch part.kind {
            case .group(let group):
                out.doc("Room for an entry of \(group.name); set the counters first.")
                out.function(
                    "@inlinable public func \(part.swiftName)", "at index: Int",
                    returning: "\(group.typeName)Writer"
                ) { out in
                    writeIndexCheck(to: &out, part)
                    out.line("let start = \(start)")
                    out.line(
                        "return \(group.typeName)Writer(base + start + index * \(group.length))")
                }
            case .text(let name):
                writeTextSetter(to: &out, part, name: name, start: start)
            }
        }
        guard dialect.groupSpace == .counted,
            tail.contains(where: { if case .group = $0.kind { true } else { false } })
        else { return }
        out.line()
        out.doc("Sets the counters and BodyLen, and returns the length of the message.")
        out.line("@discardableResult")
        let parameters = tail.map { "\($0.counter.swiftName): Int = 0" }
        out.line("@inlinable public func finish(")
        out.line("    " + parameters.joined(separator: ", "))
        out.block(") -> Int") { out in
            for part in tail {
                let name = part.counter.swiftName
                let sentence = "\(part.counter.name) is too large."
                out.line("precondition(\(name) <= \(part.max), \"\(sentence)\")")
                out.line("self.\(name) = \(part.counter.swiftType)(\(name))")
            }
            out.line("let length = lengthFromCounts")
            out.line("bodyLen = UInt32(length)")
            out.line("return length")
        }
    }

    private func writeIndexCheck(to out: inout SourceText, _ part: Schema.Tail) {
        out.line("precondition(index >= 0, \"An entry has no negative index.\")")
        let sentence = "The message counts no such entry."
        out.line("precondition(index < \(part.countName), \"\(sentence)\")")
    }

    private func writeTextSetter(
        to out: inout SourceText, _ part: Schema.Tail, name: String, start: String
    ) {
        out.doc("Appends the text, cut at \(part.max) bytes, sets its length and BodyLen.")
        out.line("@discardableResult")
        out.block("public func set\(name)(_ text: UnsafeRawBufferPointer) -> Int") { out in
            out.line("let count = min(text.count, \(part.max))")
            out.line("\(part.counter.swiftName) = \(part.counter.swiftType)(count)")
            out.line("let start = \(start)")
            out.line("let length = lengthFromCounts")
            out.line("let kept = UnsafeRawBufferPointer(rebasing: text[..<count])")
            out.line("storeText(kept, at: base + start, size: length - start)")
            out.line("bodyLen = UInt32(length)")
            out.line("return length")
        }
        out.line()
        out.doc("Appends a constant text.")
        out.line("@discardableResult")
        out.block("public func set\(name)(_ text: StaticString) -> Int") { out in
            out.line("text.withUTF8Buffer { set\(name)(UnsafeRawBufferPointer($0)) }")
        }
    }
}

// MARK: - Validation

extension Schema.Message {
    /// Fields of the header are the session's business and are not judged here.
    private var judgedSlots: [Schema.Slot] {
        let header = ["BodyLen", "TemplateID", "NetworkMsgID", "MsgSeqNum", "SenderSubID"]
        return slots.filter { $0.presence != .unused && !header.contains($0.field.name) }
    }

    /// First all missing fields, then enumerations, then group counts: the market's order.
    fileprivate func writeValidation(to out: inout SourceText) {
        let missing = judgedSlots.filter { $0.presence == .mandatory }
        let enumerated = judgedSlots.filter { $0.field.enumeration != nil }
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
                for slot in missing {
                    let field = slot.field
                    let test =
                        field.swiftNull.map { "view.\(field.swiftName) == \($0)" }
                        ?? "view.\(field.swiftName)[0] == 0"
                    violation(&out, "if \(test)", ".missing", field)
                }
                for slot in enumerated {
                    let field = slot.field
                    let type = "\(dialect.protocolName).\(field.enumeration ?? "")"
                    if slot.presence == .mandatory {
                        let test = "if !\(type).isKnown(view.\(field.swiftName))"
                        violation(&out, test, ".invalidValue", field)
                    } else {
                        let null = field.swiftNull ?? "0"
                        out.line("if view.\(field.swiftName) != \(null),")
                        out.line(
                            "    !\(type).isKnown(", "view.\(field.swiftName))", joint: "",
                            indent: "        ")
                        out.line("{")
                        out.line("    return FieldViolation(.invalidValue, .\(field.swiftName))")
                        out.line("}")
                    }
                }
                for part in tail {
                    var test = "view.\(part.countName) > \(part.max)"
                    if part.min > 0 { test = "view.\(part.countName) < \(part.min) || " + test }
                    violation(&out, "if \(test)", ".groupCount", part.counter)
                }
                if let last = tail.last {
                    violation(
                        &out, "if view.lengthFromCounts != length", ".groupCount", last.counter)
                }
                out.line("return nil")
            }
        }
    }

    private func violation(
        _ out: inout SourceText, _ test: String, _ kind: String, _ field: Schema.Field
    ) {
        out.block(test) { out in
            out.line("return FieldViolation(\(kind), .\(field.swiftName))")
        }
    }
}
