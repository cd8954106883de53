import Glibc
import LinuxPlatform
import OrderFlow

/// A fresh folder, removed with its last reference unless it is to be kept.
final class WorkFolder {
    let path: String
    var keep: Bool

    init(in parent: String, keep: Bool) throws(ToolError) {
        var template = Array("\(parent)/apus-crash-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .run("a folder in \(parent) cannot be made: \(SystemError.reason(errno))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.keep = keep
    }

    deinit {
        if !keep { Self.remove(path) }
    }

    /// Removes a folder and what is in it.
    static func remove(_ path: String) {
        for name in names(in: path) where unlink("\(path)/\(name)") != 0 {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }

    /// What is in a folder; nothing when it is not there.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
