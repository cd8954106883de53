import Wire

extension FuzzTarget {
    static let datagram = FuzzTarget(
        "datagram", "one datagram of the public feed: packet header and messages",
        lengthMax: 2048, Datagram.run)
}

private enum Datagram {
    static func run(_ input: UnsafeRawBufferPointer) {
        guard var datagram = EOBIDatagram(input) else { return }
        guard let start = input.baseAddress else { fatalError("no bytes are no datagram") }
        var expected = EOBIPacketHeaderView.length
        var isOver = false
        while let message = datagram.next() {
            require(!isOver, "nothing is read behind what is malformed")
            switch message {
            case .known(let template, let base):
                require(base - start == expected, "messages lie back to back")
                require(
                    expected + template.length <= input.count, "a message ends in the datagram")
                let bytes = UnsafeRawBufferPointer(start: base, count: template.length)
                bytes.withExactCopy { check(template, $0) }
                expected += template.length
            case .unknown(_, let length):
                require(length >= 8 && length % 8 == 0, "what is skipped has a sane length")
                expected += length
                require(expected <= input.count, "what is skipped ends in the datagram")
            case .malformed(let offset):
                require(offset == expected, "the place that is malformed is told")
                isOver = true
            }
        }
        require(isOver || expected == input.count, "a datagram is read to its end")
    }

    private static func check(_ template: EOBITemplateID, _ bytes: UnsafeRawBufferPointer) {
        guard let rules = FieldRules.eobi[template.rawValue] else {
            fatalError("\(template) is not in the schema")
        }
        require(rules.end(bytes) <= bytes.count, "\(template): entries end within the message")
        let described = MessageText.describe(bytes, in: .eobi)
        require(described.count >= rules.fields.count, "\(template): no field is left out")
    }
}
