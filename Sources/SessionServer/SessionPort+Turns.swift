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
    /// What the session counts when it is taken.
    var tally: Tally?
    /// What the agent is to decide about it, and whether it is with the agent.
    var request: PortRequest?
    var isHandedOut = false

    enum Ending {
        /// There is no further whole frame.
        case dry
        case waits
        case retries
        case ended
    }

    struct Tally {
        var admission = Admission.admitted
        var isSequenced = true
        var isThrottled = false
    }
}

/// What the front of the input amounts to.
enum Step {
    case outcome(FrameOutcome)
    /// The agent decides about the turn's `request`.
    case request
    /// So many bytes are needed before anything can be said.
    case incomplete(needed: Int)
}

// From unread bytes to judged requests.
extension SessionPort {
    /// Begins the turn of the connection that has waited longest; false when nobody has input left to
    /// look at or the cycle's frames are used up.
    public mutating func beginTurn() -> Bool {
        precondition(turn.connection < 0, "a turn ends before the next begins")
        guard turnsLeft > 0, framesLeft > 0 else { return false }
        turnsLeft -= 1
        let index = Int(runList.pop())
        connections[index].isQueued = false
        turn = Turn()
        turn.connection = index
        turn.bytes = network.unread(ConnectionIndex(index), atLeast: 0)
        return true
    }

