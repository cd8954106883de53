import Domain
import Platform
import Sessions
import Wire

// How a session begins.
extension SessionPort {
    mutating func takeBeforeLogon(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int
    ) -> Step {
        turn.msgSeqNum = template.isSequenced ? FrameHeader(frame).msgSeqNum : 0
        guard template == .logonRequest else {
            return .outcome(.refused(Refusal(endingSession: .notLoggedOn)))
        }
        let logon = LogonRequestView(frame)
        guard logon.msgSeqNum == Session.firstMsgSeqNum else {
            return refuseLogon(.sequenceNumber, number: Int64(Session.firstMsgSeqNum))
        }
        if let violation = LogonRequestView.firstViolation(in: frame, length: length) {
            counters.failedLogons += 1
            var refusal = Refusal(violation, of: .logonRequest)
            refusal.endsSession = true
            return .outcome(.refused(refusal))
        }
        let version = logon.defaultCstmApplVerID
        guard version[0] == UInt8(ascii: "1"), version[1] == UInt8(ascii: "0") else {
            return refuseLogon(.interfaceVersion)
        }
        return takeLogon(logon, frame, index)
    }

    /// After a failed logon the connection takes no further attempt.
    private mutating func refuseLogon(_ detail: RejectDetail, number: Int64 = 0) -> Step {
        counters.failedLogons += 1
        return .outcome(.refused(Refusal(endingSession: detail, number: number)))
    }

    private mutating func takeLogon(
        _ logon: LogonRequestView, _ frame: UnsafeRawPointer, _ index: Int
    ) -> Step {
        let session = reference.session(id: logon.partyIDSessionID)
        let isAdmitted = !session.isNone && kind.admits(reference.sessions[session.index].kind)
        let isBlocked =
            isAdmitted && sessions[session.index].session.logonBackOff.isBlocked(at: now)
        let subject = isAdmitted && !isBlocked ? session.index : -1
        switch checkPassword(logon.password, of: subject, index) {
        case .none: return refuseLogon(.serviceBusy)
        case .pending: return .outcome(.waits)
        case .wrong:
            // The same answer, after the same time, whether the session is unknown, is not for this
            // port, must wait after failures, or has another password.
            if subject >= 0 { sessions[subject].session.logonBackOff.failed(at: now) }
            return refuseLogon(.credentials)
        case .right: return announce(session, logon, frame, index)
        }
    }

    /// Ends the old instance, if there is one, and has the agent note its end and the new one's start,
    /// in this order.
    private mutating func announce(
        _ session: SessionIndex, _ logon: LogonRequestView, _ frame: UnsafeRawPointer, _ index: Int
    ) -> Step {
        let old = sessions[session.index].connection
        if old != .none {
            counters.sessionsReplaced += 1
            forceLogout(old.index, .replaced, massActionReason: .duplicateSessionLogin)
        }
        currentRequest = PortRequest(
            kind: .sessionStart, template: .logonRequest, frame: frame, connection: index,
            session: session,
            sessionInstanceID: sessions[session.index].session.nextInstanceID,
            msgSeqNum: logon.msgSeqNum, applSubID: 0, receivedAt: connections[index].receivedAt)
        return .request
    }

    /// Begins the instance that the agent has taken note of.
    mutating func start(_ request: PortRequest) -> FrameOutcome {
        let index = request.connection
        let position = request.session.index
        precondition(
            !sessions[position].isEndPending,
            "the agent notes an instance's end before the next one's start")
        sessions[position].session.logonBackOff.succeeded()
        sessions[position].session.logOn(
            requestedHeartbeatMillis: LogonRequestView(request.frame).heartBtInt, now: now)
        sessions[position].connection = ConnectionIndex(index)
        connections[index].phase = .loggedOn
        connections[index].passwordCheck = .none
        connections[index].session = request.session
        connections[index].sessionInstanceID = sessions[position].session.instanceID
        connections[index].wantsPromotion = true
        counters.logons += 1
        let length = LogonResponseWriter.fixedLength
        guard let space = space(index, length) else { return .ended }
        writeLogonResponse(space, index)
        commitResponse(
            .logonResponse, space, index, length, msgSeqNum: request.msgSeqNum)
        wantTimers(by: sessions[position].session.heartbeats.deadline)
        return .taken
    }

    private func writeLogonResponse(_ space: UnsafeMutableRawPointer, _ index: Int) {
        let position = connections[index].session.index
        let limits = sessions[position].session.throttle.limits
        let writer = LogonResponseWriter(space)
        writer.initialize()
        writer.throttleTimeInterval = limits.intervalMillis
        writer.throttleNoMsgs = limits.messagesMax
        writer.throttleDisconnectLimit = limits.disconnectLimit
        writer.heartBtInt = sessions[position].session.heartbeatMillis
        writer.sessionInstanceID = connections[index].sessionInstanceID
        writer.marketID = reference.marketID
        writer.tradSesMode = 2
        let version: StaticString = "10.0"
        let program: StaticString = "Apus"
        version.withUTF8Buffer { writer.defaultCstmApplVerID = UnsafeRawBufferPointer($0) }
        program.withUTF8Buffer { writer.defaultCstmApplVerSubID = UnsafeRawBufferPointer($0) }
    }
}
