import FuzzTargets
import Glibc
import LinuxPlatform

/// Tries mutated inputs in this process until the time is over; a property that does not hold ends it.
struct PlainWorker {
    let target: FuzzTarget
    let seconds: Double
    let seed: UInt64
    /// Where the input at hand is kept.
    let lastInput: String
    let seeds: [[UInt8]]

    /// An input that takes longer ends the process; of the processor's time, which other processes do
    /// not use up.
    static let secondsPerInputMax = 10
    /// So does one that waits so long for anything.
    private static let waitingSecondsMax: UInt32 = 600
    private static let memoryMax: rlim_t = 4 << 30

    /// Returns how many inputs were tried.
    func run() throws -> Int {
        guard let input = GuardedInput(capacity: target.lengthMax, path: lastInput) else {
            throw SystemError("\(lastInput) cannot be mapped", code: errno)
        }
        var limit = rlimit(rlim_cur: Self.memoryMax, rlim_max: Self.memoryMax)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        var mutator = Mutator(seeds: seeds, lengthMax: target.lengthMax, seed: seed)
        let end = SystemClock.monotonicNanos() + UInt64(seconds * 1e9)
        var count = 0
        for seed in seeds where seed.count <= target.lengthMax {
            target.run(input.hold(seed))
            count += 1
        }
        var checkedAt: UInt64 = 0
        while true {
            let now = SystemClock.monotonicNanos()
            guard now < end else { return count }
            if now - checkedAt > 1_000_000_000 {
                checkedAt = now
                limitTime()
            }
            for _ in 0..<16 {
                target.run(input.hold(mutator.next()))
                count += 1
            }
        }
    }

    private func limitTime() {
        var limit = itimerval()
        limit.it_value.tv_sec = Self.secondsPerInputMax
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &limit, nil)
        alarm(Self.waitingSecondsMax)
    }
}
