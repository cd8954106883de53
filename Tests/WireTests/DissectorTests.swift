import TestSupport
import Testing
import Wire

/// An unmodified tshark reads what the writers write: it shares no line with this package.
@Suite struct DissectorTests {
    static let missing: Comment = "tshark is not installed, so nobody else judges our bytes."

    /// What is put before each message of the public feed, which never travels alone.
    private static var packetHeader: Sample {
        var generator = SeededGenerator(seed: 13005)
        return .random(
            .eobi(.packetHeader), fill: .full, turn: 1, entries: { _ in 0 }, using: &generator)
    }

    /// Puts messages into a capture; public ones get a packet header, which is a message more.
    private func capture(_ samples: [Sample]) -> (capture: PacketCapture, messages: [Sample]) {
        var capture = PacketCapture()
        var messages: [Sample] = []
        for (index, sample) in samples.enumerated() {
            switch sample.template {
            case .eti:
                capture.send(sample.written().bytes, fromClient: sample.template.isRequest)
                messages.append(sample)
            case .eobi(let template):
                let packet = template == .packetHeader ? [sample] : [Self.packetHeader, sample]
                // Both channels are decoded by the same rules.
                let port = PacketCapture.feedPort - UInt16(index & 1)
                capture.send(datagram: packet.flatMap { $0.written().bytes }, toPort: port)
                messages += packet
            }
        }
        return (capture, messages)
    }

    @Test(.enabled(if: TestFiles.program("tshark") != nil, missing), arguments: Dialect.allCases)
    func `tshark reads every message as it was meant`(_ dialect: Dialect) throws {
        let tshark = try #require(TestFiles.program("tshark"))
        var wanted = try VectorFile.all(dialect).map { try $0.sample() }
        for template in dialect.templates { wanted += AccessorTests.samples(of: template) }
        wanted.removeAll { $0.template.isExtension }
        let (capture, samples) = capture(wanted)
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
            let offsets = describe(sample.written().bytes, dialect)
                .filter { !$0.raw.isEmpty }.map(\.offset)
            #expect(fields.map(\.offset) == offsets, "\(sample.label)")
            fieldCount += fields.count
        }
        #expect(fieldCount > 4_000, "the comparison must not have run empty")
    }

    @Test(.enabled(if: TestFiles.program("tshark") != nil, missing))
    func `tshark has a name for every enumerated value`() throws {
        let tshark = try #require(TestFiles.program("tshark"))
        var generator = SeededGenerator(seed: 2)
        var wanted: [Sample] = []
        for template in Template.all where !template.isExtension {
            let turns =
                template.message.slots.map { $0.field.enumeration?.values.count ?? 0 }.max() ?? 0
            for turn in 0..<turns {
                wanted.append(
                    .random(
                        template, fill: .full, turn: turn,
                        entries: { part in if case .text = part.kind { 0 } else { 2 } },
                        using: &generator))
            }
        }
        var (capture, samples) = capture(wanted)
        var stranger = try #require(
            try VectorFile.all(.eti).first { $0.name.hasPrefix("10125-") }
        ).bytes
        stranger[NewOrderSingleShortRequestView.sideOffset] = 9
        capture.send(stranger, fromClient: true)
        let messages = try Dissector.dissect(capture, with: tshark)
        try #require(messages.count == samples.count + 1)
        #expect(messages.last?.unnamed == ["side"], "an unknown value must be noticed")
        for message in messages.dropLast() { #expect(message.unnamed.isEmpty) }
    }

    @Test(.enabled(if: TestFiles.program("tshark") != nil, missing))
    func `tshark complains when a message is wrong`() throws {
        let tshark = try #require(TestFiles.program("tshark"))
        let vectors = Dictionary(
            uniqueKeysWithValues: try Dialect.allCases.flatMap(VectorFile.all)
                .map { (try $0.sample().template, $0.bytes) })
        let good = try #require(vectors[.eti(.newOrderSingleShortRequest)])
        func patched(_ bytes: [UInt8], at offset: Int, _ patch: [UInt8]) -> [UInt8] {
            var result = bytes
            result.replaceSubrange(offset..<offset + patch.count, with: patch)
            return result
        }
        let price = NewOrderSingleShortRequestView.priceOffset
        let subscription = try #require(vectors[.eti(.subscribeRequest)])
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
        let add = try #require(vectors[.eobi(.orderAdd)])
        let summary = try #require(vectors[.eobi(.instrumentSummary)])
        let heartbeat = try #require(vectors[.eobi(.heartbeat)])
        let publicCases: [(String, [UInt8])] = [
            (
                "missing",
                patched(add, at: EOBIOrderAddView.displayQtyOffset, [0, 0, 0, 0, 0, 0, 0, 0x80])
            ),
            ("overused", patched(heartbeat, at: 4, [1, 0, 0, 0])),
            ("invalid_template", patched(add, at: 2, [0x2B, 0x33])),
            ("invalid_length", patched(add + [UInt8](repeating: 0, count: 8), at: 0, [64, 0])),
            (
                "counter_overflow",
                patched(summary, at: EOBIInstrumentSummaryView.noMDEntriesOffset, [16])
            ),
        ]
        for (alarm, bytes) in publicCases {
            var capture = PacketCapture()
            capture.send(datagram: Self.packetHeader.written().bytes + bytes)
            let alarms = try Dissector.dissect(capture, with: tshark).flatMap(\.alarms)
            #expect(alarms.contains(alarm))
        }
    }
}
