import Domain
import Platform
import Sessions
import Wire

/// Why a port ends a session of its own accord, for the text of 10012.
enum ForcedLogoutReason {
    case heartbeatViolation
    case replaced
    case venueStops
}

// Connections coming and going, and the sessions on them.
extension SessionPort {
    /// At most as many as wait.
    mutating func takeNetworkEvents(_ waiting: Int) -> Int {
        let limit = min(waiting, configuration.networkEventsPerCycle)
        var taken = 0
        while taken < limit, let event = network.nextEvent() {
            taken &+= 1
            let index = event.connection.index
            if event.kind == .received { noteInput(index) } else { note(event.kind, index) }
        }
        return taken
    }

    @inline(never)
    private mutating func note(_ kind: NetworkEvent.Kind, _ index: Int) {
        switch kind {
        case .accepted: accept(index)
        case .received: noteInput(index)
        case .closed: forget(index)
        case .sent: break
        }
    }

    private mutating func accept(_ index: Int) {
        counters.connectionsAccepted += 1
        openConnections += 1
        connectionsEnd = max(connectionsEnd, index + 1)
        connections[index].reset(phase: .awaitingLogon, now: now)
        wantTimers(by: now.adding(nanos: configuration.logonTimeoutNanos))
    }

    private mutating func noteInput(_ index: Int) {
        guard connections[index].isOpen else { return }
        if !connections[index].hasUnread {
            connections[index].hasUnread = true
            connections[index].receivedAt = now
        }
        enqueue(index)
    }

    private mutating func forget(_ index: Int) {
        counters.connectionsClosed += 1
        openConnections -= 1
        endInstance(on: index, reason: .sessionLoss)
        connections[index].reset(phase: .absent, now: .zero)
    }

    // MARK: The end of an instance

    /// Ends the instance on a connection, if there is one: the agent will be told exactly once.
    mutating func endInstance(on index: Int, reason: MassActionReason) {
        guard connections[index].phase == .loggedOn else { return }
        let session = connections[index].session
        let position = session.index
        connections[index].phase = .closing
        sessions[position].session.logOff()
        sessions[position].connection = .none
        precondition(
            !sessions[position].isEndPending, "an instance starts after the last one's end")
        sessions[position].isEndPending = true
        sessions[position].endReason = reason
        sessions[position].endedInstanceID = connections[index].sessionInstanceID
        let hasRoom = endedSessions.push(Int32(position))
        precondition(hasRoom, "every session has one end pending at most")
        counters.sessionsEnded += 1
    }

    /// True when `nextEndedSession` has something to say.
    public var hasEndedSessions: Bool { !endedSessions.isEmpty }

    /// An instance that is over and of which the agent has not heard; whatever the agent does about it
    /// must come before the start of the session's next instance.
    public mutating func nextEndedSession() -> EndedSession? {
        guard !endedSessions.isEmpty else { return nil }
        let position = Int(endedSessions.pop())
        sessions[position].isEndPending = false
        return EndedSession(
            session: SessionIndex(position),
            sessionInstanceID: sessions[position].endedInstanceID,
            reason: sessions[position].endReason)
    }

    /// Says goodbye with 10012, closes, ends the instance.
    mutating func forceLogout(
        _ index: Int, _ reason: ForcedLogoutReason, massActionReason: MassActionReason
    ) {
        let length = RejectText.lengthMax + ForcedLogoutNotificationWriter.fixedLength
        if let space = network.outputSpace(ConnectionIndex(index), length) {
            let writer = ForcedLogoutNotificationWriter(space)
            writer.initialize()
            writer.sendingTime = clock.now().nanos
            var text = RejectText(space + ForcedLogoutNotificationWriter.fixedLength)
            text.explain(reason, intervalMillis: heartbeatMillis(of: index))
            writer.varTextLen = UInt16(text.count)
            writer.bodyLen = UInt32(
                ForcedLogoutNotificationWriter.fixedLength + text.finishPadded())
            commit(index, Int(writer.bodyLen))
        }
        closePolitely(index, massActionReason: massActionReason)
    }

    private func heartbeatMillis(of index: Int) -> UInt32 {
        let session = connections[index].session
        return session.isNone ? 0 : sessions[session.index].session.heartbeatMillis
    }

    /// Closes once everything written is sent.
    mutating func closePolitely(_ index: Int, massActionReason: MassActionReason = .sessionLoss) {
        network.closeAfterSending(ConnectionIndex(index))
        endInstance(on: index, reason: massActionReason)
        connections[index].phase = .closing
    }

    // MARK: The end of everything

    /// Called in every cycle from when a stop is asked for, until all is done.
    mutating func stop() {
        if !isStopping {
            isStopping = true
            network.stopAccepting()
        }
        for index in 0..<connectionsEnd {
            switch connections[index].phase {
            case .loggedOn:
                forceLogout(index, .venueStops, massActionReason: .sessionLoss)
            case .awaitingLogon: closePolitely(index)
            case .absent, .closing: break
            }
        }
        if openConnections == 0, endedSessions.isEmpty { control.reportStopped() }
    }
}
