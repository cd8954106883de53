import CBaselines
import Domain
import OrderFlow

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

extension MatcherFlow {
    func makeEngine(isStandard: Bool = false) -> EngineUnderTest {
        let commands = commands.map {
            var command = $0
            command.attributes.applSeqIndicator = isStandard ? 1 : 0
            return command
        }
        return EngineUnderTest(count: commands.count) { commands[$0] }
    }

    func makePlainBook() -> PlainBook {
        PlainBook(operations, ticks: tickMin...tickMax, orderCount: orderCount)
    }

    /// The plain book's numbers of orders by the names that they have in the engine.
    func orderIDs() -> (ClOrdID) -> UInt64 {
        var ids: [UInt64: UInt64] = [:]
        for index in operations.indices where operations[index].kind == UInt32(CBASELINES_ADD) {
            ids[commands[index].clOrdID.raw] = UInt64(operations[index].id)
        }
        return { ids[$0.raw]! }
    }
}
