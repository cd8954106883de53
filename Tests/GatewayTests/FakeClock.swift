import Platform

/// A clock that stands still until a test moves it. One for all: the gateway's tests run serially.
enum FakeClock {
    nonisolated(unsafe) static var nanos: UInt64 = 0
    /// What each reading moves it by.
    nonisolated(unsafe) static var nanosPerReading: UInt64 = 0
    static let start: UInt64 = 1_700_000_000_000_000_000

    static func reset() {
        nanos = start
        nanosPerReading = 0
    }

    static func advance(millis: UInt64) { nanos += millis * 1_000_000 }

    static var clock: Clock {
        Clock {
            FakeClock.nanos += FakeClock.nanosPerReading
            return FakeClock.nanos
        }
    }
}
