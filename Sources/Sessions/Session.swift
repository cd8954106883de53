import Domain
import Wire

/// What a session's rules say about the next request, before its content is looked at.
@frozen public enum Admission: Equatable, Sendable {
    case admitted
    /// MsgSeqNum is not the next: the session ends.
    case sequenceBroken
    /// Too many requests in the throttle's window; `endsSession` when this refusal is one too many.
    case throttled(endsSession: Bool)
}

/// The state of one session: who it is logged on as, what it may send next, when it counts as dead.
///
/// Pure rules: time is passed in, nothing is sent. One thread uses a session. Judging a request
/// changes nothing; `count` does, once the request is really taken.
@frozen public struct Session: ~Copyable, @unchecked Sendable {
    /// MsgSeqNum of the logon itself.
    public static let firstMsgSeqNum: UInt32 = 1

    public private(set) var isLoggedOn = false
    /// Counts the logons of this session, from 1, so that it tells nothing about other firms.
    public private(set) var instanceID: UInt32 = 0
    public private(set) var heartbeatMillis: UInt32 = HeartbeatInterval.defaultMillis
    @usableFromInline var nextMsgSeqNum: UInt32 = Session.firstMsgSeqNum
    public var heartbeats = HeartbeatSchedule(
        intervalMillis: HeartbeatInterval.defaultMillis, now: .zero)
    public var throttle: Throttle
    public var traders: LoggedInTraders
    public var subscriptions = Subscriptions()
    /// Failed attempts at the session's own password.
    public var logonBackOff = LogonBackOff()
    /// Failed attempts at traders' passwords on this session.
    public var userLoginBackOff = LogonBackOff()

    public init(throttle limits: ThrottleLimits, tradersMax: Int) {
        throttle = Throttle(limits: limits)
        traders = LoggedInTraders(capacity: tradersMax)
    }

    /// Begins a new instance; the logon took the first MsgSeqNum.
    public mutating func logOn(requestedHeartbeatMillis: UInt32, now: Timestamp) {
        precondition(!isLoggedOn, "an instance ends before the next begins")
        isLoggedOn = true
        instanceID = nextInstanceID
        nextMsgSeqNum = Self.firstMsgSeqNum + 1
        heartbeatMillis = HeartbeatInterval.applied(requested: requestedHeartbeatMillis)
        heartbeats = HeartbeatSchedule(intervalMillis: heartbeatMillis, now: now)
        traders.removeAll()
        subscriptions = Subscriptions()
        throttle.forgive()
    }

    /// Ends the instance.
    public mutating func logOff() {
        precondition(isLoggedOn, "only an instance that began can end")
        isLoggedOn = false
        traders.removeAll()
    }

    /// The `instanceID` that the next logon will get.
    public var nextInstanceID: UInt32 { instanceID &+ 1 }

    /// The next MsgSeqNum expected.
    @inlinable public var expectedMsgSeqNum: UInt32 { nextMsgSeqNum }

    /// Whether a request has the next number and finds the throttle open, as it mostly does; if not,
    /// `judge` says what that comes to.
    @inlinable @inline(__always)
    public func admits(msgSeqNum: UInt32, isThrottled: Bool, now: Timestamp) -> Bool {
        msgSeqNum == nextMsgSeqNum && (!isThrottled || throttle.isOpen(at: now))
    }

    /// Judges a request by its number and the throttle. No number means that the frame is too short to
    /// carry one, so only the throttle is asked.
    @inlinable
    public func judge(msgSeqNum: UInt32?, isThrottled: Bool, now: Timestamp) -> Admission {
        if let msgSeqNum, msgSeqNum != nextMsgSeqNum { return .sequenceBroken }
        guard isThrottled, !throttle.isOpen(at: now) else { return .admitted }
        return .throttled(endsSession: throttle.endsWithNextRefusal)
    }

    /// Counts a request that was taken, or refused with the session living on.
    @inlinable
    public mutating func count(
        _ admission: Admission, isSequenced: Bool = true, isThrottled: Bool, now: Timestamp
    ) {
        if isSequenced { nextMsgSeqNum &+= 1 }
        switch admission {
        case .admitted: if isThrottled { throttle.admit(at: now) }
        case .throttled: throttle.refuse()
        case .sequenceBroken: break
        }
    }
}
