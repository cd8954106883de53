import Testing
import Wire

/// Views, writers and the schema table must agree about every field of every message.
@Suite struct AccessorTests {
    static func samples(of template: TemplateID) -> [Sample] { samples(of: .eti(template)) }

    static func samples(of template: Template) -> [Sample] {
        var generator = SeededGenerator(seed: UInt64(template.id))
        var samples = [
            Sample.random(template, fill: .lean, turn: 0, entries: { _ in 0 }, using: &generator)
        ]
        for turn in 0..<9 {
            samples.append(
                .random(
                    template, fill: .full, turn: turn,
                    entries: { part in
                        if case .text = part.kind { turn } else { turn % 4 }
                    },
                    using: &generator))
        }
        samples.append(
            .random(template, fill: .full, turn: 9, entries: { $0.max }, using: &generator))
        return samples
    }

    @Test(arguments: Template.all)
    func `What a writer writes, the view and the table read`(_ template: Template) {
        for sample in Self.samples(of: template) {
            let (bytes, unknown) = sample.written()
            #expect(unknown.isEmpty, "\(sample.label)")
            let view = readThroughView(template, bytes)
            let table = describe(bytes, template.dialect)
            #expect(view.values.map(\.path) == sample.values.map(\.path), "\(sample.label)")
            #expect(view.values.map(\.raw) == sample.values.map(\.raw), "\(sample.label)")
            #expect(table.map(\.path) == sample.values.map(\.path), "\(sample.label)")
            #expect(table.map(\.raw) == sample.values.map(\.raw), "\(sample.label)")
            guard case .eti(let template) = template else { continue }
            bytes.withUnsafeBytes { buffer in
                #expect(template.lengthFromCounts(in: buffer.baseAddress!) == bytes.count)
                let verdict =
                    template.isRequest ? Framing.judge(buffer) : Framing.judgeResponse(buffer)
                #expect(verdict == .frame(template: template, length: bytes.count))
            }
        }
    }

    @Test(arguments: Template.all)
    func `Offsets declared by a view are those of the schema`(_ template: Template) {
        let message = template.message
        let sample = Self.samples(of: template)[2]
        let offsets = readThroughView(template, sample.written().bytes).offsets
        for slot in message.slots {
            #expect(offsets[slot.field.name] == slot.offset, "\(slot.field.name)")
        }
        for case .group(let group) in message.tail.map(\.kind) {
            for slot in group.slots {
                #expect(offsets["\(group.name)[0].\(slot.field.name)"] == slot.offset)
            }
        }
    }

    @Test(arguments: Template.all)
    func `Padding is zero, whatever lay there before`(_ template: Template) {
        for sample in Self.samples(of: template) {
            let bytes = sample.written().bytes
            var covered = [Bool](repeating: false, count: bytes.count)
            for field in describe(bytes, template.dialect) {
                for index in field.offset..<field.offset + field.raw.count { covered[index] = true }
            }
            for index in bytes.indices where !covered[index] {
                #expect(bytes[index] == 0, "\(sample.label) at \(index)")
            }
        }
    }

    @Test(arguments: Template.all)
    func `A blank message has its header, zero counters and no other value`(_ template: Template) {
        let message = template.message
        let counters = Set(message.tail.map(\.counter))
        var values: [(path: String, raw: [UInt8])] = []
        for slot in message.slots {
            let isCounter = counters.contains(slot.field.name)
            values.append(
                (
                    slot.field.name,
                    isCounter
                        ? [UInt8](repeating: 0, count: slot.field.size) : slot.field.nullBytes
                ))
        }
        message.setHeader(of: &values, length: message.constantLength ?? message.fixedLength)
        let blank = blankBytes(template)
        #expect(
            readThroughView(template, blank).values.map(\.raw).prefix(values.count)
                == values.map(\.raw)[...])
    }

    /// The blank image, written by a source that knows no field.
    private func blankBytes(_ template: Template) -> [UInt8] {
        let message = template.message
        let room = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 8)
        defer { room.deallocate() }
        room.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 1024)
        template.blank(room)
        return [UInt8](UnsafeRawBufferPointer(start: room, count: message.fixedLength))
    }

    @Test func `Fixed texts are cut or filled up with zeros`() {
        let room = UnsafeMutableRawPointer.allocate(byteCount: 280, alignment: 8)
        defer { room.deallocate() }
        room.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 280)
        let writer = LogonRequestWriter(room)
        writer.initialize()
        let long = [UInt8](repeating: 0x41, count: 40)
        long.withUnsafeBytes { writer.password = $0 }
        #expect(writer.password.count == 32 && writer.password.allSatisfy { $0 == 0x41 })
        #expect(writer.applUsageOrders == Null.char, "the byte after the slot is untouched")
        Array("apus".utf8).withUnsafeBytes { writer.password = $0 }
        #expect(String(decoding: writer.password.withoutPadding, as: UTF8.self) == "apus")
        #expect(writer.password.dropFirst(4).allSatisfy { $0 == 0 })
        writer.password = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(writer.password.withoutPadding.isEmpty)
    }

    @Test func `A text of 2001 bytes is cut at 2000`() {
        let room = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 8)
        defer { room.deallocate() }
        let writer = RejectWriter(room)
        writer.initialize()
        let text = [UInt8](repeating: 0x61, count: 2001)
        let length = text.withUnsafeBytes { writer.setVarText($0) }
        #expect(length == 2064)
        #expect(writer.varTextLen == 2000)
        #expect(writer.setVarText("short") == 72)
        #expect(RejectView(room).varText.elementsEqual("short".utf8))
    }
}
