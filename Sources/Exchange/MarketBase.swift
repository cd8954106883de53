import Archive
import Domain
import Engine
import Platform
import Reports
import Rings
import Runtime
import Streams

/// What a venue goes on from: a market, new or brought back, and where its commands are kept.
struct MarketBase: ~Copyable {
    var partition: Partition
    /// What the engine writes commands to before it applies them; nil where nothing is kept.
    var sequenced: Ring<Command>.Producer?
    /// The first command of this life, if there was one before.
    let opening: Command?
    let history: EventHistory
    let admission = CommandAdmission()
    /// Where the events of this market can be read later; nil where nothing is kept.
    let archiveStore: (any ArchiveStore)?
    /// Highest command whose events are in the archive.
    let archived = SequenceCounter()
    let rewinds = SequenceCounter()
    /// What a person should know, a sentence each.
    let report: [String]
    /// What the journal writes through; nil where nothing is kept.
    let queue: (any WriteQueue)?
    private var keeping: Keeping?

    /// A market without a past, of which nothing is kept.
    static func new(
        _ configuration: Configuration, _ environment: VenueEnvironment, genesis: UInt64
    ) -> MarketBase {
        MarketBase(
            partition: Partition(configuration.partition(orderIDKey: environment.orderIDKey)),
            sequenced: nil, opening: nil,
            history: EventHistory(history: genesis, firstSequence: 1), archiveStore: nil,
            report: [], queue: nil,
            keeping: nil)
    }

    /// The market that the environment's storage holds.
    static func recovered(
        _ configuration: Configuration, _ environment: VenueEnvironment, on disk: any Disk
    ) throws(RecoveryError) -> MarketBase {
        let directory = try DataDirectory(
            on: disk, for: configuration, genesis: environment.clock.now().nanos,
            orderIDKey: environment.orderIDKey)
        let partition = configuration.partition(orderIDKey: directory.orderIDKey)
        var recovered = try Recovery(
            directory: directory, partition: partition, settings: configuration.durability,
            clock: environment.clock, report: environment.reportProgress
        ).run()
        let queue: any WriteQueue
        do throws(DiskError) {
            queue = try disk.makeWriteQueue()
        } catch {
            throw .disk(error)
        }
        let last = recovered.journalEnd.lastSequence
        var restart = Command(kind: .restart)
        restart.date = CivilDate(nanos: environment.clock.now().nanos).number
        let producer = recovered.log.takeProducer()
        let keeping = Keeping(
            directory: directory, partition: partition, settings: configuration.durability,
            queue: queue, commands: recovered.log.takeConsumer(),
            journaled: recovered.log.journaled, journalEnd: recovered.journalEnd,
            snapshots: recovered.snapshots, lastSnapshot: recovered.lastSnapshot,
            archive: recovered.archive)
        return MarketBase(
            partition: recovered.partition, sequenced: producer,
            opening: last > 0 ? restart : nil,
            history: EventHistory(
                history: directory.identity.genesis, firstSequence: last + 1),
            archiveStore: recovered.archiveStore, report: recovered.report, queue: queue,
            keeping: keeping)
    }

    /// The agents that keep the history, where one is kept. To be asked for once.
    mutating func makeKeepers(
        _ connections: Keeping.Connections
    ) throws(RecoveryError) -> [ThreadPlan.Role: any SteppedAgent] {
        guard let keeping = keeping.take() else { return [:] }
        return try keeping.makeAgents(connections, admission, archived, rewinds)
    }
}
