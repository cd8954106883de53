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

    /// The last call: gives back what the agent holds. Runs on the agent's thread.
    mutating func close()
}

extension Agent where Self: ~Copyable {
    public var nextDeadline: Timestamp { .none }
    public mutating func close() {}
}

/// An agent whose type no longer shows, as runners hold them: one dynamic call per duty cycle.
public protocol SteppedAgent: AnyObject {
    var name: String { get }
    func step(now: Timestamp) -> Int
    var nextDeadline: Timestamp { get }
    func close()
}

/// The one heap object around an agent's state.
///
/// Inlinable, so that the program which names the agent's type gets code made for it.
public final class AgentBox<A: Agent & ~Copyable>: SteppedAgent {
    /// For setting up, inspection in tests, and stepping; never from two threads.
    public var agent: A

    @inlinable public init(_ agent: consuming A) { self.agent = agent }

    @inlinable public var name: String { A.name }
    @inlinable public func step(now: Timestamp) -> Int { agent.doWork(now: now) }
    @inlinable public var nextDeadline: Timestamp { agent.nextDeadline }
    @inlinable public func close() { agent.close() }
}
