import Domain
import Reports
import SessionServer
import Wire

// A session's own data once more: asked for elsewhere, off the way of orders, and copied out from
// there. The session's next requests wait meanwhile, so that its answers stay in order.
extension GatewayAgent {
    /// 10026: what lies behind one id, up to another; null is the first and the last known.
    mutating func resendSessionData(
        _ asked: RetransmitMEMessageRequestView, _ request: PortRequest
    ) -> FrameOutcome {
        guard asked.refApplID == ETI.RefApplID.sessionData.rawValue else {
            return .refused(Refusal(.streamNotOffered))
        }
        guard asked.partitionID == port.reference.partitionID else {
            return refuse(.invalidValue, .partitionID, request)
        }
        // A session's data is its own: there is nothing to choose.
        guard asked.subscriptionScope == Null.u32 else {
            return refuse(.invalidValue, .subscriptionScope, request)
        }
        let begin = ApplMsgID(asked.applBegMsgID)
        let end = ApplMsgID(asked.applEndMsgID)
        if let begin, let end, begin > end {
            return refuse(.invalidValue, .applEndMsgID, request)
        }
        // What was asked before is part of what is asked for. So is what an earlier logon asked for, and
        // what a restart did to its orders: of that nobody is told when it is done, and it may still wait
        // for the disk.
        guard !port.hasEarlierUnderWay(request), !port.isStartUnderWay(request) else {
            return .waits
        }
        guard port.unsentBytes(request.connection) <= configuration.retransmissionUnsentBytesMax
        else { return .retries }
        guard
            retransmission.ask(
                RetransmissionRequest(
                    request, behind: begin ?? .min, upTo: end ?? .max, through: lastDelivered))
        else { return .refused(Refusal(.historyBusy)) }
        retransmissionDoorbell.ring()
        port.holdUntilAnswered(request)
        return .forwarded
    }

    /// Copies answers out that are ready. Returns how many there were.
    @inline(never)
    mutating func deliverRetransmissions() -> Int {
        var delivered = 0
        while let answer = retransmission.next() {
            deliver(answer)
            retransmission.giveBack(answer)
            delivered += 1
        }
        if delivered > 0 { port.publishStamps() }
        return delivered
    }

    /// Nobody is told whose logon is over.
    private mutating func deliver(_ answer: RetransmissionAnswer) {
        let request = answer.request
        let index = port.connection(of: request.session, instance: request.sessionInstanceID)
        guard index >= 0 else { return }
        let sendingTime = max(clock.now(), request.requestTime)
        let template: TemplateID
        if answer.isRefused {
            guard
                let length = port.writeReject(
                    index, msgSeqNum: request.msgSeqNum, requestTime: request.requestTime,
                    sendingTime: sendingTime, Refusal(.historyBusy))
            else { return }
            port.commit(index, length)
            template = .reject
        } else {
            guard write(answer, to: index, sendingTime), copy(answer, to: index, sendingTime)
            else { return }
            counters.retransmissions += 1
            counters.messagesResent += UInt64(answer.messageCount)
            template = .retransmitMEMessageResponse
        }
        var stamps = RequestStamps(
            sessionID: port.reference.sessions[request.session.index].id,
            sessionInstanceID: request.sessionInstanceID, msgSeqNum: request.msgSeqNum)
        stamps.templateID = template.rawValue
        stamps.gatewayIn = request.requestTime
        stamps.gatewayOut = sendingTime
        port.noteAnswered(index, stamps)
    }

    /// 10027. False when the peer does not read.
    private mutating func write(
        _ answer: RetransmissionAnswer, to index: Int, _ sendingTime: Timestamp
    ) -> Bool {
        let length = RetransmitMEMessageResponseWriter.fixedLength
        guard let space = port.space(index, length) else { return false }
        let writer = RetransmitMEMessageResponseWriter(space)
        writer.initialize()
        let header = ResponseHeaderWriter(ofMessage: space)
        header.requestTime = answer.request.requestTime.nanos
        header.sendingTime = sendingTime.nanos
        header.msgSeqNum = answer.request.msgSeqNum
        writer.applTotalMessageCount = answer.messageCount
        if answer.end != .min {
            answer.end.write(to: space + RetransmitMEMessageResponseView.applEndMsgIDOffset)
        }
        if answer.last != .min {
            answer.last.write(to: space + RetransmitMEMessageResponseView.refApplLastMsgIDOffset)
        }
        port.commit(index, length)
        return true
    }

    /// The messages, right behind. False when the peer does not read.
    private mutating func copy(
        _ answer: RetransmissionAnswer, to index: Int, _ sendingTime: Timestamp
    ) -> Bool {
        let messages = retransmission.messages(of: answer)
        var offset = 0
        while offset < messages.count {
            let message = messages.baseAddress! + offset
            let header = FrameHeader(message)
            let length = Int(header.bodyLen)
            guard let space = port.space(index, length) else { return false }
            space.copyMemory(from: message, byteCount: length)
            Delivery.stamp(
                space, templateID: header.templateID, sendingTime: sendingTime.nanos)
            port.commit(index, length)
            offset += length
        }
        return true
    }
}
