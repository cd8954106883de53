import Domain
import Platform
import Sessions
import Wire

/// Where the turn of one connection stands.
struct Turn {
    var connection = -1
    /// The piece of input looked at.
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Where the next frame starts; what lies before is taken, and consumed in one go.
    var offset = 0
    /// Frames taken.
    var taken = 0
    var isOver = false
    var ending = Ending.dry

    /// The frame at the front: how far taking it moves `offset`.
    var frameLength = 0
    /// Bytes of it that are thrown away as they come.
    var discard = 0
    /// What a Reject of it repeats.
    var msgSeqNum: UInt32 = 0
    /// What the session counts when it is taken: nothing, when it was not asked.
    var admission: Admission?
    var isSequenced = true
    var isThrottled = false
    /// The agent is to decide about it, as the port's `request` says.
    var isHandedOut = false

    /// What is not looked at yet.
    var rest: UnsafeRawBufferPointer {
        @inline(__always) get {
            UnsafeRawBufferPointer(
                start: bytes.baseAddress.map { $0 + offset }, count: bytes.count &- offset)
        }
    }

    enum Ending {
        /// There is no further whole frame.
        case dry
        case waits
        case retries
        case ended
    }
}

/// What the front of the input amounts to.
enum Step {
    case outcome(FrameOutcome)
    /// The agent decides about the port's `request`.
    case request
    /// So many bytes are needed before anything can be said.
    case incomplete(needed: Int)
}

// From unread bytes to judged requests.
extension SessionPort {
    /// True while somebody has input left to look at and the cycle's frames are not used up.
    @inlinable public var hasTurns: Bool { turnsLeft > 0 && framesLeft > 0 }

    /// Begins the turn of the connection that has waited longest.
    public mutating func beginTurn() {
        precondition(turn.connection < 0, "a turn ends before the next begins")
        precondition(hasTurns, "a turn begins for somebody")
        turnsLeft -= 1
        let index = Int(runList.pop())
        connections[index].isQueued = false
        turn = Turn()
        turn.connection = index
        turn.bytes = network.unread(ConnectionIndex(index), atLeast: 0)
    }

    /// Puts the turn's next request that the agent has to decide into `request`; false at the turn's end.
    /// Everything else is done on the way.
    public mutating func nextRequest() -> Bool {
        precondition(!turn.isHandedOut, "a request is finished before the next is asked for")
        while !turn.isOver {
            discardUnknown()
            guard turn.taken < configuration.framesPerTurn else {
                endTurn(.retries)
                break
            }
            switch step() {
            case .outcome(let outcome): conclude(outcome)
            case .incomplete(let needed): gather(needed)
            case .request:
                turn.isHandedOut = true
                return true
            }
        }
        return false
    }

    /// Says what became of a request, which ends its frame's validity.
    public mutating func finish(_ outcome: FrameOutcome) {
        precondition(turn.isHandedOut, "what is finished was handed out")
        turn.isHandedOut = false
        guard case .forwarded = outcome else { return finishHere(outcome) }
        precondition(request.kind == .application, "what concerns the session is not passed on")
        let connection = connections.address(of: turn.connection)
        connection.pointee.inFlight += 1
        sessions[connection.pointee.session.index].session.count(
            .admitted, isThrottled: turn.isThrottled, now: now)
        turn.offset += turn.frameLength
        turn.taken += 1
    }

    /// Does the port's own part of a request that is not passed on.
    @inline(never)
    private mutating func finishHere(_ outcome: FrameOutcome) {
        guard case .taken = outcome else { return conclude(outcome) }
        switch request.kind {
        case .application: conclude(.taken)
        case .sessionStart: conclude(start(request))
        case .subscribe: conclude(subscribe(request))
        case .unsubscribe: conclude(unsubscribe(request))
        }
    }

    /// Ends the turn. Returns how many frames were taken.
    public mutating func endTurn() -> Int {
        precondition(turn.isOver && !turn.isHandedOut, "a turn ends when it has no more requests")
        let index = turn.connection
        if turn.ending != .ended {
            let connection = connections.address(of: index)
            if turn.offset > 0 { network.consume(ConnectionIndex(index), turn.offset) }
            if turn.ending == .dry { connection.pointee.hasUnread = false }
            if turn.ending != .dry || turn.taken > 0, connection.pointee.phase == .loggedOn {
                // A client that sends whole messages lives, even while they wait for something.
                let position = connection.pointee.session.index
                sessions[position].session.heartbeats.heard(at: now)
            }
            if turn.ending == .retries { enqueue(index) }
        }
        turn.connection = -1
        framesLeft -= turn.taken
        counters.frames += UInt64(turn.taken)
        return turn.taken
    }

