import Exchange
import Glibc
import SQLiteFile

/// One cell of an exported row.
public enum ExportCell: Equatable, Sendable {
    case none
    case integer(Int64)
    /// A count of 10⁻ᵖˡᵃᶜᵉˢ; exact in CSV, the nearest binary number in a database.
    case decimal(Int64, places: Int)
    case text(String)
}

/// Why an export could not be written; one sentence that names the file.
public struct ExportError: Error, Equatable, CustomStringConvertible {
    public var description: String
}

/// A column's name and the type it has in a database.
public struct ExportColumn: Sendable {
    public enum Kind: String, Sendable {
        case integer = "INTEGER"
        case decimal = "REAL"
        case text = "TEXT"
    }

    public var name: String
    public var kind: Kind

    public init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// Rows of one table, written to a file as they come: CSV, or a table of an SQLite database.
///
/// What is in it is on disk after `flush`, at the latest after `close`.
public final class RowExport {
    private enum Body {
        case csv(UnsafeMutablePointer<FILE>)
        case sqlite(SQLiteFile, SQLiteStatement)
    }

    private let path: String
    private let columnCount: Int
    private var body: Body?
    public private(set) var rowCount = 0

    public enum Format: String, CaseIterable, Sendable { case csv, sqlite }

    /// Makes the file anew (CSV), or adds to the table (SQLite).
    public init(
        path: String, format: Format, table: String, columns: [ExportColumn]
    ) throws(ExportError) {
        self.path = path
        columnCount = columns.count
        switch format {
        case .sqlite: body = try Self.database(path, table, columns)
        case .csv:
            guard let file = fopen(path, "w") else {
                throw ExportError(
                    description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
            }
            body = .csv(file)
            put(columns.map(\.name).joined(separator: ",") + "\n", file)
        }
    }

    /// The format is told by the name's end: `.csv`, `.sqlite` or `.db`.
    public convenience init(
        path: String, table: String, columns: [ExportColumn]
    ) throws(ExportError) {
        let isDatabase = path.hasSuffix(".sqlite") || path.hasSuffix(".db")
        guard isDatabase || path.hasSuffix(".csv") else {
            throw ExportError(
                description: "--export is \"\(path)\", expected a name that ends in .csv or .sqlite"
            )
        }
        try self.init(
            path: path, format: isDatabase ? .sqlite : .csv, table: table, columns: columns)
    }

    deinit { try? close() }

    public func add(_ cells: [ExportCell]) throws(ExportError) {
        precondition(cells.count == columnCount, "a row has one cell per column")
        rowCount += 1
        switch body {
        case nil: break
        case .csv(let file):
            put(cells.map(Self.text).joined(separator: ",") + "\n", file)
        case .sqlite(_, let insert):
            do throws(SQLiteError) {
                try insert.begin(cells.map(Self.value))
                while try insert.next() {}
            } catch {
                throw ExportError(description: error.description)
            }
        }
    }

    /// Makes what was added last beyond the reach of a crash of this program.
    public func flush() throws(ExportError) {
        switch body {
        case nil: break
        case .csv(let file):
            guard fflush(file) == 0, ferror(file) == 0 else { throw incomplete() }
        case .sqlite(let file, _):
            do throws(SQLiteError) {
                try file.execute("COMMIT")
                try file.execute("BEGIN IMMEDIATE")
            } catch {
                throw ExportError(description: error.description)
            }
        }
    }

    public func close() throws(ExportError) {
        guard let body else { return }
        self.body = nil
        switch body {
        case .csv(let file):
            let isWhole = fflush(file) == 0 && ferror(file) == 0
            guard fclose(file) == 0, isWhole else { throw incomplete() }
        case .sqlite(let file, _):
            do throws(SQLiteError) {
                try file.execute("COMMIT")
            } catch {
                throw ExportError(description: error.description)
            }
        }
    }

    private func incomplete() -> ExportError {
        ExportError(
            description: "\(path) could not be written whole: \(String(cString: strerror(errno)))")
    }

    private func put(_ line: String, _ file: UnsafeMutablePointer<FILE>) {
        var line = line
        _ = line.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) }
    }

    private static func database(
        _ path: String, _ table: String, _ columns: [ExportColumn]
    ) throws(ExportError) -> Body {
        do throws(SQLiteError) {
            let file = try SQLiteFile(path: path)
            let list = columns.map { "\"\($0.name)\" \($0.kind.rawValue)" }.joined(separator: ", ")
            try file.execute("CREATE TABLE IF NOT EXISTS \"\(table)\" (\(list))")
            let places = columns.map { _ in "?" }.joined(separator: ", ")
            let insert = try file.prepare("INSERT INTO \"\(table)\" VALUES (\(places))")
            try file.execute("BEGIN IMMEDIATE")
            return .sqlite(file, insert)
        } catch {
            throw ExportError(description: error.description)
        }
    }

    private static func text(_ cell: ExportCell) -> String {
        switch cell {
        case .none: return ""
        case .integer(let number): return String(number)
        case .decimal(let raw, let places): return DecimalText.write(raw, places: places)
        case .text(let text):
            guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
            return "\""
                + text.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"") + "\""
        }
    }

    private static func value(_ cell: ExportCell) -> SQLiteValue {
        switch cell {
        case .none: return .null
        case .integer(let number): return .integer(number)
        case .text(let text): return .text(text)
        case .decimal(let raw, let places):
            var unit = 1.0
            for _ in 0..<places { unit *= 10 }
            return .real(Double(raw) / unit)
        }
    }
}
