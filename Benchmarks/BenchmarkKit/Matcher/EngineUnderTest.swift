import CAllocationCount
import CBaselines
import Containers
import Domain
import Engine
import MarketFlows
import Rings
import Telemetry

/// A partition that is fed with a flow's commands, round after round.
///
/// A struct, as the engine's agent is one: the checks of exclusive access to the properties of a
/// class would be a third of what is measured.
struct EngineUnderTest: ~Copyable {
    let count: Int
    /// How many of the first commands only prepare the book, and are not timed.
    private let preparing: Int
    private let command: (Int) -> Command
    private var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    /// In a box, so that another thread can read for a while.
    let consumer: Box<BroadcastRing<Event>.GatingConsumer>
    private var sequence: UInt64 = 0
    /// The commands about to be applied, as they would lie in the command ring.
    private let stamped = FixedTable<Command>(count: 256) { _ in Command(kind: .newOrder) }
    private let details = FixedTable<OrderDetails>(count: 1) { _ in OrderDetails() }

    /// `command` gives the commands from 0 to `count` - 1 of one session, which the partition numbers;
    /// the first `preparing` of them are not timed.
    init(
        count: Int, preparing: Int = 0, instruments: Int = 1,
        orderCapacity: Int = Self.orderCapacity,
        command: @escaping (Int) -> Command
    ) {
        self.count = count
        self.preparing = preparing
        self.command = command
        partition = Partition(
            PartitionConfiguration(
                referenceData: Self.referenceData(instruments: instruments),
                orderCapacity: orderCapacity, detailsCapacity: 1 << 10,
                pageCapacity: 1 << 12 + instruments * 8))
        var ends = BroadcastRing<Event>.make(capacity: 2048, gatingConsumers: 1)
        events = ends.takeProducer()
        consumer = Box(ends.takeGatingConsumer())
        logOn()
    }

    /// Room for live orders, unless more are asked for.
    static let orderCapacity = 1 << 16
    static let tick = Price(raw: 1_000_000)
    static func referenceData(instruments: Int = 1) -> ReferenceData {
        ReferenceData(
            marketID: 1, partitionID: 1, organisation: "BENCH",
            products: [
                Product(
                    marketSegmentID: 1, name: "BENCH", tick: tick,
                    lot: Quantity(units: 1), maximumQuantity: Quantity(units: 1_000_000))
            ],
            instruments: (0..<instruments).map {
                Instrument(
                    securityID: Int64($0) + 1, name: "BENCH\($0)", product: ProductIndex(0))
            },
            units: [BusinessUnit(id: 1, name: "BENCH", traders: [])],
            sessions: [
                SessionDefinition(id: 1, kind: .trading, unit: UnitIndex(0), passwordHash: "")
            ])
    }

    /// Applies the whole flow once; the engine keeps its memory from one round to the next, as a
    /// venue does over a day. Returns nanoseconds of applying and publishing; stamping the commands,
    /// a ring's worth at a time, and emptying the book at the end go untimed. `makeRoom` is called until
    /// there is room for events, `finish` when a ring's worth of commands is applied.
    private mutating func round(
        clock: () -> UInt64 = threadNanos,
        finish: (inout BroadcastRing<Event>.Producer) -> Void = { _ in },
        _ makeRoom: () -> Void
    ) -> Double {
        var nanos: UInt64 = 0
        var done = 0
        while done < self.count {
            let count = min(stamped.count, self.count - done)
            for index in 0..<count { stamped[index] = stamp(command(done + index)) }
            let start = clock()
            for index in 0..<count {
                while !events.hasRoom(for: partition.eventSlotsPerCommandMax) { makeRoom() }
                // As the engine's agent does with commands that wait.
                partition.lookAhead(at: index &+ 1..<count) {
                    CommandGlimpse(stamped.address(of: $0))
                }
                partition.apply(stamped[index], details.address(of: 0), into: &events)
                partition.publish(&events)
                while partition.isUnfinished {
                    makeRoom()
                    guard events.hasRoom(for: partition.eventSlotsPerCommandMax) else { continue }
                    partition.resume(into: &events)
                    partition.publish(&events)
                }
            }
            finish(&events)
            if done >= preparing { nanos += clock() - start }
            done += count
        }
        return Double(nanos)
    }

    /// The same, with nobody else reading the events.
    private mutating func round(
        reading read: (inout BroadcastRing<Event>.GatingConsumer) -> Void
    ) -> Double {
        let consumer = consumer
        let nanos = round { read(&consumer.value) }
        read(&consumer.value)
        clearBook()
        return nanos
    }

    private mutating func stamp(_ original: Command) -> Command {
        var command = original
        sequence &+= 1
        command.sequence = sequence
        command.timeIn = Timestamp(nanos: sequence &* 100)
        return command
    }

    private mutating func apply(_ command: Command) {
        partition.apply(stamp(command), details.address(of: 0), into: &events)
        partition.publish(&events)
    }

    /// Withdraws all orders at once, as the loss of their session does. Returns the longest that one of
    /// the steps took between which other commands have their turn, in nanoseconds of processor time.
    @discardableResult
    mutating func clearBook() -> Double {
        var lost = Command(kind: .sessionEnded)
        lost.session = SessionIndex(0)
        lost.sessionInstanceID = 1
        makeRoom()
        apply(lost)
        var longest: UInt64 = 0
        while partition.hasMassCancelPending {
            makeRoom()
            let start = threadNanos()
            apply(Command(kind: .continueMassCancel))
            longest = max(longest, threadNanos() - start)
        }
        makeRoom()
        logOn()
        consumer.value.release(consumer.value.depth())
        return Double(longest)
    }

