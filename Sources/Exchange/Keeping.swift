import Archive
import Domain
import Engine
import Journaling
import Platform
import Rings
import Runtime
import Streams
import Telemetry

/// The part of a venue that keeps its history: the journal behind the engine, and the follower behind
/// the journal.
///
/// ```
/// EngineAgent ── Ring<Command> in commands.ring ──▶ JournalAgent ──▶ journal/
///      ▲                                                │ written
///      └── restart ◀── Recovery ◀── data directory      ▼
///                                                  FollowerAgent ──▶ archive/, snapshots/
/// ```
struct Keeping: ~Copyable {
    let directory: DataDirectory
    let partition: PartitionConfiguration
    let settings: DurabilitySettings
    let queue: any WriteQueue
    let commands: Ring<Command>.Consumer
    /// Where the journal's agent notes in the ring's file how far it is.
    let journaled: SequenceCounter
    let journalEnd: JournalEnd
    let snapshots: SnapshotLibrary
    /// Sequence of the newest snapshot.
    let lastSnapshot: UInt64
    let archive: ArchiveWriter

    /// What the agents have to do with the rest of the venue.
    struct Connections {
        /// Of the event ring.
        var gate: SequenceCounter
        /// Rung when the gate moves.
        var gateDoorbells: [Doorbell]
        /// Rung when there is more to follow.
        var followerDoorbell: Doorbell
        var notices: VenueNotices
        var clock: Clock
        var journalCounters: CounterGroup<JournalCounters>
        var followerCounters: CounterGroup<FollowerCounters>
    }

    /// Makes what runs on the journal's thread and on the follower's.
    consuming func makeAgents(
        _ connections: Connections, _ admission: CommandAdmission, _ archived: SequenceCounter,
        _ rewinds: SequenceCounter
    ) throws(RecoveryError) -> [ThreadPlan.Role: any SteppedAgent] {
        // Highest command in the journal's segments, and highest there on stable storage.
        let written = SequenceCounter()
        let durable = SequenceCounter()
        var following = FollowerAgent.Settings()
        following.snapshotEveryCommands = UInt64(settings.snapshotEveryCommands)
        let follower = AgentBox(
            FollowerAgent(
                directory: directory, partition: partition, library: snapshots,
                lastSnapshot: lastSnapshot, archive: archive, written: written, durable: durable,
                archived: archived, rewinds: rewinds, notices: connections.notices,
                settings: following,
                clock: connections.clock, counters: connections.followerCounters))
        let journal: AgentBox<JournalAgent>
        do throws(JournalError) {
            let isSync = settings.mode == .sync
            journal = AgentBox(
                try JournalAgent(
                    commands: commands, disk: directory.disk, queue: queue,
                    identity: directory.identity, end: journalEnd,
                    mode: isSync ? .sync : .async, gate: isSync ? connections.gate : nil,
                    written: written, durable: durable, journaled: journaled, admission: admission,
                    doorbells: connections.gateDoorbells,
                    followerDoorbell: connections.followerDoorbell, clock: connections.clock,
                    counters: connections.journalCounters, configuration: settings.journal))
        } catch {
            throw .journal(error)
        }
        return [.journal: journal, .follower: follower]
    }
}
