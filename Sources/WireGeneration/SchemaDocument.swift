/// A schema file as it is written, before names are looked up and offsets are checked.
struct SchemaDocument: Decodable {
    /// Version of the format of schema files that this generator reads.
    static let formatVersion = 1

    let schema: Int
    let `protocol`: String
    let release: String
    /// Opens the name of every type of the protocol, so that protocols share one module.
    let prefix: String?
    /// `counted` (the default) or `maximum`: the room a group takes.
    let groupSpace: String?
    let fields: [String: Field]
    let enumerations: [String: Enumeration]
    let components: [String: Block]
    let groups: [String: Block]
    let messages: [Message]

    struct Field: Decodable {
        let type: String
        let length: Int?
        let scale: Int?
        let unit: String?
        let enumeration: String?
        let counts: Bool?
        let says: String
    }

    /// Values of its own, or the name of a protocol that has the enumeration by the same name.
    enum Enumeration: Decodable {
        case own(type: String, values: [String: Value])
        case shared(protocol: String)

        private enum CodingKeys: CodingKey { case type, values }

        init(from decoder: any Decoder) throws {
            if let name = try? decoder.singleValueContainer().decode(String.self) {
                self = .shared(protocol: name)
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self = .own(
                type: try container.decode(String.self, forKey: .type),
                values: try container.decode([String: Value].self, forKey: .values))
        }
    }

    /// A number, or one character that stands for its ASCII code.
    struct Value: Decodable {
        let code: Int

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                code = number
                return
            }
            let text = try container.decode(String.self)
            guard text.utf8.count == 1, let byte = text.utf8.first else {
                throw SchemaError("enumeration value '\(text)' is neither a number nor a character")
            }
            code = Int(byte)
        }
    }

    struct Block: Decodable {
        let says: String
        let length: Int
        let layout: [Item]
    }

    struct Message: Decodable {
        let id: Int
        let name: String
        let direction: String
        let length: Int
        let says: String
        let layout: [Item]
        let tail: [Tail]?
    }

    /// One line of a layout: a field, a component with exceptions to its presences, or padding.
    struct Item: Decodable {
        let at: Int
        let field: String?
        let presence: String?
        let component: String?
        let pad: Int?
        let mandatory: [String]?
        let optional: [String]?
        let unused: [String]?
    }

    /// What follows the fixed part: a group or a text, and the field that counts it.
    struct Tail: Decodable {
        let group: String?
        let text: String?
        let count: String
        let min: Int?
        let max: Int
        let mandatory: [String]?
        let optional: [String]?
        let unused: [String]?
    }
}

/// Says in one sentence what is wrong with a schema.
public struct SchemaError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
