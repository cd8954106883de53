import Domain
import Platform
import Reports

/// What somebody asks of a session's data.
public struct SessionDataRequest: BitwiseCopyable, Sendable {
    public var session: SessionIndex
    /// Messages behind this one, up to that one.
    public var begin: ApplMsgID
    public var end: ApplMsgID
    /// Transactions behind this one are not looked at.
    public var through: UInt64

    public init(
        session: SessionIndex, behind begin: ApplMsgID, upTo end: ApplMsgID, through: UInt64
    ) {
        self.session = session
        self.begin = begin
        self.end = end
        self.through = through
    }
}

/// Finds a session's data in the archive, a piece at a time.
///
/// ```
/// reader.begin(request)
/// while true { switch try reader.step(budget: 256 << 10) { … } }
/// ```
///
/// A segment's table says which sessions have data in the segment before, so most segments are passed
/// over unread. Of the others a sparse index is made when they are first looked into; those of the last
/// few stay. Nothing else is kept, so memory does not grow with the archive. One thread uses a reader.
public struct SessionDataReader: ~Copyable {
    public enum Step {
        /// The next message's event, or a hole. Valid until the next step.
        case record(ArchivedRecord)
        /// What is older than this is no longer there, and this was the last of it.
        case forgotten(ApplMsgID)
        /// The budget is used up: step again.
        case underWay
        /// There is no further message in the range; `last` is the session's last known one.
        case done
    }

    /// Indices kept.
    static let indexCountMax = 4

    private let store: any ArchiveStore
    private let history: UInt64
    private var request = SessionDataRequest(
        session: .none, behind: .min, upTo: .min, through: 0)
    private var phase = Phase.idle
    private var numbers: [Int] = []
    /// Position in `numbers`.
    private var position = 0
    private var block = 0
    private var scanner: SegmentScanner?
    private var packing = EventPacking()
    private var indices = IndexCache()
    /// ApplMsgID of the session's last message up to `through`, once that is found.
    public private(set) var last: ApplMsgID?

    private enum Phase {
        case idle
        /// Looks for the segment of the last transaction that counts, and the last message.
        case findingLast
        case findingFirst
        case reading
    }

    public init(_ store: any ArchiveStore, history: UInt64) {
        self.store = store
        self.history = history
    }

    /// Begins with a request, and forgets the one before.
    public mutating func begin(_ request: SessionDataRequest) throws(ArchiveError) {
        self.request = request
        scanner = nil
        last = nil
        numbers = try store.numbers()
        indices.keepOnly(numbers)
        phase = .findingLast
        position = numbers.count - 1
    }

    /// Goes on, and reads about `budget` bytes at most, or a little more where that is nothing.
    public mutating func step(budget: Int) throws(ArchiveError) -> Step {
        var budget = max(budget, 4096)
        while budget > 0 {
            // Looking into a directory or a header counts too.
            budget -= 512
            switch phase {
            case .idle: return .done
            case .findingLast: try findLast(&budget)
            case .findingFirst:
                if let forgotten = try findFirst(&budget) { return .forgotten(forgotten) }
            case .reading:
                if let record = try read(&budget) { return .record(record) }
            }
        }
        return .underWay
    }

    private var row: UInt32 { request.session.raw }

    /// Looks for the last segment that begins in time, and in it for the last message.
    private mutating func findLast(_ budget: inout Int) throws(ArchiveError) {
        guard position >= 0 else {
            phase = .idle
            return
        }
        guard try open(position) else {
            // A segment just being made.
            position -= 1
            return
        }
        guard indices.first.header.firstSequence <= request.through else {
            position -= 1
            return
        }
        guard try indices.extendFirst(through: request.through, &budget) else { return }
        numbers.removeLast(numbers.count - 1 - position)
        last = try lastInIndex(&budget) ?? lastInTable()
        position = try firstPosition()
        phase = .findingFirst
    }

