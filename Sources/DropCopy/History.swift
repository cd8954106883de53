import Domain
import Platform
import Reports

/// What listeners may be told, in order: events that make listener data or trades, and holes.
///
/// Records are appended to segments and never change. Beside them, in memory, lies an index: for every
/// session, every business unit and all units together the listener data in order, and for every unit
/// and all together the trades by number; eight bytes a message. So a listener's place is a number, a
/// resend is a search and a walk, and nobody waits for anybody.
///
/// With a store that keeps everything the history survives: it is cut back to the last whole
/// transaction, its records are checked, and the index is made anew. With a bounded store the oldest
/// segment goes when a new one is needed, and with it the places that lie there.
///
/// One thread uses a history.
public struct History: ~Copyable {
    /// What the reference data says: positions in events are below these.
    public struct Shape: Sendable {
        public var units: Int
        public var sessions: Int
        public var instruments: Int
        public var products: Int

        public init(units: Int, sessions: Int, instruments: Int, products: Int) {
            self.units = units
            self.sessions = sessions
            self.instruments = instruments
            self.products = products
        }
    }

    /// Tells one history of the venue from another; it may have many lives.
    public let genesis: UInt64
    /// The run of the venue that was read last; 0 before the first.
    public private(set) var life: UInt64 = 0
    /// The last transaction that was read whole; 0 before the first.
    public private(set) var lastSequence: UInt64 = 0
    /// Counts what was appended, so that nobody looks for news where there are none.
    public private(set) var version: UInt64 = 0
    /// Events that contradicted the numbers before them; only a broken venue makes such.
    public private(set) var contradictions: UInt64 = 0

    let sessionLogs: [EntryLog]
    let unitLogs: [EntryLog]
    let allLog = EntryLog()
    let unitTrades: [EntryLog]
    let allTrades = EntryLog()

    private let shape: Shape
    private let store: any SegmentStore
    private let segmentBytes: UInt64
    private var segments: [UnsafeMutableRawPointer] = []
    /// The number of `segments[0]`.
    private var firstSegment = 0
    /// Position of the next record.
    private var end: UInt64 = 0
    /// Position behind the last whole transaction.
    private var committed: UInt64 = 0
    private var lastExecID: UInt64 = 0
    /// The history begins with the venue's first transaction, so the first trade of every unit is
    /// number 1.
    private var isFromStart = true

    /// Takes over what the store holds of this venue run, or begins.
    public init(
        genesis: UInt64, shape: Shape, store: any SegmentStore
    ) throws(SegmentError) {
        precondition(
            store.segmentBytes >= 64 << 10 && store.segmentBytes % 8 == 0,
            "a segment holds the largest record")
        precondition((store.segmentCountMax ?? 2) >= 2, "the oldest of two segments can go")
        self.genesis = genesis
        self.shape = shape
        self.store = store
        segmentBytes = UInt64(store.segmentBytes)
        sessionLogs = (0..<shape.sessions).map { _ in EntryLog() }
        unitLogs = (0..<shape.units).map { _ in EntryLog() }
        unitTrades = (0..<shape.units).map { _ in EntryLog() }
        if store.storedCount > 0 {
            try recover()
        } else {
            try addSegment()
        }
    }

    /// Bytes of segments in use.
    public var byteCount: UInt64 { UInt64(segments.count) * segmentBytes }

    /// Only so much is remembered.
    var isBounded: Bool { store.segmentCountMax != nil }

    // MARK: Writing

    /// From here on this run of the venue is read. It goes on where the history ends, or later; or it is
    /// the one that was read before. Anything else is a venue that knows less than was told.
    public mutating func begin(life: UInt64, firstSequence: UInt64) throws(SegmentError) {
        guard life != self.life else { return }
        guard lastSequence < firstSequence else {
            throw SegmentError(
                "the venue has lost events that were told: it begins anew with transaction "
                    + "\(firstSequence), and this history has \(lastSequence) of them")
        }
        self.life = life
        SegmentLayout.store(
            life, at: SegmentLayout.lifeOffset, in: segments[segments.count - 1])
    }

