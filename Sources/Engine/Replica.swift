import Containers
import Domain
import Rings

/// A partition that repeats commands others have sequenced: for recovery, and to follow a journal.
///
/// What happens comes out of `take`, record by record, the same as it did the first time; or is thrown
/// away by `drop`. One thread uses a replica.
public struct Replica: ~Copyable {
    public typealias Slot = InlineArray<16, UInt64>

    private var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    private var made: BroadcastRing<Event>.GatingConsumer
    /// Where a record lies in one piece; in the ring it may be in two.
    private let whole = FixedTable<Slot>(count: Int(UInt8.max)) { _ in .init(repeating: 0) }

    public init(_ partition: consuming Partition) {
        var capacity = 1024
        while capacity < partition.eventSlotsPerCommandMax { capacity *= 2 }
        var ends = BroadcastRing<Event>.make(capacity: capacity, gatingConsumers: 1)
        events = ends.takeProducer()
        made = ends.takeGatingConsumer()
        self.partition = partition
    }

    /// Gives the partition away, to go on without anybody else's commands.
    public consuming func takePartition() -> Partition { partition }

    /// Sequence of the last command applied.
    public var lastSequence: UInt64 { partition.lastSequence }

    /// Looks at the partition between commands.
    public mutating func inspect<Result, Failure: Error>(
        _ body: (inout Partition) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(&partition)
    }

    /// Whether everything that happened was taken or dropped, so that the next command may come.
    public var isDrained: Bool { !partition.isSuspended && made.position == events.position }

    /// Applies the next command, after everything that the last one did was taken.
    public mutating func apply(
        _ command: borrowing Command, _ details: borrowing OrderDetails
    ) {
        precondition(isDrained, "the last command's events come first")
        let hasRoom = events.hasRoom(for: partition.eventSlotsPerCommandMax)
        precondition(hasRoom, "an empty ring holds what a command makes at once")
        partition.apply(command, details, into: &events)
        partition.publish(&events)
    }

    /// Hands out what the last command did. Throws what `body` throws; the record it was handed then
    /// comes again the next time.
    public mutating func take<Failure: Error>(
        _ body: (_ record: UnsafeRawPointer) throws(Failure) -> Void
    ) throws(Failure) {
        while true {
            while made.available() > 0 {
                let slots = Int(made[0].slotCount)
                for slot in 0..<slots { whole[slot] = made.read(at: slot, as: Slot.self) }
                try body(UnsafeRawPointer(whole.address(of: 0)))
                made.release(slots)
            }
            guard resume() else { return }
        }
    }

    /// Throws away what the last command did.
    public mutating func drop() {
        repeat { made.release(made.available()) } while resume()
    }

    /// Goes on with a match that filled the ring; false when there is none.
    private mutating func resume() -> Bool {
        guard partition.isSuspended else { return false }
        let hasRoom = events.hasRoom(for: partition.eventSlotsPerCommandMax)
        precondition(hasRoom, "an empty ring holds what a part of a match makes")
        partition.resume(into: &events)
        partition.publish(&events)
        return true
    }
}
