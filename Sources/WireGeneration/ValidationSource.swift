// What finds the first fault in the fields of a request.

extension Schema.Message {
    /// Fields of the header are the session's business and are not judged here.
    private var judgedSlots: [Schema.Slot] {
        let header = ["BodyLen", "TemplateID", "NetworkMsgID", "MsgSeqNum", "SenderSubID"]
        return slots.filter { $0.presence != .unused && !header.contains($0.field.name) }
    }

    /// First all missing fields, then enumerations, then group counts: the market's order.
    func writeValidation(to out: inout SourceText) {
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
