import Domain
import Platform
import Rings
import Runtime
import Streams
import Telemetry

/// Writes the sequenced commands to the journal, off the way of an order.
///
/// One write is under way at a time, and what is sequenced meanwhile becomes the next: the longer the
/// disk takes, the more a write carries. The ring's slots are released when their commands are
/// written; in `sync` the gate opens when they are on stable storage, which is the same moment.
///
/// ```
/// ring ─▶ group ─▶ write under way ─▶ written ─▶ slots released, follower told
///                                        └─ sync: durable ─▶ gate
/// ```
public struct JournalAgent: ~Copyable, Agent {
    public static var name: String { "journal" }

    var commands: Ring<Command>.Consumer
    let disk: any Disk
    let queue: any WriteQueue
    let identity: JournalIdentity
    let mode: DurabilityMode
    private let outputs: Outputs
    let clock: Clock
    let configuration: JournalConfiguration
    private let counterGroup: CounterGroup<JournalCounters>
    var counters = JournalCounters()

    /// What is written to; nil until the first segment is begun.
    var segment: OpenSegment?
    /// The last command written, and the last one on stable storage.
    var written: Position
    var durable: Position
    /// What the last mark calls durable.
    var marked: UInt64 = 0
    var buffer: GroupBuffer
    var underway: GroupWrite?
    var slots = CommandSlots()

    // Making durable what was written, in `async`.
    var syncUnderway: Sync?
    /// Segments that were left and are not durable yet, oldest first.
    var unsynced: [Sync] = []
    var lastSyncAt = Timestamp.zero

    // The next segment.
    var next = NextSegment.none
    var nextRetryAt = Timestamp.zero
    var zeros: BlockMemory?

    // Trouble.
    /// Set while a write that failed has not been followed by one that succeeded: when to try again.
    var troubleRetryAt: Timestamp?
    var troubleNanos: UInt64 = 0
    /// Set from when a sync failed until what was not durable then is written again.
    var mustRewrite = false
    var rewrite: Rewrite?
    var isHeaderUnderway = false

    var isBacklogged = false
    var now: Timestamp
    var isClosing = false

    /// How far the journal has come.
    struct Position: Equatable {
        var sequence: UInt64
        var timeIn: Timestamp
        var checksum: UInt32
    }

    /// Whom the agent tells of it.
    struct Outputs {
        var gate: SequenceCounter?
        var written: SequenceCounter
        var durable: SequenceCounter
        var journaled: SequenceCounter?
        var admission: CommandAdmission
        var doorbells: [Doorbell]
        var followerDoorbell: Doorbell
    }

    struct OpenSegment {
        var number: Int
        var file: any DiskFile
        var byteCount: Int
        /// Behind the last record written.
        var offset: Int
    }

    struct GroupWrite {
        var startedAt: Timestamp
        var segment: OpenSegment
        /// Behind the group.
        var position: Position
        var end: Int
        var slotCount: Int
        var recordCount: Int
        var byteCount: Int
        var marked: UInt64
        /// The segment begins with this write.
        var begins: Bool
    }

    struct Sync {
        var file: any DiskFile
        var position: Position
        var startedAt = Timestamp.zero
    }

    /// What a queue's completions belong to.
    enum Tag: UInt64 {
        case group, sync, prepare, header
    }

    /// Goes on behind `end`. Opens or makes the segment for it, which may wait for the disk.
    ///
    /// In `sync` it publishes to `gate`, from `end` on, and rings `doorbells` when that moves; in
    /// `async` the gate is the caller's. `written` and `durable` get the last command written and the last
    /// one on stable storage; `journaled` belongs to the ring's file.
    public init(
        commands: consuming Ring<Command>.Consumer, disk: any Disk, queue: any WriteQueue,
        identity: JournalIdentity, end: JournalEnd, mode: DurabilityMode,
        gate: SequenceCounter? = nil, written: SequenceCounter = SequenceCounter(),
        durable durableOut: SequenceCounter = SequenceCounter(),
        journaled: SequenceCounter? = nil, admission: CommandAdmission = CommandAdmission(),
        doorbells: [Doorbell] = [], followerDoorbell: Doorbell = .silent(), clock: Clock,
        counters: CounterGroup<JournalCounters> = .unseen(),
        configuration: JournalConfiguration = JournalConfiguration()
    ) throws(JournalError) {
        let needed = JournalConfiguration.segmentBytesMin(ringCapacity: commands.capacity)
        guard configuration.segmentBytes >= needed else {
            throw .segmentTooSmall(byteCount: configuration.segmentBytes, needed: needed)
        }
        precondition(configuration.segmentBytes % GroupBuffer.blockBytes == 0, "whole blocks")
        precondition(configuration.groupBytesMax >= 1024, "a group takes a record and a mark")
        let start = try Start(
            disk: disk, queue: queue, end: end, mode: mode, configuration: configuration)
        self.commands = commands
        self.disk = disk
        self.queue = queue
        self.identity = identity
        self.mode = mode
        self.clock = clock
        self.configuration = configuration
        counterGroup = counters
        outputs = Outputs(
            gate: mode == .sync ? gate : nil, written: written, durable: durableOut,
            journaled: journaled,
            admission: admission, doorbells: doorbells, followerDoorbell: followerDoorbell)
        self.written = Position(
            sequence: end.lastSequence, timeIn: end.lastTimeIn, checksum: end.checksum)
        durable = self.written
        buffer = start.buffer
        segment = start.segment
        next = start.next
        now = clock.now()
        lastSyncAt = now
        self.counters.capacity = UInt64(self.commands.capacity)
        publishProgress()
        outputs.admission.level = .everything
    }

