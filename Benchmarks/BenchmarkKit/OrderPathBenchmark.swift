import Client
import Domain
import Exchange
import FakePlatform
import LinuxPlatform
import Platform
import Wire

/// An order's way from frame to answer without the kernel: gateway and engine on one thread, and
/// connections in memory. Under an instruction counter this is the budget of an order.
enum OrderPathBenchmark {
    static let batch = Benchmark(
        name: "gateway.order.batch",
        summary: "an order from frame to answer through gateway and engine, 64 at once, no sockets",
        run: { try run($0, "gateway.order.batch", batch: 64) })

    static let single = Benchmark(
        name: "gateway.order.single", summary: "the same, one at a time",
        run: { try run($0, "gateway.order.single", batch: 1) })

    private static func run(
        _ options: BenchmarkOptions, _ name: String, batch: Int
    ) throws -> [BenchmarkResult] {
        // An instruction counter stretches time, and the clock counts on something else then.
        let path = try OrderPath(
            batch: batch,
            clock: options.isProfile ? Clock { 1_700_000_000_000_000_000 } : SystemClock.utc)
        let sends = (options.isQuick ? 12_800 : 256_000) / batch
        _ = try path.run(sends: sends)
        let rounds = options.isProfile ? 1 : options.isQuick ? 3 : 10
        var times: [Double] = []
        let allocations = try allocationsOfOthers {
            for _ in 0..<rounds {
                times.append(Double(try path.run(sends: sends)) / Double(sends * batch))
            }
        }
        var result = BenchmarkResult(
            name, operations: sends * batch,
            conditions:
                "lean 10125 and 10109 in turn, \(batch) at once, connections in memory, all in "
                + "the cache; journal, drop copy and feed off; best of \(rounds)")
        result.nanosPerOperation = times.min()
        result.hash = path.hash
        result.allocations = allocations
        return [result]
    }
}

/// A venue that is stepped, and one session of it.
private final class OrderPath {
    private let network = MemoryNetwork()
    private let venue: Venue
    private let connection = ConnectionIndex(0)
    private var session = OrderEntrySession(VenueServer.credentials())
    private let batch: Int
    private let clock: Clock
    private var sent: UInt64 = 0
    private var answered: UInt64 = 0
    /// Over kind and number of every answer.
    private(set) var hash: UInt64 = 1_469_598_103_934_665_603

    init(batch: Int, clock: Clock) throws {
        self.batch = batch
        self.clock = clock
        do {
            venue = try Venue(
                .demonstration, plan: .stepped,
                environment: VenueEnvironment(
                    network: network, clock: clock, processor: .indifferent,
                    verifyPassword: { _, _ in true }, usableCores: [0],
                    makeSleeper: { preconditionFailure("nobody sleeps") }, orderIDKey: 1,
                    datagrams: nil))
        } catch {
            throw BenchmarkError("the venue cannot be made: \(error)")
        }
        network.connect(connection)
        for isLogon in [true, false] {
            let place = network.inputSpace(connection)
            let length =
                isLogon
                ? session.logon(into: place, heartbeatMillis: 60_000)
                : session.userLogin(into: place)
            network.deliver(connection, length)
            for _ in 0..<8 { _ = venue.step(now: clock.now()) }
            network.takeOutput(connection) { _ in }
        }
    }

    /// Returns the time that gateway and engine took.
    func run(sends: Int) throws -> UInt64 {
        var nanos: UInt64 = 0
        for _ in 0..<sends {
            write()
            let before = answered
            let start = monotonicNanos()
            while stepOrderPath() > 0 {}
            nanos += monotonicNanos() - start
            try takeAnswers()
            guard answered == before + UInt64(batch) else {
                throw BenchmarkError("\(answered - before) of \(batch) requests were answered")
            }
            // Whoever reads along is off the way of an order.
            for agent in 2..<venue.steppedAgentCount {
                _ = venue.step(agent: agent, now: clock.now())
            }
        }
        return nanos
    }

    /// One duty cycle each of gateway and engine.
    private func stepOrderPath() -> Int {
        let now = clock.now()
        return venue.step(agent: 0, now: now) + venue.step(agent: 1, now: now)
    }

    private func write() {
        var length = 0
        for _ in 0..<batch {
            let place = network.inputSpace(connection) + length
            let clOrdID = ClOrdID(raw: sent & ~1)
            if sent % 2 == 0 {
                length += session.newOrder(
                    OrderRequest(
                        side: .buy, price: Price(units: 100), quantity: Quantity(units: 1),
                        instrument: 2001, product: 200, isStandard: false),
                    clOrdID: clOrdID, into: place)
            } else {
                length += session.deleteOrder(
                    origClOrdID: clOrdID, instrument: 2001, product: 200, into: place)
            }
            sent += 1
        }
        network.deliver(connection, length)
    }

    private func takeAnswers() throws {
        var rejected = false
        network.takeOutput(connection) { bytes in
            var offset = 0
            while offset < bytes.count {
                let place = bytes.baseAddress! + offset
                let header = FrameHeader(place)
                offset += Int(header.bodyLen)
                rejected = rejected || header.templateID == TemplateID.reject.rawValue
                answered += 1
                hash = (hash ^ (UInt64(header.templateID) << 32 | answered)) &* 1_099_511_628_211
            }
        }
        if rejected { throw BenchmarkError("an order was refused") }
    }
}
