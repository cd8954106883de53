import Telemetry

/// Requests that leave when they are due and not when the last one was answered.
///
/// A venue that stalls delays all requests planned meanwhile, and each of them counts.
final class OpenLoad {
    /// Requests that one send takes at most.
    static let batchMax = 64
    /// A power of two: requests of a session that may be unanswered.
    private static let window = 4_096

    struct Measured {
        var step: LatencyCurve.Step
        /// Over all slices.
        var histogram: Box<LatencyHistogram>
        var ordersPerSend: Double
    }

    /// One piece of the time, as long as the others.
    private final class Slice {
        /// Of the requests planned in it.
        var histogram = LatencyHistogram()
        /// Answers that came in it.
        var answers = 0
    }

    private let clients: [GatewayClient]
    /// When each unanswered request of each session was planned.
    private let planned: [UnsafeMutablePointer<UInt64>]

    init(_ clients: [GatewayClient]) {
        self.clients = clients
        planned = clients.map { _ in
            let ring = UnsafeMutablePointer<UInt64>.allocate(capacity: Self.window)
            ring.initialize(repeating: 0, count: Self.window)
            return ring
        }
    }

    deinit { for ring in planned { ring.deallocate() } }

    /// Offers `rate` requests a second for so many slices, and waits for all answers, however late. A
    /// slice before the first warms up.
    func offer(rate: Double, slices count: Int, of nanos: UInt64) throws -> Measured {
        let slices = (0...count).map { _ in Slice() }
        let interval = 1e9 / rate
        let start = monotonicNanos() + 100_000
        let end = start + nanos * UInt64(slices.count)
        func moment(_ number: Int) -> UInt64 { start + UInt64(Double(number) * interval) }
        var (number, sends, turn) = (0, 0, 0)
        var now = monotonicNanos()
        while moment(number) < end || isUnanswered {
            let dueBy = min(now, end - 1)
            if moment(number) <= dueBy {
                var due = 1
                while due < Self.batchMax, moment(number + due) <= dueBy { due += 1 }
                turn = (turn + 1) % clients.count
                let sent = try send(due, on: turn) { moment(number + $0) }
                number += sent
                if sent > 0 { sends += 1 }
            }
            try receive { planned, now in
                slices[Int((planned - start) / nanos)].histogram.record(now - planned)
                if now < end { slices[Int((now - start) / nanos)].answers += 1 }
            }
            now = monotonicNanos()
            guard now < end + 10_000_000_000 else {
                throw BenchmarkError("requests were unanswered after 10 s")
            }
        }
        return Self.measured(
            slices.dropFirst(), rate: rate, seconds: Double(nanos) / 1e9,
            ordersPerSend: Double(number) / Double(max(sends, 1)))
    }

    private static func measured(
        _ slices: ArraySlice<Slice>, rate: Double, seconds: Double, ordersPerSend: Double
    ) -> Measured {
        let all = Box(LatencyHistogram())
        for slice in slices { all.value.merge(slice.histogram) }
        func median(_ value: (Slice) -> Double) -> Double {
            InterleavedPairs.median(slices.map(value))
        }
        return Measured(
            step: LatencyCurve.Step(
                offered: rate, achieved: median { Double($0.answers) } / seconds,
                p50: UInt64(median { Double($0.histogram.value(atPercentile: 50)) }),
                p99: UInt64(median { Double($0.histogram.value(atPercentile: 99)) })),
            histogram: all, ordersPerSend: ordersPerSend)
    }

    private var isUnanswered: Bool { clients.contains { $0.answered < $0.sent || !$0.isFree } }

    /// Sends what fits of the next requests. Returns how many; the others stay due.
    private func send(_ count: Int, on index: Int, planned moment: (Int) -> UInt64) throws -> Int {
        let client = clients[index]
        guard client.isFree else { return 0 }
        let room = Self.window - (client.sent - client.answered)
        let taken = min(count, room, Self.batchMax - client.sent % Self.batchMax)
        guard taken > 0 else { return 0 }
        for offset in 0..<taken {
            planned[index][(client.sent + offset) % Self.window] = moment(offset)
        }
        try client.send(taken)
        return taken
    }

    /// Takes what has arrived; `note` gets each answer's planned and real time.
    private func receive(_ note: (UInt64, UInt64) -> Void) throws {
        for (index, client) in clients.enumerated() {
            if !client.isFree { try client.flush() }
            let first = client.answered
            guard first < client.sent else { continue }
            try client.receive()
            try client.takeAnswers()
            guard client.answered > first else { continue }
            let now = monotonicNanos()
            for number in first..<client.answered {
                note(planned[index][number % Self.window], now)
            }
        }
    }
}
