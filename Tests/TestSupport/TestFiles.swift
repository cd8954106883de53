import Foundation

/// Where tests find files that are not part of the module.
package enum TestFiles {
    package static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static func read(_ path: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: repository.appendingPathComponent(path)))
    }

    /// Recorded packets of a real exchange, beside the recorded data; nil where there are none.
    package static let captures: URL? = {
        let data =
            ProcessInfo.processInfo.environment["APUS_DATA"].map { URL(fileURLWithPath: $0) }
            ?? repository.appendingPathComponent("../shared/data")
        let folder = data.appendingPathComponent("../t7/captures").standardizedFileURL
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// An installed program, searched along PATH.
    package static func program(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
