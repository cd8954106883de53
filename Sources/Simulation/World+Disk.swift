import Archive
import Exchange
import SimulatedPlatform

/// What a disk may do for a while.
enum DiskTrouble: CaseIterable {
    /// It takes no more bytes, or only a few.
    case full
    /// Writes and syncs fail, many or all: the journal's, or everybody's.
    case failing
    /// They take up to a tenth of a second.
    case slow
}

/// What a file holds instead of what was written, found when the venue starts again.
struct FileDamage {
    enum Kind: CaseIterable {
        case flippedBit
        /// The disk never wrote some sectors that it said it had: they are as they were made.
        case lostWrite
        /// It wrote to some sectors what was meant for others.
        case misdirectedWrite
    }

    var kind: Kind
    var path: String
    var offset: Int
    var before: [UInt8]
    var after: [UInt8]
}

// The disk that does not do its part: while a venue runs, and between two lives.
extension World {
    func stepDisk() {
        guard let disk else { return }
        if troubleSteps > 0 {
            troubleSteps -= 1
            if troubleSteps == 0 { endTrouble() }
            return
        }
        guard random.chance(perMillion: scenario.mishaps.diskTroubles),
            !scenario.mishaps.troubleKinds.isEmpty
        else { return }
        troubleSteps = random.pick([20, 200, 1_000])
        troubles += 1
        let kind = random.pick(scenario.mishaps.troubleKinds)
        writesFailed = kind == .failing || isDiskRecovering && writesFailed
        recoveryNanos = isDiskRecovering ? min(2 * recoveryNanos, 130_000_000_000) : 3_000_000_000
        switch kind {
        case .full: disk.faults.capacity = disk.usedBytes + random.pick([0, 4_096, 1 << 19])
        case .failing:
            disk.faults.errorsIn = random.pick(["", "journal/", "archive/", "snapshots/"])
            disk.faults.writeErrors = random.pick([0, 300_000, 1_000_000])
            disk.faults.syncErrors = random.pick([300_000, 1_000_000])
        case .slow: disk.faults.writeNanos = 1_000_000...100_000_000
        }
        if !traced.isEmpty { print(clock.nanos, "the disk is in trouble: \(disk.faults)") }
    }

    func endTrouble() {
        guard let disk, disk.faults != scenario.disk else { return }
        troubleSteps = 0
        disk.faults = scenario.disk
        troubleOverAt = clock.nanos
    }

    /// Whether the venue may not have noticed yet that its disk is in order. Who finds it out of order
    /// again and again waits twice as long each time, a second at first.
    var isDiskRecovering: Bool { troubleOverAt > 0 && clock.nanos < troubleOverAt + recoveryNanos }

    private var isInTrouble: Bool { disk.map { $0.faults != scenario.disk } ?? false }

    /// Whether an entry or a change may be refused because the disk does not take it, or not as fast as
    /// they come.
    var diskMayRefuse: Bool {
        isInTrouble || isDiskRecovering || scenario.disk.writeNanos.upperBound > 0
            || scenario.disk.stalls > 0 || scenario.mishaps.agentsLeftOut > 0
    }

    /// Whether a deletion may be: only behind a write that failed, or with less than half of the journal's
    /// last segment free.
    var diskMayRefuseDeletions: Bool {
        guard let disk, isInTrouble || isDiskRecovering else { return false }
        if writesFailed { return true }
        guard let path = disk.paths.last(where: { $0.hasPrefix("journal/") }),
            let bytes = disk.contents(of: path)
        else { return true }
        return (bytes.lastIndex { $0 != 0 } ?? 0) > bytes.count / 2 - (64 << 10)
    }

    /// Whatever the disk refuses is tried again.
    func hearNotices() {
        for notice in venueProcess?.venue.notices.take() ?? [] {
            if !traced.isEmpty { print(clock.nanos, notice) }
            findings.check("archive", !notice.contains("have stopped"), notice)
        }
    }

    // MARK: The next life

