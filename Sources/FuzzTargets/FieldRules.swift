import Wire

/// What the schema says about the fields of one message, in a form that is quick to ask: the truth
/// against which the generated checks are held.
struct FieldRules {
    struct Field {
        let name: String
        let offset: Int
        let size: Int
        let isMandatory: Bool
        let isUnused: Bool
        let isText: Bool
        /// Raw value that means "no value", of numbers.
        let null: UInt64
        /// Raw values that the enumeration knows; nil for plain fields.
        let codes: Set<UInt64>?

        func raw(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
            var value: UInt64 = 0
            for index in 0..<min(size, 8) { value |= UInt64(bytes[offset + index]) << (8 * index) }
            return value
        }

        func isNull(_ bytes: UnsafeRawBufferPointer) -> Bool {
            isText ? bytes[offset] == 0 : raw(bytes) == null
        }
    }

    /// A group or a text behind the fixed part.
    struct Part {
        let counterOffset: Int
        let counterSize: Int
        let entryLength: Int
    }

    let fields: [Field]
    let parts: [Part]
    let fixedLength: Int
    private let msgSeqNumOffset: Int?
    private let lastFragmentOffset: Int?

    /// Judged by the session and not by the rules of fields.
    private static let header: Set = [
        "BodyLen", "TemplateID", "NetworkMsgID", "MsgSeqNum", "SenderSubID",
    ]

    static let eti = table(.shared)
    static let eobi = table(.eobi)

    private static func table(_ catalogue: MessageCatalogue) -> [UInt16: FieldRules] {
        Dictionary(uniqueKeysWithValues: catalogue.messages.map { ($0.templateID, FieldRules($0)) })
    }

    private init(_ message: MessageCatalogue.Message) {
        fixedLength = message.fixedLength
        func offset(_ name: String) -> Int? {
            message.slots.first { $0.field.name == name }?.offset
        }
        msgSeqNumOffset = offset("MsgSeqNum")
        lastFragmentOffset = offset("LastFragment")
        fields = message.slots.filter { !Self.header.contains($0.field.name) }.map { slot in
            let field = slot.field
            let isText = field.type == .text || field.type == .bytes
            return Field(
                name: field.name, offset: slot.offset, size: field.size,
                isMandatory: slot.presence == .mandatory, isUnused: slot.presence == .unused,
                isText: isText,
                null: isText ? 0 : field.nullBytes.reversed().reduce(0) { $0 << 8 | UInt64($1) },
                codes: field.enumeration.map { Set($0.values.map(\.code)) })
        }
        parts = message.tail.compactMap { part in
            guard let slot = message.slots.first(where: { $0.field.name == part.counter }) else {
                return nil
            }
            let length: Int
            switch part.kind {
            case .group(let group): length = group.length
            case .text: length = 1
            }
            return Part(
                counterOffset: slot.offset, counterSize: slot.field.size, entryLength: length)
        }
    }

    /// MsgSeqNum of an answer; nil in messages that answer nothing.
    func msgSeqNum(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
        msgSeqNumOffset.map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
    }

    /// More messages of the same answer follow.
    func isContinued(_ bytes: UnsafeRawBufferPointer) -> Bool {
        lastFragmentOffset.map { bytes[$0] == 0 } ?? false
    }

    /// The first mandatory field without a value, in wire order.
    func firstMissing(_ bytes: UnsafeRawBufferPointer) -> Field? {
        fields.first { $0.isMandatory && $0.isNull(bytes) }
    }

    /// The first field with a value that its enumeration does not know.
    func firstInvalid(_ bytes: UnsafeRawBufferPointer) -> Field? {
        fields.first { field in
            guard !field.isUnused, let codes = field.codes, !field.isNull(bytes) else {
                return false
            }
            return !codes.contains(field.raw(bytes))
        }
    }

    /// Where the last group or text ends, by what the counters say; a counter without value counts
    /// nothing.
    func end(_ bytes: UnsafeRawBufferPointer) -> Int {
        parts.reduce(fixedLength) { end, part in
            var count = 0
            var isNull = true
            for index in 0..<part.counterSize {
                let byte = bytes[part.counterOffset + index]
                count |= Int(byte) << (8 * index)
                if byte != 0xFF { isNull = false }
            }
            return end + (isNull ? 0 : count * part.entryLength)
        }
    }
}
