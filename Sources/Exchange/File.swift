import Glibc

/// A file that could not be read, in one sentence.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String

    public init(description: String) {
        self.description = description
    }
}

/// Whole small files, read before the venue starts.
public enum File {
    /// Larger files are refused: a configuration is far smaller.
    public static let lengthMax = 64 << 20

    /// The bytes of the file at `path`.
    public static func contents(_ path: String) throws(FileError) -> [UInt8] {
        guard let stream = fopen(path, "re") else {
            throw FileError(description: "\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(stream) }
        return try contents(of: stream, named: path)
    }

    /// All that comes on standard input.
    public static func standardInput() throws(FileError) -> [UInt8] {
        guard let stream = fdopen(STDIN_FILENO, "r") else {
            throw FileError(description: "standard input: \(String(cString: strerror(errno)))")
        }
        defer { fclose(stream) }
        return try contents(of: stream, named: "standard input")
    }

    private static func contents(
        of stream: UnsafeMutablePointer<FILE>, named name: String
    ) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        let chunkLength = 64 << 10
        while true {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: chunkLength))
            let count = bytes.withUnsafeMutableBytes { buffer in
                fread(buffer.baseAddress! + start, 1, chunkLength, stream)
            }
            bytes.removeLast(chunkLength - count)
            guard ferror(stream) == 0 else {
                throw FileError(description: "\(name): \(String(cString: strerror(errno)))")
            }
            guard bytes.count <= lengthMax else {
                throw FileError(description: "\(name): longer than \(lengthMax) bytes")
            }
            if count < chunkLength { return bytes }
        }
    }
}
