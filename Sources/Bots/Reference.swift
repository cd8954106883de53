import Domain
import OrderFlow

/// A price that moves with time, for a maker to quote around. It may be asked with rising times only.
public protocol Reference {
    /// The price at a moment, in nanoseconds since the start.
    mutating func price(at nanos: UInt64) -> Price
}

/// A walk that goes one tick up, one down or nowhere every 100 ms, and is pulled towards its start, so
/// that it stays near it. Its seed decides it.
public struct RandomWalk: Reference, Sendable {
    private let start: Price
    private let tick: Price
    /// Chance of a step in a tenth of a second.
    private let activity: Double
    /// Distance, in ticks, at which the walk turns back with every step.
    private let reach: Int64
    private var random: SplitMix
    private var offset: Int64 = 0
    private var steps: UInt64 = 0

    private static let stepNanos: UInt64 = 100_000_000

    /// `ticksPerSecond` is how many steps there are in a second, at most 10.
    public init(
        start: Price, tick: Price, seed: UInt64, ticksPerSecond: Double = 3, reachTicks: Int = 200
    ) {
        self.start = start
        self.tick = tick
        activity = min(1, ticksPerSecond / 10)
        // A price that is no positive number of ticks would be refused by some instruments.
        reach = max(1, min(Int64(reachTicks), start.raw / tick.raw - 1))
        random = SplitMix(seed: seed)
    }

    public mutating func price(at nanos: UInt64) -> Price {
        while steps < nanos / Self.stepNanos {
            steps += 1
            guard random.unit() < activity else { continue }
            let upwards = (1 - Double(offset) / Double(reach)) / 2
            offset += random.unit() < upwards ? 1 : -1
        }
        return Price(raw: start.raw + offset * tick.raw)
    }
}

/// The middle of recorded best prices, as they were so long after the recording's start; the last stays.
public struct RecordedReference: Reference, Sendable {
    private let events: [FlowEvent]
    private let bestPrices: [BestPrices]
    private var row: Int
    private var last: Price
    private let startNanos: Int64

    /// Fails when the recording has no row with both sides.
    public init?(_ flow: RecordedFlow) {
        let first = flow.bestPrices.indices.first {
            $0 >= flow.firstRow && flow.bestPrices[$0].middle != nil
        }
        guard let first, let middle = flow.bestPrices[first].middle else { return nil }
        last = middle
        events = flow.events
        bestPrices = flow.bestPrices
        row = first
        startNanos = flow.events[first].timeNanos
    }

    public mutating func price(at nanos: UInt64) -> Price {
        let time = startNanos + Int64(nanos)
        while row + 1 < events.count, events[row + 1].timeNanos <= time {
            row += 1
            last = bestPrices[row].middle ?? last
        }
        return last
    }
}
