import Domain
import Platform

/// What becomes of a write, whatever its caller is told.
enum WriteFate {
    case done
    /// Refused with EIO, after any part of it.
    case failed
    case lost, misdirected, flipped
}

extension SimulatedDisk {
    func drawFate(_ path: String) -> WriteFate {
        if path.hasPrefix(faults.errorsIn), random.chance(perMillion: faults.writeErrors) {
            return .failed
        }
        if random.chance(perMillion: faults.lostWrites) { return .lost }
        if random.chance(perMillion: faults.misdirectedWrites) { return .misdirected }
        if random.chance(perMillion: faults.flippedBits) { return .flipped }
        return .done
    }

    func writeError(_ path: String, at offset: Int) -> DiskError {
        DiskError("\(path) cannot be written at \(offset)", code: 5)
    }

    func perform(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, in file: StoredFile, path: String,
        isDurable: Bool, _ fate: WriteFate
    ) {
        switch fate {
        case .done: write(bytes, at: offset, in: file, path: path, isDurable: isDurable)
        case .failed:
            let share = random.pick([0, 500_000, 1_000_000])
            writeSectors(bytes, at: offset, in: file, isDurable: isDurable) {
                random.chance(perMillion: share)
            }
        case .lost: lies.append(DiskLie(kind: .lostWrite, path: path, offset: offset))
        case .misdirected:
            let sectors = max(1, file.byteCount / StoredFile.sectorBytes)
            let wrong = random.below(sectors) * StoredFile.sectorBytes
            let count = min(bytes.count, max(0, file.byteCount - wrong))
            write(
                UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: wrong, in: file, path: path,
                isDurable: true)
            lies.append(DiskLie(kind: .misdirectedWrite, path: path, offset: wrong))
        case .flipped:
            guard bytes.count > 0 else { return }
            let flipped = UnsafeMutableRawBufferPointer.allocate(
                byteCount: bytes.count, alignment: 8)
            defer { flipped.deallocate() }
            flipped.copyMemory(from: bytes)
            let place = random.below(bytes.count)
            flipped[place] ^= 1 << UInt8(random.below(8))
            write(
                UnsafeRawBufferPointer(flipped), at: offset, in: file, path: path,
                isDurable: isDurable)
            lies.append(DiskLie(kind: .flippedBit, path: path, offset: offset + place))
        }
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, in file: StoredFile, path: String,
        isDurable: Bool
    ) {
        file.write(bytes, at: offset)
        guard isDurable else { return }
        let isLost = random.chance(perMillion: faults.lostSyncs)
        for sector in StoredFile.sectors(offset, bytes.count) {
            file.settle(sector, isWritten: !isLost)
        }
        guard isLost else { return file.settleLength() }
        lies.append(DiskLie(kind: .lostSync, path: path, offset: offset))
    }

    /// Writes the sectors that `isWritten` picks: what is left of a write that was cut short.
    func writeSectors(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, in file: StoredFile, isDurable: Bool,
        isWritten: () -> Bool
    ) {
        for sector in StoredFile.sectors(offset, bytes.count) where isWritten() {
            let start = max(offset, sector * StoredFile.sectorBytes)
            let end = min(offset + bytes.count, (sector + 1) * StoredFile.sectorBytes)
            file.write(
                UnsafeRawBufferPointer(rebasing: bytes[start - offset..<end - offset]), at: start)
            if isDurable {
                file.settle(sector)
                file.settleLength()
            }
        }
    }

    func sync(_ file: StoredFile, path: String, sectors: [Int]) throws(DiskError) {
        if random.chance(perMillion: faults.lostSyncs) {
            for sector in sectors { file.settle(sector, isWritten: false) }
            return lies.append(DiskLie(kind: .lostSync, path: path, offset: 0))
        }
        if path.hasPrefix(faults.errorsIn), random.chance(perMillion: faults.syncErrors) {
            for sector in sectors { file.settle(sector, isWritten: random.coin()) }
            throw DiskError("\(path) cannot be synced", code: 5)
        }
        for sector in sectors { file.settle(sector) }
        file.settleLength()
    }
}

// MARK: - Queued writes

