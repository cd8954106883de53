import Domain
import Platform
import Sessions
import Wire

/// What became of a frame.
enum FrameOutcome {
    /// Done with; the next one may follow.
    case taken
    /// Stays unread until an answer or a verdict comes, which puts the connection on the run list.
    case waits
    /// Stays unread because the command ring is full; tried again in the next cycle.
    case retries
    /// The connection is being closed; what else it sent does not matter.
    case ended
}

/// Why a request is refused, as data for its answer.
struct Refusal {
    var detail: RejectDetail
    var endsSession = false
    /// What the text names, where it names a number.
    var number: Int64 = 0
    var field: WireField?
    var templateID: UInt16 = 0

    init(_ detail: RejectDetail, endsSession: Bool = false, number: Int64 = 0) {
        self.detail = detail
        self.endsSession = endsSession
        self.number = number
    }

    init(_ violation: FieldViolation, of template: TemplateID) {
        detail =
            switch violation.kind {
            case .missing: .fieldMissing
            case .invalidValue: .fieldValue
            case .groupCount: .groupCount
            }
        field = violation.field
        templateID = template.rawValue
    }
}

// From unread bytes to judged requests.
extension GatewayAgent {
    /// Works on the frames of one connection, up to its turn's bound. Returns how many were taken.
    mutating func serve(_ index: Int, now: Timestamp) -> Int {
        let connection = ConnectionIndex(index)
        var taken = 0
        var offset = 0
        var bytes = network.unread(connection, atLeast: 0)
        var needed = 0
        while true {
            if connections[index].discard > 0 {
                let part = min(Int(connections[index].discard), bytes.count - offset)
                connections[index].discard -= Int32(part)
                offset += part
            }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let outcome: FrameOutcome
            if taken == configuration.framesPerTurn {
                outcome = .retries
            } else {
                outcome = step(index, rest, &offset, &needed, now: now)
            }
            switch outcome {
            case .taken:
                if needed == 0 {
                    taken += 1
                    if connections[index].wantsPromotion {
                        network.consume(connection, offset)
                        offset = 0
                        promote(index)
                        bytes = network.unread(connection, atLeast: 0)
                    }
                    continue
                }
            case .ended:
                return taken
            case .waits, .retries:
                if offset > 0 { network.consume(connection, offset) }
                noteHeard(index, now: now)
                if outcome == .retries { enqueue(index) }
                return taken
            }
            // No whole frame in this piece: ask for the pieces to be joined.
            if offset > 0 { network.consume(connection, offset) }
            offset = 0
            // Of a frame longer than any request, the header is enough.
            needed = min(needed, Framing.requestLengthMax)
            bytes = network.unread(connection, atLeast: needed)
            if bytes.count < needed {
                connections[index].hasUnread = false
                if taken > 0 { noteHeard(index, now: now) }
                return taken
            }
            needed = 0
        }
    }

    /// Logged on: the connection gets buffers of its own. Not while its input is being looked at.
    private mutating func promote(_ index: Int) {
        connections[index].wantsPromotion = false
        network.promote(ConnectionIndex(index))
    }

    /// Looks at the front of the input: takes a frame and moves `offset` behind it, or says with
    /// `needed` how much must be there.
    private mutating func step(
        _ index: Int, _ rest: UnsafeRawBufferPointer, _ offset: inout Int, _ needed: inout Int,
        now: Timestamp
    ) -> FrameOutcome {
        let isIdle = connections[index].inFlight == 0
        if connections[index].waitsUntilIdle {
            guard isIdle else { return .waits }
            connections[index].waitsUntilIdle = false
        }
        guard connections[index].passwordCheck != .pending else { return .waits }
        switch Framing.judge(rest) {
        case .incomplete(let atLeast):
            needed = atLeast
            return .taken
        case .frame(let template, let length):
            let outcome = take(template, rest.baseAddress!, length, index, now: now)
            if case .taken = outcome { offset += length }
            return outcome
        case .unknownTemplate(let id, let length):
            let outcome = refuseUnknown(id, rest.baseAddress!, length, index, now: now)
            if case .taken = outcome { connections[index].discard = Int32(length) }
            return outcome
        case .impossibleLength(let bodyLen):
            var refusal = Refusal(.bodyLengthImpossible, endsSession: true, number: Int64(bodyLen))
            refusal.templateID = rest.count >= 6 ? FrameHeader(rest.baseAddress!).templateID : 0
            return refuse(index, msgSeqNum: 0, refusal)
        }
    }

    /// A client that sends whole messages lives, even while they wait for something.
    private mutating func noteHeard(_ index: Int, now: Timestamp) {
        guard connections[index].phase == .loggedOn else { return }
        sessions[connections[index].session.index].session.heartbeats.heard(at: now)
    }

