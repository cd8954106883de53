import CAllocationCount
import Containers
import Domain
import Engine
import MarketFlows
import Rings

/// A partition that is fed with a flow's commands, round after round.
///
/// A struct, as the engine's agent is one: the checks of exclusive access to the properties of a
/// class would be a third of what is measured.
struct EngineUnderTest: ~Copyable {
    let count: Int
    private let command: (Int) -> Command
    private var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    private var consumer: BroadcastRing<Event>.GatingConsumer
    private var sequence: UInt64 = 0
    /// The commands about to be applied, as they would lie in the command ring.
    private let stamped = FixedTable<Command>(count: 256) { _ in Command(kind: .newOrder) }
    private let details = OrderDetails()

    /// `command` gives the commands from 0 to `count` - 1 of one session, which the partition numbers.
    init(count: Int, command: @escaping (Int) -> Command) {
        self.count = count
        self.command = command
        partition = Partition(
            PartitionConfiguration(
                referenceData: Self.referenceData, orderCapacity: 1 << 16,
                detailsCapacity: 1 << 10, pageCapacity: 1 << 12))
        var ends = BroadcastRing<Event>.make(capacity: 2048, gatingConsumers: 1)
        events = ends.takeProducer()
        consumer = ends.takeGatingConsumer()
        logOn()
    }

    static let tick = Price(raw: 1_000_000)
    static let referenceData = ReferenceData(
        marketID: 1, partitionID: 1, organisation: "BENCH",
        products: [
            Product(
                marketSegmentID: 1, name: "BENCH", tick: tick,
                lot: Quantity(units: 1), maximumQuantity: Quantity(units: 1_000_000))
        ],
        instruments: [
            Instrument(securityID: 1, name: "BENCH", product: ProductIndex(0))
        ],
        units: [BusinessUnit(id: 1, name: "BENCH", traders: [])],
        sessions: [
            SessionDefinition(id: 1, kind: .trading, unit: UnitIndex(0), passwordHash: "")
        ])

    /// Applies the whole flow once; the engine keeps its memory from one round to the next, as a
    /// venue does over a day. Returns nanoseconds of applying and publishing; stamping the commands,
    /// a ring's worth at a time, and emptying the book at the end go untimed.
    private mutating func round(
        _ body: (inout BroadcastRing<Event>.GatingConsumer) -> Void
    ) -> Double {
        var nanos: UInt64 = 0
        var done = 0
        while done < self.count {
            let count = min(stamped.count, self.count - done)
            for index in 0..<count { stamped[index] = stamp(command(done + index)) }
            let start = threadNanos()
            for index in 0..<count {
                if !events.hasRoom(for: partition.eventSlotsPerCommandMax) { body(&consumer) }
                partition.apply(stamped[index], details, into: &events)
                partition.publish(&events)
                while partition.isSuspended {
                    body(&consumer)
                    partition.resume(into: &events)
                    partition.publish(&events)
                }
            }
            nanos += threadNanos() - start
            done += count
        }
        body(&consumer)
        clearBook()
        return Double(nanos)
    }

    private mutating func stamp(_ original: Command) -> Command {
        var command = original
        sequence &+= 1
        command.sequence = sequence
        command.timeIn = Timestamp(nanos: sequence &* 100)
        return command
    }

    private mutating func apply(_ command: Command) {
        partition.apply(stamp(command), details, into: &events)
        partition.publish(&events)
    }

    private mutating func clearBook() {
        var lost = Command(kind: .sessionEnded)
        lost.session = SessionIndex(0)
        lost.sessionInstanceID = 1
        makeRoom()
        apply(lost)
        while partition.hasMassCancelPending {
            makeRoom()
            apply(Command(kind: .continueMassCancel))
        }
        makeRoom()
        logOn()
        consumer.release(consumer.depth())
    }

    private mutating func makeRoom() {
        consumer.release(consumer.depth())
        precondition(
            events.hasRoom(for: partition.eventSlotsPerCommandMax), "an empty ring has room")
    }

    private mutating func logOn() {
        var started = Command(kind: .sessionStarted)
        started.session = SessionIndex(0)
        started.sessionInstanceID = 1
        apply(started)
    }

    /// Best of several rounds, in nanoseconds per command.
    mutating func nanosPerCommand(rounds: Int) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let nanos = round { consumer in consumer.release(consumer.depth()) }
            best = min(best, nanos / Double(count))
        }
        return best
    }

    /// Every execution of a round as (resting order, quantity), as the plain book computes it.
    mutating func executions(_ orderID: (ClOrdID) -> UInt64) -> ExecutionsHash {
        var hash = ExecutionsHash()
        _ = round { consumer in
            while consumer.available() > 0 {
                let event = consumer[0]
                if event.kind == .restingExecuted {
                    let fill = consumer[1, as: EventContext.self].fill
                    hash.add(
                        order: orderID(event.clOrdID),
                        quantity: fill.quantity.raw / Quantity.unit)
                }
                consumer.release(Int(event.slotCount))
            }
        }
        return hash
    }

    /// How many requests of a round are refused.
    mutating func rejects() -> Int {
        var count = 0
        _ = round { consumer in
            while consumer.available() > 0 {
                if consumer[0].kind == .requestRejected { count += 1 }
                consumer.release(Int(consumer[0].slotCount))
            }
        }
        return count
    }

    /// What a round asks of the allocator.
    mutating func allocations() -> Int {
        let before = allocationcount_thread()
        _ = round { consumer in consumer.release(consumer.depth()) }
        return Int(allocationcount_thread() - before)
    }

    /// Times every command by itself and notes the percentiles, the clock's own cost taken off.
    mutating func recordPercentiles(in result: inout BenchmarkResult) {
        let overhead = CycleClock.overhead
        var cycles: [UInt64] = []
        cycles.reserveCapacity(count)
        for index in 0..<count {
            let command = stamp(command(index))
            if !events.hasRoom(for: partition.eventSlotsPerCommandMax) {
                consumer.release(consumer.depth())
            }
            let start = CycleClock.now()
            partition.apply(command, details, into: &events)
            partition.publish(&events)
            while partition.isSuspended {
                consumer.release(consumer.depth())
                partition.resume(into: &events)
                partition.publish(&events)
            }
            let taken = CycleClock.now() - start
            cycles.append(taken > overhead ? taken - overhead : 0)
        }
        clearBook()
        cycles.sort()
        func percentile(_ share: Double) -> UInt64 {
            let rank = Int(Double(cycles.count - 1) * share)
            return UInt64(Double(cycles[rank]) / CycleClock.perNano)
        }
        result.p50 = percentile(0.5)
        result.p99 = percentile(0.99)
        result.p999 = percentile(0.999)
    }
}
