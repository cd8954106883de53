import Domain
import Platform
import Wire

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
    public func spaceIfRoom(_ connection: Int, _ count: Int) -> UnsafeMutableRawPointer? {
        network.outputSpace(ConnectionIndex(connection), count)
    }

    /// The message written to the last `space` is complete.
    public mutating func commit(_ connection: Int, _ count: Int) {
        network.commitOutput(ConnectionIndex(connection), count)
        counters.messagesSent += 1
        // If this is never read, somebody has to notice.
        wantTimers(by: now.adding(nanos: configuration.unsentAgeNanosMax))
    }

    /// Bytes committed and not yet taken by the system.
    public func unsentBytes(_ connection: Int) -> Int {
        network.unsentBytes(ConnectionIndex(connection))
    }

    /// Cuts a connection that does not read what is sent to it; nobody else waits for it.
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
        let fixed = RejectWriter.fixedLength
        guard let space = space(index, fixed + RejectText.lengthMax) else { return .ended }
        let writer = RejectWriter(space)
        writer.initialize()
        writer.requestTime = connections[index].receivedAt.nanos
        writer.sendingTime = clock.now().nanos
        writer.msgSeqNum = msgSeqNum
        writer.lastFragment = 1
        writer.sessionRejectReason = refusal.detail.reason.rawValue
        writer.sessionStatus = refusal.endsSession ? 4 : 0
        var text = RejectText(space + fixed)
        text.explain(refusal, on: kind)
        writer.varTextLen = UInt16(text.count)
        let length = fixed + text.finishPadded()
        writer.bodyLen = UInt32(length)
        commit(index, length)
        counters.countReject(refusal.detail.reason)
        if refusal.endsSession {
            closePolitely(index)
            return .ended
        }
        return .taken
    }

    // MARK: Responses without a body

    /// LogoutResponse, UserLoginResponse, UserLogoutResponse and UnsubscribeResponse are headers.
    mutating func confirm(
        _ template: TemplateID, _ index: Int, msgSeqNum: UInt32
    ) -> FrameOutcome {
        let length = LogoutResponseWriter.fixedLength
        guard let space = space(index, length) else { return .ended }
        let writer = LogoutResponseWriter(space)
        writer.initialize()
        writer.templateID = template.rawValue
        fillResponseHeader(space, index, msgSeqNum: msgSeqNum)
        commit(index, length)
        return .taken
    }

    /// The ResponseHeader lies at the same place in every message that has one.
    func fillResponseHeader(_ space: UnsafeMutableRawPointer, _ index: Int, msgSeqNum: UInt32) {
        let header = LogoutResponseWriter(space)
        header.requestTime = connections[index].receivedAt.nanos
        header.sendingTime = clock.now().nanos
        header.msgSeqNum = msgSeqNum
    }
}
