import Glibc
import SQLiteFile
import Testing

@Suite struct SQLiteFileTests {
    /// A path of its own, gone with the test.
    private func withFile(_ body: (String) throws -> Void) rethrows {
        let path = "/tmp/apus-sqlite-\(getpid())-\(UInt64.random(in: 0 ... .max)).sqlite"
        defer { unlink(path) }
        try body(path)
    }

    @Test(.enabled(if: SQLiteFile.isAvailable, "without libsqlite3-dev there is nothing to test"))
    func rowsComeBackAsTheyWent() throws {
        try withFile { path in
            let file = try SQLiteFile(path: path)
            try file.execute("CREATE TABLE t (a INTEGER, b TEXT, c REAL, d)")
            let insert = try file.prepare("INSERT INTO t VALUES (?, ?, ?, ?)")
            try file.transaction { () throws(SQLiteError) in
                try insert.run(.integer(.min), .text("it's \"quoted\"; é"), .real(1.5), .null)
                try insert.run(.integer(.max), .text(""), .real(-0.25), .text("x"))
            }
            let again = try SQLiteFile(path: path)
            let rows = try again.prepare("SELECT a, b, c, d FROM t WHERE a < ? ORDER BY a")
            try rows.begin([.integer(0)])
            #expect(try rows.next())
            #expect(rows.column(0) == .integer(.min))
            #expect(rows.column(1) == .text("it's \"quoted\"; é"))
            #expect(rows.column(2) == .real(1.5))
            #expect(rows.column(3) == .null)
            #expect(try !rows.next())
        }
    }

    @Test(.enabled(if: SQLiteFile.isAvailable, "without libsqlite3-dev there is nothing to test"))
    func whatFailsIsSaidAndUndone() throws {
        try withFile { path in
            let file = try SQLiteFile(path: path)
            try file.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
            let insert = try file.prepare("INSERT INTO t VALUES (?)")
            #expect(throws: SQLiteError.self) {
                try file.transaction { () throws(SQLiteError) in
                    try insert.run(.integer(1))
                    try insert.run(.integer(1))
                }
            }
            let rows = try file.prepare("SELECT count(*) FROM t")
            try rows.begin()
            #expect(try rows.next())
            #expect(rows.column(0) == .integer(0))
            #expect(throws: SQLiteError.self) { try file.execute("SELEC") }
        }
        #expect(throws: SQLiteError.self) { _ = try SQLiteFile(path: "/nowhere/at/all.sqlite") }
    }

    @Test(.enabled(if: !SQLiteFile.isAvailable, "this build has SQLite"))
    func aBuildWithoutItSaysWhatToInstall() {
        let error = #expect(throws: SQLiteError.self) { _ = try SQLiteFile(path: "/tmp/x") }
        #expect(error?.description.contains("libsqlite3-dev") == true)
    }
}
