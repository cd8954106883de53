import Domain
import Sessions
import Wire

// Requests that a port answers itself. Each waits until the session's earlier requests are answered,
// changes something, and answers.
extension SessionPort {
    // MARK: Users

    mutating func logInUser(_ login: UserLoginRequestView, _ index: Int) -> FrameOutcome {
        guard connections[index].inFlight == 0 else { return .waits }
        let position = connections[index].session.index
        let trader = TraderID(raw: login.username)
        guard !sessions[position].session.traders.contains(trader) else {
            return .refused(Refusal(.userAlreadyLoggedIn, number: Int64(login.username)))
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
            return .refused(Refusal(check == .wrong ? .userUnknown : .serviceBusy))
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
            return .refused(Refusal(.userNotLoggedIn, number: Int64(logout.username)))
        }
        return confirm(.userLogoutResponse, index, msgSeqNum: logout.msgSeqNum)
    }

    // MARK: Subscriptions

    /// What is offered and new goes to the agent, which may keep books of its own.
    mutating func judge(
        _ subscription: SubscribeRequestView, _ frame: UnsafeRawPointer, _ index: Int
    ) -> Step {
        guard connections[index].inFlight == 0 else { return .outcome(.waits) }
        let session = connections[index].session
        if let refusal = refusal(of: subscription, session) { return .outcome(.refused(refusal)) }
        switch sessions[session.index].session.subscriptions.judge(
            stream: subscription.refApplID, scope: subscription.subscriptionScope)
        {
        case .duplicate: return .outcome(.refused(Refusal(.alreadySubscribed)))
        case .full: return .outcome(.refused(Refusal(.serviceBusy)))
        case .subscribed(let applSubID):
            return handOut(.subscribe, .subscribeRequest, frame, index, applSubID: applSubID)
        }
    }

    /// A session of another unit and one that does not exist are refused alike, so that nothing tells
    /// them apart.
    private mutating func refusal(
        of subscription: SubscribeRequestView, _ session: SessionIndex
    ) -> Refusal? {
        guard let rule = kind.scopeRule(ofStream: subscription.refApplID) else {
            return Refusal(.streamNotOffered)
        }
        let scope = subscription.subscriptionScope
        let isAllowed =
            switch rule {
            case .nothing: scope == Null.u32
            case .partition: scope == Null.u32 || scope == UInt32(reference.partitionID)
            case .session: scope == Null.u32 || isVisible(sessionID: scope, to: session)
            }
        guard isAllowed else {
            return Refusal(
                FieldViolation(.invalidValue, .subscriptionScope), of: .subscribeRequest)
        }
        return nil
    }

    /// True when a session may look at what concerns another: one of its own unit, or any one when it
    /// is there for market operations.
    public func isVisible(sessionID: UInt32, to session: SessionIndex) -> Bool {
        let other = reference.session(id: sessionID)
        guard !other.isNone else { return false }
        let own = reference.sessions[session.index]
        return own.kind == .operations || reference.sessions[other.index].unit == own.unit
    }

    /// The agent has noted the subscription.
    mutating func subscribe(_ request: PortRequest) -> FrameOutcome {
        let index = request.connection
        let subscription = SubscribeRequestView(request.frame)
        let outcome = sessions[request.session.index].session.subscriptions.subscribe(
            stream: subscription.refApplID, scope: subscription.subscriptionScope)
        precondition(
            outcome == .subscribed(applSubID: request.applSubID),
            "the subscription was judged and nothing came between")
        let length = SubscribeResponseWriter.fixedLength
        guard let space = space(index, length) else { return .ended }
        let writer = SubscribeResponseWriter(space)
        writer.initialize()
        writer.applSubID = request.applSubID
        commitResponse(
            .subscribeResponse, space, index, length, msgSeqNum: request.msgSeqNum)
        return .taken
    }

    mutating func judge(
        _ request: UnsubscribeRequestView, _ frame: UnsafeRawPointer, _ index: Int
    ) -> Step {
        guard connections[index].inFlight == 0 else { return .outcome(.waits) }
        let position = connections[index].session.index
        let applSubID = request.refApplSubID
        guard sessions[position].session.subscriptions.contains(applSubID: applSubID) else {
            return .outcome(.refused(Refusal(.subscriptionUnknown)))
        }
        return handOut(
            .unsubscribe, .unsubscribeRequest, frame, index, applSubID: applSubID)
    }

    /// The agent has noted the subscription's end.
    mutating func unsubscribe(_ request: PortRequest) -> FrameOutcome {
        let isEnded = sessions[request.session.index].session.subscriptions.unsubscribe(
            applSubID: request.applSubID)
        precondition(isEnded, "the handle was in use and nothing came between")
        return confirm(.unsubscribeResponse, request.connection, msgSeqNum: request.msgSeqNum)
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
}
