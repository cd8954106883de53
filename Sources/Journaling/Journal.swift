import Domain
import Platform

/// The sequenced commands of a venue on disk: segments in the folder `journal`. `README.md` of this
/// room describes them byte by byte.
public enum Journal {
    /// Where segments are, under the disk's folder.
    public static let folder = "journal"

    /// What is in a journal, found without changing anything.
    public struct Findings: Equatable, Sendable {
        /// Behind the last command that counts.
        public var end = JournalEnd()
        /// Of the segment that the journal ends in; nil when there is none.
        public var identity: JournalIdentity?
        /// The first command there is; 0 when there is none.
        public var firstSequence: UInt64 = 0
        /// The highest command of which the journal itself says that it is on stable storage.
        public var durableSequence: UInt64 = 0
        /// Bytes behind the end that a write left which was cut short.
        public var tornByteCount = 0
        /// Files that count no more, or not yet.
        public var unusedPaths: [String] = []
        /// Files with commands in them, in order.
        public var paths: [String] = []

        public init() {}
    }

    /// A command that the journal has at least come to, found without reading it; a loss of power may have
    /// taken it since.
    public static func leastEnd(
        disk: any Disk, identity: JournalIdentity
    ) throws(JournalError) -> UInt64 {
        let journaled = try CommandLog.journaled(disk)
        let noted = journaled.genesis == identity.genesis ? journaled.sequence : 0
        let segments = try Segments(disk, genesis: identity.genesis)
        let first = segments.lastBegun.flatMap { segments.all[$0].header?.firstSequence } ?? 1
        return max(noted, first - 1)
    }

    /// Goes through every record from `sequence` on and finds the journal's end.
    ///
    /// A tail that was being written when the process or the machine ended does not count. Fails when
    /// something else is wrong: damage before what is known to have been kept, another history, other
    /// reference data or rules for a command from `sequence` on. Without an identity it takes whatever
    /// there is.
    ///
    /// `visit` gets each command from `sequence` on, as it is found, to look at where it lies: handed over
    /// as a value it would be copied. Details that one does not carry keep the content of an earlier one.
    public static func examine(
        disk: any Disk, identity: JournalIdentity?, from sequence: UInt64 = 1,
        _ visit: (inout Command, inout OrderDetails) -> Void = { _, _ in }
    ) throws(JournalError) -> Findings {
        // Before the journal is read, as it may be written meanwhile.
        let journaled = try CommandLog.journaled(disk)
        var walk = try JournalWalk(disk, identity: identity, from: sequence)
        var command = Command(kind: .listOrders)
        var details = OrderDetails()
        while try walk.step(isFresh: false) {
            walk.read(&command, &details)
            visit(&command, &details)
        }
        var findings = Findings()
        let segments = walk.segments.all
        guard let current = walk.current, let place = walk.place,
            let header = segments[current].header
        else {
            for segment in segments {
                // The very first write may have been cut short; later ones tell of it.
                guard try Evidence.durable(disk, segment.path, from: 0) == 0 else {
                    throw .damagedHeader(path: segment.path)
                }
                findings.unusedPaths.append(segment.path)
            }
            guard journaled.sequence == 0 || journaled.genesis != identity?.genesis else {
                throw .ringDoesNotFollow(
                    path: CommandLog.path, last: 0, next: journaled.sequence &+ 1)
            }
            return findings
        }
        // What somebody knew to be kept, and is not here.
        var kept = walk.durable
        if journaled.genesis == header.identity.genesis { kept = max(kept, journaled.sequence) }
        kept = max(kept, try Evidence.durable(disk, segments[current].path, from: place.offset))
        for segment in segments[(current + 1)...] {
            kept = max(kept, try Evidence.durable(disk, segment.path, from: 0))
        }
        guard kept <= walk.lastSequence else { throw walk.damage() }
        findings.end.lastSequence = walk.lastSequence
        findings.end.lastTimeIn = walk.lastTimeIn
        findings.end.segment = segments[current].number
        findings.end.offset = place.offset
        findings.end.checksum = walk.checksum
        findings.end.needsNewSegment = identity.map { $0 != header.identity } ?? false
        findings.identity = header.identity
        findings.firstSequence = walk.segments.first?.header?.firstSequence ?? 0
        findings.durableSequence = walk.durable
        findings.tornByteCount = try Evidence.tornByteCount(disk, place.path, from: place.offset)
        findings.paths = segments[...current].filter(\.counts).map(\.path)
        findings.unusedPaths = segments.enumerated()
            .filter { $0.offset > current || !$0.element.counts }.map(\.element.path)
        return findings
    }

    /// Finds the journal's end, as `examine` does, and makes it one that can be gone on from: the torn
    /// tail is cut, what counts is on stable storage, and what was made ahead is gone.
    ///
    /// Pass the sequence behind a snapshot's as `sequence`. When that is the journal's last, nothing has
    /// to be repeated, and the journal may be of other rules or reference data. `visit` gets each
    /// command from there on, so that the journal is read once.
    public static func recover(
        disk: any Disk, identity: JournalIdentity, from sequence: UInt64 = 1,
        _ visit: (inout Command, inout OrderDetails) -> Void = { _, _ in }
    ) throws(JournalError) -> JournalEnd {
        let findings = try examine(disk: disk, identity: identity, from: sequence, visit)
        try writeAgain(disk, findings)
        do throws(DiskError) {
            try disk.makeFolder(folder)
            try disk.syncFolder("")
            for path in findings.paths {
                let file = try disk.open(path, writable: true)
                if path == findings.paths.last {
                    try cut(file, from: findings.end.offset, findings.tornByteCount)
                }
                try file.sync()
            }
            let last = findings.paths.last ?? ""
            // One after the other, so that no number is ever missing in between.
            for path in findings.unusedPaths.reversed() where path > last {
                try disk.remove(path)
                try disk.syncFolder(folder)
            }
            try disk.syncFolder(folder)
        } catch { throw .disk(error) }
        return findings.end
    }

    /// Writes what nobody knows to be on stable storage over itself. The process before may have been
    /// told that the disk did not take it, and been killed then; the system forgets such bytes, and the
    /// next sync would say that all is well.
    private static func writeAgain(
        _ disk: any Disk, _ findings: Findings
    ) throws(JournalError) {
        guard findings.durableSequence < findings.end.lastSequence else { return }
        var walk = try JournalWalk(disk, identity: nil, from: findings.durableSequence + 1)
        guard try walk.step(isFresh: false), let place = walk.place else { return }
        let before = place.offset - RecordForm.byteCountMax
        // With the first record behind it a header is not certain either.
        var start = before < 2 * SegmentHeader.blockBytes ? 0 : before
        let buffer = BlockMemory(byteCount: 1 << 20)
        do throws(DiskError) {
            for path in findings.paths where path >= place.path {
                let file = try disk.open(path, writable: true)
                while true {
                    let count = try file.read(at: start, into: buffer.bytes)
                    if count == 0 { break }
                    try file.write(
                        UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]), at: start)
                    start += count
                    if path == findings.paths.last, start >= findings.end.offset { break }
                }
                start = 0
            }
        } catch { throw .disk(error) }
    }

    /// Zeros for what is behind the end.
    private static func cut(
        _ file: any DiskFile, from offset: Int, _ byteCount: Int
    ) throws(DiskError) {
        guard byteCount > 0 else { return }
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        try file.write(UnsafeRawBufferPointer(zeros), at: offset)
    }
}
