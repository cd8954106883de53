import CLinux
import Platform
import Synchronization

/// A sleep that costs nothing but the wake-up: a word that the kernel watches.
public final class FutexSleeper: Sleeper {
    /// 1: a wake came that no sleep has used up yet.
    private nonisolated(unsafe) let word: UnsafeMutablePointer<Atomic<UInt32>>

    public init() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
        word = memory.bindMemory(to: Atomic<UInt32>.self, capacity: 1)
        word.initialize(to: Atomic(0))
    }

    deinit {
        word.deinitialize(count: 1)
        UnsafeMutableRawPointer(word).deallocate()
    }

    public func sleep(nanos: UInt64) {
        // Acquires what the waker did before `wake`. The kernel compares the word again before it
        // puts the thread to sleep, so a wake in between is seen there.
        if word.pointee.exchange(0, ordering: .acquiring) != 0 { return }
        _ = clinux_futex_wait(UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self), 0, nanos)
        _ = word.pointee.exchange(0, ordering: .acquiring)
    }

    public func wake() {
        // A word that was 1 already stands for a wake that is under way.
        if word.pointee.exchange(1, ordering: .releasing) == 0 {
            _ = clinux_futex_wake(UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self))
        }
    }
}
