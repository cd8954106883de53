import Glibc

/// A text file that is written once, from start to end, in large pieces.
struct OutputFile {
    private var pending: [UInt8] = []
    private let file: UnsafeMutablePointer<FILE>
    private static let pieceLength = 256 * 1024

    /// Opens the file, lets `body` fill it, and closes it; a full disk is an error here.
    static func write(_ path: String, _ body: (inout OutputFile) -> Void) throws(ToolError) {
        guard let file = fopen(path, "wb") else {
            throw .input("\(path) cannot be written: \(systemText(errno))")
        }
        var output = OutputFile(file: file)
        body(&output)
        output.flush()
        let failed = ferror(file) != 0
        guard fclose(file) == 0, !failed else {
            throw .run("\(path) could not be written whole: \(systemText(errno))")
        }
    }

    private init(file: UnsafeMutablePointer<FILE>) {
        self.file = file
        pending.reserveCapacity(Self.pieceLength + 4096)
    }

    mutating func append(_ text: String) {
        pending.append(contentsOf: text.utf8)
        if pending.count >= Self.pieceLength { flush() }
    }

    private mutating func flush() {
        _ = pending.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        pending.removeAll(keepingCapacity: true)
    }
}
