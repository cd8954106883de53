import CommandLineTool
import Containers
import Domain
import Engine
import Exchange
import LinuxPlatform
import MarketData
import Platform
import Rings
import Runtime
import Streams
import Telemetry

/// What public market data costs the way of an order, and how much of it there can be.
enum FeedBenchmarks {
    static let roundTrip = Benchmark(
        name: "feed.roundtrip",
        summary: "order to answer over loopback with the public feed on ÷ with it off",
        run: roundTrips)

    static let publish = Benchmark(
        name: "feed.publish",
        summary: "market data made of a ring full of events ÷ reading the ring alone",
        run: publishing)

    // MARK: On and off

    private static func roundTrips(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let count = options.isQuick ? 200 : 2_000
        let all = Box(LatencyHistogram())
        let hash = Box<UInt64>(0)
        let sockets: FeedSockets
        do {
            sockets = try FeedSockets(anyPortOf: "127.0.0.1")
        } catch {
            throw BenchmarkError("\(error)")
        }
        var feed = FeedSettings()
        feed.receivers = [sockets.address]
        let on = feed
        let times = try interleaved(
            options.pairs,
            [
                { try measure(count, feed: on, all, hash) },
                { try measure(count, feed: .off, nil, nil) },
            ])
        var result = BenchmarkResult(
            "feed.roundtrip", operations: Int(all.value.count),
            conditions: "threads paired, profile latency, one lean order or deletion in flight, "
                + "client on core \(GatewayCores.client) of \(GatewayCores.usable.count), which the "
                + "publisher shares on two; one receiver, whose socket takes what fits; without "
                + formatNanos(UInt64(InterleavedPairs.median(times[1]))))
        result.nanosPerOperation = all.value.mean
        result.p50 = all.value.value(atPercentile: 50)
        result.p99 = all.value.value(atPercentile: 99)
        result.p999 = all.value.value(atPercentile: 99.9)
        result.hash = hash.value
        result.baseline = "no feed"
        result.ratio = InterleavedPairs.estimate(zip(times[0], times[1]).map { $0 / $1 })
        return [result]
    }

    private static func measure(
        _ count: Int, feed: FeedSettings, _ all: Box<LatencyHistogram>?, _ hash: Box<UInt64>?
    ) throws -> Double {
        let server = try VenueServer(.paired, feed: feed)
        defer { server.stop() }
        return try onClientCore {
            let client = try GatewayClient(
                port: server.port, credentials: VenueServer.credentials())
            try client.logOn()
            for _ in 0..<count / 4 { _ = try client.roundTrip() }
            var histogram = LatencyHistogram()
            for _ in 0..<count { histogram.record(try client.roundTrip()) }
            all?.value.merge(histogram)
            hash?.value = client.hash
            return Double(histogram.value(atPercentile: 50))
        }
    }

    // MARK: Saturation

    private static func publishing(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let flow = try MatcherFlow.load(options)
        let null = NullSender()
        var results = [
            run(
                "feed.publish", flow, options, PublisherUnderTest(flow, null),
                "packets go nowhere")
        ]
        results[0].hash = null.hash
        do throws(SystemError) {
            let sockets = try FeedSockets(anyPortOf: "127.0.0.1")
            let socket = try DatagramSocket(to: [sockets.address])
            results.append(
                run(
                    "feed.publish.loopback", flow, options, PublisherUnderTest(flow, socket),
                    "packets go to one receiver on this machine, whose socket takes what fits"))
        } catch {
            throw BenchmarkError("\(error)")
        }
        return results
    }

    private static func run(
        _ name: String, _ flow: MatcherFlow, _ options: BenchmarkOptions,
        _ publisher: consuming PublisherUnderTest, _ place: String
    ) -> BenchmarkResult {
        var publisher = publisher
        var ours: [Double] = []
        var reading: [Double] = []
        for _ in 0..<max(options.pairs, 3) {
            let round = publisher.round()
            ours.append(round.publishing)
            reading.append(round.reading)
        }
        let counters = publisher.counters
        let events = Double(counters.events)
        let nanos = ours.min() ?? 0
        let messages = Double(counters.messages) / events / nanos * 1e9
        let packets = Double(counters.incrementalPackets) / events / nanos * 1e9
        var result = BenchmarkResult(
            name, operations: Int(counters.events),
            conditions: "\(flow.origin), \(PublisherUnderTest.commandsPerCycle) commands a duty "
                + "cycle, processor time of the thread per event; \(place); "
                + formatGrouped(Int(messages)) + " messages and " + formatGrouped(Int(packets))
                + " packets a second")
        result.nanosPerOperation = nanos
        result.baseline = "reading the ring alone"
        result.ratio = InterleavedPairs.estimate(zip(ours, reading).map { $0 / $1 })
        return result
    }
}

