// Views and writers of one message or one group.

extension Schema.Message {
    /// `components` are those that have a view and a writer of their own.
    func write(
        to out: inout SourceText, components: [Schema.Group], enumerations: [Schema.Enumeration]
    ) {
        writeView(to: &out, components)
        out.line()
        writeWriter(to: &out, components)
        if direction == .request {
            out.line()
            writeValidation(enumerations, to: &out)
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
