import Glibc
import Platform

/// A clock that moves a tenth of a millisecond a reading, so that nothing waits for real time.
///
/// Each thread has its own time: tests that run side by side do not age each other.
enum TestClock {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    static let clock = Clock(source: {
        let now = UInt(bitPattern: pthread_getspecific(TestClock.key)) + 100_000
        pthread_setspecific(TestClock.key, UnsafeRawPointer(bitPattern: now))
        return 1_000_000_000 + UInt64(now)
    })
}
