import Wire

/// A protocol spoken here, with all that is generated for it.
enum Dialect: String, CaseIterable, Sendable {
    case eti, eobi

    var catalogue: MessageCatalogue {
        switch self {
        case .eti: .shared
        case .eobi: .eobi
        }
    }

    var templates: [Template] { Template.all.filter { $0.dialect == self } }
}

/// A template of any protocol, so that one test judges them all.
enum Template: Hashable, Sendable, CustomStringConvertible {
    case eti(TemplateID)
    case eobi(EOBITemplateID)

    static let all = TemplateID.allCases.map(Self.eti) + EOBITemplateID.allCases.map(Self.eobi)

    init?(_ dialect: Dialect, _ id: UInt16) {
        guard let template = dialect.templates.first(where: { $0.id == id }) else { return nil }
        self = template
    }

    var dialect: Dialect {
        switch self {
        case .eti: .eti
        case .eobi: .eobi
        }
    }

    var id: UInt16 {
        switch self {
        case .eti(let template): template.rawValue
        case .eobi(let template): template.rawValue
        }
    }

    var isRequest: Bool {
        switch self {
        case .eti(let template): template.isRequest
        case .eobi: false
        }
    }

    /// A message of our own, which no other program can know.
    var isExtension: Bool { id >= 60000 }

    var message: MessageCatalogue.Message { dialect.catalogue.message(templateID: id)! }

    var description: String { "\(dialect) \(id) \(message.name)" }

    func read(_ reader: inout FieldReader) {
        switch self {
        case .eti(let template): Accessors.read(template, &reader)
        case .eobi(let template): EOBIAccessors.read(template, &reader)
        }
    }

    func write(_ source: inout FieldSource) {
        switch self {
        case .eti(let template): Accessors.write(template, &source)
        case .eobi(let template): EOBIAccessors.write(template, &source)
        }
    }

    func blank(_ base: UnsafeMutableRawPointer) {
        switch self {
        case .eti(let template): Accessors.blank(template, base)
        case .eobi(let template): EOBIAccessors.blank(template, base)
        }
    }
}
