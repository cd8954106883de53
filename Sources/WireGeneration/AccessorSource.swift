// Test support: every accessor of every view and writer, reached by schema name.

extension WireGenerator {
    func accessors(_ out: inout SourceText) {
        // One call per line is easier to compare than wrapped calls, however long the line.
        out.line("// swift-format-ignore-file")
        out.line()
        out.line("import Wire")
        out.line()
        out.doc("Reaches every generated accessor by the schema name of its field.")
        out.block("enum \(prefix)Accessors") { out in
            out.doc("Reads all fields of a message through its view.")
            out.block(
                "static func read(_ template: \(prefix)TemplateID, _ reader: inout FieldReader)"
            ) {
                out in
                out.line("switch template {")
                for message in schema.messages {
                    out.line("case .\(message.swiftCase): read\(message.name)(&reader)")
                }
                out.line("}")
            }
            out.line()
            out.doc("Writes all fields of a message through its writer.")
            out.block(
                "static func write(_ template: \(prefix)TemplateID, _ source: inout FieldSource)"
            ) {
                out in
                out.line("switch template {")
                for message in schema.messages {
                    out.line("case .\(message.swiftCase): write\(message.name)(&source)")
                }
                out.line("}")
            }
            out.line()
            out.doc("Writes the blank image of a message.")
            out.block(
                "static func blank(_ template: \(prefix)TemplateID, _ base: UnsafeMutableRawPointer)"
            ) { out in
                out.line("switch template {")
                for message in schema.messages {
                    out.line("case .\(message.swiftCase): \(message.writerName)(base).initialize()")
                }
                out.line("}")
            }
            for group in schema.groups {
                out.line()
                out.block(
                    "private static func read\(group.name)("
                        + "_ view: \(group.typeName)View, _ reader: inout FieldReader)"
                ) { out in
                    readers(&out, group.slots, "\(group.typeName)View")
                }
                out.line()
                out.block(
                    "private static func write\(group.name)("
                        + "_ writer: \(group.typeName)Writer, _ source: inout FieldSource)"
                ) { out in
                    out.line("writer.initialize()")
                    writers(&out, group.slots)
                }
            }
            for message in schema.messages {
                out.line()
                messageReader(&out, message)
                out.line()
                messageWriter(&out, message)
            }
        }
    }

    private func messageReader(_ out: inout SourceText, _ message: Schema.Message) {
        out.block("private static func read\(message.name)(_ reader: inout FieldReader)") { out in
            out.line("let view = \(message.viewName)(reader.base)")
            readers(&out, message.slots, message.viewName)
            for part in message.tail {
                switch part.kind {
                case .group(let group):
                    let name = Naming.counted(part.counter.name)
                    out.block("for index in 0..<view.\(name)Count") { out in
                        out.line("reader.enter(\"\(group.name)\", index)")
                        out.line("read\(group.name)(view.\(name)(at: index), &reader)")
                    }
                case .text(let name):
                    out.line("reader.leave()")
                    out.line("reader.add(\"\(name)\", view.\(Naming.lowerCamelCase(name)))")
                }
            }
        }
    }

    private func messageWriter(_ out: inout SourceText, _ message: Schema.Message) {
        out.block("private static func write\(message.name)(_ source: inout FieldSource)") { out in
            out.line("let writer = \(message.writerName)(source.base)")
            out.line("writer.initialize()")
            // BodyLen and TemplateID are there already.
            writers(&out, Array(message.slots.dropFirst(2)))
            for part in message.tail {
                switch part.kind {
                case .group(let group):
                    let name = Naming.counted(part.counter.name)
                    out.block("for index in 0..<writer.\(name)Count") { out in
                        out.line("source.enter(\"\(group.name)\", index)")
                        out.line("write\(group.name)(writer.\(name)(at: index), &source)")
                    }
                case .text(let name):
                    out.line("source.leave()")
                    out.line("source.length = source.text(\"\(name)\") { writer.set\(name)($0) }")
                }
            }
            if message.constantLength != nil {
                out.line("source.length = \(message.writerName).length")
                return
            }
            let groups = message.tail.filter { if case .group = $0.kind { true } else { false } }
            if !groups.isEmpty {
                out.line("source.length = writer.finish(")
                let arguments = groups.map {
                    "\($0.counter.swiftName): writer.\(Naming.counted($0.counter.name))Count"
                }
                for (index, argument) in arguments.enumerated() {
                    out.line("    " + argument + (index < arguments.count - 1 ? "," : ")"))
                }
            } else if message.tail.isEmpty {
                out.line("source.length = \(message.writerName).fixedLength")
            }
        }
    }

    private func readers(_ out: inout SourceText, _ slots: [Schema.Slot], _ view: String) {
        for slot in slots {
            let name = slot.field.swiftName
            out.line("reader.expect(\"\(slot.field.name)\", at: \(view).\(name)Offset)")
            out.line("reader.add(\"\(slot.field.name)\", view.\(name))")
        }
    }

    private func writers(_ out: inout SourceText, _ slots: [Schema.Slot]) {
        for slot in slots {
            let name = slot.field.swiftName
            if slot.field.type.isText {
                out.line("source.text(\"\(slot.field.name)\") { writer.\(name) = $0 }")
            } else {
                out.line("writer.\(name) = source.value(\"\(slot.field.name)\")")
            }
        }
    }
}
