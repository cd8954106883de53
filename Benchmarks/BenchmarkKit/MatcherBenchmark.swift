import CBaselines
import CommandLineTool
import Containers
import Domain
import Engine
import OrderFlow
import Platform
import Rings

/// The engine's `apply`, events written to the ring, against a plain C price array and a naive book,
/// on the recorded market where it is at hand and a generated one of the same kind elsewhere.
enum MatcherBenchmark {
    static let benchmark = Benchmark(
        name: "matcher.recorded",
        summary: "engine apply on the recorded flow ÷ a plain C price array, and ÷ a naive book",
        run: run)

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let flow = try MatcherFlow.load(options)
        var results: [BenchmarkResult] = []
        let ours = Box(EngineUnderTest(flow))
        if options.isProfile {
            var result = BenchmarkResult(
                "matcher.recorded", operations: flow.commands.count, conditions: flow.origin)
            result.nanosPerOperation = ours.value.nanosPerCommand(rounds: 4)
            return [result]
        }
        let plain = PlainBook(flow)
        guard ours.value.executionsHash() == plain.executionsHash() else {
            throw BenchmarkError(
                "the engine and the plain book disagree about the executions of \(flow.origin)")
        }
        let rounds = options.isQuick ? 2 : 8
        let pairs = InterleavedPairs(
            options.pairs, ours: { ours.value.nanosPerCommand(rounds: rounds) },
            baseline: { plain.nanosPerOperation(rounds: rounds) })
        var result = BenchmarkResult(
            "matcher.recorded", operations: flow.commands.count,
            conditions: "\(flow.origin), one instrument, lean orders, commands stamped beforehand, "
                + "events in the ring, processor time of the thread")
        result.nanosPerOperation = pairs.ours.min()
        result.hash = ours.value.executionsHash()
        result.baseline = "plain C price array"
        result.ratio = pairs.ratio
        ours.value.recordPercentiles(in: &result)
        results.append(result)

        let standard = Box(EngineUnderTest(flow, isStandard: true))
        var standardResult = BenchmarkResult(
            "matcher.recorded.standard", operations: flow.commands.count,
            conditions: "the same with standard orders: listeners' context in every event")
        let standardPairs = InterleavedPairs(
            options.isQuick ? 2 : 5, ours: { standard.value.nanosPerCommand(rounds: rounds) },
            baseline: { ours.value.nanosPerCommand(rounds: rounds) })
        standardResult.nanosPerOperation = standardPairs.ours.min()
        standardResult.baseline = "the same with lean orders"
        standardResult.ratio = standardPairs.ratio
        results.append(standardResult)

        let naivePairs = InterleavedPairs(
            options.isQuick ? 1 : 3, ours: { ours.value.nanosPerCommand(rounds: 1) },
            baseline: { NaiveRun.nanosPerOperation(flow) })
        var naive = BenchmarkResult(
            "matcher.recorded.naive", operations: flow.commands.count,
            conditions: "arrays kept sorted, the truth of the tests")
        naive.nanosPerOperation = naivePairs.ours.min()
        naive.baseline = "naive book"
        naive.ratio = naivePairs.ratio
        results.append(naive)
        return results
    }
}

/// A flow as the engine, the plain book and the naive book each want it.
struct MatcherFlow {
    var origin: String
    var commands: [Command]
    var operations: [cbaselines_operation]
    var steps: [FlowStep]
    var orderCount: UInt32
    var tickMin: Int32
    var tickMax: Int32

    /// Price units of the files per tick of a cent.
    static let unitsPerTick: Int64 = 100
    /// Wire units (10⁻⁸) per unit of the files (10⁻⁴).
    static let rawPerUnit: Int64 = 10_000

    static func load(_ options: BenchmarkOptions) throws -> MatcherFlow {
        let folder = options.dataFolder + "/lobster/"
        if fileExists(folder + "AAPL_message_50.csv.gz") {
            do {
                let recorded = try LobsterFiles.read(
                    messages: folder + "AAPL_message_50.csv.gz",
                    bestPrices: folder + "AAPL_bbo.csv.gz", seed: folder + "AAPL_seed.csv",
                    exceptions: folder + "AAPL_exceptions.csv")
                return make(recorded, origin: "the recorded AAPL flow")
            } catch {
                throw BenchmarkError("\(error)")
            }
        }
        return make(
            FlowGenerator.generate(seed: 1, rows: 50_000),
            origin: "a generated flow (seed 1; no recorded data at \(folder))")
    }

