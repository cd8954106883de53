import Domain
import Platform
import Sessions
import Wire

// Requests that the gateway answers itself. Each waits until the session's earlier requests are
// answered, changes something, and answers.
extension GatewayAgent {
    // MARK: Logon

    mutating func takeBeforeLogon(
        _ template: TemplateID, _ frame: UnsafeRawPointer, _ length: Int, _ index: Int,
        now: Timestamp
    ) -> FrameOutcome {
        guard connections[index].phase == .awaitingLogon else { return .ended }
        guard template == .logonRequest else {
            let msgSeqNum = template.isSequenced ? FrameHeader(frame).msgSeqNum : 0
            return refuse(
                index, msgSeqNum: msgSeqNum, Refusal(.notLoggedOn, endsSession: true))
        }
        let logon = LogonRequestView(frame)
        guard logon.msgSeqNum == Session.firstMsgSeqNum else {
            return refuseLogon(
                index, logon, .sequenceNumber, number: Int64(Session.firstMsgSeqNum))
        }
        if let violation = LogonRequestView.firstViolation(in: frame, length: length) {
            var refusal = Refusal(violation, of: .logonRequest)
            refusal.endsSession = true
            counters.failedLogons += 1
            return refuse(index, msgSeqNum: logon.msgSeqNum, refusal)
        }
        let version = logon.defaultCstmApplVerID
        guard version[0] == UInt8(ascii: "1"), version[1] == UInt8(ascii: "0") else {
            return refuseLogon(index, logon, .interfaceVersion)
        }
        return takeLogon(logon, index, now: now)
    }

    /// After a failed logon the connection takes no further attempt.
    private mutating func refuseLogon(
        _ index: Int, _ logon: LogonRequestView, _ detail: RejectDetail, number: Int64 = 0
    ) -> FrameOutcome {
        counters.failedLogons += 1
        return refuse(
            index, msgSeqNum: logon.msgSeqNum, Refusal(detail, endsSession: true, number: number))
    }

    private mutating func takeLogon(
        _ logon: LogonRequestView, _ index: Int, now: Timestamp
    ) -> FrameOutcome {
        let session = reference.session(id: logon.partyIDSessionID)
        let isOffered = !session.isNone && reference.sessions[session.index].kind != .backOffice
        let isBlocked =
            isOffered && sessions[session.index].session.logonBackOff.isBlocked(at: now)
        let subject = isOffered && !isBlocked ? session.index : -1
        switch checkPassword(logon.password, of: subject, index) {
        case .none: return refuseLogon(index, logon, .serviceBusy)
        case .pending: return .waits
        case .wrong:
            // The same answer, after the same time, whether the session is unknown, is not for this
            // port, must wait after failures, or has another password.
            if subject >= 0 { sessions[subject].session.logonBackOff.failed(at: now) }
            return refuseLogon(index, logon, .credentials)
        case .right: return start(session, logon, index, now: now)
        }
    }

    /// Begins an instance, after the old one's end has been put in front of the engine.
    private mutating func start(
        _ session: SessionIndex, _ logon: LogonRequestView, _ index: Int, now: Timestamp
    ) -> FrameOutcome {
        let position = session.index
        let old = sessions[position].connection
        if old != .none {
            counters.sessionsReplaced += 1
            forceLogout(old.index, .replaced, massActionReason: .duplicateSessionLogin)
        }
        guard !sessions[position].isEndPending, commands.hasRoom(for: 1) else {
            noteFullRing()
            return .retries
        }
        let length = LogonResponseWriter.fixedLength
        guard let space = space(index, length) else { return .ended }
        sessions[position].session.logonBackOff.succeeded()
        sessions[position].session.logOn(
            requestedHeartbeatMillis: logon.heartBtInt, now: now)
        sessions[position].connection = ConnectionIndex(index)
        connections[index].phase = .loggedOn
        connections[index].passwordCheck = .none
        connections[index].session = session
        connections[index].sessionInstanceID = sessions[position].session.instanceID
        var command = Command(kind: .sessionStarted)
        command.session = session
        command.sessionInstanceID = sessions[position].session.instanceID
        command.msgSeqNum = logon.msgSeqNum
        command.requestTime = connections[index].receivedAt
        publish(command)
        connections[index].wantsPromotion = true
        writeLogonResponse(space, index, msgSeqNum: logon.msgSeqNum)
        commit(index, length)
        wantTimers(by: sessions[position].session.heartbeats.deadline)
        counters.logons += 1
        return .taken
    }