    /// The turn's next request that the agent has to decide, or nil at the turn's end. Everything else
    /// is done on the way.
    public mutating func nextRequest() -> PortRequest? {
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
                return turn.request
            }
        }
        return nil
    }

    /// Says what became of a request, which ends its frame's validity.
    public mutating func finish(_ request: PortRequest, _ outcome: FrameOutcome) {
        precondition(turn.isHandedOut, "what is finished was handed out")
        turn.isHandedOut = false
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
        if turn.ending != .ended, turn.offset > 0 {
            network.consume(ConnectionIndex(index), turn.offset)
        }
        switch turn.ending {
        case .dry:
            connections[index].hasUnread = false
            if turn.taken > 0 { noteHeard(index) }
        case .waits: noteHeard(index)
        case .retries:
            noteHeard(index)
            enqueue(index)
        case .ended: break
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

    /// A client that sends whole messages lives, even while they wait for something.
    private mutating func noteHeard(_ index: Int) {
        guard connections[index].phase == .loggedOn else { return }
        sessions[connections[index].session.index].session.heartbeats.heard(at: now)
    }

    // MARK: Moving through the input

    /// Throws away what is here of a frame whose template is unknown.
    private mutating func discardUnknown() {
        let wanted = Int(connections[turn.connection].discard)
        guard wanted > 0 else { return }
        let part = min(wanted, turn.bytes.count - turn.offset)
        connections[turn.connection].discard -= Int32(part)
        turn.offset += part
    }

    /// No whole frame in this piece: asks for the pieces to be joined.
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
    private mutating func conclude(_ outcome: FrameOutcome) {
        switch outcome {
        case .taken: advance()
        case .refused(let refusal):
            // What comes of refusing is never another refusal.
            conclude(refuse(turn.connection, msgSeqNum: turn.msgSeqNum, refusal))
        case .waits: endTurn(.waits)
        case .retries: endTurn(.retries)
        case .ended: endTurn(.ended)
        }
    }

    private mutating func advance() {
        let index = turn.connection
        if let tally = turn.tally {
            sessions[connections[index].session.index].session.count(
                tally.admission, isSequenced: tally.isSequenced, isThrottled: tally.isThrottled,
                now: now)
        }
        turn.offset += turn.frameLength
        turn.taken += 1
        connections[index].discard = Int32(turn.discard)
        if connections[index].wantsPromotion { promote(index) }
    }

    /// Logged on: the connection gets buffers of its own. Not while its input is being looked at.
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
    private mutating func step() -> Step {
        let index = turn.connection
        guard connections[index].isOpen else { return .outcome(.ended) }
        if connections[index].waitsUntilIdle {
            guard connections[index].inFlight == 0 else { return .outcome(.waits) }
            connections[index].waitsUntilIdle = false
        }
        guard connections[index].passwordCheck != .pending else { return .outcome(.waits) }
        let rest = UnsafeRawBufferPointer(rebasing: turn.bytes[turn.offset...])
        turn.frameLength = 0
        turn.discard = 0
        turn.msgSeqNum = 0
        turn.tally = nil
        switch Framing.judge(rest) {
        case .incomplete(let atLeast): return .incomplete(needed: atLeast)
        case .frame(let template, let length):
            turn.frameLength = length
            return take(template, rest.baseAddress!, length, index)
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

    private mutating func take(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int
    ) -> Step {
        guard connections[index].phase == .loggedOn else {
            return takeBeforeLogon(template, frame, length, index)
        }
        guard template != .heartbeat else {
            counters.clientHeartbeats += 1
            return .outcome(.taken)
        }
        let position = connections[index].session.index
        turn.msgSeqNum = FrameHeader(frame).msgSeqNum
        let isThrottled = template.isThrottled
        let admission = sessions[position].session.judge(
            msgSeqNum: turn.msgSeqNum, isThrottled: isThrottled, now: now)
        turn.tally = Turn.Tally(admission: admission, isThrottled: isThrottled)
        guard admission == .admitted else {
            return .outcome(.refused(refusal(of: admission, position: position)))
        }
        return takeAdmitted(template, frame, length, index)
    }

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

    /// Judges what the message alone shows, in the venue's order of checks.
    private mutating func takeAdmitted(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int
    ) -> Step {
        let session = connections[index].session
        guard template != .logonRequest else {
            return .outcome(.refused(Refusal(endingSession: .logonRepeated)))
        }
        guard template.isOffered(to: reference.sessions[session.index].kind, on: kind) else {
            return .outcome(.refused(Refusal(unknownTemplate: template.rawValue)))
        }
        if let violation = template.firstViolation(in: frame, length: length) {
            return .outcome(.refused(Refusal(violation, of: template)))
        }
        if template.needsTrader {
            let senderSubID = FrameHeader(frame).senderSubID
            let trader = TraderID(raw: senderSubID)
            guard sessions[session.index].session.traders.contains(trader) else {
                return .outcome(
                    .refused(Refusal(.userNotLoggedIn, number: Int64(senderSubID))))
            }
        }
        switch template {
        case .userLoginRequest: return .outcome(logInUser(UserLoginRequestView(frame), index))
        case .userLogoutRequest: return .outcome(logOutUser(UserLogoutRequestView(frame), index))
        case .subscribeRequest: return judge(SubscribeRequestView(frame), frame, index)
        case .unsubscribeRequest: return judge(UnsubscribeRequestView(frame), frame, index)
        case .logoutRequest: return .outcome(logOut(LogoutRequestView(frame), index))
        default: return request(.application, template, frame, index)
        }
    }

    /// Leaves a request of the session on this connection to the agent.
    mutating func request(
        _ kind: PortRequest.Kind, _ template: TemplateID, _ frame: UnsafeRawPointer, _ index: Int,
        applSubID: UInt32 = 0
    ) -> Step {
        turn.request = PortRequest(
            kind: kind, template: template, frame: frame, connection: index,
            session: connections[index].session,
            sessionInstanceID: connections[index].sessionInstanceID, msgSeqNum: turn.msgSeqNum,
            applSubID: applSubID, receivedAt: connections[index].receivedAt)
        return .request
    }

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
        turn.tally = Turn.Tally(
            admission: admission, isSequenced: isSequenced, isThrottled: true)
        guard admission == .admitted else {
            return .refused(refusal(of: admission, position: position))
        }
        return .refused(Refusal(unknownTemplate: id))
    }
}
