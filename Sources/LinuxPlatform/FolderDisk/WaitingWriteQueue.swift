import CLinux
import Glibc
import Platform

/// Writes where there is no io_uring: each is done, and waited for, when the queue is polled.
public final class WaitingWriteQueue: WriteQueue {
    public let capacity = 16
    /// Why it is this one, in a sentence.
    public let reason: String
    private var submitted: [DiskWrite] = []
    private var completions: [DiskCompletion] = []
    private let sleeper = FutexSleeper()

    public init(reason: String) { self.reason = reason }

    public func submit(_ write: DiskWrite) -> Bool {
        guard submitted.count + completions.count < capacity else { return false }
        submitted.append(write)
        return true
    }

    public func poll() -> Int {
        for write in submitted {
            completions.append(DiskCompletion(tag: write.tag, error: perform(write)))
        }
        submitted.removeAll(keepingCapacity: true)
        return completions.count
    }

    public func pollOrSleep(nanos: UInt64) -> Int {
        if poll() == 0 { sleeper.sleep(nanos: nanos) }
        return completions.count
    }

    public func wake() { sleeper.wake() }

    public func nextCompletion() -> DiskCompletion? {
        completions.isEmpty ? nil : completions.removeFirst()
    }

    private func perform(_ write: DiskWrite) -> DiskError? {
        guard let file = write.file as? FolderFile else {
            preconditionFailure("a disk writes its own files")
        }
        guard let base = write.bytes.baseAddress, !write.bytes.isEmpty else {
            do throws(DiskError) { try file.sync() } catch { return error }
            return nil
        }
        let result = clinux_write(
            file.descriptor, base, write.bytes.count, UInt64(write.offset),
            write.isDurable ? 1 : 0)
        return result == 0 ? nil : file.refusal(write.offset, -result)
    }
}
