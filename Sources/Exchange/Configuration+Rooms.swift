import Engine
import Gateway
import MarketData
import Runtime

/// What each room is told of the configuration.
extension Configuration {
    /// `orderIDKey` is a secret, so that an OrderID does not betray how many orders others entered:
    /// a venue draws it, a simulation derives it from its seed.
    public func partition(orderIDKey: UInt64) -> PartitionConfiguration {
        PartitionConfiguration(
            referenceData: market, orderCapacity: limits.orderCapacity,
            detailsCapacity: limits.orderDetailsCapacity, pageCapacity: limits.pricePageCapacity,
            massCancelSlice: limits.massCancelSlice, orderIDKey: orderIDKey)
    }

    public var gateway: GatewayConfiguration {
        var gateway = GatewayConfiguration()
        gateway.port.logonTimeoutNanos = UInt64(limits.logonTimeoutSeconds) * 1_000_000_000
        gateway.port.unsentAgeNanosMax = UInt64(limits.slowConsumerSeconds) * 1_000_000_000
        return gateway
    }

    public var marketData: MarketDataConfiguration {
        var publisher = MarketDataConfiguration()
        publisher.orderCapacity = limits.orderCapacity
        publisher.pageCapacity = limits.pricePageCapacity
        publisher.deletionsPerCommandMax = limits.massCancelSlice
        publisher.heartbeatNanos = UInt64(feed.heartbeatMillis) * 1_000_000
        publisher.snapshotPacketsPerSecond = feed.snapshotPacketsPerSecond
        publisher.snapshotIntervalNanos = UInt64(feed.snapshotIntervalMillis) * 1_000_000
        return publisher
    }

    /// The plan asked for, or what suits a machine with so many usable cores.
    public func threadPlan(usableCoreCount: Int) -> ThreadPlan {
        switch runtime.threads {
        case .automatic: .standard(usableCoreCount: usableCoreCount)
        case .dedicated: .dedicated
        case .paired: .paired
        case .single: .single
        }
    }

    /// This configuration with what was left open decided, as other programs are shown it.
    public func inEffect(plan: ThreadPlan, port: UInt16) -> Configuration {
        var configuration = self
        configuration.runtime.port = port
        configuration.runtime.threads =
            RuntimeSettings.Threads(rawValue: plan.rawValue) ?? runtime.threads
        return configuration
    }

    /// What a thread off that way does that publishes market data on a core it shares with others:
    /// it is late a little, unless answers wait for it. Where the engine spins it makes no system call,
    /// so it wakes nobody: the publisher looks by itself.
    public var publisherIdleStrategy: IdleStrategy {
        let isStrict = feed.publicFirst == .strict
        return switch runtime.profile {
        case .laptop: isStrict ? .backoff : .nap
        case .latency: .nap(nanos: isStrict ? 1_000 : 50_000, restAfterNanos: .max)
        }
    }

    /// What the journal does between its writes.
    ///
    /// In `async` it looks now and then, as the ring before it holds what comes in many milliseconds. In
    /// `sync` answers wait for it: it sleeps until the disk is done or the engine rings, and does not
    /// spin, as the kernel needs its core to do the write. An engine alone on its thread makes no system
    /// call, so nobody rings there.
    func journalIdleStrategy(isRung: Bool) -> IdleStrategy {
        switch (runtime.profile, durability.mode) {
        case (.laptop, .sync): .backoff(spinNanos: 0)
        case (.latency, .sync):
            isRung ? .backoff(spinNanos: 0) : .nap(nanos: 1_000, restAfterNanos: .max)
        case (.laptop, _): .nap(nanos: 500_000, restAfterNanos: 20_000_000)
        case (.latency, _): .nap(nanos: 500_000, restAfterNanos: .max)
        }
    }

    /// Who remembers what happened where nothing is kept has room for many milliseconds of it, and
    /// must not take the core of somebody who is timed.
    var recorderIdleStrategy: IdleStrategy { .nap(nanos: 1_000_000, restAfterNanos: 20_000_000) }

    /// The follower is in nobody's way and in no hurry.
    var followerIdleStrategy: IdleStrategy {
        switch runtime.profile {
        case .laptop: .nap(nanos: 1_000_000, restAfterNanos: 20_000_000)
        case .latency: .nap(nanos: 1_000_000, restAfterNanos: .max)
        }
    }

    /// What the threads on the way of an order do when there is nothing to do.
    public var idleStrategy: IdleStrategy {
        switch runtime.profile {
        case .laptop: .backoff
        case .latency: .spin
        }
    }
}
