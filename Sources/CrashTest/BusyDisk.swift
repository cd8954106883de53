import Glibc
import LinuxPlatform
import OrderFlow
import Synchronization

/// Somebody else on the same disk: writes a file over and over, and waits each time until it is durable.
/// What the programs have under way stays so for longer then.
final class BusyDisk: Sendable {
    private static let chunkBytes = 1 << 20
    private static let chunks = 64

    private let file: Int32
    private let isStopped = Atomic<Bool>(false)

    /// The file has no name, and is gone with the program.
    init(in folder: String) throws(ToolError) {
        let path = "\(folder)/apus-busy-\(getpid())"
        file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw .run("\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        unlink(path)
    }

    deinit { close(file) }

    /// Runs `body` while another thread writes.
    func meanwhile(_ body: () throws(ToolError) -> Bool) throws(ToolError) -> Bool {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<BusyDisk>.fromOpaque(argument!).takeUnretainedValue().write()
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
        guard code == 0 else {
            throw .run("no thread can be made: \(String(cString: strerror(code)))")
        }
        defer {
            isStopped.store(true, ordering: .releasing)
            pthread_join(thread, nil)
        }
        return try body()
    }

    private func write() {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.chunkBytes, alignment: 4096)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
        while true {
            for chunk in 0..<Self.chunks {
                guard !isStopped.load(ordering: .acquiring) else { return }
                // A full disk is busy too.
                _ = pwrite(file, bytes.baseAddress, bytes.count, chunk * bytes.count)
            }
            fsync(file)
        }
    }
}
