import Domain
import Platform
import Sessions
import Wire

/// Where the turn of one connection stands.
@usableFromInline
struct Turn {
    @usableFromInline var connection = -1
    /// Where the connection lies, and the session on it, once somebody is logged on.
    @usableFromInline var place = UnsafeMutablePointer<Connection>(bitPattern: -1)!
    @usableFromInline var slot = UnsafeMutablePointer<SessionSlot>(bitPattern: -1)!

    /// The piece of input looked at.
    var start = Turn.nowhere
    /// Where the next frame starts; what lies before is taken, and consumed in one go.
    @usableFromInline var front = Turn.nowhere
    @usableFromInline var end = Turn.nowhere
    /// Frames taken.
    @usableFromInline var taken = 0
    var isOver = true
    var ending = Ending.dry
    /// The end is made known to the network and the session.
    @usableFromInline var isClosed = true

    /// The frame at the front: how far taking it moves `front`.
    @usableFromInline var frameLength = 0
    /// Bytes of it that are thrown away as they come.
    var discard = 0
    /// What a Reject of it repeats.
    @usableFromInline var msgSeqNum: UInt32 = 0
    /// What the session counts when it is taken: nothing, when it was not asked.
    @usableFromInline var admission: Admission?
    @usableFromInline var isSequenced = true
    @usableFromInline var isThrottled = false
    /// Whether the agent is to decide about it, as the port's `request` says.
    @usableFromInline var handedOut = HandedOut.nothing

    static var nowhere: UnsafeRawPointer { UnsafeRawPointer(bitPattern: -1)! }

    /// How much of the piece is taken.
    var offset: Int { front - start }

    /// What is not looked at yet.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: front, count: end - front) }

    /// Goes on with another piece of input.
    mutating func look(at bytes: UnsafeRawBufferPointer) {
        start = bytes.baseAddress ?? Turn.nowhere
        front = start
        end = start + bytes.count
    }

    @usableFromInline
    enum HandedOut {
        case nothing
        /// What may be passed on.
        case application
        /// What concerns the session, and is answered here.
        case concern
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
        turn.connection = index
        turn.place = connections.address(of: index)
        turn.place.pointee.isQueued = false
        turn.taken = 0
        turn.isOver = false
        turn.isClosed = false
        turn.discard = 0
        noteRequester()
        turn.look(at: network.unread(ConnectionIndex(index), atLeast: 0))
    }

    /// Takes down what all requests of the connection have in common.
    private mutating func noteRequester() {
        let connection = turn.place
        let session = connection.pointee.session
        if !session.isNone { turn.slot = sessions.address(of: session.index) }
        currentRequest = PortRequest(
            kind: .application, template: .heartbeat, frame: Turn.nowhere,
            connection: turn.connection, session: session,
            sessionInstanceID: connection.pointee.sessionInstanceID, msgSeqNum: 0, applSubID: 0,
            receivedAt: connection.pointee.receivedAt)
    }

    /// Puts the turn's next request that the agent has to decide into `request`; false at the turn's end.
    /// Everything else is done on the way.
    @inlinable @inline(__always)
    public mutating func nextRequest() -> Bool {
        precondition(
            turn.handedOut == .nothing, "a request is finished before the next is asked for")
        return takeUsualRequest() || takeNextRequest()
    }

    /// Takes what mostly lies at the front of the input: a whole request for the agent, with nothing in it
    /// or in the session's state that speaks against it. False when it is anything else, about which
    /// nothing is said here.
    @inlinable @inline(__always)
    mutating func takeUsualRequest() -> Bool {
        guard let rule = rules.rule(ofRequestFrom: turn.front, to: turn.end),
            turn.place.pointee.isAtEase, turn.taken < configuration.framesPerTurn
        else { return false }
        let frame = turn.front
        let header = FrameHeader(frame)
        let slot = turn.slot
        guard
            slot.pointee.session.admits(
                msgSeqNum: header.msgSeqNum, isThrottled: rule.isThrottled, now: now),
            rule.offeredTo.contains(slot.pointee.kind),
            !rule.needsTrader
                || slot.pointee.session.traders.contains(TraderID(raw: header.senderSubID)),
            rule.template.isSound(in: frame, length: Int(rule.lengthMax))
        else { return false }
        turn.frameLength = Int(rule.lengthMax)
        turn.msgSeqNum = header.msgSeqNum
        turn.admission = .admitted
        turn.isSequenced = true
        turn.isThrottled = rule.isThrottled
        currentRequest = PortRequest(
            currentRequest, rule.template, frame, msgSeqNum: header.msgSeqNum)
        turn.handedOut = .application
        return true
    }

