import Domain
import Glibc
import Platform
import Synchronization
import Telemetry
import Testing

@testable import Runtime

/// Time for tests that need some.
private func monotonicNanos() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A sleeper made of a mutex and a condition.
final class ConditionSleeper: Sleeper, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isWoken = false
    let sleepCount = Atomic<Int>(0)
    let wakeCount = Atomic<Int>(0)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    func sleep(nanos: UInt64) {
        sleepCount.add(1, ordering: .relaxed)
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        let total = UInt64(end.tv_nsec) + nanos
        end.tv_sec += Int(total / 1_000_000_000)
        end.tv_nsec = Int(total % 1_000_000_000)
        pthread_mutex_lock(mutex)
        while !isWoken && pthread_cond_timedwait(condition, mutex, &end) == 0 {}
        isWoken = false
        pthread_mutex_unlock(mutex)
    }

    func wake() {
        wakeCount.add(1, ordering: .relaxed)
        pthread_mutex_lock(mutex)
        isWoken = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }
}

/// A number that one agent writes and another reads.
final class Cell: Sendable {
    let value = Atomic<Int>(0)
}

/// Answers every number with the next one, until `last`.
struct PingPong: Agent, ~Copyable {
    static var name: String { "ping-pong" }
    let input: Cell
    let output: Cell
    let bell: Doorbell
    let last: Int
    let closed: Cell
    var seen = 0

    mutating func doWork(now: Timestamp) -> Int {
        let value = input.value.load(ordering: .acquiring)
        if value == seen || value >= last { return 0 }
        seen = value
        output.value.store(value + 1, ordering: .releasing)
        bell.ring()
        return 1
    }

    mutating func close() { closed.value.add(1, ordering: .relaxed) }
}

/// Counts its duty cycles and wants one every so often.
struct Periodic: Agent, ~Copyable {
    static var name: String { "periodic" }
    let period: UInt64
    let count: Cell
    var due = Timestamp.zero

    mutating func doWork(now: Timestamp) -> Int {
        if now < due { return 0 }
        due = now.adding(nanos: period)
        count.value.add(1, ordering: .relaxed)
        return 1
    }

    var nextDeadline: Timestamp { due }
}

/// Shows its counters and does nothing else.
struct Showing: Agent, ~Copyable {
    static var name: String { "showing" }
    let shown: Cell

    mutating func doWork(now: Timestamp) -> Int { 0 }
    mutating func publishCounters() { shown.value.add(1, ordering: .relaxed) }
}

private let clock = Clock(source: {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
})

