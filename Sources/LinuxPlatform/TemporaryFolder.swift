import Glibc

/// A fresh folder for one piece of work, removed with its last reference unless it is to be kept.
public final class TemporaryFolder {
    public let path: String
    public var isKept = false

    /// Makes a folder with a name of its own in `parent`, which other users cannot look into.
    public init(in parent: String = "/tmp") throws(SystemError) {
        var template = Array("\(parent)/apus-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SystemError("a folder in \(parent) cannot be made", code: errno)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if !isKept { Self.remove(path) }
    }

    /// What is in the folder, in order.
    public var names: [String] { Self.names(in: path) }

    /// What is in a folder, in order; nothing when it is not there.
    public static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(in: path) where unlink("\(path)/\(name)") != 0 {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }
}
