import Synchronization

/// How another thread asks the agent of a running port to finish.
public final class PortControl: Sendable {
    @usableFromInline let stopRequested = Atomic<Bool>(false)
    private let stopped = Atomic<Bool>(false)

    public init() {}

    /// Takes no more connections, tells every session, and ends them. Ring the agent's doorbell
    /// afterwards.
    public func requestStop() { stopRequested.store(true, ordering: .relaxed) }

    /// True once every connection is closed and the agent has taken note of every session's end.
    public var isStopped: Bool { stopped.load(ordering: .acquiring) }

    @inlinable var wantsStop: Bool { stopRequested.load(ordering: .relaxed) }

    /// Release: pairs with the acquire load in `isStopped`; what the agent did last came before.
    func reportStopped() { stopped.store(true, ordering: .releasing) }
}