@Suite(.serialized) struct AgentThreadTests {
    /// Every hand-off is a chance to lose a wake-up; one lost costs the ten seconds of a whole sleep.
    @Test(
        arguments: [
            .backoff(spinNanos: 0), .backoff(spinNanos: 1_000), .backoff,
            .nap(nanos: 20_000, restAfterNanos: 30_000),
        ] as [IdleStrategy])
    func noWakeUpIsLost(idle: IdleStrategy) throws {
        let there = Cell()
        let back = Cell()
        let closed = Cell()
        let sleepers = [ConditionSleeper(), ConditionSleeper()]
        let bells = sleepers.map { Doorbell(sleeper: $0) }
        let last = 20_000
        let agents = [
            AgentBox(
                PingPong(input: there, output: back, bell: bells[1], last: last, closed: closed)),
            AgentBox(
                PingPong(input: back, output: there, bell: bells[0], last: last, closed: closed)),
        ]
        var plan = CounterPlan()
        let places = (0..<2).map {
            plan.add(ThreadCounters.self, label: (key: "thread", value: "ping-\($0)"))
        }
        let block = plan.make()
        let threads = (0..<2).map { number in
            AgentThread(
                .init(
                    name: "ping-\(number)", idle: idle, clock: clock,
                    processor: .indifferent, doorbell: bells[number],
                    sleepNanosMax: 10_000_000_000, counters: block.group(places[number])),
                agents: [agents[number]])
        }
        for thread in threads { try thread.start() }
        let start = monotonicNanos()
        there.value.store(1, ordering: .releasing)
        bells[0].ring()
        while max(there.value.load(ordering: .relaxed), back.value.load(ordering: .relaxed)) < last,
            monotonicNanos() - start < 60_000_000_000
        { usleep(1000) }
        for thread in threads { thread.requestStop() }
        for thread in threads { thread.join() }
        #expect(
            max(there.value.load(ordering: .relaxed), back.value.load(ordering: .relaxed)) == last)
        #expect(monotonicNanos() - start < 9_000_000_000)
        #expect(closed.value.load(ordering: .relaxed) == 2)
        let counters = try CounterReader(in: block.region, owner: block)
        func value(_ name: String, _ thread: Int) -> UInt64 {
            counters.value(of: "thread.\(name){thread=ping-\(thread)}") ?? .max
        }
        for thread in 0..<2 {
            // One answer a cycle to every odd number, and to every even one but the last.
            let answers = UInt64(last / 2 - thread)
            #expect(value("work", thread) == answers)
            #expect(value("work_cycles", thread) == answers)
            #expect(value("cycles", thread) >= answers)
            #expect(value("busy_nanos", thread) > 0)
            #expect(value("cycle_max_nanos", thread) > 0)
            #expect(value("cycle_recent_max_nanos", thread) <= value("cycle_max_nanos", thread))
            let slept = sleepers[thread].sleepCount.load(ordering: .relaxed)
            // Naps are no sleeps that somebody has to end.
            if case .nap = idle {
                #expect(value("sleeps", thread) <= UInt64(slept))
            } else {
                #expect(value("sleeps", thread) == UInt64(slept))
            }
        }
    }

    /// While there is work now and then it is looked for often; later nobody looks until the deadline.
    @Test func napsAndThenRests() throws {
        let sleeper = ConditionSleeper()
        let thread = AgentThread(
            .init(
                name: "napping", idle: .nap(nanos: 5_000_000, restAfterNanos: 100_000_000),
                clock: clock, processor: .indifferent, doorbell: Doorbell(sleeper: sleeper),
                sleepNanosMax: 10_000_000_000),
            agents: [AgentBox(Showing(shown: Cell()))])
        try thread.start()
        usleep(400_000)
        let naps = sleeper.sleepCount.load(ordering: .relaxed)
        #expect(naps >= 3 && naps <= 22)
        usleep(100_000)
        #expect(sleeper.sleepCount.load(ordering: .relaxed) == naps)
        thread.requestStop()
        thread.join()
    }

    @Test func sleepsUntilTheDeadline() throws {
        let sleeper = ConditionSleeper()
        let count = Cell()
        let thread = AgentThread(
            .init(
                name: "periodic", idle: .backoff(spinNanos: 0), clock: clock,
                processor: .indifferent, doorbell: Doorbell(sleeper: sleeper)),
            agents: [AgentBox(Periodic(period: 20_000_000, count: count))])
        try thread.start()
        usleep(500_000)
        thread.requestStop()
        thread.join()
        let cycles = count.value.load(ordering: .relaxed)
        #expect(cycles > 5 && cycles <= 27)
        #expect(sleeper.sleepCount.load(ordering: .relaxed) <= 3 * cycles + 3)
    }

    /// Whoever looks from outside sees numbers that are a few milliseconds old, not those of the end.
    @Test(arguments: [IdleStrategy.spin, .backoff(spinNanos: 0)])
    func countersAreSeenWhileTheThreadRuns(idle: IdleStrategy) throws {
        var plan = CounterPlan()
        let place = plan.add(ThreadCounters.self)
        let block = plan.make()
        let counters = try CounterReader(in: block.region, owner: block)
        let (count, shown) = (Cell(), Cell())
        let thread = AgentThread(
            .init(
                name: "counting", idle: idle, clock: clock, processor: .indifferent,
                doorbell: idle == .spin ? .silent() : Doorbell(sleeper: ConditionSleeper()),
                counters: block.group(place)),
            agents: [
                AgentBox(Showing(shown: shown)),
                AgentBox(Periodic(period: 2_000_000, count: count)),
            ])
        try thread.start()
        let start = monotonicNanos()
        while counters.value(of: "thread.work") ?? 0 < 5,
            monotonicNanos() - start < 10_000_000_000
        { usleep(1000) }
        #expect(counters.value(of: "thread.work") ?? 0 >= 5)
        #expect(shown.value.load(ordering: .relaxed) >= 5)
        thread.requestStop()
        thread.join()
    }

    @Test func aLongCycleIsAStallAndIsForgottenAsRecent() {
        var meter = CycleMeter(start: .zero)
        meter.cycleEnded(nanos: 5_000_000, workCount: 3)
        meter.cycleEnded(nanos: 1_000_000, workCount: 0)
        #expect(meter.hasNews)
        let first = meter.counters(at: Timestamp(nanos: 10_000_000))
        #expect(!meter.hasNews)
        #expect(first.cycles == 2 && first.workCycles == 1 && first.work == 3)
        #expect(first.busyNanos == 5_000_000 && first.stalls == 1)
        #expect(first.longestCycleNanos == 5_000_000)
        #expect(first.recentLongestCycleNanos == 5_000_000)
        #expect(!meter.isDue(at: Timestamp(nanos: 10_999_999)))
        #expect(meter.isDue(at: Timestamp(nanos: 11_000_000)))
        // The clock was set back.
        #expect(meter.isDue(at: Timestamp(nanos: 9_000_000)))
        meter.cycleEnded(nanos: 7, workCount: 1)
        var last = ThreadCounters()
        for second: UInt64 in 1...3 { last = meter.counters(at: Timestamp(nanos: second << 30)) }
        #expect(last.longestCycleNanos == 5_000_000)
        #expect(last.recentLongestCycleNanos < 5_000_000)
    }

    @Test func ringsOnlyForThoseWhoSleep() throws {
        let sleeper = ConditionSleeper()
        let bell = Doorbell(sleeper: sleeper)
        for _ in 0..<1000 { bell.ring() }
        #expect(sleeper.wakeCount.load(ordering: .relaxed) == 0)
        let silent = Doorbell.silent()
        silent.ring()
        #expect(silent.isSilent && !bell.isSilent)
    }

    @Test func spinsAndStops() throws {
        let count = Cell()
        let thread = AgentThread(
            .init(
                name: "spinner", idle: .spin, clock: clock, processor: .indifferent,
                doorbell: .silent()),
            agents: [AgentBox(Periodic(period: 1_000_000, count: count))])
        try thread.start()
        let start = monotonicNanos()
        while count.value.load(ordering: .relaxed) < 3, monotonicNanos() - start < 5_000_000_000 {
            usleep(1000)
        }
        thread.requestStop()
        thread.join()
        #expect(count.value.load(ordering: .relaxed) >= 3)
    }

    @Test func aThreadThatCannotBePinnedDoesNotStart() throws {
        var processor = Processor.indifferent
        processor.pin = { cores in "no core \(cores)" }
        let thread = AgentThread(
            .init(
                name: "stray", cores: [99], idle: .spin, clock: clock, processor: processor,
                doorbell: .silent()),
            agents: [])
        #expect(
            throws: AgentThreadError(
                description: "the thread stray cannot be pinned: no core [99]")
        ) { try thread.start() }
    }

    @Test func steppedRunnerTakesTurns() {
        let there = Cell()
        let back = Cell()
        let closed = Cell()
        let bell = Doorbell.silent()
        let runner = SteppedRunner([
            AgentBox(PingPong(input: there, output: back, bell: bell, last: 100, closed: closed)),
            AgentBox(PingPong(input: back, output: there, bell: bell, last: 100, closed: closed)),
        ])
        #expect(runner.step(now: .zero) == 0)
        there.value.store(1, ordering: .relaxed)
        #expect(runner.step(now: .zero) == 2)
        #expect(runner.stepUntilIdle(now: .zero) == 97)
        #expect(runner.nextDeadline.isNone)
        runner.close()
        #expect(closed.value.load(ordering: .relaxed) == 2)
    }
}
