extension SimulatedDisk {
    /// The process ends: what it wrote and stored in mapped files stays, its queued writes are done,
    /// done in part or not at all. Its files and queues are of no further use.
    ///
    /// Call it while the bytes of queued writes are still there.
    public func kill() {
        endProcess { write in
            switch random.below(3) {
            case 0: return
            case 1:
                let share = random.pick(1...999_999)
                writeSectors(
                    write.write.bytes, at: write.write.offset, in: write.file,
                    isDurable: random.coin()
                ) { random.chance(perMillion: share) }
            default:
                writeSectors(
                    write.write.bytes, at: write.write.offset, in: write.file, isDurable: false
                ) { true }
            }
        }
    }

    /// The machine loses its power, and comes back: what was synced is there, and of everything else
    /// what the seed says. `machineRun` is another one.
    public func cutPower() {
        endProcess { write in
            let share = drawShare()
            writeSectors(
                write.write.bytes, at: write.write.offset, in: write.file, isDurable: false
            ) { random.chance(perMillion: share) }
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
            file.losePower(lengthSurvives: random.coin()) { random.chance(perMillion: share) }
        }
        machineRun = random.next() | 1
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
