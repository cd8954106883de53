import Foundation

/// A folder that holds generated files and nothing else.
public struct GeneratedFolder {
    private let path: String

    public init(_ path: String) {
        self.path = path
    }

    /// Makes the folder hold exactly these files and returns the paths that were different.
    public func update(to files: [GeneratedFile], dryRun: Bool) throws -> [String] {
        let manager = FileManager.default
        var changed: [String] = []
        if !dryRun {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        for file in files {
            let target = path + "/" + file.name
            let wanted = Data(file.text.utf8)
            guard manager.contents(atPath: target) != wanted else { continue }
            changed.append(target)
            if !dryRun { try wanted.write(to: URL(fileURLWithPath: target)) }
        }
        let known = Set(files.map(\.name))
        let present = (try? manager.contentsOfDirectory(atPath: path)) ?? []
        for name in present.sorted() where name.hasSuffix(".swift") && !known.contains(name) {
            changed.append(path + "/" + name)
            if !dryRun { try manager.removeItem(atPath: path + "/" + name) }
        }
        return changed
    }
}
