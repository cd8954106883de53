import Archive
import Domain
import Platform
import Reports
import Rings
import Runtime
import SessionServer
import Telemetry
import Wire

/// Answers sessions that ask for their own data again, from the event archive.
///
/// One request at a time, a piece of the archive per duty cycle, on a thread that nobody's order waits
/// for. An answer covers everything the session was told before it asked: it waits until the archive
/// is that far.
public struct RetransmissionAgent: ~Copyable, Agent {
    public static var name: String { "retransmission" }

    public let configuration: RetransmissionConfiguration
    public private(set) var counters = RetransmissionCounters()

    private var service: RetransmissionService
    private var reader: SessionDataReader
    /// Looks for a session's last message before a restart.
    private var finder: SessionDataReader
    private let store: any ArchiveStore
    private let history: UInt64
    private let reference: ReferenceTables
    private let archived: SequenceCounter
    private let rewinds: SequenceCounter
    /// What the readers have found is good as long as this is the number of rewinds.
    private var knownRewinds: UInt64
    private let clock: Clock
    private let portDoorbell: Doorbell
    private let counterGroup: CounterGroup<RetransmissionCounters>

    private var work: Work?
    private var now = Timestamp.zero

    /// The answer being made.
    private struct Work {
        var answer: RetransmissionAnswer
        var begun: Timestamp
        var isReading = false
        var hasWaited = false
        /// The history went on while it was read: once more from the start.
        var hasRestarted = false
        var count = 0
        var bytes = 0
        /// Of these the answer may end here: as far as events are whole.
        var wholeCount = 0
        var wholeBytes = 0
        var wholeEnd = ApplMsgID.min
        var end = ApplMsgID.min
        var gaps: UInt64 = 0
        var events = WholeEvents()

        init(_ answer: RetransmissionAnswer, begun: Timestamp) {
            self.answer = answer
            self.begun = begun
        }
    }

    /// `archived` is the last transaction that readers of the archive find. `rewinds` rises by one before
    /// its writer goes back behind that, having lowered it, and by one when it has. `portDoorbell` wakes
    /// the thread of the port that took its end of the link.
    public init(
        link: inout RetransmissionLink, store: any ArchiveStore, history: UInt64,
        referenceData: ReferenceData, archived: SequenceCounter,
        rewinds: SequenceCounter = SequenceCounter(), clock: Clock,
        portDoorbell: Doorbell, counters: CounterGroup<RetransmissionCounters> = .unseen(),
        configuration: RetransmissionConfiguration = RetransmissionConfiguration()
    ) {
        service = link.takeService()
        reader = SessionDataReader(store, history: history)
        finder = SessionDataReader(store, history: history)
        self.store = store
        self.history = history
        reference = ReferenceTables(referenceData)
        self.archived = archived
        self.rewinds = rewinds
        knownRewinds = rewinds.value
        self.clock = clock
        self.portDoorbell = portDoorbell
        counterGroup = counters
        self.configuration = configuration
    }

    public mutating func doWork(now: Timestamp) -> Int {
        self.now = now
        if work == nil, let answer = service.next() { work = Work(answer, begun: now) }
        guard work != nil else { return 0 }
        do throws(ArchiveError) {
            return try goOn()
        } catch {
            // The oldest segment of a bounded history may just have gone.
            if hasGoneBack {
                restart(isExcused: true)
            } else if work?.hasRestarted == false {
                restart(isExcused: false)
            } else {
                refuse()
            }
            return 1
        }
    }

    public var nextDeadline: Timestamp {
        work == nil ? .none : now.adding(nanos: configuration.retryNanos)
    }

    public mutating func publishCounters() { counterGroup.publish(counters) }

    private mutating func goOn() throws(ArchiveError) -> Int {
        guard work!.isReading else { return try begin() }
        while true {
            switch try reader.step(budget: configuration.bytesPerCycle) {
            case .underWay: return 1
            case .done:
                finish()
                return 1
            case .forgotten(let id):
                guard try add(nil, id: id) else { return 1 }
            case .record(let record):
                guard try take(record) else { return 1 }
            }
        }
    }

