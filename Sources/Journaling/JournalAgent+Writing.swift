import Domain
import Platform
import Records

extension JournalAgent {
    /// Submits what has gathered, if it can be written now. Returns how many commands that are.
    mutating func writeNext() -> Int {
        if let troubleRetryAt, now < troubleRetryAt, !isClosing { return 0 }
        if mustRewrite { return rewriteNext() }
        guard commands.available() > 0 else { return 0 }
        if passKnown() { return 1 }
        guard var group = beginGroup() else { return 0 }
        mark(&group)
        gather(&group)
        submit(group, withoutHeader: false)
        return group.recordCount
    }

    /// Writes marks that call everything durable, which it is. False when there is no segment for them.
    mutating func writeClosingMarks(_ count: Int) -> Bool {
        guard var group = beginGroup(), !group.begins else { return false }
        for _ in 0..<count {
            group.marked = 0
            mark(&group)
        }
        submit(group, withoutHeader: false)
        return true
    }

    /// Releases commands that the journal has already: they were written, and the process ended before
    /// it released them.
    private mutating func passKnown() -> Bool {
        var count = 0
        while count < commands.available() {
            let head = commands.read(at: count, as: Slot.self)
            guard head[CommandWords.sequence] <= written.sequence else { break }
            count += CommandWords.slotCount(what: head[CommandWords.what])
        }
        if count > 0 { commands.release(count) }
        return count > 0
    }

    /// A group in the current segment, or in the next one when that is full or was left; nil when there
    /// is none to go on in yet.
    private mutating func beginGroup() -> GroupWrite? {
        if let segment, troubleRetryAt == nil,
            roomInSegment >= RecordForm.byteCountMax + RecordForm.markBytes
        {
            buffer.cut(to: segment.offset)
            return GroupWrite(
                startedAt: now, segment: segment, position: written, end: segment.offset,
                slotCount: 0, recordCount: 0, byteCount: 0, marked: marked, begins: false)
        }
        guard let opened = takeNext() else { return nil }
        var header = SegmentHeader(
            identity: identity, number: opened.number, firstSequence: written.sequence + 1,
            previousTimeIn: written.timeIn, previousChecksum: written.checksum)
        header.write(to: buffer.restart())
        var position = written
        position.checksum = header.checksum
        return GroupWrite(
            startedAt: now, segment: opened, position: position, end: GroupBuffer.blockBytes,
            slotCount: 0, recordCount: 0, byteCount: 0, marked: 0, begins: true)
    }

    /// Says at the head of a group what is durable, when the last mark does not say it.
    private mutating func mark(_ group: inout GroupWrite) {
        guard durable.sequence > group.marked else { return }
        let (checksum, length) = RecordForm.seal(
            buffer.space, bodyEnd: RecordForm.bodyOffset, sequence: durable.sequence, slotCount: 0,
            after: group.position.checksum)
        add(length, checksum, to: &group)
        group.marked = durable.sequence
    }

    /// Packs the commands that are in the ring, as far as group and segment have room.
    private mutating func gather(_ group: inout GroupWrite) {
        let available = commands.available()
        while group.slotCount < available, hasRoom(in: group) {
            slots.head = commands.read(at: group.slotCount, as: Slot.self)
            precondition(
                slots.isSound && slots.sequence == group.position.sequence + 1,
                "the engine sequences sound commands one by one")
            readDetails(at: group.slotCount + 1)
            group.slotCount += slots.slotCount
            pack(into: &group)
        }
    }

    /// Takes the details without what an earlier record left behind them in its slot.
    private mutating func readDetails(at place: Int) {
        guard slots.slotCount > 1 else { return }
        var place = place
        if slots.carried.contains(.hasParties) {
            slots.first = Slot(bytesOf: commands.read(at: place, as: OrderParties.self))
            place += 1
        }
        if slots.carried.contains(.hasTexts) {
            let texts = Slot(bytesOf: commands.read(at: place, as: OrderTexts.self))
            if slots.slotCount == 2 { slots.first = texts } else { slots.second = texts }
        }
    }

