import Platform
import Synchronization

/// What a publisher rings, once per duty cycle in which it published, to end a consumer's sleep.
///
/// While the consumer is awake, ringing costs a fence and a load. The rest is Dekker's argument:
///
///     publisher                       consumer's thread
///     publish records                 parked = 1
///     fence                           fence
///     parked == 1? then wake          one more full duty cycle; sleep only if it did nothing
///
/// Of the two, at least one sees what the other wrote before its fence, so no record is slept on.
public final class Doorbell: Sendable {
    /// 1 from when the thread has announced that it may sleep until it is awake or rung.
    /// On a pair of cache lines of its own: publishers read it in every duty cycle.
    private nonisolated(unsafe) let parked: UnsafeMutablePointer<Atomic<UInt32>>

    /// Nil when the consumer never sleeps.
    private let sleeper: (any Sleeper)?
    /// The consumer never sleeps.
    public let isSilent: Bool

    /// A bell that wakes the thread sleeping on `sleeper`.
    public init(sleeper: any Sleeper) {
        parked = Self.makeFlag()
        self.sleeper = sleeper
        isSilent = false
    }

    private init() {
        parked = Self.makeFlag()
        sleeper = nil
        isSilent = true
    }

    deinit {
        parked.deinitialize(count: 1)
        UnsafeMutableRawPointer(parked).deallocate()
    }

    private static func makeFlag() -> UnsafeMutablePointer<Atomic<UInt32>> {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
        let flag = memory.bindMemory(to: Atomic<UInt32>.self, capacity: 1)
        flag.initialize(to: Atomic(0))
        return flag
    }

    /// A bell for a consumer that never sleeps: ringing it does nothing, not even a fence.
    public static func silent() -> Doorbell { Doorbell() }

    /// Wakes the consumer if it sleeps or is about to; call it after publishing.
    @inlinable @inline(__always)
    public func ring() {
        if !isSilent { wakeIfParked() }
    }

    @usableFromInline @inline(never) func wakeIfParked() {
        // Orders the records published before against the flag read after. Pairs with `park`.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if parked.pointee.load(ordering: .relaxed) != 0 { wakeOnce() }
    }

    /// Of several publishers that find the flag raised, one pays for the wake.
    @inline(never) private func wakeOnce() {
        if parked.pointee.exchange(0, ordering: .acquiringAndReleasing) != 0 { sleeper?.wake() }
    }

    // MARK: The consumer's side

    /// Announces that the thread may sleep; it must look for work once more before it does.
    func park() {
        parked.pointee.store(1, ordering: .relaxed)
        // Orders the flag raised before against the rings read after. Pairs with `ring`.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// The thread is awake. A wake that is on its way ends the next sleep early, no more.
    func unpark() { parked.pointee.store(0, ordering: .relaxed) }

    /// Sleeps, if there is anything to sleep on. Between `park` and `unpark`.
    func sleep(nanos: UInt64) { sleeper?.sleep(nanos: nanos) }

    /// Wakes the thread whether or not it announced a sleep.
    public func wakeAlways() { sleeper?.wake() }
}
