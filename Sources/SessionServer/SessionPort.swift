import Containers
import Domain
import Platform
import Rings
import Runtime
import Sessions
import Telemetry
import Wire

/// One port of the venue: its connections, the sessions on them, and all that is the same whatever
/// the sessions then ask for.
///
/// ```
///  network ── bytes ──▶ SessionPort ── PortRequest ──▶ the agent that owns the port
///     ▲                    │  ▲ verdicts                    │
///     │                    ▼  │                             │
///     │                 PasswordAgent                       │
///     └── Reject, Logon Response, Heartbeat, … ◀── port     │
///     └── answers and broadcasts ◀── `space` and `commit` ──┘
/// ```
///
/// It frames, judges what the message and the session's state show in the venue's order of checks,
/// answers what concerns the session alone, keeps heartbeats and timers, and cuts who does not read.
/// An agent owns one and pulls from it; nothing is called back. A duty cycle:
///
/// ```swift
/// var workCount = port.beginCycle(now: now)      // sends, receives, comings and goings, passwords
/// takeNoteOfEndedSessions()                      // while let ended = port.nextEndedSession() { … }
/// while port.hasTurns {                          // one connection after the other
///     port.beginTurn()
///     while port.nextRequest() {                 // only what the agent must decide
///         port.finish(handle(port.request))      // .forwarded, .taken, .refused(…), .waits, …
///     }
///     workCount += port.endTurn()
/// }
/// workCount += port.endCycle()                   // timers, the stop asked for by `control`
/// takeNoteOfEndedSessions()
/// ```
///
/// **One answer per request, in request order.** An agent that answers later says `.forwarded` and,
/// with the answer, `noteAnswered`. What is answered at once, here or by a refusal, is judged only
/// when none of the session's requests is under way; until then the frame stays unread, and with it
/// those behind. So no answer ever waits for another one, and none can overtake. Such frames are rare:
/// logins, subscriptions, rejects.
///
/// Everything has a budget, nothing blocks, nothing is allocated after `init`. One thread uses a port.
public struct SessionPort: ~Copyable {
    public let kind: PortKind
    public let configuration: SessionPortConfiguration
    public let reference: ReferenceTables
    public internal(set) var counters = SessionCounters()
    /// RequestTime of the input of this cycle.
    @inlinable public var now: Timestamp {
        @inline(__always) get { cycleTime }
    }
    @usableFromInline var cycleTime = Timestamp.zero
    /// What the agent is to decide, from `nextRequest` to `finish`.
    @inlinable public var request: PortRequest {
        @inline(__always) get { currentRequest }
    }
    @usableFromInline var currentRequest = PortRequest()

    @usableFromInline let network: any Network
    let clock: Clock
    @usableFromInline let control: PortControl
    let passwordDoorbell: Doorbell
    let counterGroup: CounterGroup<SessionCounters>
    let verifiedSecrets: VerifiedSecrets
    var passwords: PasswordDesk
    @usableFromInline var stamps: StampWriter

    @usableFromInline let rules: RequestRules
    @usableFromInline let connections: FixedTable<Connection>
    @usableFromInline let sessions: FixedTable<SessionSlot>
    /// Connections with input to work on, in turn.
    @usableFromInline var runList: IndexQueue
    /// Sessions whose end the agent does not know yet.
    @usableFromInline var endedSessions: IndexQueue
    @usableFromInline var turn = Turn()
    @usableFromInline var turnsLeft = 0
    @usableFromInline var framesLeft = 0

    /// Connections below this position may be in use.
    var connectionsEnd = 0
    var openConnections = 0
    @usableFromInline var hasNewPasswordRequests = false
    /// Passwords whose verdict is still to come.
    @usableFromInline var passwordsUnderWay = 0
    var isStopping = false

    /// When timers are to be looked at next.
    @usableFromInline var timersDue = Timestamp.none
    /// The next connection of the look under way, or -1.
    @usableFromInline var timerCursor = -1
    /// The earliest deadline found by the look under way.
    var timersFound = Timestamp.none

