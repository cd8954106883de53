import Domain
import OrderFlow

/// What a message costs as the market grows: more instruments, more resting orders, and the withdrawal
/// of all of them at once.
enum GrowthBenchmark {
    static let benchmark = Benchmark(
        name: "matcher.growth",
        summary: "engine apply with many instruments ÷ one, a million resting orders ÷ a thousand, "
            + "and the longest step of a withdrawal of them all",
        run: run)

    private static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let many = options.isQuick ? 20_000 : 1_000_000
        let few = GrowthFlow(resting: 1_000)
        return [
            compare(
                "matcher.growth.instruments",
                GrowthFlow(resting: 10_000, instruments: 1_000, ticks: 50),
                to: GrowthFlow(resting: 10_000, ticks: 50), options),
            compare(
                "matcher.growth.orders", GrowthFlow(resting: many), to: few, options
            ),
            withdrawAll(GrowthFlow(resting: many), options),
        ]
    }

    private static func compare(
        _ name: String, _ large: GrowthFlow, to small: GrowthFlow, _ options: BenchmarkOptions
    ) -> BenchmarkResult {
        let ours = Box(large.makeEngine())
        let baseline = Box(small.makeEngine())
        let pairs = InterleavedPairs(
            options.isQuick ? 2 : 10, ours: { ours.value.nanosPerCommand(rounds: 1) },
            baseline: { baseline.value.nanosPerCommand(rounds: 1) })
        var result = BenchmarkResult(
            name, operations: GrowthFlow.messages,
            conditions: "\(large), against \(small): "
                + "\(Int(pairs.baseline.min()!)) ns; processor time of the thread")
        result.nanosPerOperation = pairs.ours.min()
        result.baseline = "\(small)"
        result.ratio = pairs.ratio
        return result
    }

    /// The time for which another session has to wait is that of the longest step.
    private static func withdrawAll(
        _ flow: GrowthFlow, _ options: BenchmarkOptions
    ) -> BenchmarkResult {
        let ours = Box(flow.makeEngine())
        let longest = (0..<(options.isQuick ? 1 : 5)).map { _ in ours.value.longestCancelStep() }
        var result = BenchmarkResult(
            "matcher.growth.withdrawal", operations: flow.resting,
            conditions:
                "the longest of the steps in which \(flow) are withdrawn, with the commands of "
                + "others between them, in processor time of the thread; the least of \(longest.count) withdrawals"
        )
        result.nanosPerOperation = longest.min()
        return result
    }
}

/// A book that is full, and then orders that come and go: any of those in the book is as likely to go
/// as any other, so that hardly anything about it is in the cache.
struct GrowthFlow: CustomStringConvertible {
    static let messages = 400_000

    let resting: Int
    let instruments: Int
    /// How far from the middle orders are at most.
    private let ticks: Int
    /// Of each message the number of the order it is about; orders are entered in turn.
    private let orders: [UInt32]
    private let isEntry: [Bool]

    var description: String {
        "\(resting) resting orders of \(instruments) instrument\(instruments == 1 ? "" : "s")"
    }

    init(resting: Int, instruments: Int = 1, ticks: Int = 2_000) {
        self.resting = resting
        self.instruments = instruments
        self.ticks = ticks
        var random = SplitMix(seed: 1)
        var live = (0..<UInt32(resting)).map { $0 }
        var orders = live
        for number in 0..<UInt32(Self.messages / 2) {
            let place = random.below(live.count)
            orders.append(live[place])
            live[place] = UInt32(resting) + number
            orders.append(live[place])
        }
        self.orders = orders
        isEntry = (0..<orders.count).map { $0 < resting || ($0 - resting) % 2 == 1 }
    }

    func makeEngine() -> EngineUnderTest {
        EngineUnderTest(
            count: orders.count, preparing: resting, instruments: instruments,
            orderCapacity: resting + 1024
        ) { command($0) }
    }

    private func command(_ number: Int) -> Command {
        let order = orders[number]
        var command = Command(kind: isEntry[number] ? .newOrder : .deleteOrder)
        command.session = SessionIndex(0)
        command.sessionInstanceID = 1
        command.instrument = InstrumentIndex(Int(order) % instruments)
        command.product = ProductIndex(0)
        command.trader = TraderID(raw: 11)
        command.flags = .shortForm
        let name = ClOrdID(raw: UInt64(order) + 1)
        guard isEntry[number] else {
            command.origClOrdID = name
            command.clOrdID = ClOrdID(raw: 1 << 62 | UInt64(number))
            return command
        }
        command.clOrdID = name
        // Any price and side that follows from the order's number and meets no other side.
        var mixer = SplitMix(seed: UInt64(order))
        let side: Side = mixer.next() & 1 == 0 ? .buy : .sell
        let distance = 1 + mixer.below(ticks)
        let tick = 10_000 + (side == .buy ? -distance : distance)
        command.attributes = OrderAttributes(side: side, timeInForce: .day)
        command.price = Price(raw: Int64(tick) * EngineUnderTest.tick.raw)
        command.quantity = Quantity(units: 10)
        return command
    }
}