    func hasRoom(in group: borrowing GroupWrite) -> Bool {
        buffer.room >= RecordForm.byteCountMax
            && group.segment.byteCount - group.end >= RecordForm.byteCountMax
            && group.byteCount < configuration.groupBytesMax - RecordForm.byteCountMax
    }

    mutating func pack(into group: inout GroupWrite) {
        let (checksum, length) = slots.pack(into: buffer.space, after: group.position.checksum)
        add(length, checksum, to: &group)
        group.position.sequence = slots.sequence
        group.position.timeIn = Timestamp(nanos: slots.timeIn)
        group.recordCount += 1
    }

    private mutating func add(_ length: Int, _ checksum: UInt32, to group: inout GroupWrite) {
        buffer.append(length)
        group.end += length
        group.byteCount += length
        group.position.checksum = checksum
    }

    mutating func submit(_ group: GroupWrite, withoutHeader: Bool) {
        let (bytes, offset) = buffer.blocks(withoutHeader: withoutHeader)
        let isTaken = queue.submit(
            DiskWrite(
                tag: Tag.group.rawValue, file: group.segment.file, bytes: bytes, offset: offset,
                isDurable: mode == .sync || isClosing))
        precondition(isTaken, "a queue takes four writes")
        underway = group
    }

    mutating func groupCompleted(_ error: DiskError?) {
        guard let group = underway else {
            preconditionFailure("a group completes that was under way")
        }
        underway = nil
        if error != nil { return groupFailed(group) }
        buffer.keepLastBlock()
        let nanos = now.nanos(since: group.startedAt)
        counters.writeNanos = nanos
        counters.writeNanosMax = max(counters.writeNanosMax, nanos)
        counters.groups += 1
        counters.groupRecordsMax = max(counters.groupRecordsMax, UInt64(group.recordCount))
        if rewrite != nil { return rewritten(group) }
        counters.records += UInt64(group.recordCount)
        counters.bytes += UInt64(group.byteCount)
        if group.begins { leaveSegment() }
        segment = group.segment
        segment?.offset = group.end
        written = group.position
        marked = group.marked
        if mode == .sync { durable = written }
        if !mustRewrite { troubleIsOver() }
        publishProgress()
        commands.release(group.slotCount)
    }

    // MARK: Making durable, in async

    /// Begins to make durable what was written since the last time, when that is long enough ago.
    mutating func syncWhenDue() -> Int {
        guard syncUnderway == nil, !mustRewrite, durable.sequence < written.sequence,
            isClosing || now.nanos(since: lastSyncAt) >= configuration.syncIntervalNanos,
            let segment
        else { return 0 }
        if !unsynced.isEmpty { return beginSync(unsynced[0]) }
        return beginSync(Sync(file: segment.file, position: written))
    }

    private mutating func beginSync(_ sync: Sync) -> Int {
        var sync = sync
        sync.startedAt = now
        lastSyncAt = now
        let isTaken = queue.submit(
            DiskWrite(
                tag: Tag.sync.rawValue, file: sync.file,
                bytes: UnsafeRawBufferPointer(start: nil, count: 0), offset: 0, isDurable: true))
        precondition(isTaken, "a queue takes four writes")
        syncUnderway = sync
        return 1
    }

    mutating func syncCompleted(_ error: DiskError?) {
        guard let sync = syncUnderway else {
            preconditionFailure("a sync completes that was under way")
        }
        syncUnderway = nil
        if error != nil { return syncFailed() }
        if let first = unsynced.first, first.position == sync.position {
            unsynced.removeFirst()
            // The segment behind it waits for its turn no longer than for this one.
            if !unsynced.isEmpty || durable.sequence < written.sequence {
                lastSyncAt = .zero
            }
        }
        durable = sync.position
        tellFollower()
        let nanos = now.nanos(since: sync.startedAt)
        counters.syncs += 1
        counters.syncNanos = nanos
        counters.syncNanosMax = max(counters.syncNanosMax, nanos)
    }
}
