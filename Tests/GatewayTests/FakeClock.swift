import Platform

/// A clock that stands still until a test moves it. One for all: the gateway's tests run serially.
enum FakeClock {
    nonisolated(unsafe) static var nanos: UInt64 = 0
    static let start: UInt64 = 1_700_000_000_000_000_000

    static func advance(millis: UInt64) { nanos += millis * 1_000_000 }
    static var clock: Clock { Clock { FakeClock.nanos } }
}
