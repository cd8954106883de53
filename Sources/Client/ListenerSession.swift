import Domain
import Wire

/// A back office's side of one drop-copy session: numbers its requests and writes them.
///
/// No I/O, like `OrderEntrySession`: every verb writes one whole message at the place it is given and
/// returns the length; `lastMsgSeqNum` tells which number it took. What the venue publishes is read
/// with `ListenerMessage`. A new connection needs a new value.
@frozen public struct ListenerSession: Sendable {
    /// PartyIDSessionID.
    public let session: UInt32
    private let password: String
    /// Number of the last request written; 0 before the logon.
    public private(set) var lastMsgSeqNum: UInt32

    public init(session: UInt32, password: String) {
        self.session = session
        self.password = password
        lastMsgSeqNum = 0
    }

    mutating func takeMsgSeqNum() -> UInt32 {
        lastMsgSeqNum += 1
        return lastMsgSeqNum
    }
}

extension ListenerSession {
    /// LogonRequest (10000). `heartbeatMillis` nil takes the venue's default interval.
    public mutating func logon(
        into out: UnsafeMutableRawPointer, heartbeatMillis: UInt32? = nil
    ) -> Int {
        SessionRequests.logon(
            takeMsgSeqNum(), session: session, password: password, placesOrders: false,
            heartbeatMillis: heartbeatMillis, into: out)
    }

    /// LogoutRequest (10002).
    public mutating func logout(into out: UnsafeMutableRawPointer) -> Int {
        SessionRequests.logout(takeMsgSeqNum(), into: out)
    }

    /// Heartbeat (10011): the one message without a number.
    public func heartbeat(into out: UnsafeMutableRawPointer) -> Int {
        SessionRequests.heartbeat(into: out)
    }

    /// SubscribeRequest (10025) for a stream.
    ///
    /// Listener data of one session of the unit, or with nil of the whole unit; the other streams take
    /// no scope. The answer is `.subscribed` and names the subscription.
    public mutating func subscribe(
        to stream: ETI.RefApplID, scope: UInt32? = nil, into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = SubscribeRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.refApplID = stream.rawValue
        if let scope { writer.subscriptionScope = scope }
        return SubscribeRequestWriter.fixedLength
    }

    /// UnsubscribeRequest (10006), by the number that the subscription was answered with.
    public mutating func unsubscribe(
        _ subscription: UInt32, into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = UnsubscribeRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.refApplSubID = subscription
        return UnsubscribeRequestWriter.fixedLength
    }

    /// RetransmitRequest (10008) for trades from one number through another; nil stands for the first
    /// and the last there are. The answer is `.retransmitted` (`Retransmission`), the trades follow it.
    public mutating func retransmitTrades(
        from first: UInt64?, through last: UInt64?, partition: UInt16 = 1,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = RetransmitRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        if let first { writer.applBegSeqNum = first }
        if let last { writer.applEndSeqNum = last }
        writer.partitionID = partition
        writer.refApplID = ETI.RefApplID.trade.rawValue
        return RetransmitRequestWriter.fixedLength
    }

    /// RetransmitMEMessageRequest (10026) for listener data behind one message through another; nil
    /// stands for the first and the last there are. The scope is as in `subscribe`.
    public mutating func retransmitListenerData(
        after first: ApplMsgID?, through last: ApplMsgID?, scope: UInt32? = nil,
        partition: UInt16 = 1, into out: UnsafeMutableRawPointer
    ) -> Int {
        SessionRequests.retransmit(
            takeMsgSeqNum(), .listenerData, scope: scope, after: first, through: last,
            partition: partition, into: out)
    }
}
