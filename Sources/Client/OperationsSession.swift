import Domain
import Wire

/// Market operations' side of a session on the order port: numbers its requests and writes them.
///
/// No I/O, like `OrderEntrySession`: every verb writes one whole message at the place it is given and
/// returns the length; `lastMsgSeqNum` tells which number it took. A new connection needs a new value.
@frozen public struct OperationsSession: Sendable {
    private var office: ListenerSession

    public init(session: UInt32, password: String) {
        office = ListenerSession(session: session, password: password)
    }

    /// PartyIDSessionID.
    public var session: UInt32 { office.session }
    /// Number of the last request written; 0 before the logon.
    public var lastMsgSeqNum: UInt32 { office.lastMsgSeqNum }

    /// LogonRequest (10000). `heartbeatMillis` nil takes the venue's default interval.
    public mutating func logon(
        into out: UnsafeMutableRawPointer, heartbeatMillis: UInt32? = nil
    ) -> Int {
        office.logon(into: out, heartbeatMillis: heartbeatMillis)
    }

    /// LogoutRequest (10002).
    public mutating func logout(into out: UnsafeMutableRawPointer) -> Int {
        office.logout(into: out)
    }

    /// Heartbeat (10011): the one message without a number.
    public func heartbeat(into out: UnsafeMutableRawPointer) -> Int { office.heartbeat(into: out) }

    /// MarketStateRequest (60000), an extension of this venue: of one instrument (SecurityID) of a
    /// product (MarketSegmentID), or with nil of the whole product. Without a product the day ends in
    /// all; no other action goes without one. The answer is `.allDeleted` when all is done.
    public mutating func changeMarketState(
        _ action: MarketStateAction, product: Int32?, instrument: Int64? = nil,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = MarketStateRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = office.takeMsgSeqNum()
        writer.marketStateAction = action.rawValue
        if let product { writer.marketSegmentID = product }
        if let instrument { writer.securityID = instrument }
        return MarketStateRequestWriter.fixedLength
    }
}
