import Domain
import Glibc
import Platform

/// Time that moves when somebody says so.
///
/// `Platform.Clock` is a function without a context, so a clock belongs to the thread that entered it:
/// every simulation runs on one thread, and several run beside each other on theirs.
public final class SimulatedClock {
    /// Nanoseconds since 1970-01-01 UTC.
    public private(set) var nanos: UInt64

    /// How much each reading moves the clock, so that no two moments need be equal.
    public var nanosPerReading: UInt64 = 0

    /// Starts on 21 November 2026 unless told otherwise.
    public init(startNanos: UInt64 = 1_795_240_800_000_000_000) { nanos = startNanos }

    public var now: Timestamp { Timestamp(nanos: nanos) }

    public func advance(nanos delta: UInt64) { nanos += delta }

    /// What an operator or a time server may do to a real clock.
    public func setBack(nanos delta: UInt64) { nanos -= min(delta, nanos) }

    /// Reads the clock that the calling thread entered; only inside `use`.
    public static let clock = Clock(source: {
        guard let entered = pthread_getspecific(SimulatedClock.key) else {
            preconditionFailure("no simulated clock is in use on this thread")
        }
        let clock = Unmanaged<SimulatedClock>.fromOpaque(entered).takeUnretainedValue()
        clock.nanos += clock.nanosPerReading
        return clock.nanos
    })

    /// Whatever reads `SimulatedClock.clock` on this thread meanwhile reads this one.
    public func use<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outer = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        defer { pthread_setspecific(Self.key, outer) }
        return try body()
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let failure = pthread_key_create(&key, nil)
        precondition(failure == 0, "a process has room for one more thread-local value")
        return key
    }()
}

/// Does not sleep: whoever steps the agents decides when time passes.
public final class SimulatedSleeper: Sleeper {
    public init() {}
    public func sleep(nanos: UInt64) {}
    public func wake() {}
}
