import Containers
import Domain
import Platform
import Rings
import Runtime
import Sessions
import Wire

/// Turns bytes into commands and events into answers.
///
/// One duty cycle: deliver what the engine did, let the network send and receive, take note of
/// connections that came and went, act on password verdicts, read frames from the connections that
/// have some in turn, look at timers. Everything has a budget, nothing blocks.
///
/// **One answer per request, in request order.** The engine answers a session's requests in the
/// order of the command ring. What the gateway answers itself is judged only when none of the
/// session's requests is at the engine; until then the frame stays unread, and with it those behind.
/// So no answer ever waits for another one, and none can overtake. Such frames are rare: logins,
/// subscriptions, rejects.
public struct GatewayAgent: ~Copyable, Agent {
    public static var name: String { "gateway" }

    public let configuration: GatewayConfiguration
    public internal(set) var counters = GatewayCounters()

    let network: any Network
    let clock: Clock
    let control: GatewayControl
    let engineDoorbell: Doorbell
    let passwordDoorbell: Doorbell
    let reference: ReferenceTables
    let verifiedSecrets: VerifiedSecrets

    var commands: Ring<Command>.Producer
    var events: BroadcastRing<Event>.GatingConsumer
    var passwords: PasswordDesk

    let connections: FixedArray<Connection>
    let sessions: FixedArray<SessionSlot>
    /// Connections with input to work on, in turn.
    var runList: IndexQueue
    /// Sessions whose end the engine does not know yet.
    var pendingEnds: IndexQueue

    /// Connections below this position may be in use.
    var connectionsEnd = 0
    var openConnections = 0
    /// The command ring was full when a frame wanted in.
    var isHeldByRing = false
    var hasNewCommands = false
    var hasNewPasswordRequests = false
    var isStopping = false

    /// When timers are to be looked at next.
    var timersDue = Timestamp.none
    /// The next connection of the look under way, or -1.
    var timerCursor = -1
    /// The earliest deadline found by the look under way.
    var timersFound = Timestamp.none
    /// RequestTime of the last cycle, for deadlines that start now.
    var lastNow = Timestamp.zero

    /// `events` is one gating consumer of the engine's ring, `commands` its command ring's producer.
    /// Both bells are rung at most once per duty cycle.
    public init(
        network: any Network, clock: Clock, referenceData: ReferenceData,
        commands: consuming Ring<Command>.Producer,
        events: consuming BroadcastRing<Event>.GatingConsumer,
        passwords: inout PasswordLink, engineDoorbell: Doorbell, passwordDoorbell: Doorbell,
        control: GatewayControl = GatewayControl(),
        configuration: GatewayConfiguration = GatewayConfiguration()
    ) {
        precondition(
            network.frameLengthMax >= Framing.responseLengthMax,
            "the network takes the longest message in one piece")
        self.network = network
        self.clock = clock
        self.control = control
        self.configuration = configuration
        self.engineDoorbell = engineDoorbell
        self.passwordDoorbell = passwordDoorbell
        self.commands = commands
        self.events = events
        self.passwords = passwords.takeDesk()
        let tables = ReferenceTables(referenceData)
        verifiedSecrets = VerifiedSecrets(count: tables.sessions.count + tables.traders.count)
        reference = tables
        connections = FixedArray(count: network.connectionCapacity) { _ in Connection() }
        sessions = FixedArray(count: referenceData.sessions.count) {
            let definition = referenceData.sessions[$0]
            let unit = definition.unit
            let traders = unit.isNone ? 0 : referenceData.units[unit.index].traders.count
            return SessionSlot(
                session: Session(throttle: definition.throttle, tradersMax: traders))
        }
        runList = IndexQueue(capacity: max(1, network.connectionCapacity))
        pendingEnds = IndexQueue(capacity: max(1, referenceData.sessions.count))
    }

    public mutating func doWork(now: Timestamp) -> Int {
        isHeldByRing = false
        var workCount = drainEvents()
        // A request is as old as the poll that brought it; a cycle that brought none needs no clock.
        let isIdle = network.poll() == 0 && runList.isEmpty
        let requestTime = isIdle ? now : clock.now()
        workCount += takeNetworkEvents(now: requestTime)
        workCount += takeVerdicts()
        flushPendingEnds()
        workCount += runConnections(now: requestTime)
        workCount += lookAtTimers(now: requestTime)
        if control.wantsStop { stop(now: requestTime) }
        ringDoorbells()
        lastNow = requestTime
        return workCount
    }

    /// The next timer. What waits for room in the command ring is tried again soon, because nobody rings
    /// when the engine has made some.
    public var nextDeadline: Timestamp {
        if isHeldByRing || !pendingEnds.isEmpty {
            return min(timersDue, lastNow.adding(nanos: configuration.ringRetryNanos))
        }
        return timersDue
    }

    /// Sessions still open are told; the runner calls this last, on the gateway's thread.
    public mutating func close() {
        stop(now: clock.now())
        _ = network.poll()
        flushPendingEnds()
        ringDoorbells()
    }

    private mutating func ringDoorbells() {
        if hasNewCommands {
            hasNewCommands = false
            engineDoorbell.ring()
        }
        if hasNewPasswordRequests {
            hasNewPasswordRequests = false
            passwordDoorbell.ring()
        }
    }

    /// Works on connections in turn until nobody has input or the cycle's frames are used up.
    private mutating func runConnections(now: Timestamp) -> Int {
        var frames = 0
        var turns = runList.count
        while turns > 0, frames < configuration.framesPerCycle {
            turns -= 1
            let index = Int(runList.pop())
            connections[index].isQueued = false
            frames += serve(index, now: now)
        }
        counters.frames += UInt64(frames)
        return frames
    }

    /// Puts a connection on the run list, once.
    mutating func enqueue(_ index: Int) {
        guard !connections[index].isQueued else { return }
        connections[index].isQueued = true
        let hasRoom = runList.push(Int32(index))
        precondition(hasRoom, "the run list holds every connection once")
    }
}
