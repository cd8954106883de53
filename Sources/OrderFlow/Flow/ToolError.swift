/// Something outside the program is not as it should be; one sentence that names it.
public struct ToolError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// An argument or a file: exit code 2.
        case input
        /// The venue or the network while running: exit code 1.
        case run
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    public static func input(_ text: String) -> ToolError { ToolError(.input, text) }
    public static func run(_ text: String) -> ToolError { ToolError(.run, text) }

    public var exitCode: Int32 { kind == .input ? 2 : 1 }
}
