/// When one answered request passed each point of its way: a record of the stamps ring.
///
/// The gateway writes one as each answer leaves; `apus-latency` joins them with what clients and
/// listeners saw, by session and MsgSeqNum or by ExecID. Observations only: no state depends on them.
@frozen public struct RequestStamps: BitwiseCopyable, Sendable {
    /// PartyIDSessionID as on the wire.
    public var sessionID: UInt32
    public var msgSeqNum: UInt32
    public var sessionInstanceID: UInt32
    /// Template of the answer.
    public var templateID: UInt16
    /// Slots of the record in its ring: always 1.
    public var slotCount: UInt8 = 1
    public var reserved: UInt8 = 0
    /// The engine transaction; `none` for what the gateway answered itself.
    public var execID: Timestamp
    /// When the kernel received the request's last byte; `none` where it was not asked.
    public var kernelReceive: Timestamp
    /// RequestTime: the gateway saw the bytes.
    public var gatewayIn: Timestamp
    /// TrdRegTSTimeIn: the engine took the command; `none` like `execID`.
    public var engineIn: Timestamp
    /// TrdRegTSTimeOut: the engine was done with it.
    public var engineOut: Timestamp
    /// ResponseIn: the gateway took the event over.
    public var answerIn: Timestamp
    /// SendingTime: the answer was written for sending.
    public var gatewayOut: Timestamp

    @inlinable public init(sessionID: UInt32, sessionInstanceID: UInt32, msgSeqNum: UInt32) {
        self.sessionID = sessionID
        self.sessionInstanceID = sessionInstanceID
        self.msgSeqNum = msgSeqNum
        templateID = 0
        execID = .none
        kernelReceive = .none
        gatewayIn = .none
        engineIn = .none
        engineOut = .none
        answerIn = .none
        gatewayOut = .none
    }
    /// Hands out the record as words, made in registers, like `EventContext.forEachWord`.
    @inlinable @inline(__always)
    public func forEachWord(_ body: (_ word: Int, _ value: UInt64) -> Void) {
        body(0, UInt64(sessionID) | UInt64(msgSeqNum) << 32)
        let codes = UInt64(templateID) | UInt64(slotCount) << 16 | UInt64(reserved) << 24
        body(1, UInt64(sessionInstanceID) | codes << 32)
        body(2, execID.nanos)
        body(3, kernelReceive.nanos)
        body(4, gatewayIn.nanos)
        body(5, engineIn.nanos)
        body(6, engineOut.nanos)
        body(7, answerIn.nanos)
        body(8, gatewayOut.nanos)
    }
}