/// Takes packets and looks at what is in them.
private final class NullSender: DatagramSender {
    /// Over the messages of all packets; a packet's own header holds the time.
    private(set) var hash: UInt64 = 0

    func send(_ datagrams: UnsafeBufferPointer<Datagram>) -> Int {
        for datagram in datagrams where datagram.count >= 40 {
            // The last message's number and template stand for what is before them.
            let first = datagram.base.load(fromByteOffset: 32, as: UInt64.self)
            hash = mix64(hash ^ first ^ UInt64(datagram.count))
        }
        return 0
    }
}

/// A publisher behind a partition that is fed with the flow's commands, round after round.
private struct PublisherUnderTest: ~Copyable {
    static let commandsPerCycle = 64

    private let commands: [Command]
    private var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    private var bare: BroadcastRing<Event>.LossyReader
    private let agent: AgentBox<MarketDataAgent>
    private var sequence: UInt64 = 0
    private let details = OrderDetails()

    init(_ flow: MatcherFlow, _ sender: any DatagramSender) {
        commands = flow.commands
        let reference = EngineUnderTest.referenceData()
        partition = Partition(
            PartitionConfiguration(
                referenceData: reference, orderCapacity: 1 << 16, detailsCapacity: 1 << 10,
                pageCapacity: 1 << 12))
        var ring = BroadcastRing<Event>.make(capacity: 1 << 16, gatingConsumers: 0)
        events = ring.takeProducer()
        bare = .init(of: ring)
        var configuration = MarketDataConfiguration()
        configuration.orderCapacity = 1 << 16
        configuration.pageCapacity = 1 << 12
        agent = AgentBox(
            MarketDataAgent(
                referenceData: reference, events: .init(of: ring),
                publicOut: EngineOutLog.make(capacity: 1 << 16),
                connections: MarketDataAgent.Connections(
                    sender: sender, clock: SystemClock.utc, listings: ListingDesk()),
                configuration: configuration))
        apply(Self.session(.sessionStarted))
    }

    private static func session(_ kind: Command.Kind) -> Command {
        var command = Command(kind: kind)
        command.session = SessionIndex(0)
        command.sessionInstanceID = 1
        return command
    }

    private mutating func apply(_ original: Command) {
        var command = original
        sequence += 1
        command.sequence = sequence
        command.timeIn = Timestamp(nanos: sequence * 100)
        makeRoom()
        partition.apply(command, details, into: &events)
        partition.publish(&events)
        while partition.isSuspended {
            makeRoom()
            partition.resume(into: &events)
            partition.publish(&events)
        }
    }

    /// Nobody holds the ring up, so there always is some; the producer wants to be asked.
    private mutating func makeRoom() {
        precondition(events.hasRoom(for: partition.eventSlotsPerCommandMax), "the ring has room")
    }

    /// The flow once: nanoseconds per event of publishing, and of reading alone.
    mutating func round() -> (publishing: Double, reading: Double) {
        var publishing: UInt64 = 0
        var reading: UInt64 = 0
        var eventCount = 0
        var done = 0
        while done < commands.count {
            let end = min(done + Self.commandsPerCycle, commands.count)
            for index in done..<end { apply(commands[index]) }
            done = end
            let start = threadNanos()
            while agent.step(now: .zero) > 0 {}
            let middle = threadNanos()
            eventCount += readAll()
            reading += threadNanos() - middle
            publishing += middle - start
        }
        apply(Self.session(.sessionEnded))
        while partition.hasMassCancelPending { apply(Command(kind: .continueMassCancel)) }
        apply(Self.session(.sessionStarted))
        while agent.step(now: .zero) > 0 {}
        _ = readAll()
        return (Double(publishing) / Double(eventCount), Double(reading) / Double(eventCount))
    }

    private mutating func readAll() -> Int {
        var count = 0
        while case .record = bare.next() { count += 1 }
        return count
    }

    var counters: MarketDataCounters {
        agent.publishCounters()
        return agent.agent.counters
    }
}