    private func writeLogonResponse(
        _ space: UnsafeMutableRawPointer, _ index: Int, msgSeqNum: UInt32
    ) {
        let position = connections[index].session.index
        let limits = sessions[position].session.throttle.limits
        let writer = LogonResponseWriter(space)
        writer.initialize()
        fillResponseHeader(space, index, msgSeqNum: msgSeqNum)
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

    // MARK: Passwords

    /// Where the check of the password at the front of the input stands; starts it if need be.
    /// `.none` means that too many wait already.
    private mutating func checkPassword(
        _ password: UnsafeRawBufferPointer, of subject: Int, _ index: Int
    ) -> Connection.PasswordCheck {
        let check = connections[index].passwordCheck
        guard check == .none else { return check }
        let secret = password.loadUnaligned(as: Secret.self)
        if subject >= 0, verifiedSecrets.matches(secret, of: subject) { return .right }
        guard passwords.requests.hasRoom(for: 1) else { return .none }
        passwords.requests.write(
            PasswordRequest(
                connection: Int32(index), generation: connections[index].generation,
                subject: Int32(subject), secret: secret), at: 0)
        passwords.requests.publish(1)
        hasNewPasswordRequests = true
        counters.passwordChecks += 1
        connections[index].passwordCheck = .pending
        return .pending
    }

    mutating func takeVerdicts() -> Int {
        var taken = 0
        while taken < configuration.verdictsPerCycle, let verdict = passwords.verdicts.next() {
            taken += 1
            let index = Int(verdict.connection)
            // The connection may be gone, and another one in its place.
            guard connections[index].generation == verdict.generation,
                connections[index].passwordCheck == .pending
            else { continue }
            connections[index].passwordCheck = verdict.isRight ? .right : .wrong
            if verdict.isRight { rememberSecret(index) }
            enqueue(index)
        }
        return taken
    }

    /// The frame whose password was found right is still at the front of the input.
    private func rememberSecret(_ index: Int) {
        let bytes = network.unread(
            ConnectionIndex(index), atLeast: UserLoginRequestView.fixedLength)
        guard case .frame(let template, _) = Framing.judge(bytes), let frame = bytes.baseAddress
        else { return }
        if template == .logonRequest {
            let logon = LogonRequestView(frame)
            let session = reference.session(id: logon.partyIDSessionID)
            guard !session.isNone else { return }
            verifiedSecrets.remember(
                logon.password.loadUnaligned(as: Secret.self), of: session.index)
        } else if template == .userLoginRequest {
            let login = UserLoginRequestView(frame)
            let row = reference.trader(id: login.username)
            guard row >= 0 else { return }
            verifiedSecrets.remember(
                login.password.loadUnaligned(as: Secret.self), of: reference.sessions.count + row)
        }
    }

    // MARK: Users

    mutating func logInUser(
        _ login: UserLoginRequestView, _ index: Int, now: Timestamp
    ) -> FrameOutcome {
        guard connections[index].inFlight == 0 else { return .waits }
        let position = connections[index].session.index
        let trader = TraderID(raw: login.username)
        guard !sessions[position].session.traders.contains(trader) else {
            return refuse(
                index, msgSeqNum: login.msgSeqNum,
                Refusal(.userAlreadyLoggedIn, number: Int64(login.username)))
        }
        let row = reference.trader(id: login.username)
        let isOwn = row >= 0 && reference.traders[row].unit == reference.sessions[position].unit
        let isBlocked = sessions[position].session.userLoginBackOff.isBlocked(at: now)
        let subject = isOwn && !isBlocked ? reference.sessions.count + row : -1
        let check = checkPassword(login.password, of: subject, index)
        guard check != .pending else { return .waits }
        connections[index].passwordCheck = .none
        guard check == .right else {
            counters.failedUserLogins += 1
            if check == .wrong {
                sessions[position].session.userLoginBackOff.failed(at: now)
            }
            return refuse(
                index, msgSeqNum: login.msgSeqNum,
                Refusal(check == .wrong ? .userUnknown : .serviceBusy))
        }
        sessions[position].session.userLoginBackOff.succeeded()
        let isAdded = sessions[position].session.traders.insert(trader)
        precondition(isAdded, "there is a place for every trader of the unit")
        counters.userLogins += 1
        return confirm(.userLoginResponse, index, msgSeqNum: login.msgSeqNum)
    }

    mutating func logOutUser(_ logout: UserLogoutRequestView, _ index: Int) -> FrameOutcome {
        guard connections[index].inFlight == 0 else { return .waits }
        let position = connections[index].session.index
        guard sessions[position].session.traders.remove(TraderID(raw: logout.username)) else {
            return refuse(
                index, msgSeqNum: logout.msgSeqNum,
                Refusal(.userNotLoggedIn, number: Int64(logout.username)))
        }
        return confirm(.userLogoutResponse, index, msgSeqNum: logout.msgSeqNum)
    }

    // MARK: Subscriptions

    mutating func subscribe(_ request: SubscribeRequestView, _ index: Int) -> FrameOutcome {
        guard connections[index].inFlight == 0 else { return .waits }
        if let refusal = refusal(of: request) {
            return refuse(index, msgSeqNum: request.msgSeqNum, refusal)
        }
        let position = connections[index].session.index
        switch sessions[position].session.subscriptions.subscribe(
            stream: request.refApplID, scope: request.subscriptionScope)
        {
        case .duplicate:
            return refuse(index, msgSeqNum: request.msgSeqNum, Refusal(.alreadySubscribed))
        case .full:
            return refuse(index, msgSeqNum: request.msgSeqNum, Refusal(.serviceBusy))
        case .subscribed(let applSubID):
            let length = SubscribeResponseWriter.fixedLength
            guard let space = space(index, length) else { return .ended }
            let writer = SubscribeResponseWriter(space)
            writer.initialize()
            fillResponseHeader(space, index, msgSeqNum: request.msgSeqNum)
            writer.applSubID = applSubID
            commit(index, length)
            return .taken
        }
    }

    /// News (2) and market-wide availability (10) have no scope, service availability (3) may name
    /// this partition. The other streams come by themselves or belong to the drop-copy port.
    private func refusal(of request: SubscribeRequestView) -> Refusal? {
        let scope = request.subscriptionScope
        switch request.refApplID {
        case 2, 10: if scope == Null.u32 { return nil }
        case 3: if scope == Null.u32 || scope == UInt32(reference.partitionID) { return nil }
        default: return Refusal(.streamNotOffered)
        }
        return Refusal(FieldViolation(.invalidValue, .subscriptionScope), of: .subscribeRequest)
    }

    mutating func unsubscribe(_ request: UnsubscribeRequestView, _ index: Int) -> FrameOutcome {
        guard connections[index].inFlight == 0 else { return .waits }
        let position = connections[index].session.index
        let isEnded = sessions[position].session.subscriptions.unsubscribe(
            applSubID: request.refApplSubID)
        guard isEnded else {
            return refuse(index, msgSeqNum: request.msgSeqNum, Refusal(.subscriptionUnknown))
        }
        return confirm(.unsubscribeResponse, index, msgSeqNum: request.msgSeqNum)
    }

    // MARK: Logout

    mutating func logOut(_ request: LogoutRequestView, _ index: Int) -> FrameOutcome {
        guard connections[index].inFlight == 0 else { return .waits }
        guard case .taken = confirm(.logoutResponse, index, msgSeqNum: request.msgSeqNum) else {
            return .ended
        }
        closePolitely(index)
        return .ended
    }

    // MARK: Responses without a body

    /// LogoutResponse, UserLoginResponse, UserLogoutResponse and UnsubscribeResponse are headers.
    private mutating func confirm(
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
    private func fillResponseHeader(
        _ space: UnsafeMutableRawPointer, _ index: Int, msgSeqNum: UInt32
    ) {
        let header = LogoutResponseWriter(space)
        header.requestTime = connections[index].receivedAt.nanos
        header.sendingTime = clock.now().nanos
        header.msgSeqNum = msgSeqNum
    }
}
