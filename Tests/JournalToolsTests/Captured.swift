import DataOutput
import Foundation
import Glibc

/// What a piece of code writes to its lines.
enum Captured {
    static func text(_ body: (LineOutput) throws -> Void) throws -> String {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("lines-\(UUID().uuidString)").path
        defer { unlink(path) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        defer { close(descriptor) }
        try body(LineOutput(descriptor: descriptor))
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// A path for a file that is gone afterwards.
    static func path<Result>(_ ending: String, _ body: (String) throws -> Result) rethrows -> Result
    {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("kept-\(UUID().uuidString)\(ending)").path
        defer { unlink(path) }
        return try body(path)
    }
}
