import Foundation

/// The messages of one protocol with every name resolved and every offset checked.
public struct Schema {
    public let dialect: Dialect
    public let release: String
    /// Sorted by name, so that generated tables are stable.
    public let fields: [Field]
    public let enumerations: [Enumeration]
    public let groups: [Group]
    /// Runs of fields that many messages share, sorted by name.
    public let components: [Group]
    /// Sorted by template.
    public let messages: [Message]

    public enum FieldType: String {
        case u8, u16, u32, u64, i8, i16, i32, i64, char, text, bytes

        var isText: Bool { self == .text || self == .bytes }

        func size(length: Int?) -> Int? {
            switch self {
            case .u8, .i8, .char: 1
            case .u16, .i16: 2
            case .u32, .i32: 4
            case .u64, .i64: 8
            case .text, .bytes: length
            }
        }
    }

    public enum Presence: String {
        case mandatory, optional, unused
    }

    public enum Direction: String {
        case request, response, notification, broadcast
        /// Opens a packet, or travels in one of the two channels of public data.
        case packet, incremental, snapshot
    }

    /// What sets the sources of one protocol apart from those of another.
    public struct Dialect {
        public let protocolName: String
        /// Opens the name of every Swift type of the protocol.
        public let prefix: String
        public let groupSpace: GroupSpace
    }

    /// How much room a group takes in its message.
    public enum GroupSpace: String {
        /// That of the entries it counts, so that messages of a template differ in length.
        case counted
        /// Always that of the most entries, zeros where there is none.
        case maximum
    }

    public struct Field {
        public let name: String
        public let type: FieldType
        public let size: Int
        public let scale: Int?
        public let unit: String?
        public let enumeration: String?
        public let counts: Bool
        public let says: String
    }

    public struct Enumeration {
        public let name: String
        public let type: FieldType
        /// The protocol whose enumeration this is, when it is not this one's own.
        public let sharedWith: String?
        /// Sorted by code.
        public let values: [(name: String, code: Int)]
    }

    /// A field where it stands in a message or group entry.
    public struct Slot {
        public let field: Field
        public let offset: Int
        public var presence: Presence
        /// The component that brought the slot in, or nil when the message names it itself.
        public var component: String?
    }

    public struct Group {
        public let name: String
        public let typeName: String
        public let says: String
        public let length: Int
        public let slots: [Slot]
    }

    /// A component in a message.
    public struct Placement {
        public let component: String
        public let offset: Int
    }

    public struct Tail {
        public enum Kind {
            case group(Group)
            case text(String)
        }
        public let kind: Kind
        public let counter: Field
        public let min: Int
        public let max: Int
        /// Presences of the group's fields in this message, by name, where they differ.
        public let presences: [String: Presence]
    }

    public struct Message {
        public let id: Int
        public let name: String
        public let dialect: Dialect
        public let direction: Direction
        public let fixedLength: Int
        public let says: String
        public let slots: [Slot]
        public let tail: [Tail]
        /// Where the components of the message stand.
        public let placements: [Placement]

        public var lengthMin: Int {
            dialect.groupSpace == .maximum
                ? lengthMax
                : tail.reduce(fixedLength) { $0 + $1.min * $1.entryLength }.roundedUpTo8
        }
        /// BodyLen when all messages of the template have the same.
        public var constantLength: Int? { dialect.groupSpace == .maximum ? lengthMax : nil }

        public var lengthMax: Int {
            tail.reduce(fixedLength) { $0 + $1.max * $1.entryLength }.roundedUpTo8
        }
    }
}

extension Schema.Tail {
    /// Bytes per counted thing: an entry of a group, one byte of a text.
    var entryLength: Int {
        switch kind {
        case .group(let group): group.length
        case .text: 1
        }
    }
}

extension Int {
    var roundedUpTo8: Int { (self + 7) / 8 * 8 }
}

// MARK: - Reading

extension Schema {
    /// Reads a schema file; throws a sentence that names the first thing that does not fit.
    ///
    /// `others` are the protocols whose enumerations this one may share.
    public init(json: [UInt8], others: [Schema] = []) throws {
        let document = try JSONDecoder().decode(SchemaDocument.self, from: Data(json))
        guard document.schema == SchemaDocument.formatVersion else {
            throw SchemaError("schema format \(document.schema) is not known")
        }
        try self.init(document, others)
    }