    /// Begins to read once the archive is far enough.
    private mutating func begin() throws(ArchiveError) -> Int {
        let request = work!.answer.request
        if hasGoneBack, rewinds.value % 2 == 0 {
            knownRewinds = rewinds.value
            reader = SessionDataReader(store, history: history)
            finder = SessionDataReader(store, history: history)
        }
        guard !hasGoneBack, archived.value >= request.through else {
            if !work!.hasWaited { counters.waits += 1 }
            work!.hasWaited = true
            guard now.nanos(since: work!.begun) >= configuration.patienceNanos else { return 0 }
            refuse()
            return 1
        }
        try reader.begin(
            SessionDataRequest(
                session: request.session, behind: request.begin, upTo: request.end,
                through: request.through))
        work!.isReading = true
        return 1
    }

    /// The archive's writer went back, or does: what was read may have been cut off under it.
    private var hasGoneBack: Bool { rewinds.value != knownRewinds }

    private mutating func restart(isExcused: Bool) {
        var again = Work(work!.answer, begun: work!.begun)
        again.hasRestarted = work!.hasRestarted || !isExcused
        again.hasWaited = work!.hasWaited
        work = again
    }

    /// Takes what was found into the answer. False when that is complete.
    private mutating func take(_ record: ArchivedRecord) throws(ArchiveError) -> Bool {
        guard record.kind == .event else {
            return try add(nil, id: ApplMsgID(execID: record.execIDBehind, index: 0))
        }
        let event = record.record
        guard event.sessionMessage != nil, reference.knows(event) else { return true }
        return try add(event, id: event.sessionMessageID)
    }

    /// The session's last message before the transaction of a market reset, which names it.
    private mutating func lastBefore(_ event: EventRecord) throws(ArchiveError) -> ApplMsgID? {
        guard event.event.kind == .tradingSessionEvent, event.event.tradSesEvent == .marketReset
        else { return nil }
        if work!.count > 0 { return work!.end }
        try finder.begin(
            SessionDataRequest(
                session: work!.answer.request.session, behind: .max, upTo: .max,
                through: event.event.sequence - 1))
        while case .underWay = try finder.step(budget: configuration.bytesPerCycle) {}
        return finder.last
    }

    /// Adds a message, a gap for no event. False when the answer is complete.
    private mutating func add(
        _ event: EventRecord?, id: ApplMsgID
    ) throws(ArchiveError) -> Bool {
        let message = event?.sessionMessage
        var length = Delivery.gapLength
        if let event, let message { length = event.length(message) }
        let space = service.space(of: work!.answer)
        guard work!.count < configuration.messagesPerAnswer,
            work!.bytes + length <= space.count
        else {
            finish()
            return false
        }
        var delivery = Delivery(
            applID: ETI.RefApplID.sessionData.rawValue, partitionID: reference.partitionID,
            sendingTime: clock.now().nanos)
        delivery.isResent = true
        let place = space.baseAddress! + work!.bytes
        if let event, let message {
            length = event.write(
                message, to: place, delivery, reference.names(of: event),
                lastBefore: try lastBefore(event))
        } else {
            length = delivery.writeGap(to: place)
            work!.gaps += 1
        }
        work!.count += 1
        work!.bytes += length
        work!.end = id
        if work!.events.mayEnd(behind: event) {
            work!.wholeCount = work!.count
            work!.wholeBytes = work!.bytes
            work!.wholeEnd = id
        }
        return true
    }

    private mutating func finish() {
        guard !hasGoneBack else { return restart(isExcused: true) }
        var answer = work!.answer
        // One event may fill the answer, and more.
        let isWhole = work!.wholeCount > 0
        answer.messageCount = UInt16(isWhole ? work!.wholeCount : work!.count)
        answer.byteCount = UInt32(isWhole ? work!.wholeBytes : work!.bytes)
        answer.end = isWhole ? work!.wholeEnd : work!.end
        answer.last = reader.last ?? .min
        counters.requests += 1
        counters.messages += UInt64(answer.messageCount)
        counters.gaps += work!.gaps
        publish(answer)
    }

    private mutating func refuse() {
        var answer = work!.answer
        answer.isRefused = true
        counters.refusals += 1
        publish(answer)
    }

    private mutating func publish(_ answer: RetransmissionAnswer) {
        service.publish(answer)
        work = nil
        portDoorbell.ring()
    }
}
