import Domain
import Platform

// What happens when the disk refuses. Nothing is given up: what is not written is in the ring, what is
// written and not durable is read back. A segment in which something failed is left at its last good
// record, as nobody knows what is behind it, and the next one begins there.

/// Commands that are written a second time, to a segment that counts once it has all of them.
struct Rewrite {
    /// Reads them back.
    var walk: JournalWalk
    var segment: JournalAgent.OpenSegment
    var position: JournalAgent.Position
    /// The segment's first block, which is written last.
    let header = BlockMemory(byteCount: GroupBuffer.blockBytes)

    init(
        _ walk: JournalWalk, _ segment: JournalAgent.OpenSegment,
        _ header: inout SegmentHeader, after durable: JournalAgent.Position
    ) {
        self.walk = walk
        self.segment = segment
        header.write(to: self.header.bytes)
        position = durable
        position.checksum = header.checksum
    }
}

extension JournalAgent {
    /// The first attempt comes soon, later ones ever more rarely.
    private mutating func tryLater() {
        counters.writeErrors += 1
        troubleNanos = min(
            configuration.retryNanos, max(configuration.retryNanos / 64, 2 * troubleNanos))
        troubleRetryAt = now.adding(nanos: troubleNanos)
        judgeAdmission()
    }

    /// The disk takes writes again.
    mutating func troubleIsOver() {
        troubleRetryAt = nil
        troubleNanos = 0
    }

    /// A group was not written, or only in part. Its commands are in the ring.
    mutating func groupFailed(_ group: GroupWrite) {
        if rewrite != nil { return rewriteFailed() }
        if group.begins { dropUnbegun(group.segment) }
        tryLater()
    }

    // MARK: Writing again

    /// Nobody knows which of the commands behind the last durable one are on stable storage. They are
    /// written again, to a segment that begins with them; until it is whole the old one counts.
    mutating func syncFailed() {
        unsynced = []
        mustRewrite = true
        tryLater()
    }

    /// Writes the next commands that were read back, and when there are no more, the header.
    mutating func rewriteNext() -> Int {
        if rewrite == nil, !beginRewriting() { return 0 }
        guard let segment = rewrite?.segment, let position = rewrite?.position else { return 0 }
        if position.sequence == written.sequence { return writeHeader() }
        var group = GroupWrite(
            startedAt: now, segment: segment, position: position, end: segment.offset,
            slotCount: 0, recordCount: 0, byteCount: 0, marked: 0, begins: false)
        while group.position.sequence < written.sequence, hasRoom(in: group) {
            guard let read = readBack() else { break }
            slots = read
            pack(into: &group)
        }
        // Either they cannot be read now, or they do not fit: then it is better tried again with a
        // disk in order than given up.
        guard group.recordCount > 0 else {
            rewriteFailed()
            return 0
        }
        submit(group, withoutHeader: true)
        return group.recordCount
    }

    /// The next command that was written before; nil when it cannot be read.
    private mutating func readBack() -> CommandSlots? {
        do throws(JournalError) {
            guard try rewrite?.walk.step(isFresh: false) == true else { return nil }
            return rewrite?.walk.slots
        } catch { return nil }
    }

    /// False when there is no segment to write to yet, or the old ones cannot be read.
    private mutating func beginRewriting() -> Bool {
        guard next.isReady else { return false }
        do throws(JournalError) {
            let walk = try JournalWalk(disk, identity: identity, from: durable.sequence + 1)
            guard let opened = takeNext() else { return false }
            var header = SegmentHeader(
                identity: identity, number: opened.number, firstSequence: durable.sequence + 1,
                previousTimeIn: durable.timeIn, previousChecksum: durable.checksum)
            _ = buffer.restart()
            rewrite = Rewrite(walk, opened, &header, after: durable)
            return true
        } catch {
            tryLater()
            return false
        }
    }

    mutating func rewritten(_ group: GroupWrite) {
        rewrite?.segment.offset = group.end
        rewrite?.position = group.position
    }

    private mutating func writeHeader() -> Int {
        guard !isHeaderUnderway, let segment = rewrite?.segment, let header = rewrite?.header
        else { return 0 }
        let isTaken = queue.submit(
            DiskWrite(
                tag: Tag.header.rawValue, file: segment.file,
                bytes: UnsafeRawBufferPointer(header.bytes), offset: 0, isDurable: false))
        precondition(isTaken, "a queue takes four writes")
        isHeaderUnderway = true
        return 1
    }

    /// From here on the new segment counts, and the old ones no more from its first command on.
    mutating func headerCompleted(_ error: DiskError?) {
        isHeaderUnderway = false
        guard error == nil, let opened = rewrite?.segment, let position = rewrite?.position else {
            return rewriteFailed()
        }
        rewrite = nil
        mustRewrite = false
        unsynced = []
        counters.abandonedSegments += 1
        segment = opened
        written.checksum = position.checksum
        marked = 0
        lastSyncAt = .zero
        troubleIsOver()
    }

    private mutating func rewriteFailed() {
        if let segment = rewrite?.segment { dropUnbegun(segment) }
        rewrite = nil
        tryLater()
    }
}