    /// The last message in the segment at hand.
    private mutating func lastInIndex(_ budget: inout Int) throws(ArchiveError) -> ApplMsgID? {
        var block = indices.first.blocks.count - 1
        while block >= 0 {
            defer { block -= 1 }
            guard indices.first.blocks[block].sequence <= request.through,
                indices.first.mayHold(row, block)
            else { continue }
            var found: ApplMsgID?
            let scanner = indices.scanner(at: block)
            let end = indices.end(of: block)
            while scanner.offset < end, let header = try scanner.next(),
                header.sequence <= request.through
            {
                if isMeant(header) { found = try id(of: header, scanner.body) }
            }
            budget -= SegmentIndex.blockBytes
            if let found { return found }
        }
        return nil
    }

    private func lastInTable() -> ApplMsgID? {
        let tails = indices.first.tails
        guard request.session.index < tails.count - 1 else { return nil }
        let found = [tails[request.session.index], tails[tails.count - 1]]
            .filter { !$0.isNone }.map(\.id)
        return found.max()
    }

    /// The last segment that begins before the range does.
    private mutating func firstPosition() throws(ArchiveError) -> Int {
        var (low, high) = (0, numbers.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            let start = try indices.start(of: numbers[middle], store, history: history)
            if start < request.begin.execID { low = middle } else { high = middle }
        }
        return low
    }

    /// Looks for the next segment with data of the session. Returns what is forgotten before the first.
    private mutating func findFirst(_ budget: inout Int) throws(ArchiveError) -> ApplMsgID? {
        guard position < numbers.count else {
            phase = .idle
            return nil
        }
        var checkBehind: UInt32?
        if position < numbers.count - 1 {
            let (header, tails) = try indices.table(
                of: numbers[position + 1], store, history: history)
            budget -= header.recordsOffset
            checkBehind = header.previousCheck
            let number = numbers[position]
            let holdsData =
                request.session.index < tails.count - 1
                && (tails[request.session.index].segment == number
                    || tails[tails.count - 1].segment == number)
            // The first one's table says what was there before.
            if !holdsData, position > 0 || !startsLate {
                position += 1
                return nil
            }
        }
        guard try open(position) else {
            throw ArchiveError("\(store.name(of: numbers[position])) is damaged")
        }
        guard indices.first.header.firstExecID <= request.end.execID else {
            phase = .idle
            return nil
        }
        guard try indices.extendFirst(through: request.through, &budget) else { return nil }
        if let checkBehind, checkBehind != indices.first.check,
            indices.first.lastSequence <= request.through
        {
            throw ArchiveError(
                "\(store.name(of: numbers[position])) is damaged at offset \(indices.first.end)")
        }
        block = indices.first.blocks.lastIndex { $0.execID < request.begin.execID } ?? 0
        scanner = nil
        phase = .reading
        guard position == 0, startsLate else { return nil }
        let forgotten = lastInTable()
        guard let forgotten, request.begin < forgotten else { return nil }
        return forgotten
    }

    /// The oldest segments are gone.
    private var startsLate: Bool { (numbers.first ?? 1) > 1 }

    /// The next message of the segment at hand.
    private mutating func read(_ budget: inout Int) throws(ArchiveError) -> ArchivedRecord? {
        guard try open(position) else {
            throw ArchiveError("\(store.name(of: numbers[position])) is damaged")
        }
        guard block < indices.first.blocks.count else {
            position += 1
            phase = .findingFirst
            return nil
        }
        guard indices.first.mayHold(row, block) else {
            scanner = nil
            block += 1
            return nil
        }
        if scanner == nil { scanner = indices.scanner(at: block) }
        let end = indices.end(of: block)
        while budget > 0, scanner!.offset < end {
            let offset = scanner!.offset
            guard let header = try scanner!.next() else { break }
            budget -= scanner!.offset - offset
            guard header.sequence <= request.through, header.execID <= request.end.execID else {
                phase = .idle
                return nil
            }
            guard isMeant(header) else { continue }
            let id = try id(of: header, scanner!.body)
            // What was asked for may be in a hole that begins in the range.
            let isInRange = header.kind == .hole || id <= request.end
            if id > request.begin, isInRange { return try record(header) }
        }
        if scanner!.offset >= end {
            scanner = nil
            block += 1
        } else if budget > 0 {
            throw ArchiveError(
                "\(store.name(of: numbers[position])) is damaged at offset \(scanner!.offset)")
        }
        return nil
    }