    /// Starts the venue again. One that finds its disk without room, or a file damaged, may refuse with a
    /// sentence that says so; when the disk is in order it has to start.
    func startAgain(isPowerCut: Bool) throws {
        var damage = damageFile(isPowerCut: isPowerCut)
        if let found = damage, try isToldOfArchive(found) {
            heal(found)
            damage = nil
        }
        do {
            try startVenue()
        } catch {
            if let found = damage {
                findings.check(
                    "damage", Self.explains(error, found) || troubleSteps > 0,
                    "\(found.path) has a \(found.kind), and the venue says: \(error)")
                heal(found)
                damage = nil
            } else if troubleSteps == 0 {
                throw error
            }
            endTrouble()
            try startVenue()
        }
        if let damage { heal(damage) }
        endTrouble()
    }

    /// The file is named, or the journal as a whole where that ends before the ring goes on: with little in
    /// it nothing tells damage from a write that was cut short.
    private static func explains(_ error: any Error, _ damage: FileDamage) -> Bool {
        let sentence = "\(error)"
        return sentence.contains(damage.path)
            || damage.path.hasPrefix("journal/") && sentence.contains("restore the journal")
    }

    /// Of the journal only after the end of a process: behind a loss of power its last bytes cannot be
    /// told from a write that was cut short.
    private func damageFile(isPowerCut: Bool) -> FileDamage? {
        guard let disk, random.chance(perMillion: scenario.mishaps.damages) else { return nil }
        let folders = ["snapshots/", "archive/"] + (isPowerCut ? [] : ["journal/"])
        let folder = random.pick(folders)
        let paths = disk.paths.filter { $0.hasPrefix(folder) }
        guard !paths.isEmpty else { return nil }
        let path = random.pick(paths)
        // Most of a segment is empty.
        guard let bytes = disk.contents(of: path), let last = bytes.lastIndex(where: { $0 != 0 })
        else { return nil }
        guard let damage = damage(to: path, bytes, last: last), damage.before != damage.after
        else { return nil }
        disk.overwrite(path, at: damage.offset, with: damage.after)
        damages += 1
        if !traced.isEmpty {
            print(clock.nanos, "\(damage.kind) in \(path) at \(damage.offset)")
        }
        return damage
    }

    private func damage(to path: String, _ bytes: [UInt8], last: Int) -> FileDamage? {
        let kind = random.pick(FileDamage.Kind.allCases)
        var offset = random.pick(0...last)
        guard kind != .flippedBit else {
            return FileDamage(
                kind: kind, path: path, offset: offset, before: [bytes[offset]],
                after: [bytes[offset] ^ 1 << UInt8(random.below(8))])
        }
        let sectorBytes = SimulatedDisk.sectorBytes
        offset = offset / sectorBytes * sectorBytes
        let end = min(bytes.count, offset + sectorBytes * random.pick([1, 1, 8, 64]))
        let before = Array(bytes[offset..<end])
        guard kind == .misdirectedWrite else {
            return FileDamage(
                kind: kind, path: path, offset: offset, before: before,
                after: Array(repeating: 0, count: before.count))
        }
        let source = random.pick(disk?.paths ?? [])
        guard let others = disk?.contents(of: source), others.count >= before.count else {
            return nil
        }
        let from = random.below((others.count - before.count) / sectorBytes + 1) * sectorBytes
        return FileDamage(
            kind: kind, path: path, offset: offset, before: before,
            after: Array(others[from..<from + before.count]))
    }

    /// Whoever reads the archive is told of damage before its end; what is behind is made anew.
    private func isToldOfArchive(_ damage: FileDamage) throws -> Bool {
        guard let disk, let archive, damage.path.hasPrefix("archive/"),
            let genesis = try DataDirectory.readGenesis(disk)
        else { return false }
        do {
            var reader = try ArchiveReader(archive, history: genesis.genesis, after: 0)
            while try reader.next() != nil {}
            return false
        } catch {
            findings.check(
                "damage", "\(error)".contains(damage.path),
                "\(damage.path) has a \(damage.kind), and a reader is told: \(error)")
            return true
        }
    }

    /// The file comes back from a copy, unless it was written over in the meantime.
    private func heal(_ damage: FileDamage) {
        guard let disk, let bytes = disk.contents(of: damage.path) else { return }
        let place = damage.offset..<damage.offset + damage.after.count
        guard place.upperBound <= bytes.count, Array(bytes[place]) == damage.after else { return }
        disk.overwrite(damage.path, at: damage.offset, with: damage.before)
    }
}