    static func make(_ flow: RecordedFlow, origin: String) -> MatcherFlow {
        var result = MatcherFlow(
            origin: origin, commands: [], operations: [], steps: [], orderCount: 0,
            tickMin: .max, tickMax: .min)
        for seed in flow.seed {
            result.append(FlowStep(entering: seed))
        }
        var plan = FlowPlan(flow, sweeps: false)
        while let step = plan.next() { result.append(step) }
        result.resolve()
        return result
    }

    private mutating func append(_ step: FlowStep) {
        guard step.action != .nothing, !step.expectsReject else { return }
        steps.append(step)
    }

    /// Turns steps into commands and operations, with the totals that a modify needs.
    private mutating func resolve() {
        var ids: [Int64: UInt32] = [:]
        var totals: [Int64: Int64] = [:]
        var open: [Int64: Int64] = [:]
        var book = NaiveBook()
        var taken = 0
        for step in steps {
            let tick = Int32(step.price / Self.unitsPerTick)
            tickMin = min(tickMin, tick)
            tickMax = max(tickMax, tick)
            var operation = cbaselines_operation()
            operation.price = tick
            operation.quantity = step.size
            operation.is_buy = step.side == .buy ? 1 : 0
            var command = makeCommand(step)
            switch step.action {
            case .enter:
                ids[step.orderID] = orderCount
                operation.kind = UInt32(CBASELINES_ADD)
                orderCount += 1
                totals[step.orderID] = step.size
                open[step.orderID] = step.size
                book.add(step.orderID, step.side, price: step.price, size: step.size)
            case .take:
                operation.kind = UInt32(CBASELINES_TAKE)
                operation.is_buy = step.side == .buy ? 0 : 1
                taken += 1
                command.clOrdID = ClOrdID(raw: 1 << 60 | UInt64(taken))
                for fill in book.take(step.side.opposite, limit: step.price, size: step.size) {
                    open[fill.orderID]! -= fill.size
                }
            case .reduce, .delete, .reduceOrDelete:
                let isAll = step.action == .delete || step.size >= open[step.orderID]!
                if isAll {
                    operation.kind = UInt32(CBASELINES_DELETE)
                    command.kind = .deleteOrder
                    _ = book.delete(step.orderID)
                } else {
                    operation.kind = UInt32(CBASELINES_REDUCE)
                    command.kind = .modifyOrder
                    totals[step.orderID]! -= step.size
                    open[step.orderID]! -= step.size
                    command.quantity = Quantity(units: totals[step.orderID]!)
                    _ = book.reduce(step.orderID, by: step.size)
                }
                command.origClOrdID = command.clOrdID
            case .nothing: break
            }
            operation.id = ids[step.orderID] ?? 0
            operations.append(operation)
            command.sequence = UInt64(commands.count + 1)
            commands.append(command)
        }
    }

    private func makeCommand(_ step: FlowStep) -> Command {
        var command = Command(kind: .newOrder)
        let isTake = step.action == .take
        command.session = SessionIndex(0)
        command.sessionInstanceID = 1
        command.msgSeqNum = 1
        command.instrument = InstrumentIndex(0)
        command.trader = TraderID(raw: 11)
        command.clOrdID = ClOrdID(raw: UInt64(bitPattern: step.orderID))
        command.price = Price(raw: step.price * Self.rawPerUnit)
        command.quantity = Quantity(units: step.size)
        command.attributes = OrderAttributes(
            side: isTake ? step.side.opposite : step.side,
            timeInForce: isTake ? .immediateOrCancel : .day)
        command.requestTime = Timestamp(nanos: UInt64(step.timeNanos))
        command.timeIn = Timestamp(nanos: UInt64(step.timeNanos))
        return command
    }
}

/// A partition that is fed with the flow's commands, round after round.
///
/// A struct, as the engine's agent is one: the checks of exclusive access to the properties of a
/// class would be a third of what is measured.
struct EngineUnderTest: ~Copyable {
    private let flow: MatcherFlow
    private let commands: [Command]
    private var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    private var consumer: BroadcastRing<Event>.GatingConsumer
    private var sequence: UInt64 = 0
    /// The commands about to be applied, as they would lie in the command ring.
    private let stamped = FixedTable<Command>(count: 256) { _ in Command(kind: .newOrder) }
    private let details = OrderDetails()