    private func isMeant(_ header: RecordHeader) -> Bool {
        header.session == row || header.session == RecordHeader.everybody
    }

    /// A hole's id is behind all before it and before all behind it.
    private func id(
        of header: RecordHeader, _ body: UnsafeRawBufferPointer
    ) throws(ArchiveError) -> ApplMsgID {
        guard header.kind == .hole else { return header.id }
        guard body.count == RecordHeader.holeBytes else {
            throw ArchiveError("a hole in the archive makes no sense")
        }
        return ApplMsgID(
            execID: body.loadUnaligned(fromByteOffset: 8, as: UInt64.self), index: 0)
    }

    private mutating func record(_ header: RecordHeader) throws(ArchiveError) -> ArchivedRecord {
        guard let scanner, let record = packing.record(header, scanner.body) else {
            throw ArchiveError("\(store.name(of: numbers[position])) is damaged")
        }
        return record
    }

    /// Makes the segment at a position the one at hand. False when it is not whole.
    private mutating func open(_ position: Int) throws(ArchiveError) -> Bool {
        try indices.open(numbers[position], store, history: history)
    }
}

/// The indices used last, the segment at hand first.
private struct IndexCache {
    private var indices: [SegmentIndex] = []
    /// Engine time of the first record, by segment.
    private var starts: [Int: UInt64] = [:]

    var first: SegmentIndex { indices[0] }

    mutating func keepOnly(_ numbers: [Int]) {
        indices.removeAll { !numbers.contains($0.header.number) }
        if let first = numbers.first, starts.count > numbers.count {
            starts = starts.filter { $0.key >= first }
        }
    }

    /// Brings a segment to the front, of which at least the header is read.
    mutating func open(
        _ number: Int, _ store: any ArchiveStore, history: UInt64
    ) throws(ArchiveError) -> Bool {
        if let place = indices.firstIndex(where: { $0.header.number == number }) {
            if place > 0 { indices.insert(indices.remove(at: place), at: 0) }
            return true
        }
        let file = try store.open(number, writable: false)
        var tails: [SessionTail] = []
        guard let header = try SegmentHeader(of: file, &tails), header.history == history else {
            return false
        }
        indices.insert(SegmentIndex(header, tails, file), at: 0)
        if indices.count > SessionDataReader.indexCountMax { indices.removeLast() }
        return true
    }

    /// What the header and the table of a segment say, without making it the one at hand.
    mutating func table(
        of number: Int, _ store: any ArchiveStore, history: UInt64
    ) throws(ArchiveError) -> (SegmentHeader, [SessionTail]) {
        if let index = indices.first(where: { $0.header.number == number }) {
            return (index.header, index.tails)
        }
        var tails: [SessionTail] = []
        let file = try store.open(number, writable: false)
        guard let header = try SegmentHeader(of: file, &tails), header.history == history else {
            throw ArchiveError("\(store.name(of: number)) is damaged at offset 0")
        }
        return (header, tails)
    }

    /// Engine time of a segment's first record.
    mutating func start(
        of number: Int, _ store: any ArchiveStore, history: UInt64
    ) throws(ArchiveError) -> UInt64 {
        if let start = starts[number] { return start }
        let start = try table(of: number, store, history: history).0.firstExecID
        starts[number] = start
        return start
    }

    /// Walks the segment at hand as far as this transaction. False when the budget is used up before.
    mutating func extendFirst(
        through sequence: UInt64, _ budget: inout Int
    ) throws(ArchiveError) -> Bool {
        guard indices[0].lastSequence <= sequence else { return true }
        return try indices[0].extend(&budget)
    }

    func scanner(at block: Int) -> SegmentScanner {
        let place = first.blocks[block]
        return SegmentScanner(
            first.header.number, first.file, offset: place.offset, check: place.check)
    }

    /// Where a block ends.
    func end(of block: Int) -> Int {
        block + 1 < first.blocks.count ? first.blocks[block + 1].offset : first.end
    }
}