    private mutating func makeRoom() {
        consumer.value.release(consumer.value.depth())
        precondition(
            events.hasRoom(for: partition.eventSlotsPerCommandMax), "an empty ring has room")
    }

    private mutating func logOn() {
        var started = Command(kind: .sessionStarted)
        started.session = SessionIndex(0)
        started.sessionInstanceID = 1
        apply(started)
    }

    /// Applies the whole flow, then withdraws what is left, and returns the longest step of that in
    /// nanoseconds.
    mutating func longestCancelStep() -> Double {
        let consumer = consumer
        _ = round { Self.drop(&consumer.value) }
        Self.drop(&consumer.value)
        return clearBook()
    }

    private static func drop(_ consumer: inout BroadcastRing<Event>.GatingConsumer) {
        consumer.release(consumer.depth())
    }

    /// One round with another thread reading every word of every event; a ring's worth of commands is
    /// done when that thread has read all of them. In nanoseconds that passed, per command.
    mutating func nanosPerCommandWithReader() -> Double {
        let reader = EventReader(consumer)
        let nanos = round(
            clock: monotonicNanos,
            finish: { events in while events.backlog() > 0 { cbaselines_pause() } },
            { cbaselines_pause() })
        reader.stop()
        clearBook()
        return nanos / Double(count)
    }

    /// Best of several rounds, in nanoseconds per command.
    mutating func nanosPerCommand(rounds: Int) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let nanos = round(reading: Self.drop)
            best = min(best, nanos / Double(count - preparing))
        }
        return best
    }

    /// Every execution of a round as (resting order, quantity), as the plain book computes it.
    mutating func executions(_ orderID: (ClOrdID) -> UInt64) -> ExecutionsHash {
        var hash = ExecutionsHash()
        _ = round(reading: { consumer in
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
        })
        return hash
    }

    /// How many requests of a round are refused.
    mutating func rejects() -> Int {
        var count = 0
        _ = round(reading: { consumer in
            while consumer.available() > 0 {
                if consumer[0].kind == .requestRejected { count += 1 }
                consumer.release(Int(consumer[0].slotCount))
            }
        })
        return count
    }

    /// What a round asks of the allocator.
    mutating func allocations() -> Int {
        let before = allocationcount_thread()
        _ = round(reading: Self.drop)
        return Int(allocationcount_thread() - before)
    }

    /// What a command came to.
    enum Outcome {
        case done
        case traded
        case refused
    }

    /// Applies the whole flow once, each command alone with nothing known of the next one, and hands over
    /// its number, what it came to, and the cycles it took, without the counter's own `overhead`.
    mutating func timeEach(overhead: UInt64, _ note: (Int, Outcome, UInt64) -> Void) {
        applyEach(
            begin: { CycleClock.begin() }, end: { CycleClock.end() - $0 },
            note: { note($0, $1, $2 > overhead ? $2 - overhead : 0) })
    }

    /// The same with marks around each instead of the time.
    mutating func traceEach(_ marks: TraceMarks, _ note: (Int, Outcome) -> Void) {
        applyEach(
            begin: { marks.begin() }, end: { marks.end() },
            note: { index, outcome, _ in note(index, outcome) })
    }

    /// Visits who owns which memory, for the reader of a trace.
    mutating func forEachExtent(_ body: (StaticString, UnsafeRawBufferPointer) -> Void) {
        partition.forEachExtent(body)
        body("events", events.extent)
        withUnsafeBytes(of: &events) { body("events-end", $0) }
        // Frames lie near this one's.
        var here = 0
        withUnsafeBytes(of: &here) {
            body("stack", UnsafeRawBufferPointer(start: $0.baseAddress! - 0x8000, count: 0x10000))
        }
    }

    /// Applies the whole flow once, each command and the publishing of its events between `begin` and
    /// `end`, and hands over what these say.
    @inline(__always)
    private mutating func applyEach<Start, Reading>(
        begin: () -> Start, end: (Start) -> Reading, note: (Int, Outcome, Reading) -> Void
    ) {
        let consumer = consumer
        for index in 0..<count {
            let command = stamp(command(index))
            var outcome = Outcome.done
            makeRoom()
            let start = begin()
            partition.apply(command, details.address(of: 0), into: &events)
            partition.publish(&events)
            while partition.isUnfinished {
                outcome = .traded
                makeRoom()
                partition.resume(into: &events)
                partition.publish(&events)
            }
            let reading = end(start)
            while consumer.value.available() > 0 {
                switch consumer.value[0].kind {
                case .requestRejected: outcome = .refused
                case .aggressorExecuted, .restingExecuted: outcome = .traded
                default: break
                }
                consumer.value.release(Int(consumer.value[0].slotCount))
            }
            note(index, outcome, reading)
        }
        clearBook()
    }

    /// Notes the percentiles of all commands, each timed by itself.
    mutating func recordPercentiles(in result: inout BenchmarkResult) {
        let cycles = Box(LatencyHistogram())
        timeEach(overhead: CycleClock.overhead()) { _, _, taken in cycles.value.record(taken) }
        result.p50 = CycleClock.nanos(cycles.value.value(atPercentile: 50))
        result.p99 = CycleClock.nanos(cycles.value.value(atPercentile: 99))
        result.p999 = CycleClock.nanos(cycles.value.value(atPercentile: 99.9))
    }
}
