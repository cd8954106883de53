import Domain
import Engine
import Journaling
import Reports

/// Repeats kept commands, and hands out each with what it did.
struct ReplayWalk: ~Copyable {
    private var replica: Replica
    private var reader: JournalReader
    private let last: UInt64
    private var command = Command(kind: .listOrders)
    private var details = OrderDetails()

    /// Goes on with a state, up to the command `last`.
    init(_ history: KeptHistory, from partition: consuming Partition, through last: UInt64) throws {
        reader = try history.commands(from: partition.lastSequence + 1)
        replica = Replica(partition)
        self.last = last
    }

    var lastSequence: UInt64 { replica.lastSequence }

    /// Applies the next command; nil at the end. What it did waits in `events` or is dropped by `drop`.
    mutating func next() throws -> Command? {
        guard try reader.next(through: last, &command, &details) else { return nil }
        replica.apply(command, details)
        return command
    }

    mutating func drop() { replica.drop() }

    mutating func take(_ body: (EventRecord) throws -> Void) throws {
        try replica.take { try body(EventRecord($0)) }
    }

    /// What the last command did, to be kept.
    mutating func events() throws -> [SeenEvent] {
        var events: [SeenEvent] = []
        try take { events.append(SeenEvent($0)) }
        return events
    }

    mutating func stateHash() -> UInt64 { replica.inspect { $0.stateHash() } }
}
