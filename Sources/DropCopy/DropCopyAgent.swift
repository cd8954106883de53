import Containers
import Domain
import Platform
import Reports
import Runtime
import SessionServer
import Telemetry
import Wire

/// Tells listeners what happened, from a history that it reads out of the venue's event ring.
///
/// ```
///  event ring ──▶ EventFeed ──▶ History ◀── places of subscriptions, requests for retransmission
///  (read only)                     │
///                                  └──▶ messages ──▶ SessionPort ──▶ listeners
/// ```
///
/// The ring is emptied at once, whatever the listeners do; they draw from the history, each at its own
/// place and pace. So one that is slow holds up nobody: it is cut when what was sent to it stays unread
/// for too long, or when what it has to hear next is forgotten. The venue knows nothing of all this.
///
/// The publisher outlives its venue: sessions stay logged on while it waits for the next life.
public struct DropCopyAgent: ~Copyable, Agent {
    public static var name: String { "dropcopy" }

    public let configuration: DropCopyConfiguration
    public internal(set) var counters = DropCopyCounters()

    var port: SessionPort
    var history: History
    let encoder: Encoder
    let clock: Clock
    private let shape: History.Shape
    private let venues: any VenueSource
    private let library: any HistoryLibrary
    private let status: DropCopyStatus
    private let counterGroup: CounterGroup<DropCopyCounters>
    private var feed: EventFeed

    /// Per session what it subscribed to.
    let listeners: FixedTable<Listener>
    /// Sessions with subscriptions, in the order of their turns.
    var turns: [Int32] = []
    var firstTurn = 0
    /// The history's version up to which every listener that has room was told.
    var servedVersion: UInt64 = 0
    /// Somebody's output was full, or the cycle's messages were used up.
    var hasBacklog = false

    /// What was there at the start is in the history: who subscribes begins behind it. Until then
    /// logons wait, or a listener that had these messages from an earlier run would have them twice.
    private var hasCaughtUp = false
    private var hasFailed = false
    /// Of earlier lives of the venue.
    private var earlierOverruns: UInt64 = 0
    private var earlierContradictions: UInt64 = 0
    private var earlierFilled: UInt64 = 0
    private var hasToldOfWaiting = false
    private var isVenueLost = false
    private var nextVenueCheck = Timestamp.zero
    /// When the next life of the venue was found, with listeners still behind in the old one.
    private var successorFound = Timestamp.none
    private var lastRecord = Timestamp.zero
    private var lastNow = Timestamp.zero

    /// Begins with a venue that runs. `port` is of the kind `dropCopy` and made of the same data.
    public init(
        port: consuming SessionPort, referenceData: ReferenceData, clock: Clock,
        venue: consuming VenueEvents, venues: any VenueSource, library: any HistoryLibrary,
        status: DropCopyStatus, counters: CounterGroup<DropCopyCounters> = .unseen(),
        configuration: DropCopyConfiguration = DropCopyConfiguration()
    ) throws(SegmentError) {
        let shape = History.Shape(referenceData)
        var history = try History(
            genesis: venue.history.history, shape: shape,
            store: library.store(history: venue.history.history))
        try history.begin(life: venue.genesis, firstSequence: venue.history.firstSequence)
        self.shape = shape
        self.history = history
        encoder = Encoder(referenceData, port.reference)
        listeners = FixedTable(count: referenceData.sessions.count) { _ in Listener() }
        turns.reserveCapacity(referenceData.sessions.count)
        self.port = port
        self.clock = clock
        self.venues = venues
        self.library = library
        self.status = status
        counterGroup = counters
        self.configuration = configuration
        feed = venue.takeFeed()
    }

    public mutating func doWork(now: Timestamp) -> Int {
        lastNow = now
        var workCount = takeRecords(now: now)
        if now >= nextVenueCheck { checkVenue(now: now) }
        workCount += serveListeners()
        workCount += port.beginCycle(now: now)
        forgetEndedSessions()
        while port.hasTurns {
            port.beginTurn()
            while port.nextRequest() {
                let outcome = handle(port.request)
                port.finish(outcome)
            }
            workCount += port.endTurn()
        }
        workCount += port.endCycle()
        forgetEndedSessions()
        return workCount
    }

    public var nextDeadline: Timestamp {
        let idle = lastNow.nanos(since: lastRecord) / 4
        let delay = min(max(idle, configuration.pollNanosMin), configuration.pollNanosMax)
        return min(port.nextDeadline, lastNow.adding(nanos: delay))
    }

    public mutating func publishCounters() {
        counters.overruns = earlierOverruns + feed.overruns
        counters.filled = earlierFilled + feed.filled
        counters.contradictions = earlierContradictions + history.contradictions
        counters.sequence = history.lastSequence
        counters.listeners = UInt64(turns.count)
        counters.historyBytes = history.byteCount
        counterGroup.publish(counters)
        port.publishCounters()
    }

    /// Sessions still open are told; the runner calls this last.
    public mutating func close() {
        port.close()
        forgetEndedSessions()
    }

    // MARK: The venue

    private mutating func takeRecords(now: Timestamp) -> Int {
        // A history that misses a record must not go on as if it were whole.
        guard !hasFailed else { return 0 }
        let taken: Int
        do throws(SegmentError) {
            taken = try feed.poll(
                into: &history, budget: configuration.recordsPerCycle, now: clock.now())
        } catch {
            fail(error.description)
            return 0
        }
        if taken > 0 {
            lastRecord = now
            counters.records += UInt64(taken)
        }
        if feed.isDrained { hasCaughtUp = true }
        noteWaiting(now)
        return taken
    }

