/// One thing that is wrong with a configuration, and where.
public struct ConfigurationIssue: Sendable, Equatable, CustomStringConvertible {
    /// Keys and positions from the top of the file: `products[2].tick`. Empty = the whole file.
    public var path: String
    /// What is there, and what is expected instead.
    public var text: String

    public init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    public var description: String { path.isEmpty ? text : "\(path): \(text)" }
}

/// Why a configuration was refused: all of its issues, in the order of the file.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    public var issues: [ConfigurationIssue]

    public init(issues: [ConfigurationIssue]) {
        self.issues = issues
    }

    public var description: String { issues.map(\.description).joined(separator: "\n") }
}