    /// Goes through what lies at the front until there is a request for the agent; false at the turn's
    /// end.
    @usableFromInline @inline(never)
    mutating func takeNextRequest() -> Bool {
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
                turn.handedOut = request.kind == .application ? .application : .concern
                return true
            }
        }
        if !turn.isClosed { closeTurn() }
        return false
    }

    /// Says what became of a request, which ends its frame's validity.
    @inlinable @inline(__always)
    public mutating func finish(_ outcome: FrameOutcome) {
        guard case .forwarded = outcome else { return finishHere(outcome) }
        precondition(
            turn.handedOut == .application,
            "what is passed on was handed out and does not concern the session")
        turn.handedOut = .nothing
        // There are never more than the rings hold.
        turn.place.pointee.inFlight &+= 1
        turn.slot.pointee.session.count(.admitted, isThrottled: turn.isThrottled, now: now)
        turn.front += turn.frameLength
        turn.taken &+= 1
    }

    /// Does the port's own part of a request that is not passed on.
    @usableFromInline @inline(never)
    mutating func finishHere(_ outcome: FrameOutcome) {
        precondition(turn.handedOut != .nothing, "what is finished was handed out")
        turn.handedOut = .nothing
        if case .taken = outcome {
            switch request.kind {
            case .application: conclude(.taken)
            case .sessionStart: conclude(start(request))
            case .subscribe: conclude(subscribe(request))
            case .unsubscribe: conclude(unsubscribe(request))
            }
        } else {
            conclude(outcome)
        }
        noteRequester()
    }

    /// Ends the turn. Returns how many frames were taken.
    @inlinable @inline(__always)
    public mutating func endTurn() -> Int {
        precondition(
            turn.connection >= 0 && turn.isClosed, "a turn ends when it has no more requests")
        turn.connection = -1
        return turn.taken
    }

    /// Draws up the account of a turn that has no more requests.
    @inline(__always)
    private mutating func closeTurn() {
        if turn.ending != .ended {
            let index = turn.connection
            let connection = turn.place
            if turn.offset > 0 { network.consume(ConnectionIndex(index), turn.offset) }
            if turn.ending == .dry { connection.pointee.hasUnread = false }
            if turn.ending != .dry || turn.taken > 0, connection.pointee.phase == .loggedOn {
                // A client that sends whole messages lives, even while they wait for something.
                turn.slot.pointee.session.heartbeats.heard(at: now)
            }
            if turn.ending == .retries { enqueue(index) }
        }
        framesLeft -= turn.taken
        counters.frames += UInt64(turn.taken)
        turn.isClosed = true
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
        // Nothing of what is left is looked at.
        turn.end = turn.front
    }

    // MARK: Moving through the input

    /// Throws away what is here of a frame whose template is unknown.
    @inline(__always)
    private mutating func discardUnknown() {
        let wanted = Int(turn.place.pointee.discard)
        guard wanted > 0 else { return }
        let part = min(wanted, turn.end - turn.front)
        turn.place.pointee.discard -= Int32(part)
        turn.front += part
    }

    /// No whole frame in this piece: asks for the pieces to be joined.
    @inline(__always)
    private mutating func gather(_ needed: Int) {
        let connection = ConnectionIndex(turn.connection)
        if turn.offset > 0 { network.consume(connection, turn.offset) }
        // Of a frame longer than any request, the header is enough.
        let atLeast = min(needed, Framing.requestLengthMax)
        turn.look(at: network.unread(connection, atLeast: atLeast))
        if turn.rest.count < atLeast { endTurn(.dry) }
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
        turn.front += turn.frameLength
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
        connections[index].wantsPromotion = false
        network.promote(connection)
        turn.look(at: network.unread(connection, atLeast: 0))
    }

    // MARK: Judging

    /// Looks at the front of the input.
    @inline(__always)
    private mutating func step() -> Step {
        // Mostly a piece of input ends where a frame ends.
        if turn.front == turn.end, turn.place.pointee.isAtEase {
            return .incomplete(needed: Framing.bodyLenLength)
        }
        return judge(turn.rest, turn.connection)
    }

    /// Judges what the state of the connection has to say, then the frame.
    @inline(never)
    private mutating func judge(_ rest: UnsafeRawBufferPointer, _ index: Int) -> Step {
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
    mutating func handOut(
        _ kind: PortRequest.Kind, _ template: TemplateID, _ frame: UnsafeRawPointer, _ index: Int,
        applSubID: UInt32 = 0
    ) -> Step {
        let connection = connections.address(of: index)
        currentRequest = PortRequest(
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
