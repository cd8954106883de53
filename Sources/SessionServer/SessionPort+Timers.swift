import Domain
import Platform
import Sessions
import Wire

// What happens though nothing arrives. All connections are looked at in slices, when the earliest
// deadline found by the last look is reached; what creates an earlier one says so.
extension SessionPort {
    /// Sees to it that timers are looked at by then.
    mutating func wantTimers(by deadline: Timestamp) {
        if deadline < timersDue { timersDue = deadline }
        if deadline < timersFound { timersFound = deadline }
    }

    /// Goes on with the look under way, or begins one that is due.
    mutating func lookAtTimers() -> Int {
        if timerCursor < 0 {
            timerCursor = 0
            timersFound = .none
        }
        let end = min(timerCursor + configuration.timersPerCycle, connectionsEnd)
        while timerCursor < end {
            let deadline = lookAtTimers(of: timerCursor)
            if deadline < timersFound { timersFound = deadline }
            timerCursor += 1
        }
        if timerCursor >= connectionsEnd {
            timerCursor = -1
            timersDue = max(timersFound, now.adding(nanos: configuration.timerSpacingNanos))
            while connectionsEnd > 0, connections[connectionsEnd - 1].phase == .absent {
                connectionsEnd -= 1
            }
        }
        return 1
    }

    /// Does what is due on one connection; says when it wants to be looked at again.
    private mutating func lookAtTimers(of index: Int) -> Timestamp {
        var deadline = Timestamp.none
        switch connections[index].phase {
        case .absent: return .none
        case .closing: break
        case .awaitingLogon:
            deadline = connections[index].openedAt.adding(nanos: configuration.logonTimeoutNanos)
            if now >= deadline {
                counters.logonTimeouts += 1
                network.abort(ConnectionIndex(index))
                connections[index].phase = .closing
                return .none
            }
        case .loggedOn:
            let position = connections[index].session.index
            if sessions[position].session.heartbeats.isViolated(at: now) {
                counters.heartbeatViolations += 1
                forceLogout(index, .heartbeatViolation, massActionReason: .sessionLoss)
                return now.adding(nanos: configuration.unsentAgeNanosMax)
            }
            if sessions[position].session.heartbeats.takeOutgoing(now: now) {
                sendHeartbeat(index)
            }
            guard connections[index].phase == .loggedOn else { return .none }
            deadline = sessions[position].session.heartbeats.deadline
        }
        return min(deadline, lookAtOutput(of: index))
    }

    /// Cuts a connection whose output is too old; also one that is closing and never takes the rest.
    private mutating func lookAtOutput(of index: Int) -> Timestamp {
        let oldest = network.oldestUnsent(ConnectionIndex(index))
        guard !oldest.isNone else { return .none }
        let deadline = oldest.adding(nanos: configuration.unsentAgeNanosMax)
        guard now >= deadline else { return deadline }
        cutSlowConsumer(index)
        return .none
    }

    private mutating func sendHeartbeat(_ index: Int) {
        guard let space = space(index, HeartbeatNotificationWriter.fixedLength) else { return }
        let writer = HeartbeatNotificationWriter(space)
        writer.initialize()
        writer.sendingTime = clock.now().nanos
        commit(index, HeartbeatNotificationWriter.fixedLength)
        counters.heartbeatsSent += 1
    }
}
