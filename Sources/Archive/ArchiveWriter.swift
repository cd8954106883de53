import Domain
import Platform
import Records
import Reports

/// Writes what happened, event by event, where everybody can read it later.
///
/// Events come in the order of their transactions, without a gap; a transaction is whole with the event
/// that carries `endOfTransaction`. They gather in memory until there are many or `flush` is called, and
/// are durable after `sync`. What is on the disk behind the last whole transaction when a writer begins
/// is cut off: whoever has the commands makes it anew.
///
/// One thread uses a writer; everything here may wait for the disk.
public struct ArchiveWriter: ~Copyable {
    public let history: UInt64
    public let sessionCount: Int
    /// The last transaction taken whole; 0 before the first.
    public internal(set) var lastSequence: UInt64 = 0
    /// Its engine time.
    public internal(set) var lastExecID: UInt64 = 0
    /// The last transaction that is on stable storage, whatever becomes of the machine.
    public private(set) var durableSequence: UInt64 = 0
    /// A sync failed: nobody knows what is on stable storage behind `durableSequence`, and the system
    /// would call the next sync good without having tried again. Every further one fails until `rewind`.
    public var mustRewind: Bool { failedSync != nil }
    private var failedSync: DiskError?

    /// What tells no session anything about its own is kept as a transaction without content: for those who
    /// answer for the sessions' data alone.
    public var keepsSessionDataOnly = false

    let store: any ArchiveStore
    /// The segment written to; none before the first record.
    var segment: Segment?
    /// Last message of every session, and behind them of all: up to the last record.
    var tails: [SessionTail]
    /// The last transaction that began a business day.
    var daySequence: UInt64 = 0
    /// Check of the last record.
    var check: UInt32 = 0

    private let buffer: UnsafeMutableRawBufferPointer
    private var buffered = 0
    private var packing = EventPacking()
    /// The transaction under way and its events so far.
    private var sequence: UInt64 = 0
    private var index: UInt32 = 0

    struct Segment {
        var number: Int
        var file: any DiskFile
        var byteCount: Int
        /// Where the next flush goes.
        var offset: Int
    }

    static let bufferBytes = 256 << 10

    /// Goes on with what the store holds of this history, or begins it. Fails when it holds another one,
    /// or one of another number of sessions.
    public init(
        _ store: any ArchiveStore, history: UInt64, sessionCount: Int
    ) throws(ArchiveError) {
        precondition(
            sessionCount < SegmentHeader.sessionsMax
                && SegmentHeader.recordsOffset(sessionCount: sessionCount)
                    + SegmentScanner.recordBytesMax + 8 <= store.segmentBytes,
            "a segment holds its table and the largest record")
        precondition((store.segmentCountMax ?? 2) >= 2, "the oldest of two segments can go")
        self.store = store
        self.history = history
        self.sessionCount = sessionCount
        tails = Array(repeating: .none, count: sessionCount + 1)
        buffer = .allocate(byteCount: Self.bufferBytes, alignment: 8)
        try recover(through: .max)
        try writeAgain()
        try syncSegment()
    }

    deinit { buffer.deallocate() }

    // MARK: Writing

    /// Takes an event over. When it throws, the event is not taken, and the same may be given again.
    ///
    /// Listings tell nothing new and are not kept.
    public mutating func append(_ record: EventRecord) throws(ArchiveError) {
        let event = record.event
        let isFirst = event.sequence != sequence
        guard isFirst ? event.sequence == lastSequence + 1 : index > 0 else {
            throw ArchiveError(
                "transaction \(event.sequence) does not follow \(lastSequence) in the event archive"
            )
        }
        let ends = event.flags.contains(.endOfTransaction)
        var header = RecordHeader(
            sequence: event.sequence, execID: event.execID.nanos, index: isFirst ? 1 : index + 1,
            kind: .event)
        if ends { header.flags |= RecordHeader.endFlag }
        if record.isListing || keepsSessionDataOnly && isFirst && ends && tellsNobody(record) {
            if ends {
                header.kind = .nothing
                try write(&header) { _, _ in 0 }
            }
        } else {
            header.slotCount = event.slotCount
            address(&header, record)
            try write(&header) { packing, space in packing.pack(record, into: space) }
        }
        sequence = event.sequence
        index = header.index
        guard ends else { return }
        lastSequence = sequence
        lastExecID = header.execID
        index = 0
    }

    /// Notes that the transactions before this one are lost; of the engine time `execID` is the first
    /// event behind them.
    public mutating func appendHole(
        before sequence: UInt64, execID: UInt64
    ) throws(ArchiveError) {
        precondition(sequence > lastSequence + 1, "a hole holds a transaction")
        var header = RecordHeader(
            sequence: sequence - 1, execID: lastExecID, index: 0, kind: .hole)
        header.flags = RecordHeader.endFlag
        header.session = RecordHeader.everybody
        let body = (lastSequence + 1, execID)
        try write(&header) { _, space in
            space.storeBytes(of: body.0, as: UInt64.self)
            space.storeBytes(of: body.1, toByteOffset: 8, as: UInt64.self)
            return RecordHeader.holeBytes
        }
        tails[sessionCount] = SessionTail(
            id: ApplMsgID(execID: execID, index: 0), segment: segment?.number ?? 0)
        self.sequence = sequence - 1
        index = 0
        lastSequence = sequence - 1
    }

