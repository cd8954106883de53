import Containers
import Domain
import Platform
import Reports
import Rings
import Runtime
import SessionServer
import Streams
import Telemetry
import Wire

/// The order port: turns requests into commands and events into answers.
///
/// What any port does with connections and sessions is the `SessionPort`'s. One duty cycle: deliver
/// what the engine did, let the port receive and judge, hand what it passes on to the engine, tell the
/// engine of sessions that begin and end. Everything has a budget, nothing blocks.
///
/// The engine answers a session's requests in the order of the command ring, so answers need no
/// sorting; when that ring is full, requests stay unread, which is the back-pressure.
public struct GatewayAgent: ~Copyable, Agent {
    public static var name: String { "gateway" }

    public let configuration: GatewayConfiguration
    public internal(set) var counters = GatewayCounters()
    public internal(set) var port: SessionPort

    let clock: Clock
    /// When the engine was done with which command.
    let engineOut: EngineOutLog.Reader
    let engineDoorbell: Doorbell
    let retransmissionDoorbell: Doorbell
    let counterGroup: CounterGroup<GatewayCounters>
    var commands: Ring<Command>.Producer
    var events: BroadcastRing<Event>.GatingConsumer
    /// Where a record is put together whose parts must lie in one piece.
    let wholeRecord = FixedTable<EventRecord.Slot>(count: 255) { _ in .init(repeating: 0) }
    /// Stands for the context of an event that has none.
    let noContext = FixedTable<EventContext>(count: 1) { _ in EventContext() }

    /// Where answers wait for the public.
    var publicFirst: PublicFirst?
    /// What the journal can take.
    let admission: CommandAdmission
    /// Where sessions' own data is asked for again.
    var retransmission: RetransmissionDesk
    /// The last command of which an event was delivered.
    var lastDelivered: UInt64 = 0

    /// The command ring was full when a frame wanted in.
    var isHeldByRing = false
    var hasNewCommands = false

    /// `events` is one gating consumer of the engine's ring, `commands` its command ring's producer.
    /// Both bells are rung at most once per duty cycle. `engineOut` knows the time of every event that
    /// is in the ring; `stamps` gets a record of each request answered. With `publicFirst`, the highest
    /// command the public was told of, answers wait for that.
    public init(
        network: any Network, clock: Clock, referenceData: ReferenceData,
        commands: consuming Ring<Command>.Producer,
        events: consuming BroadcastRing<Event>.GatingConsumer, engineOut: EngineOutLog.Reader,
        stamps: consuming StampWriter = .unseen(), passwords: inout PasswordLink,
        publicFirst: SequenceCounter? = nil, admission: CommandAdmission = CommandAdmission(),
        retransmission: consuming RetransmissionDesk = .unconnected(),
        retransmissionDoorbell: Doorbell = .silent(),
        engineDoorbell: Doorbell, passwordDoorbell: Doorbell, control: PortControl = PortControl(),
        counters: CounterGroup<GatewayCounters> = .unseen(),
        portCounters: CounterGroup<SessionCounters> = .unseen(),
        configuration: GatewayConfiguration = GatewayConfiguration()
    ) {
        self.clock = clock
        self.configuration = configuration
        self.engineOut = engineOut
        self.engineDoorbell = engineDoorbell
        counterGroup = counters
        self.commands = commands
        self.events = events
        self.admission = admission
        self.retransmission = retransmission
        self.retransmissionDoorbell = retransmissionDoorbell
        self.publicFirst = publicFirst.map {
            PublicFirst($0, waitNanosMax: configuration.publicFirstWaitNanosMax)
        }
        port = SessionPort(
            .order, network: network, clock: clock, referenceData: referenceData,
            passwords: &passwords, passwordDoorbell: passwordDoorbell, control: control,
            stamps: stamps, counters: portCounters, configuration: configuration.port)
    }

    public mutating func doWork(now: Timestamp) -> Int {
        isHeldByRing = false
        var workCount = drainEvents(now: now)
        if retransmission.underWay > 0 { workCount += deliverRetransmissions() }
        workCount += port.beginCycle(now: now)
        return port.isQuiet ? workCount : workCount + servePort()
    }

    /// Goes on with a cycle in which somebody wrote, a session ended, or a timer is due.
    @inline(never)
    private mutating func servePort() -> Int {
        if port.hasEndedSessions { tellEndedSessions() }
        var workCount = 0
        while port.hasTurns {
            port.beginTurn()
            while port.nextRequest() {
                let outcome =
                    switch port.request.kind {
                    case .application: dispatch()
                    case .sessionStart: tellStart(of: port.request)
                    // Streams of this port need no books beside the session's own.
                    case .subscribe, .unsubscribe: FrameOutcome.taken
                    }
                port.finish(outcome)
            }
            workCount += port.endTurn()
        }
        workCount += port.endCycle()
        if port.hasEndedSessions { tellEndedSessions() }
        ringEngine()
        return workCount
    }

    /// The port's next timer. What waits for room in the command ring is tried again soon, because
    /// nobody rings when the engine has made some.
    public var nextDeadline: Timestamp {
        let deadline = min(port.nextDeadline, publicFirst?.deadline ?? .none)
        guard isHeldByRing || port.hasEndedSessions else { return deadline }
        return min(deadline, port.now.adding(nanos: configuration.ringRetryNanos))
    }

    public mutating func publishCounters() {
        if let publicFirst {
            counters.publicFirstWaits = publicFirst.waits
            counters.publicFirstTimeouts = publicFirst.timeouts
        }
        counterGroup.publish(counters)
        port.publishCounters()
    }

    /// Sessions still open are told; the runner calls this last, on the gateway's thread.
    public mutating func close() {
        port.close()
        tellEndedSessions()
        ringEngine()
    }

    @inline(__always)
    private mutating func ringEngine() {
        guard hasNewCommands else { return }
        hasNewCommands = false
        commands.prefetchNext()
        engineDoorbell.ring()
    }

    // MARK: Sessions that begin and end

    /// The engine hears of a session before its client does, and after the old instance's end.
    @inline(never)
    private mutating func tellStart(of request: PortRequest) -> FrameOutcome {
        tellEndedSessions()
        guard !port.hasEndedSessions, commands.hasRoom(for: 1) else {
            noteFullRing()
            return .retries
        }
        var command = Command(kind: .sessionStarted)
        command.session = request.session
        command.sessionInstanceID = request.sessionInstanceID
        command.msgSeqNum = request.msgSeqNum
        command.requestTime = request.receivedAt
        publish(command)
        port.noteStartUnderWay(request)
        return .taken
    }

    /// Tells the engine of sessions that ended, as far as the command ring has room.
    @inline(never)
    private mutating func tellEndedSessions() {
        while port.hasEndedSessions, commands.hasRoom(for: 1) {
            guard let ended = port.nextEndedSession() else { return }
            var command = Command(kind: .sessionEnded)
            command.session = ended.session
            command.sessionInstanceID = ended.sessionInstanceID
            command.massActionReason = ended.reason
            command.requestTime = clock.now()
            publish(command)
        }
    }
}
