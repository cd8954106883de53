import Archive
import Domain
import Engine
import Exchange
import Journaling
import LinuxPlatform
import Platform

/// A venue's data directory, opened to look at: nothing of it is changed.
final class KeptHistory {
    /// What is there, and over it what looking at it made.
    let disk: any Disk
    let identity: JournalIdentity
    let names: MarketNames
    let partition: PartitionConfiguration
    let archive: ArchiveFolder
    let snapshots: SnapshotLibrary

    /// Opens a folder.
    convenience init(path: String) throws {
        do {
            try self.init(on: try FolderDisk(path: path, isMade: false))
        } catch let error as JournalToolError {
            throw JournalToolError("\(path): \(error)")
        }
    }

    init(on base: any Disk) throws {
        disk = ScratchDisk(over: base)
        guard let genesis = try DataDirectory.readGenesis(disk) else {
            throw JournalToolError("no venue has kept anything here: there is no file genesis")
        }
        guard let configuration = try DataDirectory.readConfiguration(disk) else {
            throw JournalToolError("the file configuration.json is missing; restore it from a copy")
        }
        identity = genesis.identity
        names = MarketNames(configuration.market)
        partition = configuration.partition(orderIDKey: genesis.orderIDKey)
        guard partition.fingerprint == identity.fingerprint else {
            throw JournalToolError(
                "configuration.json is of another market than the history; restore it from a copy")
        }
        archive = ArchiveFolder(disk: disk)
        snapshots = SnapshotLibrary(disk: disk, identity: identity)
    }

    /// Finds where the commands end, after the one given. What a killed venue left in its command ring
    /// counts too, as it will at its next start.
    func end(after sequence: UInt64 = 0) throws -> JournalEnd {
        var end = try Journal.recover(disk: disk, identity: identity, from: sequence + 1)
        // A venue that runs changes its ring while it is read: then the journal alone counts.
        if let log = try? CommandLog(
            disk: disk, capacity: 1024, identity: identity, end: &end, clock: SystemClock.utc)
        {
            _ = consume log
        }
        return end
    }

    /// Commands from one sequence on.
    func commands(from sequence: UInt64) throws -> JournalReader {
        try JournalReader(disk: disk, identity: identity, from: sequence)
    }

    /// The state of a snapshot, which has to be the one it was made of.
    func restore(_ sequence: UInt64) throws -> Partition {
        try snapshots.restore(sequence) { header, read in
            let partition = try Partition(partition, restoring: read)
            guard partition.stateHash() == header.stateHash else {
                throw JournalToolError("its state has another hash than when it was made")
            }
            return partition
        }
    }
}
