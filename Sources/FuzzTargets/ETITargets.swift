import Wire

extension FuzzTarget {
    static let requests = FuzzTarget(
        "requests", "bytes of a client: framing, and every rule for the fields of every request",
        lengthMax: 8192, RequestFrames.run)

    static let responses = FuzzTarget(
        "responses", "bytes of a venue: framing, groups and texts of every message",
        lengthMax: 32_768, ResponseFrames.run)
}

/// Bytes as the venue's door sees them.
private enum RequestFrames {
    static func run(_ input: UnsafeRawBufferPointer) {
        var rest = input
        while !rest.isEmpty {
            let verdict = Framing.judge(rest)
            requireSamePrefixes(rest, verdict, Framing.judge)
            switch verdict {
            case .incomplete, .impossibleLength: return
            case .unknownTemplate(_, let length):
                require(
                    length >= Framing.bodyLenMin && length <= Framing.bodyLenMax,
                    "an unknown template has a sane length")
                rest = UnsafeRawBufferPointer(rebasing: rest[min(length, rest.count)...])
            case .frame(let template, let length):
                require(length <= rest.count, "a whole frame is there")
                require(template.isRequest, "a client sends requests")
                UnsafeRawBufferPointer(rebasing: rest[..<length]).withExactCopy {
                    check(template, $0)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            }
        }
    }

    /// The generated rules say the same as the schema read by other code.
    private static func check(_ template: TemplateID, _ frame: UnsafeRawBufferPointer) {
        guard let rules = FieldRules.eti[template.rawValue], let base = frame.baseAddress else {
            fatalError("\(template) is not in the schema")
        }
        require(rules.end(frame) <= frame.count, "\(template): groups end within the frame")
        let found = template.firstViolation(in: base, length: frame.count)
        let missing = rules.firstMissing(frame)
        let invalid = rules.firstInvalid(frame)
        switch found?.kind {
        case nil:
            require(missing == nil, "\(template): \(missing?.name ?? "") is missing, unnoticed")
            require(invalid == nil, "\(template): \(invalid?.name ?? "") is invalid, unnoticed")
        case .missing?:
            require(
                missing?.name == "\(found!.fieldName)",
                "\(template): \(found!.fieldName) is said to be missing, not \(missing?.name ?? "none")"
            )
        case .invalidValue?:
            require(
                missing == nil && invalid?.name == "\(found!.fieldName)",
                "\(template): \(found!.fieldName) is said to be invalid, not \(invalid?.name ?? "none")"
            )
        case .groupCount?: break
        }
        requireDescribed(frame, rules)
    }
}

/// Bytes as a client sees them.
private enum ResponseFrames {
    static func run(_ input: UnsafeRawBufferPointer) {
        var rest = input
        while !rest.isEmpty {
            let verdict = Framing.judgeResponse(rest)
            requireSamePrefixes(rest, verdict, Framing.judgeResponse)
            switch verdict {
            case .incomplete, .impossibleLength: return
            case .unknownTemplate(_, let length):
                rest = UnsafeRawBufferPointer(rebasing: rest[min(length, rest.count)...])
            case .frame(let template, let length):
                require(length <= rest.count, "a whole frame is there")
                require(!template.isRequest, "a venue sends no requests")
                UnsafeRawBufferPointer(rebasing: rest[..<length]).withExactCopy {
                    guard let rules = FieldRules.eti[template.rawValue] else {
                        fatalError("\(template) is not in the schema")
                    }
                    let end = rules.end($0)
                    require(
                        end <= length && length - end < 8,
                        "\(template): what is counted fills the frame up to its padding")
                    requireDescribed($0, rules)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            }
        }
    }
}

/// What was said of a beginning still holds when more has come: a stream may be cut anywhere.
private func requireSamePrefixes(
    _ bytes: UnsafeRawBufferPointer, _ verdict: FrameVerdict,
    _ judge: (UnsafeRawBufferPointer) -> FrameVerdict
) {
    var asked = 0
    for count in 0..<min(bytes.count, 33) { require(at: count) }
    if case .frame(_, let length) = verdict, length > 33 { require(at: length - 1) }
    if case .incomplete = verdict { return }
    FuzzTargets.require(asked <= bytes.count, "what was asked for is there")

    func require(at count: Int) {
        let early = judge(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        if case .incomplete(let needed) = early {
            FuzzTargets.require(needed > count, "what is incomplete needs more than there is")
            asked = needed
        } else {
            FuzzTargets.require(early == verdict, "\(early) of \(count) bytes became \(verdict)")
            FuzzTargets.require(asked <= count, "nothing can be said before what was asked for")
        }
    }
}

/// The message in words names every field where the schema has it, with its bytes.
private func requireDescribed(_ frame: UnsafeRawBufferPointer, _ rules: FieldRules) {
    let described = MessageText.describe(frame)
    var last = 0
    for field in described {
        require(
            field.offset >= last && field.offset + field.raw.count <= frame.count,
            "fields come in wire order, inside the frame")
        require(
            field.raw.elementsEqual(frame[field.offset..<field.offset + field.raw.count]),
            "\(field.path) is told as it is")
        last = field.offset
    }
    require(described.count >= rules.fields.count, "no field is left out")
}
