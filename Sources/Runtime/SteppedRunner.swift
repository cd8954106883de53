import Domain

/// Runs agents on the caller's thread, one duty cycle each in the given order: for tests and
/// simulation, where time is an argument.
public final class SteppedRunner {
    private let agents: [any SteppedAgent]

    public init(_ agents: [any SteppedAgent]) { self.agents = agents }

    /// One duty cycle of every agent. Returns the work done.
    @discardableResult public func step(now: Timestamp) -> Int {
        var workCount = 0
        for agent in agents { workCount += agent.step(now: now) }
        return workCount
    }

    public var agentCount: Int { agents.count }

    /// One duty cycle of one agent, counted from 0. Returns the work done.
    @discardableResult public func step(agent: Int, now: Timestamp) -> Int {
        agents[agent].step(now: now)
    }

    /// Steps at one moment until nobody has work, or `roundsMax` rounds went by. Returns the work done.
    @discardableResult public func stepUntilIdle(now: Timestamp, roundsMax: Int = 1_000_000) -> Int
    {
        var total = 0
        for _ in 0..<roundsMax {
            let workCount = step(now: now)
            if workCount == 0 { break }
            total += workCount
        }
        return total
    }

    /// The earliest moment at which an agent wants to run though nothing arrives.
    public var nextDeadline: Timestamp {
        var earliest = Timestamp.none
        for agent in agents { earliest = min(earliest, agent.nextDeadline) }
        return earliest
    }

    /// Lets every agent show its counters.
    public func publishCounters() { for agent in agents { agent.publishCounters() } }

    public func close() { for agent in agents { agent.close() } }
}
