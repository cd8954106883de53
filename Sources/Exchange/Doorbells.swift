import Platform
import Runtime

/// Who wakes whom: a bell per thread, and silence between agents that share one.
struct Doorbells {
    let placement: [ThreadPlan.Thread]
    let idle: [IdleStrategy]
    let bells: [Doorbell]

    /// `queue` is what the journal writes through, where there is one.
    init(
        _ placement: [ThreadPlan.Thread], _ configuration: Configuration,
        environment: VenueEnvironment, queue: (any WriteQueue)?
    ) {
        self.placement = placement
        idle = placement.map { configuration.idleStrategy(of: $0, in: placement) }
        bells = zip(placement, idle).map { thread, idle in
            if idle == .spin { return .silent() }
            if thread.roles.contains(.gateway) {
                return Doorbell(sleeper: NetworkSleeper(environment.network))
            }
            if let queue, thread.roles.contains(.journal) {
                return Doorbell(sleeper: WriteQueueSleeper(queue))
            }
            return Doorbell(sleeper: environment.makeSleeper())
        }
    }

    func bell(from: ThreadPlan.Role, to: ThreadPlan.Role) -> Doorbell {
        guard let target = placement.firstIndex(where: { $0.roles.contains(to) }),
            !placement[target].roles.contains(from)
        else { return .silent() }
        return bells[target]
    }
}

extension Configuration {
    /// Only the way of an order may spin, and who has a core alone; who else does takes a core from
    /// somebody.
    func idleStrategy(
        of thread: ThreadPlan.Thread, in placement: [ThreadPlan.Thread]
    ) -> IdleStrategy {
        let roles = thread.roles
        if roles.contains(.engine) || roles.contains(.gateway) { return idleStrategy }
        if roles.contains(.journal) {
            let isRung = placement.contains {
                $0.roles.contains(.engine) && $0.roles.contains(.gateway)
            }
            return journalIdleStrategy(isRung: isRung)
        }
        if roles.contains(.marketData) {
            return roles.contains(.background) ? publisherIdleStrategy : idleStrategy
        }
        if roles.contains(.follower) { return followerIdleStrategy }
        return durability.keepsNothing ? recorderIdleStrategy : .backoff
    }
}