    /// `passwords` is the link to a `PasswordAgent`, whose bell is rung at most once per duty cycle;
    /// `stamps` gets a record of each request answered.
    public init(
        _ kind: PortKind, network: any Network, clock: Clock, referenceData: ReferenceData,
        passwords: inout PasswordLink, passwordDoorbell: Doorbell, control: PortControl,
        stamps: consuming StampWriter = .unseen(),
        counters: CounterGroup<SessionCounters> = .unseen(),
        configuration: SessionPortConfiguration
    ) {
        precondition(
            network.frameLengthMax >= Framing.responseLengthMax,
            "the network takes the longest message in one piece")
        self.kind = kind
        self.network = network
        self.clock = clock
        self.control = control
        self.configuration = configuration
        self.passwordDoorbell = passwordDoorbell
        self.passwords = passwords.takeDesk()
        self.stamps = stamps
        counterGroup = counters
        let tables = ReferenceTables(referenceData)
        verifiedSecrets = VerifiedSecrets(count: tables.sessions.count + tables.traders.count)
        reference = tables
        rules = RequestRules(of: kind)
        connections = FixedTable(count: network.connectionCapacity) { _ in Connection() }
        sessions = FixedTable(count: referenceData.sessions.count) {
            let definition = referenceData.sessions[$0]
            let unit = definition.unit
            let traders = unit.isNone ? 0 : referenceData.units[unit.index].traders.count
            return SessionSlot(
                session: Session(throttle: definition.throttle, tradersMax: traders),
                kind: RequestRule.SessionKinds(definition.kind))
        }
        runList = IndexQueue(capacity: max(1, network.connectionCapacity))
        endedSessions = IndexQueue(capacity: max(1, referenceData.sessions.count))
    }

    /// Lets the network send and receive, and takes note of who came, went or wrote, and of verdicts
    /// on passwords. Returns how much that was.
    @inlinable @inline(__always)
    public mutating func beginCycle(now: Timestamp) -> Int {
        cycleTime = now
        let events = network.poll()
        guard events > 0 || !runList.isEmpty || passwordsUnderWay > 0 else {
            turnsLeft = 0
            return 0
        }
        return takeInput(events)
    }

    /// True when what follows `beginCycle` in a cycle would find nothing to do, and need not be called.
    @inlinable public var isQuiet: Bool {
        @inline(__always) get { turnsLeft == 0 && endedSessions.isEmpty && !hasErrands }
    }

    @usableFromInline @inline(never)
    mutating func takeInput(_ events: Int) -> Int {
        // A request is as old as the poll that brought it; a cycle that brought none needs no clock.
        if events > 0 || !runList.isEmpty { cycleTime = clock.now() }
        var workCount = events > 0 ? takeNetworkEvents(events) : 0
        if passwordsUnderWay > 0 { workCount += takeVerdicts() }
        turnsLeft = runList.count
        framesLeft = configuration.framesPerCycle
        return workCount
    }

    /// Looks at timers, and goes on with the end of everything if that was asked for.
    public mutating func endCycle() -> Int { hasErrands ? endBusyCycle() : 0 }

    /// There is something to do at the end of this cycle.
    @inlinable var hasErrands: Bool {
        @inline(__always) get {
            cycleTime >= timersDue || timerCursor >= 0 || control.wantsStop || stamps.pending > 0
                || hasNewPasswordRequests
        }
    }

    /// Does what most cycles have no need of.
    @inline(never)
    private mutating func endBusyCycle() -> Int {
        let workCount = now >= timersDue || timerCursor >= 0 ? lookAtTimers() : 0
        if control.wantsStop { stop() }
        stamps.publish()
        ringPasswordDoorbell()
        return workCount
    }

    /// Shows the counters; for the agent's own `publishCounters`.
    public mutating func publishCounters() {
        counters.connectionsOpen = UInt64(openConnections)
        counters.sessionsLoggedOn = counters.logons - counters.sessionsEnded
        counterGroup.publish(counters)
    }

    /// The next timer.
    public var nextDeadline: Timestamp { timersDue }

    /// Sessions still open are told; the last call, followed by a last look at `nextEndedSession`.
    public mutating func close() {
        cycleTime = clock.now()
        stop()
        _ = network.poll()
        stamps.publish()
        ringPasswordDoorbell()
    }