    /// Where the journal ends, as far as it is written.
    public var end: JournalEnd {
        var end = JournalEnd()
        end.lastSequence = written.sequence
        end.lastTimeIn = written.timeIn
        end.checksum = written.checksum
        end.segment = segment?.number ?? 0
        end.offset = segment?.offset ?? 0
        // Who follows the journal may have read what a write that failed left behind the end.
        end.needsNewSegment = troubleRetryAt != nil
        return end
    }

    /// Whether the segment to go on in is there already.
    public var isNextSegmentReady: Bool { next.isReady }

    public mutating func doWork(now: Timestamp) -> Int {
        self.now = now
        var work = takeCompletions()
        if underway == nil { work += writeNext() }
        if mode == .async { work += syncWhenDue() }
        work += prepareNext()
        judgeAdmission()
        if queue.poll() > 0 { work += takeCompletions() }
        return work
    }

    public var nextDeadline: Timestamp {
        var earliest = Timestamp.none
        // Who sleeps on the queue is woken by it; who shares a thread with somebody looks again.
        if underway != nil || syncUnderway != nil || isHeaderUnderway || next.isUnderway {
            earliest = now.adding(nanos: 500_000)
        }
        if let troubleRetryAt { earliest = min(earliest, troubleRetryAt) }
        if next.isNone { earliest = min(earliest, nextRetryAt) }
        if mode == .async, durable.sequence < written.sequence {
            earliest = min(earliest, lastSyncAt.adding(nanos: configuration.syncIntervalNanos))
        }
        return earliest
    }

    /// Writes what is in the ring, makes everything durable, and says so at the journal's end, which
    /// tells damage from there on from a tail that was being written. Gives up after ten seconds: what
    /// is not written stays in the ring's file.
    public mutating func close() {
        isClosing = true
        guard finish(), segment != nil, roomInSegment >= 2 * RecordForm.markBytes else {
            return publishCounters()
        }
        // Two: one is known by the other.
        if writeClosingMarks(2) { _ = finish() }
        publishCounters()
    }

    /// Works until nothing is left to do; false when the disk does not let it.
    private mutating func finish() -> Bool {
        for _ in 0..<1000 {
            while doWork(now: clock.now()) > 0 {}
            if isIdle { return true }
            _ = queue.pollOrSleep(nanos: 10_000_000)
        }
        return false
    }

    private var isIdle: Bool {
        mutating get {
            commands.available() == 0 && underway == nil && syncUnderway == nil && !mustRewrite
                && !next.isUnderway && durable.sequence == written.sequence
        }
    }

    public mutating func publishCounters() {
        counters.backlog = UInt64(commands.depth())
        counters.backlogMax = max(counters.backlogMax, counters.backlog)
        counters.writtenSequence = written.sequence
        counters.durableSequence = durable.sequence
        counters.segment = UInt64(segment?.number ?? 0)
        counters.segmentFreeBytes = UInt64(roomInSegment)
        counters.segmentIsReady = next.isReady ? 1 : 0
        counters.admission = UInt64(outputs.admission.level.rawValue)
        counterGroup.publish(counters)
    }

    private mutating func takeCompletions() -> Int {
        var count = 0
        while let completion = queue.nextCompletion() {
            count += 1
            switch Tag(rawValue: completion.tag) {
            case .group: groupCompleted(completion.error)
            case .sync: syncCompleted(completion.error)
            case .prepare: prepareCompleted(completion.error)
            case .header: headerCompleted(completion.error)
            case nil: preconditionFailure("a queue gives back the tags it was given")
            }
        }
        return count
    }

    // MARK: Telling others

    /// Shows how far the journal is. The file's own note comes first: whoever hears of a command by the
    /// gate can rely on a recovery that misses it to notice.
    func publishProgress() {
        outputs.journaled?.publish(written.sequence)
        tellFollower()
        guard let gate = outputs.gate else { return }
        gate.publish(durable.sequence)
        for doorbell in outputs.doorbells { doorbell.ring() }
    }

    func tellFollower() {
        outputs.written.publish(written.sequence)
        outputs.durable.publish(durable.sequence)
        outputs.followerDoorbell.ring()
    }

    /// What the journal can take is decided anew.
    ///
    /// Nothing while a write has failed and none has succeeded since; deletions alone while there is no
    /// segment to go on in, until what is left of the current one is needed for what the ring holds;
    /// deletions alone too while the disk is slower than the orders come.
    mutating func judgeAdmission() {
        let backlog = commands.depth()
        if backlog > commands.capacity / 4 * 3 { isBacklogged = true }
        if backlog < commands.capacity / 2 { isBacklogged = false }
        var level: CommandAdmission.Level = isBacklogged ? .deletions : .everything
        if case .failed = next {
            let reserve = JournalConfiguration.reserve(ringCapacity: commands.capacity)
            level = roomInSegment > reserve ? .deletions : .nothing
        }
        if troubleRetryAt != nil { level = .nothing }
        guard level != outputs.admission.level else { return }
        if level < outputs.admission.level { counters.admissionLowered += 1 }
        outputs.admission.level = level
    }
}
