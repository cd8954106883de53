import Synchronization

/// How another thread asks a running gateway to finish.
public final class GatewayControl: Sendable {
    private let stopRequested = Atomic<Bool>(false)
    private let stopped = Atomic<Bool>(false)

    public init() {}

    /// Takes no more connections, tells every session, and ends them. Ring the gateway's doorbell
    /// afterwards.
    public func requestStop() { stopRequested.store(true, ordering: .relaxed) }

    /// True once every connection is closed and the engine has been told of every session's end.
    public var isStopped: Bool { stopped.load(ordering: .acquiring) }

    var wantsStop: Bool { stopRequested.load(ordering: .relaxed) }

    /// Release: pairs with the acquire load in `isStopped`; the last command was published before.
    func reportStopped() { stopped.store(true, ordering: .releasing) }
}