    private mutating func take(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int,
        now: Timestamp
    ) -> FrameOutcome {
        guard connections[index].phase == .loggedOn else {
            return takeBeforeLogon(template, frame, length, index, now: now)
        }
        guard template != .heartbeat else {
            counters.clientHeartbeats += 1
            return .taken
        }
        let position = connections[index].session.index
        let msgSeqNum = FrameHeader(frame).msgSeqNum
        let isThrottled = template.isThrottled
        let admission = sessions[position].session.judge(
            msgSeqNum: msgSeqNum, isThrottled: isThrottled, now: now)
        let outcome: FrameOutcome
        if admission == .admitted {
            outcome = takeAdmitted(template, frame, length, index, now: now)
        } else {
            outcome = refuse(
                index, msgSeqNum: msgSeqNum, refusal(of: admission, position: position))
        }
        if case .taken = outcome {
            sessions[position].session.count(admission, isThrottled: isThrottled, now: now)
        }
        return outcome
    }

    private func refusal(of admission: Admission, position: Int) -> Refusal {
        let session = position
        if case .throttled(let endsSession) = admission {
            return Refusal(
                .throttle, endsSession: endsSession,
                number: Int64(sessions[session].session.throttle.limits.messagesMax))
        }
        return Refusal(
            .sequenceNumber, endsSession: true,
            number: Int64(sessions[session].session.expectedMsgSeqNum))
    }

    /// Judges what the message alone shows, in the venue's order of checks.
    private mutating func takeAdmitted(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int,
        now: Timestamp
    ) -> FrameOutcome {
        let header = FrameHeader(frame)
        let session = connections[index].session
        guard template != .logonRequest else {
            return refuse(
                index, msgSeqNum: header.msgSeqNum, Refusal(.logonRepeated, endsSession: true))
        }
        guard template.isOffered(to: reference.sessions[session.index].kind) else {
            var refusal = Refusal(.unknownTemplate)
            refusal.templateID = template.rawValue
            return refuse(index, msgSeqNum: header.msgSeqNum, refusal)
        }
        if let violation = template.firstViolation(in: frame, length: length) {
            return refuse(index, msgSeqNum: header.msgSeqNum, Refusal(violation, of: template))
        }
        let trader = TraderID(raw: header.senderSubID)
        if template.needsTrader, !sessions[session.index].session.traders.contains(trader) {
            return refuse(
                index, msgSeqNum: header.msgSeqNum,
                Refusal(.userNotLoggedIn, number: Int64(header.senderSubID)))
        }
        return dispatch(template, frame, index, now: now)
    }

    private mutating func dispatch(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ index: Int, now: Timestamp
    ) -> FrameOutcome {
        switch template {
        case .newOrderSingleShortRequest:
            enterOrder(NewOrderSingleShortRequestView(frame), index)
        case .newOrderSingleRequest: enterOrder(NewOrderSingleRequestView(frame), index)
        case .modifyOrderSingleShortRequest:
            modifyOrder(ModifyOrderSingleShortRequestView(frame), index)
        case .modifyOrderSingleRequest: modifyOrder(ModifyOrderSingleRequestView(frame), index)
        case .deleteOrderSingleRequest: deleteOrder(DeleteOrderSingleRequestView(frame), index)
        case .deleteAllOrderRequest: deleteAllOrders(DeleteAllOrderRequestView(frame), index)
        case .userLoginRequest: logInUser(UserLoginRequestView(frame), index, now: now)
        case .userLogoutRequest: logOutUser(UserLogoutRequestView(frame), index)
        case .subscribeRequest: subscribe(SubscribeRequestView(frame), index)
        case .unsubscribeRequest: unsubscribe(UnsubscribeRequestView(frame), index)
        case .logoutRequest: logOut(LogoutRequestView(frame), index)
        default: preconditionFailure("a template that is offered is spoken")
        }
    }

    private mutating func refuseUnknown(
        _ id: UInt16, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int, now: Timestamp
    ) -> FrameOutcome {
        let isSequenced = length >= Framing.sequencedHeaderLength
        let msgSeqNum: UInt32? = isSequenced ? FrameHeader(frame).msgSeqNum : nil
        guard connections[index].phase == .loggedOn else {
            return refuse(
                index, msgSeqNum: msgSeqNum ?? 0, Refusal(.notLoggedOn, endsSession: true))
        }
        let position = connections[index].session.index
        let admission = sessions[position].session.judge(
            msgSeqNum: msgSeqNum, isThrottled: true, now: now)
        var refusal = refusal(of: admission, position: position)
        if admission == .admitted {
            refusal = Refusal(.unknownTemplate)
            refusal.templateID = id
        }
        let outcome = refuse(index, msgSeqNum: msgSeqNum ?? 0, refusal)
        if case .taken = outcome {
            sessions[position].session.count(
                admission, isSequenced: isSequenced, isThrottled: true, now: now)
        }
        return outcome
    }

    // MARK: Refusing

    /// Answers with a Reject, once no earlier request of the session is unanswered.
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
        text.explain(refusal)
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
}
