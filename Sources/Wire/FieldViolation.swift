/// The first thing that is wrong with the fields of a request, as data for a reject.
@frozen public struct FieldViolation: Equatable, Sendable {
    @frozen public enum Kind: UInt8, Sendable {
        /// A mandatory field carries no value.
        case missing
        /// A value lies outside its enumeration.
        case invalidValue
        /// A group has too few or too many entries, or the frame is too short for them.
        case groupCount
    }

    public let kind: Kind
    public let field: WireField

    @inlinable public init(_ kind: Kind, _ field: WireField) {
        self.kind = kind
        self.field = field
    }

    /// The field's name as the schema spells it, for the text of a reject.
    public var fieldName: StaticString { field.schemaName }
}