    /// Puts a connection on the run list, once.
    mutating func enqueue(_ index: Int) {
        guard !connections[index].isQueued else { return }
        connections[index].isQueued = true
        let hasRoom = runList.push(Int32(index))
        precondition(hasRoom, "the run list holds every connection once")
    }

    private mutating func endTurn(_ ending: Turn.Ending) {
        turn.isOver = true
        turn.ending = ending
    }

    // MARK: Moving through the input

    /// Throws away what is here of a frame whose template is unknown.
    @inline(__always)
    private mutating func discardUnknown() {
        let wanted = Int(connections[turn.connection].discard)
        guard wanted > 0 else { return }
        let part = min(wanted, turn.bytes.count - turn.offset)
        connections[turn.connection].discard -= Int32(part)
        turn.offset += part
    }

    /// No whole frame in this piece: asks for the pieces to be joined.
    @inline(never)
    private mutating func gather(_ needed: Int) {
        let connection = ConnectionIndex(turn.connection)
        if turn.offset > 0 { network.consume(connection, turn.offset) }
        turn.offset = 0
        // Of a frame longer than any request, the header is enough.
        let atLeast = min(needed, Framing.requestLengthMax)
        turn.bytes = network.unread(connection, atLeast: atLeast)
        if turn.bytes.count < atLeast { endTurn(.dry) }
    }

    /// Draws the consequences for the frame at the front.
    @inline(never)
    private mutating func conclude(_ outcome: FrameOutcome) {
        switch outcome {
        case .taken: advance()
        case .forwarded: preconditionFailure("only the agent forwards")
        case .refused(let refusal):
            // What comes of refusing is never another refusal.
            conclude(refuse(turn.connection, msgSeqNum: turn.msgSeqNum, refusal))
        case .waits: endTurn(.waits)
        case .retries: endTurn(.retries)
        case .ended: endTurn(.ended)
        }
    }

    private mutating func advance() {
        let connection = connections.address(of: turn.connection)
        if let admission = turn.admission {
            sessions[connection.pointee.session.index].session.count(
                admission, isSequenced: turn.isSequenced, isThrottled: turn.isThrottled, now: now)
        }
        turn.offset += turn.frameLength
        turn.taken += 1
        if turn.discard > 0 {
            connection.pointee.discard = Int32(turn.discard)
            turn.discard = 0
        }
        if connection.pointee.wantsPromotion { promote(turn.connection) }
    }

    /// Logged on: the connection gets buffers of its own. Not while its input is being looked at.
    @inline(never)
    private mutating func promote(_ index: Int) {
        let connection = ConnectionIndex(index)
        network.consume(connection, turn.offset)
        turn.offset = 0
        connections[index].wantsPromotion = false
        network.promote(connection)
        turn.bytes = network.unread(connection, atLeast: 0)
    }

    // MARK: Judging

    /// Looks at the front of the input.
    @inline(__always)
    private mutating func step() -> Step {
        let index = turn.connection
        let connection = connections.address(of: index)
        let rest = turn.rest
        guard connection.pointee.isAtEase else { return stepAside(rest, index) }
        // Mostly a piece of input ends where a frame ends.
        guard !rest.isEmpty else { return .incomplete(needed: Framing.bodyLenLength) }
        guard let rule = rules.rule(ofFrameIn: rest), let frame = rest.baseAddress else {
            return stepAside(rest, index)
        }
        return take(rule, frame, Int(rule.lengthMax), index)
    }

    /// Looks at what is no frame of the usual kind in the usual state: a part of one, what comes before
    /// a logon, unknown templates, what has to wait.
    @inline(never)
    private mutating func stepAside(_ rest: UnsafeRawBufferPointer, _ index: Int) -> Step {
        guard connections[index].isOpen else { return .outcome(.ended) }
        if connections[index].waitsUntilIdle {
            guard connections[index].inFlight == 0 else { return .outcome(.waits) }
            connections[index].waitsUntilIdle = false
        }
        guard connections[index].passwordCheck != .pending else { return .outcome(.waits) }
        turn.frameLength = 0
        turn.admission = nil
        turn.msgSeqNum = 0
        switch Framing.judge(rest) {
        case .incomplete(let atLeast): return .incomplete(needed: atLeast)
        case .frame(let template, let length):
            turn.frameLength = length
            let frame = rest.baseAddress!
            return connections[index].phase == .loggedOn
                ? take(rules.rule(of: template), frame, length, index)
                : takeBeforeLogon(template, frame, length, index)
        case .unknownTemplate(let id, let length):
            turn.discard = length
            return .outcome(refusalOfUnknown(id, rest.baseAddress!, length, index))
        case .impossibleLength(let bodyLen):
            var refusal = Refusal(
                endingSession: .bodyLengthImpossible, number: Int64(bodyLen))
            refusal.templateID = rest.count >= 6 ? FrameHeader(rest.baseAddress!).templateID : 0
            return .outcome(.refused(refusal))
        }
    }

