import CBaselines
import Client
import CommandLineTool
import Domain
import Glibc
import OrderFlow
import Telemetry
import Wire

/// When each owner hears of its execution, where one order meets those of many.
///
/// The times are the kernel's, of the arrival at each owner's socket: they do not depend on the order in
/// which the client looks at its sockets.
enum GatewayFairnessBenchmark {
    static let benchmark = Benchmark(
        name: "gateway.fairness",
        summary:
            "one order meets those of 64 sessions: from the first to the last that is told, and "
            + "who is last",
        run: run)

    static let owners = 64
    private static let price = Price(units: 100)

    /// What happens between one match and the next.
    private enum Traffic {
        /// Orders in another sequence each time, and other requests in between.
        case mixed
        /// The same again and again: shows what goes in step with it.
        case regular
    }

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let rounds = options.isQuick ? 20 : 2_000
        guard let mixed = try measure(.mixed, rounds), let regular = try measure(.regular, rounds)
        else {
            return [
                BenchmarkResult(
                    benchmark.name, operations: 0,
                    conditions: "not run: the kernel does not note when input arrives")
            ]
        }
        for figures in [mixed, regular] {
            guard let session = figures.bySession.alwaysLast else { continue }
            throw BenchmarkError(
                "session \(session) of \(owners) was told last in every one of \(rounds) rounds")
        }
        return [
            result(
                benchmark.name, mixed,
                "orders entered in another sequence each round, up to 63 other requests between rounds"
            ),
            result(
                benchmark.name + ".regular", regular,
                "the same sequence each round and nothing else, so that whatever turns in step with "
                    + "it shows"),
        ]
    }

    private final class Figures {
        var spread = LatencyHistogram()
        var bySession = FairnessTally(participants: owners)
        /// By place in the queue at the price.
        var byPlace = FairnessTally(participants: owners)
        /// Rounds in which the aggressor had its answer before any owner was told.
        var answeredFirst = 0
        var hiccups = HiccupMeter()
    }

    /// nil: the kernel notes no arrivals.
    private static func measure(_ traffic: Traffic, _ rounds: Int) throws -> Figures? {
        let server = try VenueServer(.paired, sessions: owners + 1)
        defer { server.stop() }
        return try onClientCore {
            let figures = Figures()
            figures.hiccups.watch(nanos: 20_000_000)
            let clients = try (0...owners).map { try connect($0, server.port) }
            var random = SplitMix(seed: 1)
            var order = Array(0..<owners)
            // The first rounds also give the kernel the time to begin with its notes.
            let warmUp = rounds / 10 + 5
            for round in 1...warmUp + rounds {
                if traffic == .mixed {
                    order.shuffle(using: &random)
                    for _ in 0..<random.below(owners) {
                        try enter(clients[owners], .sell, 1, .immediateOrCancel, round)
                        try clients[owners].awaitAnswer()
                    }
                }
                let times = try self.round(clients, order, round)
                guard round > warmUp else {
                    usleep(1_000)
                    continue
                }
                guard let times else { return nil }
                figures.spread.record(figures.bySession.note(times.owners))
                _ = figures.byPlace.note(order.map { times.owners[$0] })
                if times.aggressor < times.owners.min()! { figures.answeredFirst += 1 }
            }
            figures.hiccups.watch(nanos: 20_000_000)
            return figures
        }
    }

    private static func connect(_ number: Int, _ port: UInt16) throws -> GatewayClient {
        let client = try GatewayClient(port: port, credentials: VenueServer.credentials(number))
        try client.logOn()
        let result = cbaselines_note_arrivals(client.descriptor)
        guard result == 0 else {
            throw BenchmarkError(
                "arrivals cannot be noted: \(String(cString: strerror(-result)))")
        }
        return client
    }

    /// Everybody rests with one at the same price, in this order; then somebody takes all of it. Returns
    /// when each one's message was there, nil where the kernel noted no time.
    private static func round(
        _ clients: [GatewayClient], _ order: [Int], _ number: Int
    ) throws -> (owners: [UInt64], aggressor: UInt64)? {
        for owner in order {
            try enter(clients[owner], .buy, 1, .day, number)
            // One after the other, or the gateway's round over its sessions decides about the queue.
            try clients[owner].awaitAnswer()
        }
        try enter(
            clients[owners], .sell, Int64(owners), .immediateOrCancel, number)
        var times = [UInt64](repeating: 0, count: owners + 1)
        var missing = Array(0...owners)
        var isNoted = true
        let patience = monotonicNanos() + 5_000_000_000
        while !missing.isEmpty {
            try missing.removeAll { client in
                guard let time = try arrival(clients[client], isAggressor: client == owners) else {
                    return false
                }
                times[client] = time
                if time == 0 { isNoted = false }
                return true
            }
            guard monotonicNanos() < patience else {
                throw BenchmarkError("\(missing.count) sessions were not told within 5 s")
            }
        }
        return isNoted ? (Array(times[..<owners]), times[owners]) : nil
    }

    private static func enter(
        _ client: GatewayClient, _ side: Side, _ units: Int64, _ timeInForce: TimeInForce,
        _ number: Int
    ) throws {
        let order = OrderRequest(
            side: side, price: price, quantity: Quantity(units: units), instrument: 2001,
            product: 200, timeInForce: timeInForce, isStandard: false)
        try client.request { state, out in
            state.newOrder(order, clOrdID: ClOrdID(raw: UInt64(number)), into: out)
        }
    }

    /// When the message was there that says of an execution; nil: it is not there yet, 0: unknown.
    private static func arrival(_ client: GatewayClient, isAggressor: Bool) throws -> UInt64? {
        try withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { bytes in
            var nanos: UInt64 = 0
            let count = cbaselines_receive_noted(
                client.descriptor, bytes.baseAddress!, UInt64(bytes.count), &nanos)
            if count == 0 { return nil }
            guard count >= 8 else {
                throw BenchmarkError(
                    "the venue's connection: \(String(cString: strerror(Int32(-count))))")
            }
            let header = FrameHeader(bytes.baseAddress!)
            let expected: TemplateID = isAggressor ? .orderExecResponse : .orderExecNotification
            guard header.templateID == expected.rawValue, Int(header.bodyLen) == count else {
                throw BenchmarkError(
                    "instead of an execution the venue sent "
                        + MessageText.line(UnsafeRawBufferPointer(rebasing: bytes[..<Int(count)])))
            }
            return nanos
        }
    }

    private static func result(
        _ name: String, _ figures: Figures, _ traffic: String
    ) -> BenchmarkResult {
        func share(_ value: Double) -> String { formatDecimal(value * 100, decimals: 1) + " %" }
        let answeredFirst = Double(figures.answeredFirst) / Double(figures.bySession.rounds)
        var result = BenchmarkResult(
            name, operations: figures.bySession.rounds,
            conditions:
                "from the first to the last owner's notification (10104), as the kernel has "
                + "them at the sockets; threads paired, profile latency; \(traffic); most often last "
                + "was one session in \(share(figures.bySession.mostOftenLast.share)) of the rounds "
                + "(each as often: \(share(1 / Double(owners)))), one place of the queue in "
                + "\(share(figures.byPlace.mostOftenLast.share)); the aggressor was answered before "
                + "all owners in \(share(answeredFirst)); \(figures.hiccups.summary)")
        result.nanosPerOperation = figures.spread.mean
        result.p50 = figures.spread.value(atPercentile: 50)
        result.p99 = figures.spread.value(atPercentile: 99)
        result.p999 = figures.spread.value(atPercentile: 99.9)
        result.max = figures.spread.max
        result.hiccupMax = figures.hiccups.longestNanos
        return result
    }
}
