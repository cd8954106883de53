import CLinux
import Glibc
import Platform

/// A regular file of a `FolderDisk`.
final class FolderFile: DiskFile {
    let path: String
    let descriptor: Int32
    /// As a person finds it.
    private let name: String

    init(_ descriptor: Int32, path: String, name: String) {
        self.descriptor = descriptor
        self.path = path
        self.name = name
    }

    deinit { Glibc.close(descriptor) }

    var byteCount: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    func read(
        at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        var done = 0
        while done < bytes.count {
            let count = pread(
                descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw FolderDisk.error("\(name) cannot be read at \(offset)", errno)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        let result = clinux_write(descriptor, base, bytes.count, UInt64(offset), 0)
        guard result == 0 else { throw refusal(offset, -result) }
    }

    func sync() throws(DiskError) {
        guard fdatasync(descriptor) == 0 else {
            throw FolderDisk.error("\(name) cannot be made durable", errno)
        }
    }

    func resize(to byteCount: Int) throws(DiskError) {
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
            throw FolderDisk.error("\(name) cannot be given \(byteCount) bytes", errno)
        }
    }

    /// That a write at this place was refused.
    func refusal(_ offset: Int, _ code: Int32) -> DiskError {
        FolderDisk.error("\(name) cannot be written at \(offset)", code)
    }
}
