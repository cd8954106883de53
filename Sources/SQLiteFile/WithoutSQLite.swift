#if !canImport(CSQLite)
    /// A database in one file; this build has no library for it, so none can be opened.
    public final class SQLiteFile {
        public static var isAvailable: Bool { false }

        public init(path: String) throws(SQLiteError) {
            throw SQLiteError("\(path) cannot be opened: \(SQLiteError.missingLibrary)")
        }

        public func execute(_ sql: String) throws(SQLiteError) {}

        public func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
            throw SQLiteError(SQLiteError.missingLibrary)
        }

        public func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {}
    }

    /// A prepared statement, of which there is none here.
    public final class SQLiteStatement {
        private init() {}
        public func run(_ values: SQLiteValue...) throws(SQLiteError) {}
        public func begin(_ values: [SQLiteValue] = []) throws(SQLiteError) {}
        public func next() throws(SQLiteError) -> Bool { false }
        public func column(_ index: Int) -> SQLiteValue { .null }
    }
#endif
