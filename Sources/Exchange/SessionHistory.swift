import Archive
import Domain
import Retransmission
import Rings
import Runtime
import Streams

/// Where sessions' own data is found again: in the archive of a venue that keeps its history; otherwise
/// in a bounded memory, filled from the event ring.
struct SessionHistory {
    let store: any ArchiveStore
    /// What fills it, where nobody else does.
    let agents: [any SteppedAgent]

    /// `archived` tells how far the store is, also where it is filled from here.
    init(
        _ kept: (any ArchiveStore)?, archived: SequenceCounter, history: UInt64,
        events: borrowing BroadcastRing<Event>.Ends, sessionCount: Int
    ) {
        if let kept {
            store = kept
            agents = []
            return
        }
        // A segment begins with 16 bytes a session.
        let memory = ArchiveMemory(segmentBytes: max(2 << 20, sessionCount * 64))
        store = memory
        do throws(ArchiveError) {
            agents = [
                AgentBox(
                    try EventRecorder(
                        events: .init(of: events, from: .oldest), store: memory,
                        history: history, sessionCount: sessionCount, archived: archived))
            ]
        } catch {
            preconditionFailure("memory holds nothing that could be in the way: \(error)")
        }
    }
}
