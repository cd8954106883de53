import Domain
import Platform
import Wire

/// Where answers in a row to one logon go.
public struct AnswerRun {
    /// `none` when the logon is over.
    public let connection: ConnectionIndex
    public let sessionID: UInt32
    /// Room for `count` answers; nil when the logon is over, or the peer does not read and was cut.
    public let place: UnsafeMutableRawPointer?
    public let count: Int
}

// What goes out: messages of the port's agent, and those of the session layer itself.
extension SessionPort {
    /// Room for a message, or nil when the peer does not read: then it has just been cut.
    ///
    /// `connection` is logged on, as `connection(of:instance:)` finds it.
    public mutating func space(_ connection: Int, _ count: Int) -> UnsafeMutableRawPointer? {
        if let space = network.outputSpace(ConnectionIndex(connection), count) { return space }
        cutSlowConsumer(connection)
        return nil
    }

    /// Room for a message, or nil while too much is unsent; for those who have time to come back.
    public mutating func spaceIfRoom(_ connection: Int, _ count: Int) -> UnsafeMutableRawPointer? {
        network.outputSpace(ConnectionIndex(connection), count)
    }

    /// The message written to the last `space` is complete.
    public mutating func commit(_ connection: Int, _ count: Int) {
        commit(connection, count, messages: 1)
    }

    @inline(__always)
    private mutating func commit(_ connection: Int, _ count: Int, messages: Int) {
        network.commitOutput(ConnectionIndex(connection), count)
        counters.messagesSent &+= UInt64(truncatingIfNeeded: messages)
        // If this is never read, somebody has to notice.
        wantTimers(by: now.adding(nanos: configuration.unsentAgeNanosMax))
    }

    // MARK: Answers in a row

    /// Room for up to `count` answers of one length to a session's logon, at least for one. What is not
    /// needed in the end is not committed.
    @inline(never)
    public mutating func beginAnswers(
        to session: SessionIndex, instance: UInt32, upTo count: Int, of length: Int
    ) -> AnswerRun {
        let index = connection(of: session, instance: instance)
        guard index >= 0 else {
            return AnswerRun(connection: .none, sessionID: 0, place: nil, count: 0)
        }
        let connection = ConnectionIndex(index)
        var count = count
        var place: UnsafeMutableRawPointer?
        if count > 1 { place = network.outputSpace(connection, count &* length) }
        if place == nil {
            count = 1
            place = space(index, length)
        }
        return AnswerRun(
            connection: connection, sessionID: reference.sessions[session.index].id, place: place,
            count: count)
    }

    /// So many answers are written to requests of the connection, and their stamps noted.
    @inline(never)
    public mutating func endAnswers(_ run: AnswerRun, _ count: Int, of length: Int) {
        commit(run.connection.index, count &* length, messages: count)
        noteAnswered(run.connection.index, count)
    }

    /// Bytes committed and not yet taken by the system.
    public func unsentBytes(_ connection: Int) -> Int {
        network.unsentBytes(ConnectionIndex(connection))
    }

    /// Cuts a connection that does not read what is sent to it; nobody else waits for it.
    @inline(never)
    public mutating func cutSlowConsumer(_ connection: Int) {
        counters.slowConsumersCut += 1
        network.abort(ConnectionIndex(connection))
        endInstance(on: connection, reason: .sessionLoss)
        connections[connection].phase = .closing
    }

    /// Counts a reject that the port's agent wrote; those by `.refused` are counted already.
    public mutating func countReject(_ reason: RejectReason) { counters.countReject(reason) }

    // MARK: Rejects

    /// Answers the frame at the front with a Reject, once no earlier request is unanswered.
    mutating func refuse(_ index: Int, msgSeqNum: UInt32, _ refusal: Refusal) -> FrameOutcome {
        guard connections[index].inFlight == 0 else { return .waits }
        let sendingTime = clock.now()
        guard
            let length = writeReject(
                index, msgSeqNum: msgSeqNum, requestTime: connections[index].receivedAt,
                sendingTime: sendingTime, refusal)
        else { return .ended }
        commitAnswer(.reject, index, length, msgSeqNum: msgSeqNum, at: sendingTime)
        if refusal.endsSession {
            closePolitely(index)
            return .ended
        }
        return .taken
    }

    /// Writes a Reject and counts it; it is to be committed. Returns its length, nil when the peer does
    /// not read.
    public mutating func writeReject(
        _ index: Int, msgSeqNum: UInt32, requestTime: Timestamp, sendingTime: Timestamp,
        _ refusal: Refusal
    ) -> Int? {
        let fixed = RejectWriter.fixedLength
        guard let space = space(index, fixed + RejectText.lengthMax) else { return nil }
        let writer = RejectWriter(space)
        writer.initialize()
        writer.requestTime = requestTime.nanos
        writer.sendingTime = sendingTime.nanos
        writer.msgSeqNum = msgSeqNum
        writer.lastFragment = 1
        writer.sessionRejectReason = refusal.detail.reason.rawValue
        writer.sessionStatus = refusal.endsSession ? 4 : 0
        var text = RejectText(space + fixed)
        text.explain(refusal, on: kind)
        writer.varTextLen = UInt16(text.count)
        let length = fixed + text.finishPadded()
        writer.bodyLen = UInt32(length)
        counters.countReject(refusal.detail.reason)
        return length
    }

    // MARK: Responses of the session layer

    /// LogoutResponse, UserLoginResponse, UserLogoutResponse and UnsubscribeResponse are headers.
    mutating func confirm(
        _ template: TemplateID, _ index: Int, msgSeqNum: UInt32
    ) -> FrameOutcome {
        let length = LogoutResponseWriter.fixedLength
        guard let space = space(index, length) else { return .ended }
        let writer = LogoutResponseWriter(space)
        writer.initialize()
        writer.templateID = template.rawValue
        commitResponse(template, space, index, length, msgSeqNum: msgSeqNum)
        return .taken
    }

    /// Fills in the ResponseHeader, which lies at the same place in every message that has one, and
    /// commits a message that is complete but for it.
    mutating func commitResponse(
        _ template: TemplateID, _ space: UnsafeMutableRawPointer, _ index: Int, _ length: Int,
        msgSeqNum: UInt32
    ) {
        let sendingTime = clock.now()
        let header = LogoutResponseWriter(space)
        header.requestTime = connections[index].receivedAt.nanos
        header.sendingTime = sendingTime.nanos
        header.msgSeqNum = msgSeqNum
        commitAnswer(template, index, length, msgSeqNum: msgSeqNum, at: sendingTime)
    }

    /// Commits an answer that no engine was asked for. What came before a logon belongs to no session
    /// and is not noted.
    private mutating func commitAnswer(
        _ template: TemplateID, _ index: Int, _ length: Int, msgSeqNum: UInt32,
        at sendingTime: Timestamp
    ) {
        commit(index, length)
        let session = connections[index].session
        guard !session.isNone else { return }
        var times = RequestStamps(
            sessionID: reference.sessions[session.index].id,
            sessionInstanceID: connections[index].sessionInstanceID, msgSeqNum: msgSeqNum)
        times.templateID = template.rawValue
        times.gatewayIn = connections[index].receivedAt
        times.gatewayOut = sendingTime
        stamps.note(times)
    }
}
