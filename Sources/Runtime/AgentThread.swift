import Domain
import Glibc
import Platform
import Synchronization
import Telemetry

/// A thread that could not be started.
public struct AgentThreadError: Error, CustomStringConvertible, Equatable {
    public var description: String

    public init(description: String) { self.description = description }
}

/// One thread that runs some agents in turn, and idles when none of them has work.
///
/// The agents belong to the thread from `start` until `join` has returned. `requestStop` and the bell
/// may be used from anywhere.
public final class AgentThread: @unchecked Sendable {
    // Unchecked: the agents are touched by the thread alone while it runs, everything else that
    // changes is atomic.

    public struct Configuration: Sendable {
        public var name: String
        /// Cores the thread may run on; empty leaves that to the system.
        public var cores: [Int]
        public var idle: IdleStrategy
        public var clock: Clock
        public var processor: Processor
        /// Rung by those who publish to the agents. With `.spin` a silent one will do.
        public var doorbell: Doorbell
        /// No sleep is longer, whatever the agents' deadlines say.
        public var sleepNanosMax: UInt64
        /// Where the thread shows its own counters.
        public var counters: CounterGroup<ThreadCounters>

        public init(
            name: String, cores: [Int] = [], idle: IdleStrategy, clock: Clock,
            processor: Processor, doorbell: Doorbell, sleepNanosMax: UInt64 = 1_000_000_000,
            counters: CounterGroup<ThreadCounters> = .unseen()
        ) {
            self.name = name
            self.cores = cores
            self.idle = idle
            self.clock = clock
            self.processor = processor
            self.doorbell = doorbell
            self.sleepNanosMax = sleepNanosMax
            self.counters = counters
        }
    }

    public let configuration: Configuration
    /// All agents of the thread, in the order of their turns.
    private let agents: any SteppedAgent
    private let stopRequested = Atomic<Bool>(false)
    private var thread: pthread_t?
    /// Raised by the thread when it could or could not be pinned; `start` waits for it.
    private let started = Atomic<Bool>(false)
    private var pinFailure: String?

    public init(_ configuration: Configuration, agents: [any SteppedAgent]) {
        precondition(
            configuration.idle == .spin || !configuration.doorbell.isSilent,
            "a thread that sleeps needs a doorbell that wakes it")
        self.configuration = configuration
        self.agents = agents.dropFirst().reduce(agents.first ?? NoAgent()) { AgentPair($0, $1) }
    }

    public var doorbell: Doorbell { configuration.doorbell }

    /// Starts the thread and returns once it is named and pinned.
    public func start() throws(AgentThreadError) {
        precondition(thread == nil, "an agent thread starts once")
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil, agentThreadMain, Unmanaged.passRetained(self).toOpaque())
        guard result == 0 else {
            Unmanaged.passUnretained(self).release()
            let reason = String(cString: strerror(result))
            throw AgentThreadError(
                description: "the thread \(configuration.name) cannot be started: \(reason)")
        }
        self.thread = thread
        while !started.load(ordering: .acquiring) { sched_yield() }
        if let pinFailure {
            join()
            throw AgentThreadError(
                description: "the thread \(configuration.name) cannot be pinned: \(pinFailure)")
        }
    }

    /// Asks the thread to end after the duty cycle it is in. The agents' `close` follows.
    public func requestStop() {
        stopRequested.store(true, ordering: .sequentiallyConsistent)
        configuration.doorbell.wakeAlways()
    }

    /// Waits until the thread has ended.
    public func join() {
        guard let thread else { return }
        pthread_join(thread, nil)
        self.thread = nil
    }

    // MARK: On the thread

    fileprivate func main() {
        configuration.processor.nameThread(configuration.name)
        if !configuration.cores.isEmpty {
            pinFailure = configuration.processor.pin(configuration.cores)
        }
        let pinned = pinFailure == nil
        started.store(true, ordering: .releasing)
        if pinned { run() }
        agents.close()
    }

    private func run() {
        let clock = configuration.clock
        let pause = configuration.processor.pause
        let agents = agents
        var now = clock.now()
        var idleSince = Timestamp.none
        var meter = CycleMeter(start: now)
        while !stopRequested.load(ordering: .relaxed) {
            let workCount = agents.step(now: now)
            let end = clock.now()
            meter.cycleEnded(nanos: end.nanos(since: now), workCount: workCount)
            if meter.isDue(at: end) { publish(&meter, at: end) }
            if workCount > 0 {
                idleSince = .none
                now = end
                continue
            }
            if idleSince.isNone { idleSince = end }
            switch configuration.idle {
            case .spin:
                pause()
                now = end
                continue
            case .backoff(let spinNanos) where end.nanos(since: idleSince) < spinNanos: pause()
            case .nap(let nanos, let restAfterNanos)
            where end.nanos(since: idleSince) < restAfterNanos:
                configuration.doorbell.sleep(nanos: nanos)
            case .backoff, .nap: if park(now: end, &meter) > 0 { idleSince = .none }
            }
            now = clock.now()
        }
        publish(&meter, at: clock.now())
    }

    @inline(never) private func publish(_ meter: inout CycleMeter, at now: Timestamp) {
        configuration.counters.publish(meter.counters(at: now))
        agents.publishCounters()
    }

    /// Announces the sleep, looks once more, and sleeps when there really is nothing to do. Returns the
    /// work found.
    @inline(never) private func park(now: Timestamp, _ meter: inout CycleMeter) -> Int {
        // What was done is seen while the thread sleeps.
        if meter.hasNews { publish(&meter, at: now) }
        let doorbell = configuration.doorbell
        doorbell.park()
        defer { doorbell.unpark() }
        let workCount = agents.step(now: now)
        if workCount > 0 {
            meter.cycleEnded(
                nanos: configuration.clock.now().nanos(since: now), workCount: workCount)
        }
        if workCount > 0 || stopRequested.load(ordering: .sequentiallyConsistent) {
            return workCount
        }
        var nanos = configuration.sleepNanosMax
        let deadline = agents.nextDeadline
        if !deadline.isNone { nanos = min(nanos, deadline.nanos(since: now)) }
        guard nanos > 0 else { return 0 }
        meter.sleepBegins()
        doorbell.sleep(nanos: nanos)
        return 0
    }
}

/// A free function: a closure would inherit the isolation of the place it is written in.
private func agentThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context {
        Unmanaged<AgentThread>.fromOpaque(context).takeRetainedValue().main()
    }
    return nil
}
