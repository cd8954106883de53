import CommandLineTool
import MarketFlows
import Telemetry

/// How long one command takes, by what it is: the cycle counter around each `apply` and the publishing
/// of its events.
enum OperationBenchmark {
    static let benchmark = Benchmark(
        name: "matcher.operations",
        summary:
            "engine apply by kind of operation, each command timed by itself (--flow, or normal)",
        run: run)

    /// What a participant asked for and what it came to.
    enum Kind: UInt64, CaseIterable {
        case enter, trade, miss, modify, reprice, cancel, reject
    }

    private final class Figures {
        let histograms = Kind.allCases.map { _ in Box(LatencyHistogram()) }
        var hiccups = HiccupMeter()
        /// Cycles that the counter shows with nothing between its two readings.
        let overhead = CycleClock.overhead()
    }

    private static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        var profile = try MarketProfile.named(options.flow ?? MarketProfile.normal.name)[0]
        if options.isQuick { profile.messages = 20_000 }
        let flow = MarketFlow(profile)
        if options.isProfile { return [trace(flow)] }
        let rounds = options.isQuick ? 1 : 3
        let figures = try onCore(GatewayCores.server) {
            let figures = Figures()
            let kinds = kinds(flow)
            let engine = Box(flow.makeEngine())
            // A round to touch all memory, as a venue has by the time that it trades.
            engine.value.timeEach(overhead: 0) { _, _, _ in }
            // Written from front to back, which leaves the engine the caches.
            var taken: [UInt64] = []
            taken.reserveCapacity(flow.requests.count)
            for _ in 0..<rounds {
                figures.hiccups.watch(nanos: options.isQuick ? 2_000_000 : 100_000_000)
                engine.value.timeEach(overhead: figures.overhead) { index, outcome, cycles in
                    let kind = Kind(kinds[index], outcome)
                    taken.append(cycles << 8 | kind.rawValue)
                }
                for one in taken { figures.histograms[Int(one & 0xFF)].value.record(one >> 8) }
                taken.removeAll(keepingCapacity: true)
            }
            return figures
        }
        guard
            figures.histograms[Int(Kind.reject.rawValue)].value.count
                == flow.mix.stale * rounds
        else {
            throw BenchmarkError(
                "\(profile.name): the engine refuses others than those that come too late")
        }
        var results = Kind.allCases.map {
            result($0, figures.histograms[Int($0.rawValue)], figures.hiccups)
        }
        let overhead = Double(figures.overhead) / CycleClock.perNano
        results[0].conditions +=
            "; all: flow \(profile.name), one command at a time with nothing known of the next, "
            + "events published inside the time and read outside of it, \(rounds) rounds on core "
            + "\(GatewayCores.server), \(formatDecimal(CycleClock.perNano, decimals: 3)) cycles a ns, of "
            + "which \(formatDecimal(overhead, decimals: 1)) ns are the counter's and taken off; "
            + figures.hiccups.summary
        return results
    }

    /// Applies the flow once for who reads a trace of all accesses to memory (`Tools/cache-lines`). Where the
    /// marks and the engine's parts lie is told when half of the messages have filled the book.
    private static func trace(_ flow: MarketFlow) -> BenchmarkResult {
        let kinds = kinds(flow)
        let engine = Box(flow.makeEngine())
        let marks = TraceMarks(kinds: Kind.allCases.map { "\($0)" })
        var parts: [(StaticString, UnsafeRawBufferPointer)] = []
        engine.value.forEachExtent { parts.append(($0, $1)) }
        let warmUp = kinds.count / 2
        engine.value.traceEach(marks) { index, outcome in
            if index >= warmUp { marks.note(kind: Int(Kind(kinds[index], outcome).rawValue)) }
            if index == warmUp - 1 { marks.announce(parts) }
        }
        return BenchmarkResult(
            benchmark.name, operations: kinds.count - warmUp,
            conditions: "flow \(flow.profile.name), the messages behind the first \(warmUp)")
    }

    /// What each request is when it neither trades nor is refused.
    private static func kinds(_ flow: MarketFlow) -> [Kind] {
        var ticks = [Int32](repeating: 0, count: flow.orderCount)
        return flow.requests.map { request in
            let order = Int(request.order)
            let isMoved = ticks[order] != request.tick
            switch request.kind {
            case .cancel: return .cancel
            case .modify where request.isStale: return .modify
            case .enter, .immediate, .modify: ticks[order] = request.tick
            }
            return request.kind == .enter
                ? .enter : request.kind == .immediate ? .miss : isMoved ? .reprice : .modify
        }
    }

    private static func result(
        _ kind: Kind, _ cycles: Box<LatencyHistogram>, _ hiccups: HiccupMeter
    ) -> BenchmarkResult {
        var result = BenchmarkResult(
            "\(benchmark.name).\(kind)", operations: Int(cycles.value.count),
            conditions: kind.explanation)
        guard cycles.value.count > 0 else { return result }
        result.nanosPerOperation = cycles.value.mean / CycleClock.perNano
        result.p50 = CycleClock.nanos(cycles.value.value(atPercentile: 50))
        result.p99 = CycleClock.nanos(cycles.value.value(atPercentile: 99))
        result.p999 = CycleClock.nanos(cycles.value.value(atPercentile: 99.9))
        result.max = CycleClock.nanos(cycles.value.max)
        result.hiccupMax = hiccups.longestNanos
        return result
    }
}

extension OperationBenchmark.Kind {
    /// Of a request that is of this kind when it neither trades nor is refused.
    fileprivate init(_ asked: Self, _ outcome: EngineUnderTest.Outcome) {
        self =
            switch outcome {
            case .refused: .reject
            case .traded: .trade
            case .done: asked
            }
    }

    fileprivate var explanation: String {
        switch self {
        case .enter: "an order that rests and has not traded"
        case .trade: "an order, or a change of one, that trades"
        case .miss: "an immediate-or-cancel order that finds nothing"
        case .modify: "more quantity at the same price"
        case .reprice: "another price"
        case .cancel: "an order withdrawn"
        case .reject: "a cancel or a change of what is gone"
        }
    }
}
