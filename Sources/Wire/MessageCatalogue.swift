/// The schema as data, for tools and tests that treat all messages alike.
///
/// It allocates freely and has no place between frame and event.
public struct MessageCatalogue: Sendable {
    /// Every message of ETI, between a session and the exchange.
    public static let shared = MessageCatalogue(notation: SchemaTable.text)
    /// Every message of EOBI, the public feed.
    public static let eobi = MessageCatalogue(notation: EOBISchemaTable.text)

    public enum FieldType: String, Sendable {
        case u8, u16, u32, u64, i8, i16, i32, i64, char, text, bytes
    }

    public enum Presence: Character, Sendable {
        case mandatory = "m"
        case optional = "o"
        case unused = "u"
    }

    public struct Enumeration: Sendable {
        public let name: String
        /// Sorted by code.
        public internal(set) var values: [(name: String, code: UInt64)]

        /// The name of a raw value, or nil when the enumeration does not know it.
        public func valueName(_ code: UInt64) -> String? {
            values.first { $0.code == code }?.name
        }
    }

    public struct Field: Sendable {
        public let name: String
        public let type: FieldType
        public let size: Int
        /// Decimal places of a fixed-point number.
        public let scale: Int?
        public let unit: String?
        public let enumeration: Enumeration?
    }

    public struct Slot: Sendable {
        public let field: Field
        public let offset: Int
        public let presence: Presence
    }

    public struct Group: Sendable {
        public let name: String
        public let length: Int
        public internal(set) var slots: [Slot]
    }

    public struct Tail: Sendable {
        public enum Kind: Sendable {
            case group(Group)
            case text(String)
        }
        public let kind: Kind
        /// The field of the fixed part that counts entries or bytes.
        public let counter: String
        public let min: Int
        public let max: Int
    }

    public struct Message: Sendable {
        public let name: String
        public let templateID: UInt16
        public let direction: String
        public let fixedLength: Int
        /// BodyLen when groups take their full room, whatever they count.
        public let constantLength: Int?
        public internal(set) var slots: [Slot]
        public internal(set) var tail: [Tail]

        public var isRequest: Bool { direction == "request" }
    }

    public private(set) var messages: [Message] = []
    private var enumerations: [String: Enumeration] = [:]
    private var fields: [String: Field] = [:]
    private var groups: [String: Group] = [:]

    public func message(templateID: UInt16) -> Message? {
        messages.first { $0.templateID == templateID }
    }

    public func message(named name: String) -> Message? {
        messages.first { $0.name == name }
    }

    /// The template that bytes name in their header, if they are long enough to name one.
    public func templateID(of bytes: UnsafeRawBufferPointer) -> UInt16? {
        guard let slot = messages[0].slots.first(where: { $0.field.name == "TemplateID" }),
            bytes.count >= slot.offset + slot.field.size
        else { return nil }
        return bytes.loadUnaligned(fromByteOffset: slot.offset, as: UInt16.self)
    }
}

extension MessageCatalogue.Field {
    /// The bytes that mean no value.
    public var nullBytes: [UInt8] {
        if unit == "bits" { return [UInt8](repeating: 0, count: size) }
        return switch type {
        case .u8, .u16, .u32, .u64: [UInt8](repeating: 0xFF, count: size)
        case .i8, .i16, .i32, .i64: [UInt8](repeating: 0, count: size - 1) + [0x80]
        case .char, .text, .bytes: [UInt8](repeating: 0, count: size)
        }
    }

    /// True when the bytes of this field carry no value.
    public func isNull(_ raw: [UInt8]) -> Bool {
        switch type {
        case .text, .bytes: raw.first.map { $0 == 0 } ?? true
        default: raw == nullBytes
        }
    }
}

// MARK: - Reading the notation

extension MessageCatalogue {
    /// Where the words of a continuation line go.
    private enum Continuation {
        case enumeration(String)
        case group(String)
        case message
    }

    init(notation: StaticString) {
        var target = Continuation.message
        for line in notation.description.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            switch words[0] {
            case "enumeration":
                enumerations[words[1]] = Enumeration(name: words[1], values: [])
                target = .enumeration(words[1])
            case "field":
                fields[words[1]] = field(words)
            case "group":
                groups[words[1]] = Group(name: words[1], length: number(words[2]), slots: [])
                target = .group(words[1])
            case "message":
                messages.append(
                    Message(
                        name: words[1], templateID: UInt16(number(words[2])), direction: words[3],
                        fixedLength: number(words[4]), constantLength: Int(words[5]), slots: [],
                        tail: []))
                target = .message
            case "repeats", "text":
                let group = groups[words[1]].map(Tail.Kind.group)
                messages[messages.count - 1].tail.append(
                    Tail(
                        kind: group ?? .text(words[1]), counter: words[2],
                        min: number(words[3]), max: number(words[4])))
            default:
                append(words.dropFirst(), to: target)
            }
        }
    }

    private mutating func append(_ words: ArraySlice<String>, to target: Continuation) {
        switch target {
        case .enumeration(let name):
            for word in words {
                let pair = word.split(separator: "=")
                let code = UInt64(number(String(pair[1])))
                enumerations[name]?.values.append((name: String(pair[0]), code: code))
            }
        case .group(let name):
            let slots = words.map(slot)
            groups[name]?.slots += slots
        case .message:
            let slots = words.map(slot)
            messages[messages.count - 1].slots += slots
        }
    }

    private func field(_ words: [String]) -> Field {
        guard let type = FieldType(rawValue: words[2]) else {
            preconditionFailure("The generated notation names an unknown type.")
        }
        return Field(
            name: words[1], type: type, size: number(words[3]), scale: Int(words[4]),
            unit: words[5] == "-" ? nil : words[5], enumeration: enumerations[words[6]])
    }

    /// `ClOrdID@48o`: name, offset, initial of the presence.
    private func slot(_ word: String) -> Slot {
        let parts = word.split(separator: "@")
        guard let field = fields[String(parts[0])], let initial = parts[1].last,
            let presence = Presence(rawValue: initial)
        else { preconditionFailure("The generated notation holds a slot that does not parse.") }
        return Slot(field: field, offset: number(String(parts[1].dropLast())), presence: presence)
    }

    private func number(_ word: String) -> Int {
        guard let number = Int(word) else {
            preconditionFailure("The generated notation holds a word that is no number.")
        }
        return number
    }
}
