import Archive
import Domain
import Engine
import Journaling
import Reports

/// The follower's market, and its place in the journal.
struct FollowerState: ~Copyable {
    private(set) var replica: Replica
    private var reader: JournalReader
    private var command = Command(kind: .listOrders)
    private var details = OrderDetails()

    /// Begins with a state that is not behind command `sequence`, which the archive has.
    init(
        _ directory: DataDirectory, _ library: SnapshotLibrary, _ partition: PartitionConfiguration,
        through sequence: UInt64, _ notices: VenueNotices
    ) throws {
        let restored = try library.replica(of: partition, through: sequence) {
            notices.add($0.description)
        }
        reader = try JournalReader(
            disk: directory.disk, identity: directory.identity, from: restored.lastSequence + 1)
        replica = restored
    }

    /// Applies what is in the journal up to a command, at most so much of it. Returns how much.
    mutating func follow(
        through last: UInt64, into archive: inout ArchiveWriter, budget: Int
    ) throws -> Int {
        var count = 0
        while true {
            // First, because a full disk may have stopped it in the middle of a transaction.
            if replica.lastSequence > archive.lastSequence {
                try replica.take { try archive.append(EventRecord($0)) }
            } else {
                replica.drop()
            }
            guard count < budget, try reader.next(through: last, &command, &details) else {
                return count
            }
            replica.apply(command, details)
            count += 1
        }
    }

    /// Writes a snapshot, which is still to be finished. Returns the sequence it is of.
    mutating func save(to library: SnapshotLibrary) throws -> UInt64 {
        let sequence = replica.lastSequence
        let timeIn = command.timeIn
        try replica.inspect { partition in
            let stateHash = partition.stateHash()
            try library.writeUnfinished(
                sequence: sequence, lastTimeIn: timeIn, stateHash: stateHash
            ) { write in try partition.save(to: write) }
        }
        return sequence
    }
}

extension SnapshotLibrary {
    /// The market of the newest snapshot that is sound and leads to the state it was made of, none
    /// behind command `last`; or the market's beginning.
    func replica(
        of configuration: PartitionConfiguration, through last: UInt64,
        report: (SnapshotFault) -> Void
    ) throws -> Replica {
        let restored = try restoreNewest(through: last, report: report) { header, read in
            let partition = try Partition(configuration, restoring: read)
            guard partition.lastSequence == header.sequence,
                partition.stateHash() == header.stateHash
            else { throw OtherState() }
            return partition
        }
        return Replica(restored ?? Partition(configuration))
    }

    /// A snapshot whose bytes are sound, and whose state is not the one it was made of.
    private struct OtherState: Error, CustomStringConvertible {
        var description: String { "the state in it has another hash than the one that was saved" }
    }
}