    /// Says once in a while that the archive keeps everybody waiting.
    private mutating func noteWaiting(_ now: Timestamp) {
        guard feed.archiveWaitNanos(now) >= configuration.archivePatienceNanos else {
            hasToldOfWaiting = false
            return
        }
        if !hasToldOfWaiting { status.note(.archiveBehind) }
        hasToldOfWaiting = true
    }

    private mutating func checkVenue(now: Timestamp) {
        nextVenueCheck = now.adding(nanos: configuration.venueCheckNanos)
        guard !hasFailed else { return }
        if !isVenueLost {
            if feed.isDamaged {
                isVenueLost = true
                status.note(.ringDamaged)
            } else if !venues.isLive {
                isVenueLost = true
                status.note(.venueLost)
            }
        }
        guard isVenueLost, let venue = venues.attach() else { return }
        // What a dead venue left in its ring still counts, and so do listeners that are behind in it.
        guard venue.genesis != history.life, feed.isDrained else { return }
        guard venue.history.history != history.genesis else { return goOn(with: venue) }
        if successorFound.isNone { successorFound = now }
        if hasBacklog {
            guard now.nanos(since: successorFound) >= configuration.handoverNanos else { return }
            cutThoseBehind()
        }
        begin(venue)
    }

    /// Goes over to the next life of the same history: nobody has to notice.
    private mutating func goOn(with venue: consuming VenueEvents) {
        guard venue.hasSameMarket else { return fail(Self.otherMarket) }
        do throws(SegmentError) {
            try history.begin(life: venue.genesis, firstSequence: venue.history.firstSequence)
        } catch {
            return fail(error.description)
        }
        take(venue.takeFeed())
    }

    /// Reads from another ring.
    private mutating func take(_ next: consuming EventFeed) {
        earlierOverruns += feed.overruns
        earlierFilled += feed.filled
        feed = next
        isVenueLost = false
        successorFound = .none
        counters.venuesAttached += 1
        status.note(.venueBack)
    }

    private static let otherMarket =
        "the venue came back with another configuration: start again"

    /// Goes over to a life of the venue that begins a history. It starts empty, and who listens hears
    /// it from its start.
    private mutating func begin(_ venue: consuming VenueEvents) {
        guard venue.hasSameMarket else { return fail(Self.otherMarket) }
        earlierContradictions += history.contradictions
        do throws(SegmentError) {
            history = try History(
                genesis: venue.history.history, shape: shape,
                store: library.store(history: venue.history.history))
            try history.begin(life: venue.genesis, firstSequence: venue.history.firstSequence)
        } catch {
            return fail(error.description)
        }
        servedVersion = 0
        for turn in turns {
            for index in 0..<listeners[Int(turn)].count {
                rewind(&listeners[Int(turn)][index])
            }
        }
        take(venue.takeFeed())
    }

    /// Ends the publisher: whoever runs it looks at the status.
    private mutating func fail(_ sentence: String) {
        hasFailed = true
        status.fail(sentence)
    }

    private func rewind(_ subscription: inout Subscription) {
        let log = history.log(of: subscription.view)
        subscription.cursor = log.end
        subscription.awaitsFirst = log.end == 0
    }

    // MARK: Requests

    private mutating func handle(_ request: PortRequest) -> FrameOutcome {
        switch request.kind {
        case .sessionStart:
            guard hasCaughtUp else { return .retries }
            forgetEndedSessions()
            listeners[request.session.index].sessionInstanceID = request.sessionInstanceID
            return .taken
        case .subscribe:
            subscribe(request)
            return .taken
        case .unsubscribe:
            listeners[request.session.index].remove(applSubID: request.applSubID)
            return .taken
        case .application: break
        }
        switch request.template {
        case .retransmitRequest:
            return resendTrades(RetransmitRequestView(request.frame), request)
        case .retransmitMEMessageRequest:
            return resendListenerData(RetransmitMEMessageRequestView(request.frame), request)
        default: preconditionFailure("a template that is offered is spoken")
        }
    }

    /// Begins at what comes next. Streams other than listener data and trades have no messages here.
    private mutating func subscribe(_ request: PortRequest) {
        let view = SubscribeRequestView(request.frame)
        guard let stream = StreamView.Stream(rawValue: view.refApplID),
            let view = streamView(stream, scope: view.subscriptionScope, of: request.session)
        else { return }
        var subscription = Subscription(
            view: view, applSubID: request.applSubID, cursor: 0, awaitsFirst: false)
        rewind(&subscription)
        let session = request.session.index
        if !turns.contains(Int32(session)) { turns.append(Int32(session)) }
        listeners[session].add(subscription)
    }

    /// The stream a session means by a scope, or nil when that is not one of its own.
    func streamView(
        _ stream: StreamView.Stream, scope: UInt32, of session: SessionIndex
    ) -> StreamView? {
        let unit = port.reference.sessions[session.index].unit
        let readsAllUnits = port.reference.sessions[session.index].kind == .operations
        guard readsAllUnits || !unit.isNone else { return nil }
        guard scope == Null.u32 else {
            let named = port.reference.session(id: scope)
            guard stream == .listenerData, !named.isNone,
                readsAllUnits || port.reference.sessions[named.index].unit == unit
            else { return nil }
            return StreamView(
                stream: stream, scope: .session(named.index), readsAllUnits: readsAllUnits)
        }
        return StreamView(
            stream: stream, scope: readsAllUnits ? .all : .unit(unit.index),
            readsAllUnits: readsAllUnits)
    }

    private mutating func forgetEndedSessions() {
        while let ended = port.nextEndedSession() { listeners[ended.session.index].removeAll() }
    }
}

extension History.Shape {
    public init(_ data: ReferenceData) {
        self.init(
            units: data.units.count, sessions: data.sessions.count,
            instruments: data.instruments.count, products: data.products.count)
    }
}
