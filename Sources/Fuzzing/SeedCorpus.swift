import FuzzTargets
import OrderFlow

/// Writes the inputs that fuzzing begins with: real messages, files and memory.
struct SeedCorpus {
    let folders: FuzzFolders

    init(_ folders: FuzzFolders) { self.folders = folders }

    func write() throws {
        let vectors = try Vectors(
            requests: vectors("eti") { $0.hasSuffix("Request") || $0 == "Heartbeat" },
            responses: vectors("eti") { !$0.hasSuffix("Request") && $0 != "Heartbeat" },
            feed: vectors("eobi") { _ in true })
        for target in FuzzTarget.all {
            let folder = folders.corpus(target.name)
            try FuzzFiles.makeFolder(folder)
            for seed in target.seeds(vectors) {
                try FuzzFiles.write(seed, to: "\(folder)/\(FuzzFiles.name(of: seed))")
            }
        }
    }

    /// Bytes of the annotated messages whose names are wanted.
    private func vectors(_ dialect: String, _ isWanted: (String) -> Bool) throws -> [[UInt8]] {
        let folder = "\(folders.repository)/Protocol/vectors/\(dialect)"
        return try FuzzFiles.paths(in: folder).compactMap { path in
            // NUMBER-Name.txt
            let name = path.dropFirst(folder.count + 7).dropLast(4)
            guard isWanted(String(name)) else { return nil }
            return try Self.bytes(String(decoding: FuzzFiles.read(path), as: UTF8.self), path)
        }
    }

    /// The middle column: hexadecimal words, `00*20` for a byte repeated.
    private static func bytes(_ text: String, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let columns = line.split(separator: "|")
            guard columns.count >= 3 else { throw ToolError.input("\(path) is no vector") }
            for word in columns[1].split(separator: " ") {
                let parts = word.split(separator: "*")
                let digits = Array(parts[0])
                let piece = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                    UInt8(String(digits[$0...$0 + 1]), radix: 16)
                }
                let count = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
                for _ in 0..<count { bytes += piece }
            }
        }
        return bytes
    }
}
