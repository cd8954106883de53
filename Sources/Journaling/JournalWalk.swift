import Domain
import Platform

/// Goes through the commands of a journal in order, from segment to segment.
struct JournalWalk {
    private let disk: any Disk
    /// Nil accepts whatever is there.
    private let identity: JournalIdentity?
    /// The first command that is wanted; what comes before is passed over.
    private let wanted: UInt64
    private(set) var segments: Segments
    /// The place of the current segment among them; nil before the first.
    private(set) var current: Int?
    private var scanner: SegmentScanner
    /// The last command passed, and when it was taken.
    private(set) var lastSequence: UInt64 = 0
    private(set) var lastTimeIn = Timestamp.zero
    /// The highest sequence that a mark called durable.
    private(set) var durable: UInt64 = 0
    /// The command passed last.
    private(set) var slots = CommandSlots()

    // Of the current segment.
    private var segmentSequence: UInt64 = 0
    /// Behind the last command passed, before any marks.
    private var commandEnd = SegmentScanner.Place()
    private var voidFrom: UInt64 = .max
    private var isIdentityChecked = false
    /// Nothing but zeros was where the next record would be.
    private var endsBlank = false

    /// Begins with the segment that holds `sequence`.
    init(
        _ disk: any Disk, identity: JournalIdentity?, from sequence: UInt64
    ) throws(JournalError) {
        let segments = try Segments(disk, genesis: identity?.genesis)
        self.disk = disk
        self.identity = identity
        self.segments = segments
        wanted = max(1, sequence)
        scanner = SegmentScanner()
        try begin()
    }

    /// The command passed last. Details that it does not carry keep their content.
    mutating func read(_ command: inout Command, _ details: inout OrderDetails) {
        slots.read(&command, &details)
    }

    /// Where the next record would be; nil while there is no segment.
    var place: (path: String, offset: Int)? {
        current.map { (segments.all[$0].path, scanner.offset) }
    }

    /// The checksum that the next record would continue.
    var checksum: UInt32 { scanner.checksum }

    /// Goes to the next wanted command. False when there is nothing that continues the last one; the
    /// file is read again for it when `isFresh`, and otherwise what was read earlier counts.
    mutating func step(isFresh: Bool) throws(JournalError) -> Bool {
        if current == nil {
            guard isFresh else { return false }
            segments = try Segments(disk, genesis: identity?.genesis)
            try begin()
        }
        guard current != nil else { return false }
        var mustRead = isFresh
        while true {
            if segmentSequence + 1 >= voidFrom {
                try advance()
                continue
            }
            let found = try scanner.look(isFresh: mustRead)
            mustRead = false
            endsBlank = found == .nothing
            switch found {
            case .record:
                if try pass() { return true }
            case .nothing, .other:
                // Perhaps it was left for another in the meantime.
                guard isFresh, try isLeft() else { return false }
            }
        }
    }

    /// Passes the record at hand; true when it is a wanted command that was not passed before.
    private mutating func pass() throws(JournalError) -> Bool {
        let sequence = scanner.sequence
        if scanner.isMark {
            durable = max(durable, sequence)
            scanner.pass()
            return false
        }
        let expected = segmentSequence + 1
        guard sequence == expected, slots.unpack(scanner.record) else { throw damage() }
        scanner.pass()
        segmentSequence = sequence
        commandEnd = scanner.place
        guard sequence > lastSequence else { return false }
        lastSequence = sequence
        lastTimeIn = Timestamp(nanos: slots.timeIn)
        guard sequence >= wanted else { return false }
        if !isIdentityChecked {
            try checkIdentity()
            isIdentityChecked = true
        }
        return true
    }

    /// The next command is not where it should be.
    func damage() -> JournalError {
        let (path, offset) = (place?.path ?? Journal.folder, place?.offset ?? 0)
        if let next = current.map({ $0 + 1 }), next < segments.all.count,
            segments.all[next].header == nil
        {
            let header = segments.all[next].path
            if voidFrom < .max, endsBlank { return .damagedHeader(path: header) }
            // What a failed write left before it looks like damage too.
            if segments.all[next].hasDamagedHeader || hasBytes(header) {
                return .damagedRecordOrHeader(
                    path: path, offset: offset, sequence: segmentSequence + 1, header: header)
            }
        }
        return .damaged(path: path, offset: offset, sequence: segmentSequence + 1)
    }

    /// Whether a segment was begun, whatever its header says.
    private func hasBytes(_ path: String) -> Bool {
        ((try? Evidence.tornByteCount(disk, path, from: 0)) ?? 0) > 0
    }

    // MARK: From segment to segment

    /// Opens the first segment that matters, if there is one.
    private mutating func begin() throws(JournalError) {
        guard let firstSequence = segments.first?.header?.firstSequence else { return }
        // What came before a first file without a header is not known to have been there.
        if firstSequence > wanted, segments.all.first?.header == nil { return }
        guard firstSequence <= wanted, let index = segments.index(holding: wanted) else {
            throw .beginsLater(sequence: wanted, first: firstSequence)
        }
        try open(index)
        lastSequence = segmentSequence
        if let header = segments.all[index].header {
            lastTimeIn = Timestamp(nanos: header.previousTimeIn)
        }
    }

    private mutating func open(_ index: Int) throws(JournalError) {
        let segment = segments.all[index]
        guard let header = segment.header else { return }
        do throws(DiskError) {
            scanner.open(
                try disk.open(segment.path, writable: false), offset: SegmentHeader.blockBytes,
                checksum: header.checksum)
        } catch { throw .disk(error) }
        current = index
        segmentSequence = header.firstSequence - 1
        commandEnd = scanner.place
        voidFrom = segment.voidFrom
        isIdentityChecked = false
    }

    /// Goes to the segment with which the journal goes on behind this one.
    private mutating func advance() throws(JournalError) {
        guard let current, let next = segments.index(after: current),
            let header = segments.all[next].header
        else { throw damage() }
        // When the next segment began with what was behind these commands, its header knows the
        // record before. Otherwise it repeats some of them.
        if segmentSequence + 1 == header.firstSequence {
            // Marks that were passed may be of a write that failed, and no part of the journal.
            scanner.goBack(to: commandEnd)
            while checksum != header.previousChecksum {
                guard try scanner.look() == .record, scanner.isMark else { throw damage() }
                durable = max(durable, scanner.sequence)
                scanner.pass()
            }
        }
        try open(next)
    }

    /// Whether a later segment has been begun behind this place since the headers were read.
    private mutating func isLeft() throws(JournalError) -> Bool {
        guard let current else { return false }
        let number = segments.all[current].number
        let found = try Segments(disk, genesis: identity?.genesis)
        guard let index = found.all.firstIndex(where: { $0.number == number }) else {
            return false
        }
        segments = found
        self.current = index
        voidFrom = found.all[index].voidFrom
        return segmentSequence + 1 >= voidFrom
    }

    /// Throws when the current segment's commands were applied with other data or by other rules.
    private func checkIdentity() throws(JournalError) {
        guard let identity, let current, let found = segments.all[current].header?.identity
        else { return }
        let path = segments.all[current].path
        guard found.fingerprint == identity.fingerprint else {
            throw .otherReferenceData(path: path)
        }
        guard found.rulesVersion == identity.rulesVersion else {
            throw .otherRules(
                path: path, expected: identity.rulesVersion, found: found.rulesVersion)
        }
    }
}
