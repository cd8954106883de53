import TestSupport
import Testing
import Wire

extension TemplateID {
    /// A message of our own, which no other program can know.
    fileprivate var isExtension: Bool { rawValue >= 60000 }
}

/// An unmodified tshark reads what the writers write: it shares no line with this package.
@Suite struct DissectorTests {
    static let missing: Comment = "tshark is not installed, so nobody else judges our bytes."

    @Test(.enabled(if: TestFiles.program("tshark") != nil, missing))
    func `tshark reads every message as it was meant`() throws {
        let tshark = try #require(TestFiles.program("tshark"))
        var samples = try VectorFile.all().map { try $0.sample() }
        for template in TemplateID.allCases { samples += AccessorTests.samples(of: template) }
        samples.removeAll { $0.template.isExtension }
        var capture = PacketCapture()
        for sample in samples {
            capture.send(sample.written().bytes, fromClient: sample.template.isRequest)
        }
        let messages = try Dissector.dissect(capture, with: tshark)
        try #require(messages.count == samples.count)
        var fieldCount = 0
        for (sample, message) in zip(samples, messages) {
            #expect(message.alarms.isEmpty, "\(sample.label): \(message.alarms)")
            // The oracle leaves out what has no bytes.
            let values = sample.values.filter { !$0.raw.isEmpty }
            let fields = message.fields.filter { !$0.raw.isEmpty }
            let names = values.map { value in
                value.path.split(separator: ".").last.map { $0.lowercased() } ?? ""
            }
            #expect(fields.map(\.name) == names, "\(sample.label)")
            #expect(fields.map(\.raw) == values.map(\.raw), "\(sample.label)")
            let offsets = describe(sample.written().bytes).filter { !$0.raw.isEmpty }.map(\.offset)
            #expect(fields.map(\.offset) == offsets, "\(sample.label)")
            fieldCount += fields.count
        }
        #expect(fieldCount > 20_000, "the comparison must not have run empty")
    }

    @Test(.enabled(if: TestFiles.program("tshark") != nil, missing))
    func `tshark has a name for every enumerated value`() throws {
        let tshark = try #require(TestFiles.program("tshark"))
        var capture = PacketCapture()
        var generator = SeededGenerator(seed: 2)
        var count = 0
        for message in MessageCatalogue.shared.messages {
            let template = try #require(TemplateID(rawValue: message.templateID))
            if template.isExtension { continue }
            let turns = message.slots.map { $0.field.enumeration?.values.count ?? 0 }.max() ?? 0
            for turn in 0..<turns {
                let sample = Sample.random(
                    template, fill: .full, turn: turn,
                    entries: { part in if case .text = part.kind { 0 } else { 2 } },
                    using: &generator)
                capture.send(sample.written().bytes, fromClient: message.isRequest)
                count += 1
            }
        }
        var stranger = try #require(
            try VectorFile.all().first { $0.name.hasPrefix("10125-") }
        ).bytes
        stranger[NewOrderSingleShortRequestView.sideOffset] = 9
        capture.send(stranger, fromClient: true)
        let messages = try Dissector.dissect(capture, with: tshark)
        try #require(messages.count == count + 1)
        #expect(messages.last?.unnamed == ["side"], "an unknown value must be noticed")
        for message in messages.dropLast() { #expect(message.unnamed.isEmpty) }
    }

    @Test(.enabled(if: TestFiles.program("tshark") != nil, missing))
    func `tshark complains when a message is wrong`() throws {
        let tshark = try #require(TestFiles.program("tshark"))
        let vectors = Dictionary(
            uniqueKeysWithValues: try VectorFile.all().map { (try $0.sample().template, $0.bytes) })
        let good = try #require(vectors[.newOrderSingleShortRequest])
        func patched(_ bytes: [UInt8], at offset: Int, _ patch: [UInt8]) -> [UInt8] {
            var result = bytes
            result.replaceSubrange(offset..<offset + patch.count, with: patch)
            return result
        }
        let price = NewOrderSingleShortRequestView.priceOffset
        let subscription = try #require(vectors[.subscribeRequest])
        let cases: [(String, [UInt8])] = [
            ("missing", patched(good, at: price, [0, 0, 0, 0, 0, 0, 0, 0x80])),
            ("overused", patched(subscription, at: 20, [1, 0, 0, 0])),
            ("invalid_template", patched(good, at: 4, [0x14, 0x27])),
            (
                "invalid_length",
                patched(good + [UInt8](repeating: 0, count: 8), at: 0, [128, 0, 0, 0])
            ),
        ]
        for (alarm, bytes) in cases {
            var capture = PacketCapture()
            capture.send(bytes, fromClient: true)
            let alarms = try Dissector.dissect(capture, with: tshark).flatMap(\.alarms)
            #expect(alarms.contains(alarm))
        }
    }
}
