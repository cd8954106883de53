// The enumeration of a protocol's templates, and what is known of each.

extension WireGenerator {
    func templates(_ out: inout SourceText) {
        out.doc(
            "Names every message of \(schema.dialect.protocolName) \(schema.release) spoken here.")
        out.block("@frozen public enum \(prefix)TemplateID: UInt16, CaseIterable, Sendable") {
            out in
            for message in schema.messages {
                out.doc(message.says)
                out.line("case \(message.swiftCase) = \(message.id)")
            }
        }
        out.line()
        out.block("extension \(prefix)TemplateID") { out in
            out.doc("The message's name as the schema spells it.")
            perMessage(&out, "public var schemaName: StaticString") { "\"\($0.name)\"" }
            out.line()
            switch schema.dialect.groupSpace {
            case .counted: countedLengths(&out)
            case .maximum: constantLengths(&out)
            }
        }
        guard schema.dialect.groupSpace == .counted else { return }
        out.line()
        out.block("extension Framing") { out in
            let requests = schema.messages.filter { $0.direction == .request }
            let answers = schema.messages.filter { $0.direction != .request }
            out.doc("Longest frame a client can send.")
            out.line(
                "@inlinable public static var requestLengthMax: Int { "
                    + "\(requests.map(\.lengthMax).max() ?? 0) }")
            out.line()
            out.doc("Longest frame the exchange can send.")
            out.line(
                "@inlinable public static var responseLengthMax: Int { "
                    + "\(answers.map(\.lengthMax).max() ?? 0) }")
        }
    }

    private func constantLengths(_ out: inout SourceText) {
        out.doc("The only BodyLen of the message.")
        perMessage(&out, "public var length: Int") { "\($0.lengthMax)" }
        out.line()
        out.doc("True when no group counts more entries than the message has room for.")
        perMessage(&out, "public func countersFit(in base: UnsafeRawPointer) -> Bool") { message in
            let tests = message.tail.map { part in
                "\(message.viewName)(base).\(Naming.counted(part.counter.name))Count <= \(part.max)"
            }
            return tests.isEmpty ? "true" : tests.joined(separator: " && ")
        }
    }

    private func countedLengths(_ out: inout SourceText) {
        out.doc("True for what a client sends, false for what the exchange sends.")
        perMessage(&out, "public var isRequest: Bool") { "\($0.direction == .request)" }
        out.line()
        out.doc("Shortest BodyLen.")
        perMessage(&out, "public var lengthMin: Int") { "\($0.lengthMin)" }
        out.line()
        out.doc("Longest BodyLen.")
        perMessage(&out, "public var lengthMax: Int") { "\($0.lengthMax)" }
        out.line()
        out.doc("BodyLen as the counters of groups and text demand it.")
        perMessage(
            &out, "public func lengthFromCounts(in base: UnsafeRawPointer) -> Int",
            {
                $0.tail.isEmpty
                    ? "\($0.fixedLength)" : "\($0.viewName)(base).lengthFromCounts"
            })
        out.line()
        out.doc("Judges the fields of a request; messages of the exchange are never refused.")
        out.block(
            "public func firstViolation(in base: UnsafeRawPointer, length: Int) -> FieldViolation?"
        ) { out in
            out.line("switch self {")
            for message in schema.messages where message.direction == .request {
                out.line("case .\(message.swiftCase):")
                out.line("    \(message.viewName).firstViolation(in: base, length: length)")
            }
            out.line("default: nil")
            out.line("}")
        }
        out.line()
        out.doc("True when `firstViolation` finds nothing; of frequent requests without a call.")
        out.line("@inlinable @inline(__always)")
        out.block("public func isSound(in base: UnsafeRawPointer, length: Int) -> Bool") { out in
            out.line("switch self {")
            for message in schema.messages where message.isFrequent {
                out.line("case .\(message.swiftCase):", "\(message.viewName)(base).isSound")
            }
            out.line("default: firstViolation(in: base, length: length) == nil")
            out.line("}")
        }
    }

    /// A property or function that is one switch; cases of equal results share a line.
    private func perMessage(
        _ out: inout SourceText, _ opening: String, _ result: (Schema.Message) -> String
    ) {
        var order: [String] = []
        var cases: [String: [String]] = [:]
        for message in schema.messages {
            let key = result(message)
            if cases[key] == nil { order.append(key) }
            cases[key, default: []].append("." + message.swiftCase)
        }
        out.block(opening) { out in
            out.line("switch self {")
            for key in order {
                let names = cases[key] ?? []
                if names.count == 1 {
                    out.line("case \(names[0]):", key)
                } else {
                    out.line("case \(names[0]),")
                    for name in names.dropFirst().dropLast() { out.line("    \(name),") }
                    out.line("    \(names[names.count - 1]):")
                    out.line("    \(key)")
                }
            }
            out.line("}")
        }
    }
}