    init(_ document: SchemaDocument, _ others: [Schema]) throws {
        release = document.release
        guard let groupSpace = GroupSpace(rawValue: document.groupSpace ?? "counted") else {
            throw SchemaError("groupSpace '\(document.groupSpace ?? "")' is unknown")
        }
        dialect = Dialect(
            protocolName: document.protocol, prefix: document.prefix ?? "", groupSpace: groupSpace)
        enumerations = try document.enumerations.map { try Enumeration($0.key, $0.value, others) }
            .sorted { $0.name < $1.name }
        let enumerationTypes = Dictionary(
            uniqueKeysWithValues: enumerations.map { ($0.name, $0.type) })
        fields = try document.fields.map { try Field($0.key, $0.value, enumerationTypes) }
            .sorted { $0.name < $1.name }
        let resolver = LayoutResolver(
            dialect: dialect,
            fields: Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0) }),
            components: document.components)
        groups = try document.groups.map { try resolver.group(name: $0.key, block: $0.value) }
            .sorted { $0.name < $1.name }
        components = try document.components.map {
            try resolver.group(name: $0.key, block: $0.value)
        }
        .sorted { $0.name < $1.name }
        let groupsByName = Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0) })
        messages = try document.messages.map { try resolver.message($0, groups: groupsByName) }
            .sorted { $0.id < $1.id }
        guard Set(messages.map(\.id)).count == messages.count,
            Set(messages.map(\.name)).count == messages.count
        else { throw SchemaError("two messages share a template id or a name") }
    }

    /// Components that stand at one place in some messages and at another in others.
    var roamingComponents: [Group] {
        components.filter { offsets(of: $0, in: messages).count > 1 }
    }

    func offsets(of component: Group, in messages: [Message]) -> Set<Int> {
        Set(
            messages.flatMap(\.placements).filter { $0.component == component.name }
                .map(\.offset))
    }
}

extension Schema.Field {
    init(
        _ name: String, _ source: SchemaDocument.Field,
        _ enumerationTypes: [String: Schema.FieldType]
    ) throws {
        guard let type = Schema.FieldType(rawValue: source.type),
            let size = type.size(length: source.length), size > 0
        else { throw SchemaError("field \(name): type '\(source.type)' lacks meaning or length") }
        if let enumeration = source.enumeration {
            guard enumerationTypes[enumeration] == type else {
                throw SchemaError("field \(name): enumeration \(enumeration) is not of its type")
            }
        }
        self.name = name
        self.type = type
        self.size = size
        scale = source.scale
        unit = source.unit
        enumeration = source.enumeration
        counts = source.counts ?? false
        says = source.says
    }
}

extension Schema.Enumeration {
    init(_ name: String, _ source: SchemaDocument.Enumeration, _ others: [Schema]) throws {
        switch source {
        case .own(let type, let values):
            try self.init(name, type: type, values: values)
        case .shared(let protocolName):
            guard
                let other = others.first(where: { $0.dialect.protocolName == protocolName })?
                    .enumerations.first(where: { $0.name == name && $0.sharedWith == nil })
            else { throw SchemaError("enumeration \(name): \(protocolName) has none of this name") }
            self.init(
                name: name, type: other.type, sharedWith: protocolName, values: other.values)
        }
    }

    private init(
        _ name: String, type typeName: String, values source: [String: SchemaDocument.Value]
    ) throws {
        guard let type = Schema.FieldType(rawValue: typeName),
            [.u8, .u16, .u32, .char].contains(type)
        else { throw SchemaError("enumeration \(name): type '\(typeName)' is not unsigned") }
        let values = source.map { (name: $0.key, code: $0.value.code) }
            .sorted { $0.code < $1.code }
        let limit = type == .u32 ? 0xFFFF_FFFF : type == .u16 ? 0xFFFF : 0xFF
        guard !values.isEmpty, Set(values.map(\.code)).count == values.count,
            values.allSatisfy({ (type == .char ? 1 : 0)..<limit ~= $0.code })
        else { throw SchemaError("enumeration \(name): values repeat, are null or do not fit") }
        self.init(name: name, type: type, sharedWith: nil, values: values)
    }
}
