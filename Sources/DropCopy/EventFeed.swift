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
/// What is lost is read from the venue's archive, where there is one, before the ring is gone on with;
/// otherwise it is a hole.
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
    private let missed: MissedEvents?
    /// Transactions up to this one are to be found in the archive.
    private var fillsThrough: UInt64 = 0
    private var fillsFrom: UInt64 = 1
    /// What is missing before this one is missing in the archive too.
    private var lostBefore: UInt64 = 0
    private var isFilling = false

    /// Events read from the archive.
    public private(set) var filled: UInt64 = 0
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
        _ reader: consuming BroadcastRing<Event>.LossyReader, missed: MissedEvents? = nil,
        engineOut: @escaping EngineOut
    ) {
        self.missed = missed
        isAligned = reader.position == 0
        self.reader = reader
        self.engineOut = engineOut
    }

    /// Takes over at most `budget` records. Returns how many there were.
    public mutating func poll(
        into history: inout History, budget: Int, now: Timestamp
    ) throws(SegmentError) -> Int {
        var taken = 0
        while taken < budget, !isDamaged {
            if fillsThrough > history.lastSequence {
                guard try fill(into: &history, now: now) else { break }
                taken += 1
            } else {
                guard next() else { break }
                if try findsMissing(&history) { continue }
                try take(into: &history, now: now)
                taken += 1
            }
        }
        isDrained = taken == 0 && fillsThrough <= history.lastSequence
        return taken
    }

    /// How long the archive has kept everybody waiting.
    func archiveWaitNanos(_ now: Timestamp) -> UInt64 {
        isFilling ? missed?.waitNanos(now) ?? 0 : 0
    }

    /// Sees that transactions are missing before the record at hand, which then waits.
    private mutating func findsMissing(_ history: inout History) throws(SegmentError) -> Bool {
        let sequence = reader.record.sequence
        guard let missed, isAligned, sequence != transaction.sequence, sequence != lostBefore,
            sequence > history.lastSequence + 1
        else { return false }
        // A memory that forgets need not begin at the beginning of all days.
        if history.isBounded, history.lastSequence == 0 {
            fillsFrom = min(try missed.dayStart(), sequence)
            if fillsFrom == sequence { return false }
        } else {
            fillsFrom = history.lastSequence + 1
        }
        fillsThrough = sequence - 1
        transaction = Transaction()
        isHeld = true
        isFilling = true
        return true
    }

    /// Takes the next record of the archive over. False when there is none yet.
    private mutating func fill(
        into history: inout History, now: Timestamp
    ) throws(SegmentError) -> Bool {
        let isBetween = transaction.index == 0
        guard let missed,
            let record = try missed.next(
                after: max(fillsFrom - 1, history.lastSequence), isBetween: isBetween, now: now)
        else { return false }
        if isBetween, record.sequence > fillsThrough {
            // The archive has lost it too.
            lostBefore = fillsThrough + 1
            fillsThrough = 0
            isFilling = false
            missed.reset()
            return true
        }
        if isBetween {
            transaction = Transaction()
            transaction.sequence = record.sequence
            let first = record.kind == .hole ? record.lostFrom : record.sequence
            if first > history.lastSequence + 1 {
                try history.appendHole(
                    before: first, execID: record.execID, timeRead: now.nanos)
            }
        }
        switch record.kind {
        case .event:
            transaction.index = record.index
            let event = record.record
            try history.append(
                event, slots: record.slots, index: record.index,
                tradedBefore: transaction.hasTraded, engineOut: .max, timeRead: now.nanos)
            if event.event.kind == .restingExecuted { transaction.hasTraded = true }
        case .nothing: break
        case .hole:
            try history.appendHole(
                before: record.sequence + 1, execID: record.execIDBehind, timeRead: now.nanos)
        }
        filled += 1
        if record.endsTransaction {
            history.commit(sequence: record.sequence)
            transaction = Transaction()
            if history.lastSequence >= fillsThrough { isFilling = false }
        }
        return true
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
            transaction = Transaction()
        }
    }
}
