/// Why a database could not be used; one sentence that names the file.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }

    /// What to do about a build without the library.
    public static var missingLibrary: String {
        "this build has no SQLite: install libsqlite3-dev and build again"
    }
}

/// What a cell of a table holds.
public enum SQLiteValue: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
}