    private func tellsNobody(_ record: EventRecord) -> Bool {
        record.sessionMessage == nil && !record.event.flags.contains(.newBusinessDay)
    }

    /// Says whose data an event is part of.
    private func address(_ header: inout RecordHeader, _ record: EventRecord) {
        let event = record.event
        if event.flags.contains(.newBusinessDay) { header.flags |= RecordHeader.newDayFlag }
        guard let message = record.sessionMessage else { return }
        header.messageIndex = record.context.messageIndex
        if message == .sessionEvent {
            header.session = RecordHeader.everybody
        } else if event.session.index < sessionCount {
            header.session = event.session.raw
        }
    }

    /// Writes a record: a header completed here, and what `fill` writes behind it.
    private mutating func write(
        _ header: inout RecordHeader,
        _ fill: (inout EventPacking, UnsafeMutableRawBufferPointer) -> Int
    ) throws(ArchiveError) {
        if Self.bufferBytes - buffered < SegmentScanner.recordBytesMax { try flush() }
        let base = buffer.baseAddress! + buffered
        let space = UnsafeMutableRawBufferPointer(
            start: base + RecordHeader.byteCount, count: EventPacking.byteCountMax)
        let length = RecordHeader.byteCount + fill(&packing, space)
        guard let segment, segment.offset + buffered + length + 8 <= segment.byteCount else {
            // Eight bytes stay zero behind the last record, to mark it.
            let moved = try begin(header)
            // The record lies where it was made, and the buffer is empty now.
            if moved > 0 {
                buffer.baseAddress!.copyMemory(from: base, byteCount: length)
            }
            return finish(&header, length)
        }
        finish(&header, length)
    }

    private mutating func finish(_ header: inout RecordHeader, _ length: Int) {
        check = header.write(to: buffer.baseAddress! + buffered, length: length, after: check)
        buffered += length
        note(header, in: segment?.number ?? 0)
    }

    /// Remembers what segments to come say in their tables.
    mutating func note(_ header: RecordHeader, in number: Int) {
        if header.beginsDay { daySequence = header.sequence }
        guard header.session != RecordHeader.nobody else { return }
        let row = header.session == RecordHeader.everybody ? sessionCount : Int(header.session)
        guard row <= sessionCount else { return }
        tails[row] = SessionTail(id: header.id, segment: number)
    }

    /// Begins the next segment, with this record. Returns how many bytes had to be flushed for it.
    private mutating func begin(_ first: RecordHeader) throws(ArchiveError) -> Int {
        let flushed = buffered
        try flush()
        try syncSegment()
        let numbers = try store.numbers()
        if let most = store.segmentCountMax, numbers.count >= most, let oldest = numbers.first {
            try store.remove(oldest)
        }
        let number = (segment?.number ?? 0) + 1
        let file = try store.create(number)
        var header = SegmentHeader(
            history: history, number: number, sessionCount: sessionCount,
            firstSequence: first.sequence, firstExecID: first.execID, daySequence: daySequence,
            previousCheck: check)
        try header.write(to: file, tails)
        try store.syncNames()
        segment = Segment(
            number: number, file: file, byteCount: store.segmentBytes,
            offset: header.recordsOffset)
        check = header.check
        return flushed
    }

    /// Lets readers see all that was taken.
    public mutating func flush() throws(ArchiveError) {
        guard buffered > 0, let segment else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<buffered])
        try disked { () throws(DiskError) in
            try segment.file.write(bytes, at: segment.offset)
        }
        self.segment?.offset += buffered
        buffered = 0
    }

    /// Makes all that was taken durable.
    public mutating func sync() throws(ArchiveError) {
        try flush()
        try syncSegment()
    }

    /// Everything taken whole has been written.
    private mutating func syncSegment() throws(ArchiveError) {
        do throws(DiskError) {
            if let failedSync { throw failedSync }
            try segment?.file.sync()
        } catch {
            failedSync = error
            throw ArchiveError(error)
        }
        durableSequence = lastSequence
    }

    /// Forgets all transactions after this one.
    public mutating func cutBack(to sequence: UInt64) throws(ArchiveError) {
        guard sequence < lastSequence || index > 0 else { return }
        try flush()
        try recover(through: sequence)
        durableSequence = min(durableSequence, lastSequence)
    }

    /// Forgets all transactions after the last durable one, to have them written again. What fails may
    /// be tried again.
    public mutating func rewind() throws(ArchiveError) {
        try recover(through: durableSequence)
        guard lastSequence == durableSequence else {
            throw ArchiveError(
                "the event archive ends with transaction \(lastSequence), and \(durableSequence) was "
                    + "durable: " + Self.remedy)
        }
        failedSync = nil
    }

    /// Nothing is under way.
    mutating func restart() {
        buffered = 0
        sequence = lastSequence
        index = 0
    }
}