/// A write that is under way. It keeps neither disk nor queue, which keep it.
struct QueuedWrite {
    var tag: UInt64
    var path: String
    var bytes: UnsafeRawBufferPointer
    var offset: Int
    var isDurable: Bool
    var file: StoredFile
    var due: Timestamp
    var fate: WriteFate
    /// What a write without bytes makes durable: all that was done when it was submitted.
    var sectors: [Int]
    /// Decided on submission: no room, or a file that may not be written.
    var refusal: DiskError?
    /// Of a process that runs.
    weak var queue: SimulatedWriteQueue?
}

extension SimulatedDisk {
    func start(_ write: DiskWrite, from queue: SimulatedWriteQueue) {
        guard let file = write.file as? SimulatedFile else {
            preconditionFailure("a disk writes its own files")
        }
        var refusal: DiskError?
        do throws(DiskError) {
            try file.admitChange()
            try admitGrowth(
                of: file.path, by: write.offset + write.bytes.count - file.stored.byteCount)
        } catch {
            refusal = error
        }
        let isStalled = random.chance(perMillion: faults.stalls)
        let nanos = random.pick(isStalled ? faults.stallNanos : faults.writeNanos)
        underway.append(
            QueuedWrite(
                tag: write.tag, path: file.path, bytes: write.bytes, offset: write.offset,
                isDurable: write.isDurable, file: file.stored,
                due: clock.now.adding(nanos: nanos), fate: drawFate(file.path),
                sectors: write.bytes.isEmpty ? file.stored.unsyncedSectors : [], refusal: refusal,
                queue: queue))
    }

    /// Does what is due by now, in any order, and lets the system write mapped pages as it likes.
    func advance() {
        let now = clock.now
        while true {
            let due = underway.indices.filter { underway[$0].due <= now }
            guard !due.isEmpty else { break }
            finish(underway.remove(at: random.pick(due)))
        }
        guard random.below(8) == 0 else { return }
        let mapped = files.keys.sorted().compactMap { files[$0] }.filter { $0.pageCount > 0 }
        guard !mapped.isEmpty else { return }
        let file = random.pick(mapped)
        file.settlePage(random.below(file.pageCount))
    }

    private func finish(_ queued: QueuedWrite) {
        var error = queued.refusal
        if error == nil, queued.bytes.isEmpty {
            do throws(DiskError) {
                try sync(queued.file, path: queued.path, sectors: queued.sectors)
            } catch let failure {
                error = failure
            }
        } else if error == nil {
            perform(
                queued.bytes, at: queued.offset, in: queued.file, path: queued.path,
                isDurable: queued.isDurable, queued.fate)
            if queued.fate == .failed { error = writeError(queued.path, at: queued.offset) }
        }
        queued.queue?.completions.append(DiskCompletion(tag: queued.tag, error: error))
    }
}

/// Writes of one thread; they are done when simulated time says so.
final class SimulatedWriteQueue: WriteQueue {
    let capacity = 64
    var completions: [DiskCompletion] = []
    private let disk: SimulatedDisk
    private let process: Int
    private var isWoken = false

    init(disk: SimulatedDisk) {
        self.disk = disk
        process = disk.process
    }

    private var isOfThisProcess: Bool { process == disk.process }

    func submit(_ write: DiskWrite) -> Bool {
        let count = disk.underway.count { $0.queue === self } + completions.count
        guard isOfThisProcess, count < capacity else { return false }
        disk.start(write, from: self)
        return true
    }

    func poll() -> Int {
        if isOfThisProcess { disk.advance() }
        return completions.count
    }

    /// Time passes until the first write is done, or until nobody would wait any longer.
    func pollOrSleep(nanos: UInt64) -> Int {
        if poll() > 0 || isWoken {
            isWoken = false
            return completions.count
        }
        let now = disk.clock.now
        let first = disk.underway.filter { $0.queue === self }.map(\.due).min() ?? .none
        disk.clock.advance(nanos: min(nanos, first.nanos(since: now)))
        return poll()
    }

    func wake() { isWoken = true }

    func nextCompletion() -> DiskCompletion? {
        completions.isEmpty ? nil : completions.removeFirst()
    }
}