    /// Judges what the message and the session's state show, in the venue's order of checks.
    @inline(__always)
    private mutating func take(
        _ rule: RequestRule, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int
    ) -> Step {
        turn.frameLength = length
        guard rule.template != .heartbeat else {
            turn.admission = nil
            counters.clientHeartbeats += 1
            return .outcome(.taken)
        }
        let connection = connections.address(of: index)
        let position = connection.pointee.session.index
        let slot = sessions.address(of: position)
        let header = FrameHeader(frame)
        turn.msgSeqNum = header.msgSeqNum
        let admission = slot.pointee.session.judge(
            msgSeqNum: header.msgSeqNum, isThrottled: rule.isThrottled, now: now)
        turn.admission = admission
        turn.isSequenced = true
        turn.isThrottled = rule.isThrottled
        guard admission == .admitted else {
            return .outcome(.refused(refusal(of: admission, position: position)))
        }
        guard rule.offeredTo.contains(slot.pointee.kind) else {
            return .outcome(.refused(Self.refusal(ofForeign: rule.template)))
        }
        if let violation = rule.template.firstViolation(in: frame, length: length) {
            return .outcome(.refused(Refusal(violation, of: rule.template)))
        }
        if rule.needsTrader {
            guard slot.pointee.session.traders.contains(TraderID(raw: header.senderSubID)) else {
                let number = Int64(header.senderSubID)
                return .outcome(.refused(Refusal(.userNotLoggedIn, number: number)))
            }
        }
        guard rule.isForAgent else { return answer(rule.template, frame, index) }
        return handOut(.application, rule.template, frame, index)
    }

    @inline(never)
    private mutating func refusal(of admission: Admission, position: Int) -> Refusal {
        if case .throttled(let endsSession) = admission {
            var refusal = Refusal(
                .throttle, number: Int64(sessions[position].session.throttle.limits.messagesMax))
            refusal.endsSession = endsSession
            return refusal
        }
        return Refusal(
            endingSession: .sequenceNumber,
            number: Int64(sessions[position].session.expectedMsgSeqNum))
    }

    /// About a template that is not offered to this session now.
    @inline(never)
    private static func refusal(ofForeign template: TemplateID) -> Refusal {
        template == .logonRequest
            ? Refusal(endingSession: .logonRepeated)
            : Refusal(unknownTemplate: template.rawValue)
    }

    /// Does what the session layer answers by itself.
    @inline(never)
    private mutating func answer(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ index: Int
    ) -> Step {
        switch template {
        case .userLoginRequest: .outcome(logInUser(UserLoginRequestView(frame), index))
        case .userLogoutRequest: .outcome(logOutUser(UserLogoutRequestView(frame), index))
        case .subscribeRequest: judge(SubscribeRequestView(frame), frame, index)
        case .unsubscribeRequest: judge(UnsubscribeRequestView(frame), frame, index)
        case .logoutRequest: .outcome(logOut(LogoutRequestView(frame), index))
        default: preconditionFailure("the agent answers the rest")
        }
    }

    /// Leaves a request of the session on this connection to the agent.
    @inline(__always)
    mutating func handOut(
        _ kind: PortRequest.Kind, _ template: TemplateID, _ frame: UnsafeRawPointer, _ index: Int,
        applSubID: UInt32 = 0
    ) -> Step {
        let connection = connections.address(of: index)
        request = PortRequest(
            kind: kind, template: template, frame: frame, connection: index,
            session: connection.pointee.session,
            sessionInstanceID: connection.pointee.sessionInstanceID, msgSeqNum: turn.msgSeqNum,
            applSubID: applSubID, receivedAt: connection.pointee.receivedAt)
        return .request
    }

    @inline(never)
    private mutating func refusalOfUnknown(
        _ id: UInt16, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int
    ) -> FrameOutcome {
        let isSequenced = length >= Framing.sequencedHeaderLength
        let msgSeqNum: UInt32? = isSequenced ? FrameHeader(frame).msgSeqNum : nil
        turn.msgSeqNum = msgSeqNum ?? 0
        guard connections[index].phase == .loggedOn else {
            return .refused(Refusal(endingSession: .notLoggedOn))
        }
        let position = connections[index].session.index
        let admission = sessions[position].session.judge(
            msgSeqNum: msgSeqNum, isThrottled: true, now: now)
        turn.admission = admission
        turn.isSequenced = isSequenced
        turn.isThrottled = true
        guard admission == .admitted else {
            return .refused(refusal(of: admission, position: position))
        }
        return .refused(Refusal(unknownTemplate: id))
    }
}
