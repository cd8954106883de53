import Containers
import Domain

/// A product as the receiver has it: how far its numbers have come, and its snapshot under way.
struct ProductRecord: ~Copyable {
    var marketSegmentID: Int32 = 0
    var state = PublicProductState()

    // Incremental channel.

    /// Messages up to `applied` are in the joined books; false until a first snapshot.
    var hasBase = false
    var applied: UInt32 = 0
    /// The highest number heard of.
    var known: UInt32 = 0
    /// The latest sending time heard of; a restarted venue's is later than all of the former one's.
    var newestTime: UInt64 = 0
    /// Sending time of the packet with which the numbers began again; earlier snapshots are void.
    var epochTime: UInt64 = 0
    var log = PacketLog()
    /// Something between `applied` and `known` is missing.
    var hasGap = false
    /// Instruments known and without a book.
    var joiningCount = 0
    /// A snapshot went by from beginning to end: instruments not heard of by then are rare.
    var hasSeenCycle = false

    // Snapshot channel.

    var snapshotSeqNum: UInt32 = 0
    var snapshotTime: UInt64 = 0
    /// The last message that the latest ProductSummary named.
    var named: UInt32 = 0
    var cycle: SnapshotCycle?
    var assembly: SnapshotAssembly?
    var staged = GrowingList<PublicOrder>()

    /// Packets are kept for books that are about to join.
    var keepsPackets: Bool { !hasBase || joiningCount > 0 || !hasSeenCycle }
}

/// What the ProductSummary said that the instruments behind it are as of.
struct SnapshotCycle {
    var lastMsgSeqNum: UInt32
    var state: PublicProductState
}

/// One instrument's snapshot, as far as it has come.
struct SnapshotAssembly {
    var instrument: Int
    /// Nil when the snapshot does not say.
    var orderCount: Int?
    /// False when the book is good and the orders are passed over.
    var isWanted: Bool
    var received = 0
    var state = PublicInstrumentState()
    var top: TopOfBook?
    var open = Price.none
    var high = Price.none
    var low = Price.none
    var last = Price.none
    var lastQty = Quantity.none
    var volume: Quantity?
    var lastUpdate = Timestamp.none

    var isWhole: Bool { orderCount == received }
}
