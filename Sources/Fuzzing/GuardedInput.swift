import Glibc

/// Holds an input so that it ends where readable memory ends: who reads beyond it is stopped, without any
/// sanitizer. The file behind it tells the parent of a process that was stopped what it was looking at.
///
/// ```
/// | length of the input, 8 bytes | … | input | unreadable page |
/// ```
final class GuardedInput {
    private static let page = 4096
    private let memory: UnsafeMutableRawPointer
    private let readable: Int

    /// `capacity` is the longest input; `path` a file that is replaced.
    init?(capacity: Int, path: String) {
        readable = (capacity + 8 + Self.page - 1) / Self.page * Self.page
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard ftruncate(file, off_t(readable + Self.page)) == 0,
            let memory = mmap(
                nil, readable + Self.page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            memory != MAP_FAILED,
            mprotect(memory + readable, Self.page, PROT_NONE) == 0
        else { return nil }
        self.memory = memory
    }

    deinit { munmap(memory, readable + Self.page) }

    func hold(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        memory.storeBytes(of: UInt64(bytes.count), as: UInt64.self)
        let start = memory + (readable - bytes.count)
        bytes.withUnsafeBytes {
            if let source = $0.baseAddress { start.copyMemory(from: source, byteCount: $0.count) }
        }
        return UnsafeRawBufferPointer(start: start, count: bytes.count)
    }

    /// The input that a process held last, by the content of its file.
    static func last(in content: [UInt8]) -> [UInt8]? {
        guard content.count >= page + 8 else { return nil }
        let length = content.withUnsafeBytes { $0.load(as: UInt64.self) }
        let end = content.count - page
        guard length <= UInt64(end - 8) else { return nil }
        return Array(content[end - Int(length)..<end])
    }
}
