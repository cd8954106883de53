import Domain
import Platform

/// The snapshots of one history in a data directory.
///
/// A snapshot is there as a whole or not at all: it is written under another name, made durable, and
/// only then gets its own. So neither a crash nor a full disk hurts the older ones. Nor does it get its name
/// before the journal up to its command is durable: a recovery begins with the newest snapshot, and what
/// the power took from the journal before that would never be noticed. Of each file only
/// what agrees with its checksums is believed. The format is in this room's README.
public struct SnapshotLibrary {
    public static let folder = "snapshots"

    private let disk: any Disk
    private let identity: JournalIdentity
    /// Snapshots kept; when another one is finished, the oldest beyond go.
    private let keptMax: Int

    private static let ending = ".snapshot"
    private static let unfinishedEnding = ".unfinished"

    public init(disk: any Disk, identity: JournalIdentity, keeping keptMax: Int = 3) {
        precondition(keptMax > 0, "a library keeps a snapshot")
        self.disk = disk
        self.identity = identity
        self.keptMax = keptMax
    }

    /// Makes the folder and removes what a crash left unfinished; before the first `write`.
    public func prepare() throws(DiskError) {
        try disk.makeFolder(Self.folder)
        try disk.syncFolder("")
        for name in try disk.names(in: Self.folder) where name.hasSuffix(Self.unfinishedEnding) {
            try disk.remove("\(Self.folder)/\(name)")
        }
    }

    /// Writes a snapshot of a command up to which the journal is durable: `writeUnfinished` and `finish` in one.
    public func write(
        sequence: UInt64, lastTimeIn: Timestamp, stateHash: UInt64,
        _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try writeUnfinished(
            sequence: sequence, lastTimeIn: lastTimeIn, stateHash: stateHash, body)
        try finish(sequence)
    }

    /// Writes a snapshot and makes it durable. It counts when `finish` has given it its name.
    ///
    /// `body` hands the state's bytes to the function it is given, piece by piece. Throws `DiskError`
    /// and what `body` throws; then the other snapshots are as they were.
    public func writeUnfinished(
        sequence: UInt64, lastTimeIn: Timestamp, stateHash: UInt64,
        _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let unfinished = Self.unfinishedPath(of: sequence)
        let name = Self.name(of: sequence) + Self.unfinishedEnding
        if try disk.names(in: Self.folder).contains(name) { try disk.remove(unfinished) }
        do {
            let file = try disk.create(unfinished, byteCount: 0)
            let header = SnapshotHeader(
                identity: identity, sequence: sequence, lastTimeIn: lastTimeIn, stateHash: stateHash
            )
            let writer = try SnapshotBodyWriter(file, header)
            try body { try writer.write($0) }
            try writer.finish()
            try file.sync()
        } catch {
            giveUp(sequence)
            throw error
        }
    }

    /// Gives an unfinished snapshot its name and removes the oldest beyond those kept. The journal is
    /// durable up to its command.
    public func finish(_ sequence: UInt64) throws(DiskError) {
        do throws(DiskError) {
            try disk.rename(Self.unfinishedPath(of: sequence), to: Self.path(of: sequence))
        } catch {
            giveUp(sequence)
            throw error
        }
        try disk.syncFolder(Self.folder)
        try removeOldest()
    }

    /// Removes an unfinished snapshot. One that cannot be removed is in nobody's way until the next start
    /// does it.
    public func giveUp(_ sequence: UInt64) {
        try? disk.remove(Self.unfinishedPath(of: sequence))
    }

    /// Sequences of the snapshots that are there, sound or not, rising.
    public func sequences() throws(DiskError) -> [UInt64] {
        var found: [UInt64] = []
        for name in try disk.names(in: Self.folder) where name.hasSuffix(Self.ending) {
            guard let sequence = UInt64(name.dropLast(Self.ending.count)),
                Self.name(of: sequence) + Self.ending == name
            else { continue }
            found.append(sequence)
        }
        return found.sorted()
    }

    /// Makes the state of the newest sound snapshot; nil when there is none.
    ///
    /// Those of commands behind `last` are passed over. `make` gets the header and a function that
    /// fills memory and says how many bytes, 0 at the end; what it throws counts as damage, as does a
    /// state whose hash it finds to be another than the header's. Of damaged snapshots `report` hears,
    /// and the next older one is tried. Throws when the folder cannot be read.
    public func restoreNewest<State: ~Copyable>(
        through last: UInt64 = .max, report: (SnapshotFault) -> Void = { _ in },
        _ make: (
            SnapshotHeader, @escaping (UnsafeMutableRawBufferPointer) throws -> Int
        ) throws -> State
    ) throws(DiskError) -> State? {
        for sequence in try sequences().reversed() where sequence <= last {
            do {
                return try restore(sequence, make)
            } catch {
                report(SnapshotFault(path: Self.path(of: sequence), reason: "\(error)"))
            }
        }
        return nil
    }

    /// Makes the state of one snapshot. Throws when it is damaged, of another history, or not there,
    /// and what `make` throws.
    public func restore<State: ~Copyable>(
        _ sequence: UInt64,
        _ make: (
            SnapshotHeader, @escaping (UnsafeMutableRawBufferPointer) throws -> Int
        ) throws -> State
    ) throws -> State {
        let body = try SnapshotBodyReader(
            disk.open(Self.path(of: sequence), writable: false))
        guard body.header.identity.genesis == identity.genesis else {
            throw SnapshotDamage("it belongs to another history")
        }
        guard body.header.identity.fingerprint == identity.fingerprint else {
            throw SnapshotDamage("it was made with other reference data or other limits")
        }
        guard body.header.sequence == sequence else {
            throw SnapshotDamage("it is the snapshot of command \(body.header.sequence)")
        }
        let state = try make(body.header, body.read)
        try body.finish()
        return state
    }

    /// Reads a snapshot to its end. Throws when it is damaged, of another history, or not there.
    public func verify(_ sequence: UInt64) throws -> SnapshotHeader {
        try restore(sequence) { header, _ in header }
    }

    /// Removes, durably, the snapshots of commands behind `last`, which a loss of power took from the
    /// journal: once others have their sequences, such a state would be believed again.
    public func removeAll(behind last: UInt64) throws(DiskError) {
        try remove(sequences().filter { $0 > last })
    }

    private func removeOldest() throws(DiskError) { try remove(sequences().dropLast(keptMax)) }

    private func remove(_ surplus: some Collection<UInt64>) throws(DiskError) {
        guard !surplus.isEmpty else { return }
        for sequence in surplus { try disk.remove(Self.path(of: sequence)) }
        try disk.syncFolder(Self.folder)
    }

    /// Twenty digits, so that names sort as numbers do.
    private static func name(of sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }

    public static func path(of sequence: UInt64) -> String {
        "\(folder)/\(name(of: sequence))\(ending)"
    }

    private static func unfinishedPath(of sequence: UInt64) -> String {
        "\(folder)/\(name(of: sequence))\(unfinishedEnding)"
    }
}
