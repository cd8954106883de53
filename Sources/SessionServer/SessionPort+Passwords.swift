import Domain
import Platform
import Wire

// Passwords are checked elsewhere; the frame that carries one stays unread until the verdict is there.
extension SessionPort {
    /// Where the check of the password at the front of the input stands; starts it if need be.
    /// `.none` means that too many wait already.
    mutating func checkPassword(
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
        passwordsUnderWay += 1
        counters.passwordChecks += 1
        connections[index].passwordCheck = .pending
        return .pending
    }

    mutating func takeVerdicts() -> Int {
        var taken = 0
        while taken < configuration.verdictsPerCycle, let verdict = passwords.verdicts.next() {
            taken += 1
            passwordsUnderWay -= 1
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
}
