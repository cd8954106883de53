import Domain
import Platform
import Reports

/// Reads the archive from a transaction on, in the order of transactions, also while somebody, possibly
/// another process, writes it.
///
/// It hands out whole transactions only. Of a transaction it has begun it hands out the rest, whatever
/// the writer does. What is not there yet may be there at the next call; a reader that waits for long
/// is made anew where it stands, because a venue that starts again cuts its archive back.
///
/// One thread uses a reader.
public struct ArchiveReader: ~Copyable {
    public let history: UInt64
    private let store: any ArchiveStore
    /// Transactions up to this one are passed over.
    private let start: UInt64
    private var scanner: SegmentScanner?
    /// Behind the last record passed; nil before there is a segment.
    var place: SegmentScanner? { scanner }
    private var packing = EventPacking()
    /// Behind the last record known to end a transaction.
    private var whole: Place?
    /// The record passed last, handed out or not.
    private var last: RecordHeader?

    private struct Place: Equatable {
        var segment: Int
        var offset: Int
    }

    /// How far a look ahead goes on behind the first transaction that it finds whole.
    private static let lookAheadBytes = 64 << 10

    public init(
        _ store: any ArchiveStore, history: UInt64, after sequence: UInt64
    ) throws(ArchiveError) {
        self.store = store
        self.history = history
        start = sequence
    }

    /// The next record of a whole transaction; nil when there is none yet. Throws where the archive is
    /// damaged, also when its checksums are right and its transactions are not in order.
    public mutating func next() throws(ArchiveError) -> ArchivedRecord? {
        while try lookAhead() {
            guard let scanner, let (found, header) = try step(scanner) else { return nil }
            if let last {
                guard header.follows(last, found.body) else { throw damage(before: found) }
            }
            self.scanner = found
            last = header
            if header.sequence > start { return try record(header, found) }
        }
        return nil
    }

    /// Moves to the next record, into the next segment if need be.
    func step(
        _ scanner: SegmentScanner
    ) throws(ArchiveError) -> (SegmentScanner, RecordHeader)? {
        if let header = try scanner.next() { return (scanner, header) }
        // The segment is complete once the one behind it goes on where it ends.
        let number = scanner.number + 1
        guard try store.numbers().contains(number) else { return nil }
        let file = try store.open(number, writable: false)
        var tails: [SessionTail] = []
        guard let header = try SegmentHeader(of: file, &tails) else { return nil }
        // What was written last before the next segment was made may not have been seen yet.
        if let header = try scanner.next() { return (scanner, header) }
        guard header.previousCheck == scanner.check else {
            throw ArchiveError(
                "\(store.name(of: number - 1)) is damaged at offset \(scanner.offset)")
        }
        let next = SegmentScanner(
            number, file, offset: header.recordsOffset, check: header.check)
        return try next.next().map { (next, $0) }
    }

    /// True when the next record is of a transaction that is there whole.
    private mutating func lookAhead() throws(ArchiveError) -> Bool {
        guard try begin(), let scanner else { return false }
        let (number, offset) = (scanner.number, scanner.offset)
        if let whole, (whole.segment, whole.offset) > (number, offset) { return true }
        var ahead = SegmentScanner(number, scanner.file, offset: offset, check: scanner.check)
        var found = false
        while let (next, header) = try step(ahead) {
            ahead = next
            if header.endsTransaction {
                whole = Place(segment: ahead.number, offset: ahead.offset)
                found = true
            }
            if found, ahead.number > number || ahead.offset - offset > Self.lookAheadBytes {
                break
            }
        }
        return found
    }

    /// Finds the segment to begin with, as soon as there is one.
    private mutating func begin() throws(ArchiveError) -> Bool {
        guard scanner == nil else { return true }
        let numbers = try store.numbers()
        var tails: [SessionTail] = []
        // The last one that begins no later than the transaction before the first wanted.
        var (low, high) = (0, numbers.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            let file = try store.open(numbers[middle], writable: false)
            guard let header = try SegmentHeader(of: file, &tails) else {
                high = middle
                continue
            }
            if header.firstSequence <= start { low = middle } else { high = middle }
        }
        guard low < numbers.count else { return false }
        let file = try store.open(numbers[low], writable: false)
        guard let header = try SegmentHeader(of: file, &tails) else { return false }
        guard header.history == history else {
            throw ArchiveError("\(store.name(of: numbers[low])) belongs to another history")
        }
        scanner = SegmentScanner(
            numbers[low], file, offset: header.recordsOffset, check: header.check)
        return true
    }

    private mutating func record(
        _ header: RecordHeader, _ scanner: SegmentScanner
    ) throws(ArchiveError) -> ArchivedRecord {
        guard let record = packing.record(header, scanner.body) else {
            throw damage(before: scanner)
        }
        return record
    }

    private func damage(before scanner: SegmentScanner) -> ArchiveError {
        ArchiveError(
            "\(store.name(of: scanner.number)) is damaged before offset \(scanner.offset)")
    }
}

extension RecordHeader {
    /// Whether a record with this header and body may come behind that one: the transaction goes on with
    /// a later event, or the next one begins, no earlier. Of a transaction whose events are not kept
    /// there is the end only.
    func follows(_ last: RecordHeader, _ body: UnsafeRawBufferPointer) -> Bool {
        guard execID >= last.execID else { return false }
        guard last.endsTransaction else {
            return sequence == last.sequence && execID == last.execID && index > last.index
        }
        let (next, overflow) = last.sequence.addingReportingOverflow(1)
        guard !overflow else { return false }
        guard kind == .hole else { return sequence == next && index > 0 }
        return sequence >= next && body.count == Self.holeBytes
            && body.loadUnaligned(as: UInt64.self) == next
    }
}

extension EventPacking {
    /// What a record says, valid until the next one; nil when that makes no sense.
    mutating func record(
        _ header: RecordHeader, _ body: UnsafeRawBufferPointer
    ) -> ArchivedRecord? {
        var slots = UnsafeRawBufferPointer(start: nil, count: 0)
        var (lostFrom, execIDBehind): (UInt64, UInt64) = (0, 0)
        switch header.kind {
        case .event:
            guard
                let unpacked = unpack(
                    body, slotCount: Int(header.slotCount), sequence: header.sequence,
                    execID: header.execID)
            else { return nil }
            slots = unpacked
        case .nothing: break
        case .hole:
            guard body.count == RecordHeader.holeBytes else { return nil }
            lostFrom = body.loadUnaligned(as: UInt64.self)
            execIDBehind = body.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        }
        let kind: ArchivedRecord.Kind =
            switch header.kind {
            case .event: .event
            case .nothing: .nothing
            case .hole: .hole
            }
        return ArchivedRecord(
            kind: kind, sequence: header.sequence, execID: header.execID,
            index: UInt64(header.index), endsTransaction: header.endsTransaction, slots: slots,
            lostFrom: lostFrom, execIDBehind: execIDBehind)
    }
}
