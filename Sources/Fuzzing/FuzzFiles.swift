import Glibc
import OrderFlow

/// The files of the fuzzers.
///
/// ```
/// Tests/Fuzzers/Corpus/TARGET/…     inputs to begin with, kept
/// Tests/Fuzzers/Findings/TARGET/…   inputs that once showed a bug, kept for ever
/// .build-fuzz/corpus/TARGET/…       what libFuzzer found worth keeping on this machine
/// ```
public struct FuzzFolders: Sendable {
    public let repository: String

    public init(repository: String) { self.repository = repository }

    /// The repository that this program was built in: the nearest folder above it with fuzzers in it.
    public static func ofThisProgram() throws -> FuzzFolders {
        var path = ownPath()
        while let slash = path.lastIndex(of: "/") {
            path = String(path[..<slash])
            if access(path + "/Tests/Fuzzers/Package.swift", R_OK) == 0 {
                return FuzzFolders(repository: path)
            }
        }
        throw ToolError.input(
            "no folder above \(ownPath()) has Tests/Fuzzers: name the repository by --repository")
    }

    public static func ownPath() -> String {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count - 1)
        return String(
            decoding: bytes[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public func corpus(_ target: String) -> String {
        "\(repository)/Tests/Fuzzers/Corpus/\(target)"
    }
    public func findings(_ target: String) -> String {
        "\(repository)/Tests/Fuzzers/Findings/\(target)"
    }
    func dictionary(_ target: String) -> String {
        "\(repository)/Tests/Fuzzers/Dictionaries/\(target).dict"
    }
    func found(_ target: String) -> String { "\(repository)/.build-fuzz/corpus/\(target)" }
    func scratch(_ name: String) -> String { "\(repository)/.build-fuzz/\(name)" }

    /// Where `swift build --package-path Tests/Fuzzers` puts libFuzzer's program.
    var fuzzer: String { "\(repository)/Tests/Fuzzers/.build/release/apus-fuzzer" }
}

/// Whole files and names in folders.
public enum FuzzFiles {
    /// Paths of the files in a folder, sorted; none when it is not there.
    public static func paths(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var paths: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { paths.append("\(folder)/\(name)") }
        }
        return paths.sorted()
    }

    public static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw ToolError.input("\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes += chunk[..<count]
        }
        return bytes
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "wb"), fwrite(bytes, 1, bytes.count, file) == bytes.count,
            fclose(file) == 0
        else {
            throw ToolError.run("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            guard mkdir(made, 0o755) == 0 || errno == EEXIST else {
                throw ToolError.run(
                    "\(made) cannot be made: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// A short name for a content, the same each time.
    static func name(of bytes: [UInt8]) -> String {
        let hash = bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x0100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
