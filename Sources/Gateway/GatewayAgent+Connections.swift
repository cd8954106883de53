import Domain
import Platform
import Sessions
import Wire

/// Why the gateway ends a session of its own accord, for the text of 10012.
enum ForcedLogoutReason {
    case heartbeatViolation
    case replaced
    case venueStops
}

// Connections coming and going, and the sessions on them.
extension GatewayAgent {
    mutating func takeNetworkEvents(now: Timestamp) -> Int {
        var taken = 0
        while taken < configuration.networkEventsPerCycle, let event = network.nextEvent() {
            taken += 1
            let index = event.connection.index
            switch event.kind {
            case .accepted: accept(index, now: now)
            case .received: noteInput(index, now: now)
            case .closed: forget(index)
            case .sent: break
            }
        }
        return taken
    }

    private mutating func accept(_ index: Int, now: Timestamp) {
        counters.connectionsAccepted += 1
        openConnections += 1
        connectionsEnd = max(connectionsEnd, index + 1)
        connections[index].reset(phase: .awaitingLogon, now: now)
        wantTimers(by: now.adding(nanos: configuration.logonTimeoutNanos))
    }

    private mutating func noteInput(_ index: Int, now: Timestamp) {
        guard connections[index].phase == .awaitingLogon || connections[index].phase == .loggedOn
        else { return }
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

    /// Ends the instance on a connection, if there is one: the engine will be told exactly once.
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
        let hasRoom = pendingEnds.push(Int32(position))
        precondition(hasRoom, "every session has one end pending at most")
        counters.sessionsEnded += 1
        flushPendingEnds()
    }

    /// Tells the engine of sessions that ended, as far as the command ring has room.
    mutating func flushPendingEnds() {
        while !pendingEnds.isEmpty, commands.hasRoom(for: 1) {
            let position = Int(pendingEnds.pop())
            var command = Command(kind: .sessionEnded)
            command.session = SessionIndex(position)
            command.sessionInstanceID = sessions[position].endedInstanceID
            command.massActionReason = sessions[position].endReason
            command.requestTime = clock.now()
            publish(command)
            sessions[position].isEndPending = false
        }
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

    /// Cuts a connection that does not read what is sent to it; nobody else waits for it.
    mutating func cutSlowConsumer(_ index: Int) {
        counters.slowConsumersCut += 1
        network.abort(ConnectionIndex(index))
        endInstance(on: index, reason: .sessionLoss)
        connections[index].phase = .closing
    }

    // MARK: The end of the gateway

    /// Ends everything. Called in every cycle while the venue stops, until all is done.
    mutating func stop(now: Timestamp) {
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
        if openConnections == 0, pendingEnds.isEmpty { control.reportStopped() }
    }

    // MARK: Output

    /// Room for a message, or nil when the peer does not read: then it has just been cut.
    mutating func space(_ index: Int, _ count: Int) -> UnsafeMutableRawPointer? {
        if let space = network.outputSpace(ConnectionIndex(index), count) { return space }
        cutSlowConsumer(index)
        return nil
    }

    mutating func commit(_ index: Int, _ count: Int) {
        network.commitOutput(ConnectionIndex(index), count)
        counters.messagesSent += 1
        // If this is never read, somebody has to notice.
        wantTimers(by: lastNow.adding(nanos: configuration.unsentAgeNanosMax))
    }
}
