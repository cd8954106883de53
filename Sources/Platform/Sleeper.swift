/// How a thread with nothing to do gives up its core, and how others end that.
///
/// One thread sleeps on it; any thread may wake it. A wake that comes while nobody sleeps is kept and
/// ends the next sleep at once, so that no wake is ever lost.
public protocol Sleeper: AnyObject, Sendable {
    /// Returns when woken, after `nanos`, or earlier for no reason.
    func sleep(nanos: UInt64)

    /// Ends a sleep under way, or the next one. Callable from any thread.
    func wake()
}

/// Lets the thread that runs a network sleep in it, so that input wakes it as well as a doorbell.
///
/// What happened while it slept waits in `Network.nextEvent`.
public final class NetworkSleeper: Sleeper, @unchecked Sendable {
    // Unchecked: `pollOrSleep` is for the network's own thread, which is the one that sleeps, and
    // `wake` is for any thread by the network's contract.
    private let network: any Network

    public init(_ network: any Network) { self.network = network }

    public func sleep(nanos: UInt64) { _ = network.pollOrSleep(nanos: nanos) }

    public func wake() { network.wake() }
}

/// Lets the thread that writes through a queue sleep in it, so that a completion wakes it as well as a
/// doorbell.
public final class WriteQueueSleeper: Sleeper, @unchecked Sendable {
    // Unchecked: `pollOrSleep` is for the queue's own thread, which is the one that sleeps, and `wake`
    // is for any thread by the queue's contract.
    private let queue: any WriteQueue

    public init(_ queue: any WriteQueue) { self.queue = queue }

    public func sleep(nanos: UInt64) { _ = queue.pollOrSleep(nanos: nanos) }

    public func wake() { queue.wake() }
}
