/// Why a tool could not do what it was asked; one sentence.
public struct JournalToolError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
