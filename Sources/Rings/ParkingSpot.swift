import Synchronization

/// Where a consumer says that it is about to sleep, so that publishers know to wake it.
///
/// This room never sleeps: the runner waits on `futexWord` (or on a descriptor of its choice).
///
/// ```
///   consumer                       publisher
///   spot.prepareToPark()           ring.publish(n)
///   ring.available() == 0 ?        spot.shouldWake() ?
///   futex wait while word == 1         futex wake
///   spot.unpark()
/// ```
///
/// Each side stores, fences and then loads what the other stored (Dekker's pattern). Both fences
/// are sequentially consistent, so at least one of the two loads sees the other's store: either the
/// consumer finds the record, or the publisher finds the consumer parked.
@frozen
public struct ParkingSpot: @unchecked Sendable {
    @usableFromInline let word: UnsafeMutablePointer<Atomic<UInt32>>
    @usableFromInline let owner: AnyObject

    /// The value of `futexWord` while the consumer is parked.
    public static let parked: UInt32 = 1

    public init() {
        let memory = OwnedMemory(byteCount: cursorLineBytes)
        word = memory.bytes.baseAddress!.bindMemory(to: Atomic<UInt32>.self, capacity: 1)
        word.initialize(to: Atomic(0))
        owner = memory
    }

    /// The word to hand to futex calls; it lives as long as the last copy of this handle.
    public var futexWord: UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self)
    }

    /// Announces the sleep. Afterwards the consumer must look at its rings once more.
    @inlinable
    public func prepareToPark() {
        word.pointee.store(Self.parked, ordering: .relaxed)
        // Pairs with the fence in `shouldWake`.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Takes the announcement back, after a wake-up or because there was work after all.
    @inlinable
    public func unpark() { word.pointee.store(0, ordering: .relaxed) }

    /// A hint without a fence, for counters and tests.
    @inlinable
    public var isParked: Bool { word.pointee.load(ordering: .relaxed) == Self.parked }

    /// Asked after publishing: true for exactly one publisher per parking, who then wakes.
    ///
    /// The fence costs some 20 ns, so publishers ask once per duty cycle, not per record.
    @inlinable
    public func shouldWake() -> Bool {
        // Pairs with the fence in `prepareToPark`.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard isParked else { return false }
        return word.pointee.exchange(0, ordering: .acquiringAndReleasing) == Self.parked
    }
}
