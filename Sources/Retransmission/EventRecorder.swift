import Archive
import Domain
import Platform
import Reports
import Rings
import Runtime
import Streams

/// Keeps what a venue without a data directory told its sessions of their own, as far as a bounded memory
/// goes: lean orders that do not trade take next to nothing.
///
/// It reads the event ring like any other program would, so nobody waits for it: what it was too slow
/// for is a hole in the history.
public struct EventRecorder: ~Copyable, Agent {
    public static var name: String { "recorder" }

    private var events: BroadcastRing<Event>.LossyReader
    private var writer: ArchiveWriter
    private let archived: SequenceCounter
    /// The record copied last waits for the gate.
    private var isHeld = false
    /// The next record begins a transaction.
    private var isAligned: Bool
    /// Of this transaction the beginning was lost.
    private var skipped: UInt64 = 0
    private var lastRecord = Timestamp.zero
    private var now = Timestamp.zero
    private var hasFailed = false

    /// Records taken in a duty cycle at most.
    static let recordsPerCycle = 1024
    /// A ring that nobody rings for is looked at again after a quarter of the time it has been empty,
    /// within these bounds.
    static let pollNanosMin: UInt64 = 200_000
    static let pollNanosMax: UInt64 = 10_000_000

    /// `archived` tells readers of the same store how far it is.
    public init(
        events: consuming BroadcastRing<Event>.LossyReader, store: ArchiveMemory, history: UInt64,
        sessionCount: Int, archived: SequenceCounter
    ) throws(ArchiveError) {
        isAligned = events.position == 0
        self.events = events
        writer = try ArchiveWriter(store, history: history, sessionCount: sessionCount)
        writer.keepsSessionDataOnly = true
        self.archived = archived
    }

    public mutating func doWork(now: Timestamp) -> Int {
        self.now = now
        guard !hasFailed else { return 0 }
        var taken = 0
        do throws(ArchiveError) {
            while taken < Self.recordsPerCycle, try next() {
                try take()
                taken += 1
            }
            if taken > 0 {
                lastRecord = now
                try writer.flush()
                archived.publish(writer.lastSequence)
            }
        } catch {
            // A venue whose ring makes no sense has other worries than its history.
            hasFailed = true
        }
        return taken
    }

    public var nextDeadline: Timestamp {
        let idle = now.nanos(since: lastRecord) / 4
        return now.adding(nanos: min(max(idle, Self.pollNanosMin), Self.pollNanosMax))
    }

    /// Makes the next record that may leave the one at hand.
    private mutating func next() throws(ArchiveError) -> Bool {
        while !isHeld {
            switch events.next() {
            case .record: isHeld = true
            case .empty: return false
            case .overrun:
                isAligned = false
                skipped = 0
                // Of a transaction under way the end is lost.
                try writer.cutBack(to: writer.lastSequence)
            case .damaged:
                hasFailed = true
                return false
            }
        }
        guard events.record.sequence <= events.gate else { return false }
        isHeld = false
        return true
    }

    private mutating func take() throws(ArchiveError) {
        guard EventRecord.isSound(events.bytes) else {
            hasFailed = true
            return
        }
        let record = EventRecord(events.bytes.baseAddress!)
        let sequence = record.event.sequence
        if !isAligned {
            skipped = sequence
            isAligned = true
        }
        guard sequence != skipped else { return }
        skipped = 0
        if sequence > writer.lastSequence + 1 {
            try writer.appendHole(before: sequence, execID: record.event.execID.nanos)
        }
        try writer.append(record)
    }
}
