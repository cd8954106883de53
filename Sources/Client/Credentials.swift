/// What a participant shows to be let in: the session's number and secret, and its trader's.
public struct Credentials: Sendable, Equatable {
    /// PartyIDSessionID.
    public var session: UInt32
    public var sessionPassword: String
    /// The trader's number: Username at login, SenderSubID of every order request after it.
    public var trader: UInt32
    public var traderPassword: String

    public init(
        session: UInt32, sessionPassword: String, trader: UInt32, traderPassword: String
    ) {
        self.session = session
        self.sessionPassword = sessionPassword
        self.trader = trader
        self.traderPassword = traderPassword
    }
}
