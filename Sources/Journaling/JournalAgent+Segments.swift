import Domain
import Platform

extension JournalAgent {
    /// The segment to go on in when the current one is full: made ahead, so that nobody waits for it.
    enum NextSegment {
        case none
        /// Its zeros are being written, and then everything of it made durable.
        case filling(OpenSegment, isUnderway: Bool)
        case ready(OpenSegment)
        /// It cannot be made: the disk is full, or broken.
        case failed

        var isReady: Bool { if case .ready = self { true } else { false } }
        var isUnderway: Bool { if case .filling(_, true) = self { true } else { false } }
        var isNone: Bool {
            switch self {
            case .none, .failed: true
            case .filling, .ready: false
            }
        }
    }

    /// Bytes of zeros in one write, so that groups pass in between.
    static var fillBytes: Int { 256 << 10 }

    var roomInSegment: Int { segment.map { $0.byteCount - $0.offset } ?? 0 }

    /// What an agent begins with.
    struct Start {
        var buffer: GroupBuffer
        /// The segment that the journal ended in; nil when the next command begins one.
        var segment: OpenSegment?
        var next = NextSegment.none

        init(
            disk: any Disk, queue: any WriteQueue, end: JournalEnd, mode: DurabilityMode,
            configuration: JournalConfiguration
        ) throws(JournalError) {
            precondition(queue.capacity >= 4, "a queue takes four writes")
            buffer = GroupBuffer(recordBytes: configuration.groupBytesMax)
            do throws(DiskError) {
                try disk.makeFolder(Journal.folder)
                if end.segment > 0 && !end.needsNewSegment {
                    try resume(disk, end)
                } else {
                    try makeFirst(disk, number: end.segment + 1, mode, configuration)
                }
            } catch { throw .disk(error) }
        }

        private mutating func resume(_ disk: any Disk, _ end: JournalEnd) throws(DiskError) {
            let file = try disk.open(Segments.path(of: end.segment), writable: true)
            let before = buffer.resume(at: end.offset)
            guard try file.read(at: end.offset - before.count, into: before) == before.count else {
                throw DiskError("\(file.path) is shorter than it was")
            }
            // A file that was cut ends within a block, and blocks are what is written.
            let byteCount = max(end.offset, file.byteCount & ~(GroupBuffer.blockBytes - 1))
            segment = OpenSegment(
                number: end.segment, file: file, byteCount: byteCount, offset: end.offset)
        }

        private mutating func makeFirst(
            _ disk: any Disk, number: Int, _ mode: DurabilityMode,
            _ configuration: JournalConfiguration
        ) throws(DiskError) {
            var first = try JournalAgent.create(number, disk, mode, configuration)
            let zeros = BlockMemory(byteCount: JournalAgent.fillBytes)
            while first.offset < first.byteCount {
                let piece = JournalAgent.piece(of: zeros, for: first)
                try first.file.write(piece, at: first.offset)
                first.offset += piece.count
            }
            try first.file.sync()
            try disk.syncFolder(Journal.folder)
            next = .ready(first)
        }
    }

    // MARK: Ahead

    /// Makes the next segment, step by step. Returns whether a step was done.
    mutating func prepareNext() -> Int {
        switch next {
        case .ready, .filling(_, isUnderway: true): return 0
        case .filling(let segment, isUnderway: false):
            fillOn(segment)
            return 1
        case .none, .failed:
            // The number is that behind the current segment, which the one being begun is not yet.
            guard now >= nextRetryAt, underway?.begins != true, rewrite == nil,
                !isClosing || segment == nil || roomInSegment < reserve
            else { return 0 }
            do throws(DiskError) {
                next = .filling(
                    try Self.create(nextNumber, disk, mode, configuration), isUnderway: false)
                return 1
            } catch {
                preparingFailed()
                return 0
            }
        }
    }

    private var reserve: Int { JournalConfiguration.reserve(ringCapacity: commands.capacity) }

    private var nextNumber: Int { (segment?.number ?? 0) + 1 }

    private static func create(
        _ number: Int, _ disk: any Disk, _ mode: DurabilityMode,
        _ configuration: JournalConfiguration
    ) throws(DiskError) -> OpenSegment {
        let path = Segments.path(of: number)
        var file: any DiskFile
        do throws(DiskError) {
            file = try disk.create(path, byteCount: configuration.segmentBytes)
        } catch {
            // What is there was made for the same end, and never became part of the journal.
            guard error.code == 17 else { throw error }
            try disk.remove(path)
            file = try disk.create(path, byteCount: configuration.segmentBytes)
        }
        let isFilled = mode == .sync && configuration.fillsAhead
        return OpenSegment(
            number: number, file: file, byteCount: configuration.segmentBytes,
            offset: isFilled ? 0 : configuration.segmentBytes)
    }

    /// While being made, a segment's offset says how far it is filled.
    private static func piece(
        of zeros: BlockMemory, for segment: OpenSegment
    ) -> UnsafeRawBufferPointer {
        let count = min(fillBytes, segment.byteCount - segment.offset)
        return UnsafeRawBufferPointer(rebasing: zeros.bytes[..<count])
    }

    /// Writes the next zeros; after the last of them makes everything durable.
    private mutating func fillOn(_ segment: OpenSegment) {
        let isFull = segment.offset == segment.byteCount
        let zeros = zeros ?? BlockMemory(byteCount: Self.fillBytes)
        self.zeros = zeros
        let piece =
            isFull
            ? UnsafeRawBufferPointer(start: nil, count: 0) : Self.piece(of: zeros, for: segment)
        var filled = segment
        filled.offset += isFull ? 1 : piece.count
        let isTaken = queue.submit(
            DiskWrite(
                tag: Tag.prepare.rawValue, file: segment.file, bytes: piece,
                offset: segment.offset, isDurable: true))
        precondition(isTaken, "a queue takes four writes")
        next = .filling(filled, isUnderway: true)
    }

    mutating func prepareCompleted(_ error: DiskError?) {
        guard case .filling(var segment, _) = next else {
            preconditionFailure("a segment is being made")
        }
        guard error == nil else {
            counters.writeErrors += 1
            return dropUnbegun(segment)
        }
        guard segment.offset > segment.byteCount else {
            next = .filling(segment, isUnderway: false)
            return
        }
        do throws(DiskError) {
            try disk.syncFolder(Journal.folder)
            segment.offset = 0
            next = .ready(segment)
        } catch {
            counters.writeErrors += 1
            dropUnbegun(segment)
        }
    }

    private mutating func preparingFailed() {
        counters.prepareErrors += 1
        next = .failed
        nextRetryAt = now.adding(nanos: configuration.retryNanos)
    }

    /// Takes a segment away that never became part of the journal. What is left of it when that fails
    /// is taken away before the next attempt.
    mutating func dropUnbegun(_ segment: OpenSegment) {
        do throws(DiskError) { try disk.remove(segment.file.path) } catch {}
        preparingFailed()
    }

    /// The segment that was made ahead, to be begun.
    mutating func takeNext() -> OpenSegment? {
        guard case .ready(var segment) = next else { return nil }
        next = .none
        nextRetryAt = .zero
        segment.offset = GroupBuffer.blockBytes
        return segment
    }

    /// The current segment is left for another. What is in it and not durable comes first.
    mutating func leaveSegment() {
        guard let segment else { return }
        if troubleRetryAt != nil { counters.abandonedSegments += 1 }
        guard mode == .async, durable.sequence < written.sequence else { return }
        unsynced.append(Sync(file: segment.file, position: written))
    }
}
