import Domain
import Platform
import Reports
import Rings
import Streams

/// Reads a venue's events into a history, as fast as they come.
///
/// It obeys the output gate, takes transactions over whole, and sees by their numbers what it has already,
/// after a restart, and what it lost, after it was overrun or began late. A reader that joins in the
/// middle cannot know whether the first transaction it meets is whole, so that one counts as lost.
///
/// One thread uses a feed.
public struct EventFeed: ~Copyable {
    /// When the engine was done with a transaction; all ones when that is not known.
    public typealias EngineOut = (_ sequence: UInt64) -> UInt64

    private var reader: BroadcastRing<Event>.LossyReader
    private let engineOut: EngineOut
    /// The record copied last waits for the gate.
    private var isHeld = false
    /// The record before the next one was seen, so the next one's transaction is seen from its start.
    private var isAligned: Bool
    private var transaction = Transaction()

    /// Times that the producer was faster.
    public private(set) var overruns: UInt64 = 0
    /// The ring makes no sense: only a broken venue does that. Nothing more is read.
    public private(set) var isDamaged = false

    /// The last look found nothing that may leave.
    public private(set) var isDrained = false

    /// The transaction whose events are being read.
    private struct Transaction {
        var sequence: UInt64 = 0
        var index: UInt64 = 0
        /// In the history already, or not seen from its start.
        var isSkipped = false
        /// A resting order was executed in it.
        var hasTraded = false
        var engineOut: UInt64 = .max

        /// A look at the ring begins before what it finds may have been written.
        func timeRead(_ now: Timestamp) -> UInt64 {
            engineOut == .max ? now.nanos : max(now.nanos, engineOut)
        }
    }

    public init(
        _ reader: consuming BroadcastRing<Event>.LossyReader, engineOut: @escaping EngineOut
    ) {
        isAligned = reader.position == 0
        self.reader = reader
        self.engineOut = engineOut
    }

    /// Takes over at most `budget` records. Returns how many there were.
    public mutating func poll(
        into history: inout History, budget: Int, now: Timestamp
    ) throws(SegmentError) -> Int {
        var taken = 0
        while taken < budget, !isDamaged, next() {
            try take(into: &history, now: now)
            taken += 1
        }
        isDrained = taken == 0
        return taken
    }

    /// Makes the next record that may leave the one at hand.
    private mutating func next() -> Bool {
        while !isHeld {
            switch reader.next() {
            case .record:
                guard EventRecord.isSound(reader.bytes) else {
                    isDamaged = true
                    return false
                }
                isHeld = true
            case .empty: return false
            case .overrun:
                overruns += 1
                isAligned = false
                transaction = Transaction()
            case .damaged:
                isDamaged = true
                return false
            }
        }
        guard reader.record.sequence <= reader.gate else { return false }
        isHeld = false
        return true
    }

    private mutating func take(
        into history: inout History, now: Timestamp
    ) throws(SegmentError) {
        let record = EventRecord(reader.bytes.baseAddress!)
        let sequence = record.event.sequence
        if sequence != transaction.sequence {
            transaction = Transaction()
            transaction.sequence = sequence
            transaction.isSkipped = sequence <= history.lastSequence || !isAligned
            if !transaction.isSkipped {
                transaction.engineOut = engineOut(sequence)
                if sequence != history.lastSequence + 1 {
                    try history.appendHole(
                        before: sequence, execID: record.event.execID.nanos, timeRead: now.nanos)
                }
            }
        }
        transaction.index += 1
        if !transaction.isSkipped {
            try history.append(
                record, slots: reader.bytes, index: transaction.index,
                tradedBefore: transaction.hasTraded, engineOut: transaction.engineOut,
                timeRead: transaction.timeRead(now))
        }
        if record.event.kind == .restingExecuted { transaction.hasTraded = true }
        if record.event.flags.contains(.endOfTransaction) {
            if !transaction.isSkipped { history.commit(sequence: sequence) }
            isAligned = true
        }
    }
}