    /// Takes an event over, if it is one that listeners or trade confirmations tell of. `index` counts
    /// the events of the transaction from 1.
    public mutating func append(
        _ record: EventRecord, slots: UnsafeRawBufferPointer, index: UInt64, tradedBefore: Bool,
        engineOut: UInt64, timeRead: UInt64
    ) throws(SegmentError) {
        let isTold = record.listenerMessage(tradedBefore: tradedBefore) != nil
        guard isTold || record.fillCount > 0 else { return }
        guard fits(record) else {
            contradictions += 1
            return
        }
        let position = try write(
            .event, slots, engineOut: engineOut, timeRead: timeRead, transactionIndex: index)
        enter(record, isTold: isTold, at: position)
    }

    /// Notes that transactions after the last one read are lost, before the first that is not.
    public mutating func appendHole(
        before sequence: UInt64, execID: UInt64, timeRead: UInt64
    ) throws(SegmentError) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (
            lastSequence + 1, sequence, lastExecID, execID
        )
        let position = try withUnsafeBytes(of: &words) { (bytes) throws(SegmentError) in
            try write(
                .hole, bytes, engineOut: .max, timeRead: timeRead, transactionIndex: 0)
        }
        enterHole(StoredRecord(base: address(of: position)), at: position)
    }

    /// The transaction is read whole: what was appended since the last commit stays, whatever happens.
    public mutating func commit(sequence: UInt64) {
        precondition(sequence > lastSequence, "transactions come in order")
        lastSequence = sequence
        committed = end
        let header = segments[segments.count - 1]
        // In this order: read again is harmless, skipped is not.
        SegmentLayout.store(end, at: SegmentLayout.committedOffset, in: header)
        SegmentLayout.store(sequence, at: SegmentLayout.sequenceOffset, in: header)
    }

    /// An event that states positions which do not exist is not believed.
    private func fits(_ record: EventRecord) -> Bool {
        let context = record.context
        if record.event.kind == .tradingSessionEvent {
            return context.product.isNone || context.product.index < shape.products
        }
        guard record.ownerSession.index < shape.sessions, context.unit.index < shape.units
        else { return false }
        let instrument = record.event.instrument
        guard
            instrument.isNone
                ? context.product.index < shape.products : instrument.index < shape.instruments
        else { return false }
        let fills = UInt64(record.fillCount)
        guard fills > 0 else { return true }
        let trades = unitTrades[context.unit.index]
        return context.unitTradeNumber > 0 && context.partitionTradeNumber > 0
            && trades.dayStart + UInt64(context.unitTradeNumber) > trades.end
            && allTrades.dayStart + UInt64(context.partitionTradeNumber) > allTrades.end
    }

    private mutating func write(
        _ kind: StoredRecord.Kind, _ body: UnsafeRawBufferPointer, engineOut: UInt64,
        timeRead: UInt64, transactionIndex: UInt64
    ) throws(SegmentError) -> UInt64 {
        let length = UInt64(StoredRecord.headerBytes + body.count)
        // Eight bytes stay zero behind the last record, to mark it.
        if end % segmentBytes + length + 8 > segmentBytes { try addSegment() }
        let position = end
        StoredRecord.write(
            to: address(of: position), kind: kind, body: body, engineOut: engineOut,
            timeRead: timeRead, transactionIndex: transactionIndex, seed: genesis ^ position)
        end += length
        return position
    }

    private mutating func addSegment() throws(SegmentError) {
        let number = firstSegment + segments.count
        if let most = store.segmentCountMax, segments.count == most { dropSegment() }
        let bytes = try store.create(number)
        let base = bytes.baseAddress!
        SegmentLayout.write(
            to: base, genesis: genesis, number: number, segmentBytes: Int(segmentBytes),
            committed: committed, sequence: lastSequence, life: life)
        segments.append(base)
        end = UInt64(number) * segmentBytes + UInt64(SegmentLayout.recordsOffset)
    }

    private mutating func dropSegment() {
        let limit = UInt64(firstSegment + 1) * segmentBytes
        for log in sessionLogs + unitLogs + [allLog] {
            forget(log, below: limit, rememberingLast: true)
        }
        for log in unitTrades + [allTrades] { forget(log, below: limit, rememberingLast: false) }
        store.drop(firstSegment)
        segments.removeFirst()
        firstSegment += 1
    }

    private func forget(_ log: EntryLog, below limit: UInt64, rememberingLast: Bool) {
        // A number without a record is position 0, so lost trades go with those before them.
        var last: HistoryEntry?
        while !log.isEmpty, HistoryEntry(raw: log[log.first]).position < limit {
            last = HistoryEntry(raw: log[log.first])
            log.dropFirst()
        }
        if rememberingLast, let last { log.lastForgotten = ids(of: last) }
    }

    // MARK: The index

    private mutating func enter(_ record: EventRecord, isTold: Bool, at position: UInt64) {
        lastExecID = record.event.execID.nanos
        version += 1
        if record.event.kind == .tradingSessionEvent {
            return enterSessionEvent(record, at: position)
        }
        let unit = record.context.unit.index
        if isTold {
            let entry = HistoryEntry(position: position).raw
            sessionLogs[record.ownerSession.index].append(entry)
            unitLogs[unit].append(entry)
            allLog.append(entry)
        }
        let fills = record.fillCount
        guard fills > 0 else { return }
        openTrades(unitTrades[unit], before: UInt64(record.context.unitTradeNumber))
        openTrades(allTrades, before: UInt64(record.context.partitionTradeNumber))
        for fill in 0..<fills {
            let entry = HistoryEntry(position: position, fill: fill).raw
            unitTrades[unit].append(entry)
            allTrades.append(entry)
        }
    }

    /// Everybody is told of the beginning and end of a day; numbers of trades count by days.
    private func enterSessionEvent(_ record: EventRecord, at position: UInt64) {
        if record.event.flags.contains(.newBusinessDay) {
            for log in unitTrades { log.beginDay() }
            allTrades.beginDay()
        }
        appendToAll(HistoryEntry(position: position))
    }

    private func appendToAll(_ entry: HistoryEntry) {
        for log in sessionLogs { log.append(entry.raw) }
        for log in unitLogs { log.append(entry.raw) }
        allLog.append(entry.raw)
    }

    /// Trades that the numbers say there were are places without a record. Those from before the
    /// history began are no places at all.
    private func openTrades(_ log: EntryLog, before number: UInt64) {
        let place = log.dayStart + number - 1
        let isNew = log.isEmpty && log.end == 0
        // A leap that no overrun explains is not filled up one by one.
        if isNew && !isFromStart || place - log.end > 1 << 24 {
            log.begin(at: place)
        }
        while log.end < place { log.append(HistoryEntry.lost.raw) }
    }

    /// A hole concerns everybody: whose messages were in it is not known.
    private mutating func enterHole(_ hole: StoredRecord, at position: UInt64) {
        if hole.lostFrom <= 1 { isFromStart = false }
        appendToAll(HistoryEntry(position: position))
        version += 1
    }

    // MARK: Reading

    private func address(of position: UInt64) -> UnsafeMutableRawPointer {
        segments[Int(position / segmentBytes) - firstSegment] + Int(position % segmentBytes)
    }

    /// What lies at an entry of the index that is not a lost trade.
    func record(at entry: HistoryEntry) -> StoredRecord {
        precondition(!entry.isLost, "a lost trade has no record")
        return StoredRecord(base: address(of: entry.position))
    }

    /// Where a message stands in its streams, as listeners of one unit and of all units see it.
    func ids(of entry: HistoryEntry) -> MessageIDs {
        let record = record(at: entry)
        guard record.kind == .event else {
            // Behind all of the transaction before, and before all of the one behind.
            let id = ApplMsgID(execID: record.execIDBehind, index: 0)
            return MessageIDs(ofUnit: id, ofAll: id)
        }
        let event = EventRecord(record.body)
        let execID = event.event.execID.nanos
        return MessageIDs(
            ofUnit: ApplMsgID(execID: execID, index: UInt64(event.context.messageIndex) + 1),
            ofAll: ApplMsgID(execID: execID, index: record.transactionIndex))
    }

    // MARK: Recovery

    private mutating func recover() throws(SegmentError) {
        for number in 0..<store.storedCount {
            let base = try store.open(number).baseAddress!
            // The last one may have been made just before the end, and not begun.
            if number == store.storedCount - 1, SegmentLayout.load(at: 0, in: base) == 0 {
                store.drop(number)
                break
            }
            try checkHeader(base, number)
            committed = SegmentLayout.load(at: SegmentLayout.committedOffset, in: base)
            lastSequence = SegmentLayout.load(at: SegmentLayout.sequenceOffset, in: base)
            life = SegmentLayout.load(at: SegmentLayout.lifeOffset, in: base)
            segments.append(base)
        }
        guard !segments.isEmpty else { return try addSegment() }
        let last = try findEnd()
        for number in 0...last { try readSegment(number, isLast: number == last) }
        cutBack(to: last)
    }

    private func checkHeader(_ base: UnsafeRawPointer, _ number: Int) throws(SegmentError) {
        let expected = [SegmentLayout.magic, SegmentLayout.version, genesis, UInt64(number)]
        for (index, word) in (expected + [segmentBytes]).enumerated()
        where SegmentLayout.load(at: index * 8, in: base) != word {
            throw damage(number, UInt64(index * 8))
        }
    }

    /// Takes the committed position for the end. Returns the number of its segment.
    private mutating func findEnd() throws(SegmentError) -> Int {
        end = max(committed, UInt64(SegmentLayout.recordsOffset))
        committed = end
        let last = Int(end / segmentBytes)
        guard last < segments.count, end % 8 == 0,
            end % segmentBytes >= UInt64(SegmentLayout.recordsOffset)
        else {
            throw damage(segments.count - 1, UInt64(SegmentLayout.committedOffset))
        }
        return last
    }

    /// Forgets what was written of a transaction that was not read whole.
    private mutating func cutBack(to last: Int) {
        while segments.count - 1 > last {
            store.drop(segments.count - 1)
            segments.removeLast()
        }
        let offset = Int(end % segmentBytes)
        (segments[last] + offset).initializeMemory(
            as: UInt8.self, repeating: 0, count: Int(segmentBytes) - offset)
        // Its own words may be older than those of the segment that went.
        SegmentLayout.store(end, at: SegmentLayout.committedOffset, in: segments[last])
        SegmentLayout.store(lastSequence, at: SegmentLayout.sequenceOffset, in: segments[last])
        SegmentLayout.store(life, at: SegmentLayout.lifeOffset, in: segments[last])
    }

    private func damage(_ number: Int, _ offset: UInt64) -> SegmentError {
        SegmentError(
            "\(store.name(of: number)) is damaged at offset \(offset): move the files of this history "
                + "away to begin a new one")
    }

    private mutating func readSegment(_ number: Int, isLast: Bool) throws(SegmentError) {
        let start = UInt64(number) * segmentBytes
        let limit = isLast ? end : start + segmentBytes - 8
        var position = start + UInt64(SegmentLayout.recordsOffset)
        while position < limit {
            let record = StoredRecord(base: address(of: position))
            let length = UInt64(record.length)
            if length == 0, !isLast { break }
            guard length >= UInt64(StoredRecord.headerBytes), length % 8 == 0,
                length <= limit - position,
                StoredRecord.checksum(
                    record.base, length: Int(length), seed: genesis ^ position)
                    == record.checksum,
                accept(record, at: position, Int(length) - StoredRecord.headerBytes)
            else { throw damage(number, position - start) }
            position += length
        }
    }

    /// Enters a record that was written before; false when it makes no sense.
    private mutating func accept(
        _ record: StoredRecord, at position: UInt64, _ bodyBytes: Int
    ) -> Bool {
        switch record.kind {
        case .event:
            let bytes = UnsafeRawBufferPointer(start: record.body, count: bodyBytes)
            guard EventRecord.isSound(bytes) else { return false }
            let event = EventRecord(record.body)
            guard fits(event) else { return false }
            let isTold = event.listenerMessage(tradedBefore: false) != nil
            enter(event, isTold: isTold, at: position)
            lastSequence = max(lastSequence, event.event.sequence)
        case .hole:
            guard bodyBytes == StoredRecord.holeBytes else { return false }
            enterHole(record, at: position)
        case nil: return false
        }
        return true
    }
}

/// Where a stored message lies: the position of its record, and which of the record's fills.
struct HistoryEntry: Equatable {
    let raw: UInt64

    init(raw: UInt64) { self.raw = raw }

    init(position: UInt64, fill: Int = 0) { raw = position << 8 | UInt64(fill) }

    /// A trade that the numbers around it tell of and nothing else.
    static var lost: HistoryEntry { HistoryEntry(raw: 0) }

    var isLost: Bool { raw == 0 }
    var position: UInt64 { raw >> 8 }
    var fill: Int { Int(raw & 0xFF) }
}

/// A message's place in the streams it is part of. Listeners of one unit count that unit's messages
/// in a transaction, listeners of all units count events.
struct MessageIDs: Equatable {
    var ofUnit: ApplMsgID
    var ofAll: ApplMsgID
}