    init(_ flow: MatcherFlow, isStandard: Bool = false) {
        self.flow = flow
        commands = flow.commands.map {
            var command = $0
            command.attributes.applSeqIndicator = isStandard ? 1 : 0
            return command
        }
        partition = Partition(
            PartitionConfiguration(
                referenceData: Self.referenceData, orderCapacity: 1 << 16,
                detailsCapacity: 1 << 10, pageCapacity: 1 << 12))
        var ends = BroadcastRing<Event>.make(capacity: 2048, gatingConsumers: 1)
        events = ends.takeProducer()
        consumer = ends.takeGatingConsumer()
        logOn()
    }

    static let referenceData = ReferenceData(
        marketID: 1, partitionID: 1, organisation: "BENCH",
        products: [
            Product(
                marketSegmentID: 1, name: "BENCH", tick: Price(raw: 1_000_000),
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
        while done < commands.count {
            let count = min(stamped.count, commands.count - done)
            for index in 0..<count { stamped[index] = stamp(commands[done + index]) }
            let start = threadNanos()
            for index in 0..<count {
                if !events.hasRoom(for: partition.eventSlotsPerCommandMax) { body(&consumer) }
                partition.apply(stamped[index], details, into: &events)
                partition.publish(&events)
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
            best = min(best, nanos / Double(commands.count))
        }
        return best
    }

    /// Hash over (resting order, quantity) of every execution, as the plain book computes it.
    mutating func executionsHash() -> UInt64 {
        var ids: [UInt64: UInt64] = [:]
        for index in flow.operations.indices
        where flow.operations[index].kind == UInt32(CBASELINES_ADD) {
            ids[flow.commands[index].clOrdID.raw] = UInt64(flow.operations[index].id)
        }
        var hash = ExecutionsHash()
        _ = round { consumer in
            while consumer.available() > 0 {
                let event = consumer[0]
                if event.kind == .restingExecuted {
                    let fill = consumer[1, as: EventContext.self].fill
                    hash.add(
                        order: ids[event.clOrdID.raw]!,
                        quantity: fill.quantity.raw / Quantity.unit)
                }
                consumer.release(Int(event.slotCount))
            }
        }
        return hash.value
    }

    /// Times every command by itself and notes the percentiles, the clock's own cost taken off.
    mutating func recordPercentiles(in result: inout BenchmarkResult) {
        let overhead = CycleClock.overhead
        var cycles: [UInt64] = []
        cycles.reserveCapacity(commands.count)
        for command in commands {
            if !events.hasRoom(for: partition.eventSlotsPerCommandMax) {
                consumer.release(consumer.depth())
            }
            let start = CycleClock.now()
            apply(command)
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

/// FNV over executions; the C book of the baseline computes the same.
struct ExecutionsHash {
    private(set) var value: UInt64 = 1_469_598_103_934_665_603

    mutating func add(order: UInt64, quantity: Int64) {
        value = (value ^ (order << 32 ^ UInt64(bitPattern: quantity))) &* 1_099_511_628_211
    }
}

/// The plain C price array on the same flow.
final class PlainBook {
    private let flow: MatcherFlow

    init(_ flow: MatcherFlow) { self.flow = flow }

    func executionsHash() -> UInt64 {
        let book = cbaselines_book_create(flow.tickMin, flow.tickMax, flow.orderCount)
        defer { cbaselines_book_destroy(book) }
        return flow.operations.withUnsafeBufferPointer {
            cbaselines_book_apply(book, $0.baseAddress, UInt64($0.count))
        }
    }

    func nanosPerOperation(rounds: Int) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let book = cbaselines_book_create(flow.tickMin, flow.tickMax, flow.orderCount)
            let start = threadNanos()
            _ = flow.operations.withUnsafeBufferPointer {
                cbaselines_book_apply(book, $0.baseAddress, UInt64($0.count))
            }
            best = min(best, Double(threadNanos() - start) / Double(flow.operations.count))
            cbaselines_book_destroy(book)
        }
        return best
    }
}

/// The naive book on the same flow.
enum NaiveRun {
    static func nanosPerOperation(_ flow: MatcherFlow) -> Double {
        var book = NaiveBook()
        let start = threadNanos()
        for (step, operation) in zip(flow.steps, flow.operations) {
            switch operation.kind {
            case UInt32(CBASELINES_ADD):
                book.add(step.orderID, step.side, price: step.price, size: step.size)
            case UInt32(CBASELINES_DELETE): _ = book.delete(step.orderID)
            case UInt32(CBASELINES_REDUCE):
                _ = book.reduce(step.orderID, by: step.size)
            default:
                _ = book.take(step.side.opposite, limit: step.price, size: step.size)
            }
        }
        return Double(threadNanos() - start) / Double(flow.steps.count)
    }
}
