#if canImport(CSQLite)
    import CSQLite

    /// A database in one file, on the system's SQLite library; for one thread.
    ///
    /// Without the library the same calls exist, and opening says what to install.
    public final class SQLiteFile {
        public static var isAvailable: Bool { true }

        public let path: String
        let handle: OpaquePointer

        /// Opens a database, and makes it when there is none. Waits up to 5 s where another process
        /// writes.
        public init(path: String) throws(SQLiteError) {
            var handle: OpaquePointer?
            let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
            let result = sqlite3_open_v2(path, &handle, flags, nil)
            guard result == SQLITE_OK, let handle else {
                let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "no memory"
                sqlite3_close_v2(handle)
                throw SQLiteError("\(path) cannot be opened as a database: \(reason)")
            }
            self.path = path
            self.handle = handle
            sqlite3_busy_timeout(handle, 5000)
        }

        deinit { sqlite3_close_v2(handle) }

        /// Runs statements that give no rows.
        public func execute(_ sql: String) throws(SQLiteError) {
            guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
        }

        /// A statement with `?` in the places of values, to be run as often as wanted.
        public func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
            var statement: OpaquePointer?
            guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK,
                let statement
            else { throw failure() }
            return SQLiteStatement(statement, of: self)
        }

        /// Runs `body` as one transaction: all of what it writes is kept, or nothing.
        public func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
            try execute("BEGIN IMMEDIATE")
            do throws(SQLiteError) {
                try body()
                try execute("COMMIT")
            } catch {
                sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
                throw error
            }
        }

        func failure() -> SQLiteError {
            SQLiteError("\(path): \(String(cString: sqlite3_errmsg(handle)))")
        }
    }

    /// A prepared statement.
    public final class SQLiteStatement {
        private let statement: OpaquePointer
        private let file: SQLiteFile

        init(_ statement: OpaquePointer, of file: SQLiteFile) {
            self.statement = statement
            self.file = file
        }

        deinit { sqlite3_finalize(statement) }

        /// Runs the statement with these values for those that want no rows.
        public func run(_ values: SQLiteValue...) throws(SQLiteError) {
            try begin(values)
            while try next() {}
        }

        /// Starts the statement anew with these values; rows come with `next`.
        public func begin(_ values: [SQLiteValue] = []) throws(SQLiteError) {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
            for (index, value) in values.enumerated() {
                try bind(value, at: Int32(index + 1))
            }
        }

        /// Goes to the next row; false behind the last.
        public func next() throws(SQLiteError) -> Bool {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: return true
            case SQLITE_DONE:
                sqlite3_reset(statement)
                return false
            default:
                let failure = file.failure()
                sqlite3_reset(statement)
                throw failure
            }
        }

        /// A cell of the row, columns from 0.
        public func column(_ index: Int) -> SQLiteValue {
            let index = Int32(index)
            switch sqlite3_column_type(statement, index) {
            case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
            case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
            case SQLITE_NULL: return .null
            default:
                return sqlite3_column_text(statement, index).map { .text(String(cString: $0)) }
                    ?? .null
            }
        }

        private func bind(_ value: SQLiteValue, at index: Int32) throws(SQLiteError) {
            let result =
                switch value {
                case .null: sqlite3_bind_null(statement, index)
                case .integer(let number): sqlite3_bind_int64(statement, index, number)
                case .real(let number): sqlite3_bind_double(statement, index, number)
                case .text(let text):
                    // The library makes a copy: SQLITE_TRANSIENT, which the importer drops.
                    sqlite3_bind_text(
                        statement, index, text, -1,
                        unsafeBitCast(-1, to: sqlite3_destructor_type.self))
                }
            guard result == SQLITE_OK else { throw file.failure() }
        }
    }
#endif
