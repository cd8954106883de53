import Glibc
import OrderFlow

/// A file that grows while a measurement runs, in large pieces.
///
/// An error shows at the end, in `close`: a full disk does not stop a measurement.
final class AppendingFile {
    let path: String
    private let file: UnsafeMutablePointer<FILE>
    private var isOpen = true
    private var pending: [UInt8] = []
    private static let pieceLength = 256 * 1024

    init(_ path: String) throws(ToolError) {
        guard let file = fopen(path, "wb") else {
            throw ToolError(
                .input, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        self.path = path
        self.file = file
        pending.reserveCapacity(Self.pieceLength + 4096)
    }

    deinit {
        if isOpen { fclose(file) }
    }

    func append(_ text: String) { append(Array(text.utf8)) }

    func append(_ bytes: [UInt8]) {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.pieceLength { flush() }
    }

    func flush() {
        _ = pending.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes what is left.
    func close() throws(ToolError) {
        flush()
        let failed = ferror(file) != 0
        isOpen = false
        guard fclose(file) == 0, !failed else {
            throw ToolError(
                .run, "\(path) could not be written whole: \(String(cString: strerror(errno)))")
        }
    }
}
