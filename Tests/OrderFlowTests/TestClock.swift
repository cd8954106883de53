import Platform
import Synchronization

/// A clock that moves a microsecond a reading, so that nothing waits for real time.
enum TestClock {
    private static let now = Atomic<UInt64>(1_000_000_000)

    static let clock = Clock(source: {
        TestClock.now.wrappingAdd(1_000, ordering: .relaxed).newValue
    })
}
