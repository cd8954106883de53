import Domain
import Platform
import Sessions

/// What a port knows about one place in the network's table.
@usableFromInline
struct Connection {
    @usableFromInline
    enum Phase: UInt8 {
        /// Nobody is there.
        case absent
        /// Connected; only a logon is taken.
        case awaitingLogon
        case loggedOn
        /// Being closed: nothing is read or written any more, `closed` will come.
        case closing
    }

    /// Where the password check of the frame at the front stands. The frame stays unread meanwhile,
    /// and is judged again when the verdict is there.
    enum PasswordCheck: UInt8 {
        case none
        case pending
        case right
        case wrong
    }

    @usableFromInline var phase = Phase.absent { didSet { noteEase() } }
    var passwordCheck = PasswordCheck.none { didSet { noteEase() } }
    /// On the run list.
    var isQueued = false
    /// There may be a whole frame to read.
    var hasUnread = false
    /// Nothing is read until all answers to earlier requests are there.
    var waitsUntilIdle = false { didSet { noteEase() } }
    /// Logged on, and nothing keeps its frames from being judged as they come: asked for with each of
    /// them, and kept for that.
    @usableFromInline private(set) var isAtEase = false
    /// The agent was told of the logon, and has not said yet what came of that.
    var isStartUnderWay = false
    /// Just logged on; see `Network.promote`.
    var wantsPromotion = false
    var session = SessionIndex.none
    @usableFromInline var sessionInstanceID: UInt32 = 0
    /// Counts the uses of this place, so that a late verdict does not meet a stranger.
    var generation: UInt32 = 0
    /// Requests that were passed on and whose answers are not written yet.
    @usableFromInline var inFlight: UInt32 = 0
    /// Bytes of an unknown template still to be thrown away.
    var discard: Int32 = 0 { didSet { noteEase() } }
    var openedAt = Timestamp.zero
    /// When the oldest input not yet worked off arrived: the RequestTime of what is read next. Under
    /// a lasting backlog that is too early, which shows the delay rather than hiding it.
    var receivedAt = Timestamp.zero

    /// Input is read and output written.
    var isOpen: Bool { phase == .awaitingLogon || phase == .loggedOn }

    private mutating func noteEase() {
        isAtEase =
            phase == .loggedOn && !waitsUntilIdle && passwordCheck != .pending && discard == 0
    }

    /// Empties the place for the next connection.
    mutating func reset(phase: Phase, now: Timestamp) {
        let (queued, next) = (isQueued, generation &+ 1)
        self = Connection()
        self.phase = phase
        isQueued = queued
        generation = next
        openedAt = now
        receivedAt = now
    }
}

/// A session's state and what ties it to its connection and to the port's agent.
@usableFromInline
struct SessionSlot: ~Copyable {
    @usableFromInline var session: Session
    /// The connection of the instance that is logged on.
    @usableFromInline var connection = ConnectionIndex.none
    /// The agent knows of an instance's start and not yet of its end.
    var isEndPending = false
    var endReason = MassActionReason.sessionLoss
    var endedInstanceID: UInt32 = 0

    /// What kind of session it is, as the rules of requests ask for it.
    @usableFromInline let kind: RequestRule.SessionKinds

    init(session: consuming Session, kind: RequestRule.SessionKinds) {
        self.session = session
        self.kind = kind
    }
}
