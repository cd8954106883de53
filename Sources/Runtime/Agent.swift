import Domain

/// A role with a duty cycle: a piece of work that is called again and again by whoever runs it.
///
/// It is bounded, never blocks, is handed the time and says how much it did. The runner decides about
/// idling, pinning and sharing a thread, so the same agent runs alone on a core, beside others on a
/// laptop, or stepped by a simulation.
public protocol Agent: ~Copyable {
    /// A short word for logs, counters and thread names.
    static var name: String { get }

    /// Does what there is to do, up to a bound. Returns how much that was; 0 lets the thread idle.
    mutating func doWork(now: Timestamp) -> Int

    /// Wants to run by then though nothing arrives; `Timestamp.none` for never.
    var nextDeadline: Timestamp { get }

    /// Copies the agent's counters to where others can read them; gauges are looked at for it. Called
    /// on the agent's thread, about every millisecond and before a sleep.
    mutating func publishCounters()

    /// The last call: gives back what the agent holds. Runs on the agent's thread.
    mutating func close()
}

extension Agent where Self: ~Copyable {
    public var nextDeadline: Timestamp { .none }
    public mutating func publishCounters() {}
    public mutating func close() {}
}

/// An agent whose type no longer shows, as runners hold them: one dynamic call per duty cycle.
public protocol SteppedAgent: AnyObject {
    var name: String { get }
    func step(now: Timestamp) -> Int
    var nextDeadline: Timestamp { get }
    func publishCounters()
    func close()
}

/// The one heap object around an agent's state.
///
/// Inlinable, so that the program which names the agent's type gets code made for it.
public final class AgentBox<A: Agent & ~Copyable>: SteppedAgent {
    /// The state lies outside the object: a class's stored properties are checked for exclusive use
    /// at run time, which costs more than an idle duty cycle.
    @usableFromInline let place: UnsafeMutablePointer<A>

    @inlinable public init(_ agent: consuming A) {
        place = .allocate(capacity: 1)
        place.initialize(to: agent)
    }

    deinit {
        place.deinitialize(count: 1)
        place.deallocate()
    }

    /// For setting up, inspection in tests, and stepping; never from two threads.
    public var agent: A {
        @inlinable unsafeAddress { UnsafePointer(place) }
        @inlinable unsafeMutableAddress { place }
    }

    @inlinable public var name: String { A.name }
    @inlinable public func step(now: Timestamp) -> Int { place.pointee.doWork(now: now) }
    @inlinable public var nextDeadline: Timestamp { place.pointee.nextDeadline }
    @inlinable public func publishCounters() { place.pointee.publishCounters() }
    @inlinable public func close() { place.pointee.close() }
}

/// Agents that take turns, as one.
///
/// The second is fixed like the first, so a duty cycle counts no references: walking an array of
/// agents would, and with two agents that was a sixth of an idle cycle.
final class AgentPair: SteppedAgent {
    private let first: any SteppedAgent
    private let second: any SteppedAgent

    init(_ first: any SteppedAgent, _ second: any SteppedAgent) {
        self.first = first
        self.second = second
    }

    var name: String { first.name }
    func step(now: Timestamp) -> Int { first.step(now: now) &+ second.step(now: now) }
    var nextDeadline: Timestamp { min(first.nextDeadline, second.nextDeadline) }

    func publishCounters() {
        first.publishCounters()
        second.publishCounters()
    }

    func close() {
        first.close()
        second.close()
    }
}

/// What a thread without agents runs.
final class NoAgent: SteppedAgent {
    var name: String { "none" }
    func step(now: Timestamp) -> Int { 0 }
    var nextDeadline: Timestamp { .none }
    func publishCounters() {}
    func close() {}
}