    private mutating func ringPasswordDoorbell() {
        guard hasNewPasswordRequests else { return }
        hasNewPasswordRequests = false
        passwordDoorbell.ring()
    }

    // What follows changes nothing and is mutating all the same: a call that only borrows a value as
    // large as this one copies it first.

    /// The position of an instrument by the short form of its number that requests carry, or `none`.
    @inlinable @inline(__always)
    public mutating func instrument(simpleSecurityID: UInt32) -> InstrumentIndex {
        reference.instrument(simpleSecurityID: simpleSecurityID)
    }

    /// The position of an instrument by its whole number, or `none`.
    @inlinable @inline(__always)
    public mutating func instrument(securityID: Int64) -> InstrumentIndex {
        reference.instrument(securityID: securityID)
    }

    /// The position of a product, or `none`.
    @inlinable @inline(__always)
    public mutating func product(marketSegmentID: Int32) -> ProductIndex {
        reference.product(marketSegmentID: marketSegmentID)
    }

    /// The position of a session, or `none`.
    @inlinable @inline(__always)
    public mutating func session(id: UInt32) -> SessionIndex { reference.session(id: id) }

    /// The connection of a session's very logon, or -1 when that is over.
    @inlinable
    public mutating func connection(of session: SessionIndex, instance: UInt32) -> Int {
        guard !session.isNone else { return -1 }
        let connection = sessions[session.index].connection
        guard connection != .none, connections[connection.index].sessionInstanceID == instance
        else { return -1 }
        return connection.index
    }

    /// The connection on which a session is logged on now, or -1.
    public mutating func connection(of session: SessionIndex) -> Int {
        let connection = sessions[session.index].connection
        return connection == .none ? -1 : connection.index
    }

    // MARK: Sessions that begin

    /// The agent passed a session's start on, and will say `noteStarted` when that is done.
    public mutating func noteStartUnderWay(_ request: PortRequest) {
        connections[request.connection].isStartUnderWay = true
    }

    /// Whether something may still become of what earlier logons of the session asked for.
    public mutating func isStartUnderWay(_ request: PortRequest) -> Bool {
        connections[request.connection].isStartUnderWay
    }

    /// All that came before this logon is done; what waited for that may be read.
    public mutating func noteStarted(_ session: SessionIndex, instance: UInt32) {
        let index = connection(of: session, instance: instance)
        guard index >= 0, connections[index].isStartUnderWay else { return }
        connections[index].isStartUnderWay = false
        if connections[index].hasUnread { enqueue(index) }
    }

    // MARK: Requests under way

    /// Whether earlier requests of the same connection are still to be answered.
    public mutating func hasEarlierUnderWay(_ request: PortRequest) -> Bool {
        connections[request.connection].inFlight > 0
    }

    /// Nothing more is read from this connection until all its requests under way are answered.
    public mutating func holdUntilAnswered(_ request: PortRequest) {
        connections[request.connection].waitsUntilIdle = true
    }

    /// One request less under way; with the last one, frames that waited for that may be read.
    @inlinable @inline(__always)
    public mutating func noteAnswered(
        _ connection: Int, _ times: @autoclosure () -> RequestStamps
    ) {
        guard connections[connection].phase == .loggedOn else { return }
        stamps.note(times())
        noteAnswered(connection, 1)
    }

    /// So many requests less under way.
    @usableFromInline @inline(__always)
    mutating func noteAnswered(_ connection: Int, _ count: Int) {
        let place = connections.address(of: connection)
        let count = UInt32(truncatingIfNeeded: count)
        precondition(place.pointee.inFlight >= count, "what is answered was forwarded")
        place.pointee.inFlight &-= count
        if place.pointee.inFlight == 0, place.pointee.hasUnread { enqueue(connection) }
    }

    /// Notes when a request that was answered passed each point of its way.
    @inlinable @inline(__always)
    public mutating func noteStamps(_ times: @autoclosure () -> RequestStamps) {
        stamps.note(times())
    }

    /// Shows the stamps of a batch of answers.
    public mutating func publishStamps() { stamps.publish() }
}
