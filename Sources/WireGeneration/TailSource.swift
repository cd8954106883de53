// Views and writers of what follows the fixed part of a message: groups and a text.

extension Schema.Tail {
    /// `fills` for the group counted by NoFills, `varText` for the text VarText.
    var swiftName: String {
        switch kind {
        case .group: Naming.counted(counter.name)
        case .text(let name): Naming.lowerCamelCase(name)
        }
    }

    /// The property that gives the count as an integer, null read as zero.
    var countName: String { swiftName + "Count" }
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

    func writeTailReaders(to out: inout SourceText) {
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

    func writeTailWriters(to out: inout SourceText) {
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
