/// What the end of a process or a loss of power took.
public struct DiskLosses: Sendable, Equatable {
    /// Writes under way when the process was killed, and files with unsynced bytes when the power was
    /// cut, of which nothing of the new content remains.
    public var dropped = 0
    /// Those of which a part remains.
    public var torn = 0

    public init() {}

    public static func += (sum: inout DiskLosses, other: DiskLosses) {
        sum.dropped += other.dropped
        sum.torn += other.torn
    }

    mutating func note(kept: Int, lost: Int) {
        guard lost > 0 else { return }
        if kept == 0 { dropped += 1 } else { torn += 1 }
    }
}

extension SimulatedDisk {
    /// The process ends: what it wrote and stored in mapped files stays, its queued writes are done,
    /// done in part or not at all. Its files and queues are of no further use.
    ///
    /// Call it while the bytes of queued writes are still there.
    @discardableResult public func kill() -> DiskLosses {
        var losses = DiskLosses()
        endProcess { write in
            let share = random.pick([0, random.pick(1...999_999), 1_000_000])
            var (kept, lost) = (0, 0)
            writeSectors(
                write.bytes, at: write.offset, in: write.file,
                isDurable: share < 1_000_000 && random.coin()
            ) {
                let isWritten = random.chance(perMillion: share)
                if isWritten { kept += 1 } else { lost += 1 }
                return isWritten
            }
            losses.note(kept: kept, lost: lost)
        }
        return losses
    }

    /// The machine loses its power, and comes back: what was synced is there, and of everything else
    /// what the seed says. `machineRun` is another one.
    @discardableResult public func cutPower() -> DiskLosses {
        var losses = DiskLosses()
        // Sectors that did not even come as far as the system's memory.
        var unwritten: [ObjectIdentifier: Int] = [:]
        endProcess { write in
            let share = drawShare()
            writeSectors(
                write.bytes, at: write.offset, in: write.file, isDurable: false
            ) {
                let isWritten = random.chance(perMillion: share)
                if !isWritten { unwritten[ObjectIdentifier(write.file), default: 0] += 1 }
                return isWritten
            }
        }
        let share = drawShare()
        for change in unsyncedChanges where random.chance(perMillion: share) { settle(change) }
        unsyncedChanges = []
        folders = stableFolders
        files = stableFiles.filter { folders.contains(Self.folder(of: $0.key)) }
        stableFiles = files
        // One file may have two names for as long as a rename is on its way.
        var settled: Set<ObjectIdentifier> = []
        for path in files.keys.sorted() {
            guard let file = files[path], settled.insert(ObjectIdentifier(file)).inserted else {
                continue
            }
            let share = drawShare()
            let (kept, lost) = file.losePower(lengthSurvives: random.coin()) {
                random.chance(perMillion: share)
            }
            losses.note(kept: kept, lost: lost + unwritten[ObjectIdentifier(file), default: 0])
        }
        machineRun = random.next() | 1
        return losses
    }

    /// Whoever asks for all or nothing should often get it: most bugs are at the ends.
    private func drawShare() -> Int { random.pick([0, 200_000, 500_000, 900_000, 1_000_000]) }

    private func endProcess(_ settle: (QueuedWrite) -> Void) {
        process += 1
        let left = underway
        underway = []
        for write in left where write.refusal == nil { settle(write) }
    }
}
