import Testing
import Wire

/// Field checks of requests, one field at a time over otherwise valid messages.
@Suite struct ValidationTests {
    static let requests = TemplateID.allCases.filter(\.isRequest)
    /// Fields the session judges by itself.
    static let header: Set = [
        "BodyLen", "TemplateID", "NetworkMsgID", "MsgSeqNum", "SenderSubID",
    ]

    private func slots(_ template: TemplateID) -> [MessageCatalogue.Slot] {
        MessageCatalogue.shared.message(templateID: template.rawValue)!.slots
    }

    private func violation(_ template: TemplateID, _ bytes: [UInt8]) -> FieldViolation? {
        bytes.withUnsafeBytes {
            template.firstViolation(in: $0.baseAddress!, length: $0.count)
        }
    }

    private func patched(
        _ bytes: [UInt8], _ slot: MessageCatalogue.Slot, _ raw: [UInt8]
    ) -> [UInt8] {
        var result = bytes
        result.replaceSubrange(slot.offset..<slot.offset + slot.field.size, with: raw)
        return result
    }

    /// Raw values an enumeration does not know, at its edges and far away; null is not among them.
    private func strangers(_ slot: MessageCatalogue.Slot) -> [[UInt8]] {
        let known = Set(slot.field.enumeration?.values.map(\.code) ?? [])
        let top = UInt64(1) << UInt64(8 * slot.field.size)
        return (0..<min(top, 4096)).filter { !known.contains($0) }
            .map { littleEndian(Int($0), size: slot.field.size) }
            .filter { !slot.field.isNull($0) }
    }

    @Test(arguments: requests)
    func `Valid requests violate nothing`(_ template: TemplateID) {
        for sample in AccessorTests.samples(of: template) {
            #expect(violation(template, sample.written().bytes) == nil, "\(sample.label)")
        }
    }

    @Test(arguments: requests)
    func `A mandatory field without value is missing`(_ template: TemplateID) {
        let bytes = AccessorTests.samples(of: template)[1].written().bytes
        for slot in slots(template) where !Self.header.contains(slot.field.name) {
            let found = violation(template, patched(bytes, slot, slot.field.nullBytes))
            if slot.presence == .mandatory {
                #expect(found?.kind == .missing, "\(slot.field.name)")
                #expect(found.map { "\($0.fieldName)" } == slot.field.name)
            } else {
                #expect(found == nil, "\(slot.field.name) may be absent")
            }
        }
    }

    @Test(arguments: requests)
    func `A value outside its enumeration is invalid`(_ template: TemplateID) {
        let bytes = AccessorTests.samples(of: template)[1].written().bytes
        for slot in slots(template) where slot.field.enumeration != nil {
            for raw in strangers(slot) {
                let found = violation(template, patched(bytes, slot, raw))
                #expect(found?.kind == .invalidValue, "\(slot.field.name) \(raw)")
                #expect(found.map { "\($0.fieldName)" } == slot.field.name)
            }
        }
    }

    @Test(arguments: requests)
    func `Every value of an enumeration is valid`(_ template: TemplateID) {
        let bytes = AccessorTests.samples(of: template)[1].written().bytes
        for slot in slots(template) {
            for value in slot.field.enumeration?.values ?? [] {
                let raw = littleEndian(Int(value.code), size: slot.field.size)
                #expect(violation(template, patched(bytes, slot, raw)) == nil)
            }
        }
    }

    @Test(arguments: requests)
    func `Unused fields and header fields are never refused`(_ template: TemplateID) {
        let bytes = AccessorTests.samples(of: template)[1].written().bytes
        for slot in slots(template)
        where slot.presence == .unused || Self.header.contains(slot.field.name) {
            for byte in [0, 1, 0xFF] as [UInt8] {
                let raw = [UInt8](repeating: byte, count: slot.field.size)
                #expect(violation(template, patched(bytes, slot, raw)) == nil)
            }
        }
    }

    @Test(arguments: requests)
    func `A missing field comes before an invalid value`(_ template: TemplateID) {
        let bytes = AccessorTests.samples(of: template)[1].written().bytes
        let judged = slots(template).filter { !Self.header.contains($0.field.name) }
        guard let missing = judged.last(where: { $0.presence == .mandatory }) else { return }
        for slot in judged where slot.field.enumeration != nil {
            guard slot.offset != missing.offset, let stranger = strangers(slot).first else {
                continue
            }
            let worse = patched(
                patched(bytes, slot, stranger), missing, missing.field.nullBytes)
            #expect(violation(template, worse)?.kind == .missing)
        }
    }

    @Test func `The first of several missing fields is named`() {
        let blank = UnsafeMutableRawPointer.allocate(byteCount: 248, alignment: 8)
        defer { blank.deallocate() }
        NewOrderSingleRequestWriter(blank).initialize()
        let found = NewOrderSingleRequestView.firstViolation(in: blank, length: 248)
        #expect(found == FieldViolation(.missing, .orderQty))
    }

    @Test func `Messages of the exchange are not judged`() {
        for template in TemplateID.allCases where !template.isRequest {
            let bytes = [UInt8](repeating: 0xFF, count: template.lengthMin)
            #expect(violation(template, bytes) == nil)
        }
    }
}
