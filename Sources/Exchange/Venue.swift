import Domain
import Engine
import Gateway
import MarketData
import Platform
import Rings
import Runtime
import SessionServer
import Streams
import Telemetry

/// What a venue runs on: everything that differs between a real machine and a simulated one.
public struct VenueEnvironment {
    public var network: any Network
    public var clock: Clock
    public var processor: Processor
    /// Tells whether a password belongs to a hash; runs off the order path.
    public var verifyPassword: PasswordAgent.Verify
    /// Cores the venue may use; they decide the thread plan.
    public var usableCores: [Int]
    /// Something for a thread without a network to sleep on.
    public var makeSleeper: () -> any Sleeper
    /// Secret of the OrderID permutation.
    public var orderIDKey: UInt64
    /// What public market data leaves by; nil when there is none.
    public var datagrams: (any DatagramSender)?
    /// Zeroed memory for what the venue shows other programs; plain memory shows nobody anything.
    public var makeMemory: (_ part: SurfacePart, _ byteCount: Int) -> PartMemory

    public init(
        network: any Network, clock: Clock, processor: Processor,
        verifyPassword: @escaping PasswordAgent.Verify, usableCores: [Int],
        makeSleeper: @escaping () -> any Sleeper, orderIDKey: UInt64,
        datagrams: (any DatagramSender)? = nil,
        makeMemory: @escaping (_ part: SurfacePart, _ byteCount: Int) -> PartMemory = {
            PartMemory(byteCount: $1)
        }
    ) {
        self.network = network
        self.clock = clock
        self.processor = processor
        self.verifyPassword = verifyPassword
        self.usableCores = usableCores
        self.makeSleeper = makeSleeper
        self.orderIDKey = orderIDKey
        self.datagrams = datagrams
        self.makeMemory = makeMemory
    }
}

/// A partition with its gateway: the one place where the rooms are wired together.
///
/// ```
/// network ─▶ GatewayAgent ── Ring<Command> ──▶ EngineAgent ── BroadcastRing<Event> ──▶ GatewayAgent
///                 └──── PasswordLink ────▶ PasswordAgent          └─────▶ MarketDataAgent ─▶ datagrams
/// ```
///
/// `start` runs the agents on the threads of the plan; with the plan `stepped` the caller does, by
/// `step`. `stop` tells the sessions, lets what is under way finish, and ends the threads.
public final class Venue {
    /// Slots of the command ring: what the gateway may be ahead of the engine. It is walked from end to
    /// end again and again, so it is kept small enough to stay in the second cache. The event ring is
    /// not: other programs read along in it, and need time.
    public static let commandCapacity = 1024
    /// Slots of the ring of request stamps.
    public static let stampsCapacity = 1 << 16

    public let plan: ThreadPlan
    /// Tells this life of the venue from others; in the headers of its rings.
    public let genesis: UInt64
    /// The plan and its places, in one sentence.
    public let summary: String
    private let control = PortControl()
    private let threads: [AgentThread]
    private let stepped: SteppedRunner
    private let gateway: AgentBox<GatewayAgent>
    private let publisher: AgentBox<MarketDataAgent>?

    /// Makes all memory and agents; nothing runs yet. Fails when the plan asks for more cores than
    /// there are.
    public init(
        _ configuration: Configuration, plan: ThreadPlan, environment: VenueEnvironment
    ) throws(ThreadPlan.PlanError) {
        let placement = try plan.placement(
            usableCores: environment.usableCores, publishes: environment.datagrams != nil)
        self.plan = plan
        summary = plan.summary(placement)
        let bells = Doorbells(
            placement, idle: configuration.idleStrategy,
            publisherIdle: configuration.publisherIdleStrategy, environment: environment)

        genesis = environment.clock.now().nanos
        var commands = Ring<Command>.make(capacity: Self.commandCapacity)
        let eventCapacity = configuration.limits.eventRingCapacity
        let eventsPart = environment.makeMemory(
            .events, EventsPart.byteCount(capacity: eventCapacity))
        var events = Self.makeRing(
            Event.self, in: eventsPart, capacity: eventCapacity, gatingConsumers: 1,
            genesis: genesis,
            fillHeader: EventHistory(history: genesis, firstSequence: 1).write(to:))
        let engineOut = EngineOutLog.create(
            in: eventsPart, offset: EventsPart.engineOutOffset(capacity: eventCapacity),
            capacity: eventCapacity)
        let publicOut = EngineOutLog.create(
            in: eventsPart, offset: EventsPart.publicOutOffset(capacity: eventCapacity),
            capacity: eventCapacity)
        var stamps = Self.makeRing(
            RequestStamps.self,
            in: environment.makeMemory(
                .stamps,
                BroadcastRing<RequestStamps>.byteCount(capacity: Self.stampsCapacity)),
            capacity: Self.stampsCapacity, gatingConsumers: 0, genesis: genesis)
        var counterPlan = CounterPlan()
        let engineCounters = counterPlan.add(EngineCounters.self)
        let gatewayCounters = counterPlan.add(GatewayCounters.self)
        let portCounters = counterPlan.add(
            SessionCounters.self, label: (key: "port", value: "order"))
        let feedCounters = environment.datagrams.map { _ in
            counterPlan.add(MarketDataCounters.self)
        }
        let threadCounters = placement.map {
            counterPlan.add(ThreadCounters.self, label: (key: "thread", value: $0.name))
        }
        let counters = Self.makeCounters(counterPlan, environment)
        var passwords = PasswordLink()
        let listings = ListingDesk()
        let published = SequenceCounter()
        let isStrict = environment.datagrams != nil && configuration.feed.publicFirst == .strict
        gateway = AgentBox(
            GatewayAgent(
                network: environment.network, clock: environment.clock,
                referenceData: configuration.market, commands: commands.takeProducer(),
                events: events.takeGatingConsumer(), engineOut: engineOut.reader,
                stamps: StampWriter(stamps.takeProducer()), passwords: &passwords,
                publicFirst: isStrict ? published : nil,
                engineDoorbell: bells.bell(from: .gateway, to: .engine),
                passwordDoorbell: bells.bell(from: .gateway, to: .background),
                control: control, counters: counters.group(gatewayCounters),
                portCounters: counters.group(portCounters),
                configuration: configuration.gateway))
        let engine = AgentBox(
            EngineAgent(
                commands: commands.takeConsumer(),
                partition: Partition(
                    configuration.partition(orderIDKey: environment.orderIDKey)),
                events: events.takeProducer(), engineOut: engineOut, clock: environment.clock,
                doorbell: bells.bell(from: .engine, to: .gateway),
                feedDoorbell: bells.bell(from: .engine, to: .marketData), listings: listings,
                counters: counters.group(engineCounters)))
        let checker = AgentBox(
            PasswordAgent(
                link: &passwords, referenceData: configuration.market,
                verify: environment.verifyPassword,
                portDoorbell: bells.bell(from: .background, to: .gateway)))

        if let sender = environment.datagrams {
            publisher = AgentBox(
                MarketDataAgent(
                    referenceData: configuration.market, events: .init(of: events, from: .oldest),
                    publicOut: publicOut,
                    connections: MarketDataAgent.Connections(
                        sender: sender, clock: environment.clock, listings: listings,
                        engineDoorbell: bells.bell(from: .marketData, to: .engine),
                        published: published,
                        gatewayDoorbell: isStrict
                            ? bells.bell(from: .marketData, to: .gateway) : .silent()),
                    counters: feedCounters.map { counters.group($0) } ?? .unseen(),
                    configuration: configuration.marketData))
        } else {
            publisher = nil
        }

        var agents: [ThreadPlan.Role: any SteppedAgent] = [
            .gateway: gateway, .engine: engine, .background: checker,
        ]
        agents[.marketData] = publisher
        threads = placement.indices.map { index in
            AgentThread(
                AgentThread.Configuration(
                    name: placement[index].name, cores: placement[index].cores,
                    idle: bells.idle[index], clock: environment.clock,
                    processor: environment.processor, doorbell: bells.bells[index],
                    counters: counters.group(threadCounters[index])),
                agents: placement[index].roles.compactMap { agents[$0] })
        }
        let all: [any SteppedAgent] = [gateway, engine, checker] + (publisher.map { [$0] } ?? [])
        stepped = SteppedRunner(plan == .stepped ? all : [])
    }

    private static func makeCounters(
        _ plan: CounterPlan, _ environment: VenueEnvironment
    ) -> CounterBlock {
        let memory = environment.makeMemory(.counters, plan.byteCount)
        do throws(CounterError) {
            return try CounterBlock.create(in: memory.bytes, plan, owner: memory)
        } catch {
            preconditionFailure("the part was made for these counters: \(error)")
        }
    }

    private static func makeRing<Record: SlottedRecord>(
        _ type: Record.Type, in memory: PartMemory, capacity: Int, gatingConsumers: Int,
        genesis: UInt64, fillHeader: (UnsafeMutableRawBufferPointer) -> Void = { _ in }
    ) -> BroadcastRing<Record>.Ends {
        do throws(RingError) {
            return try BroadcastRing<Record>.create(
                in: memory.bytes, capacity: capacity, gatingConsumers: gatingConsumers,
                genesis: genesis, owner: memory, fillHeader: fillHeader)
        } catch {
            preconditionFailure("the part was made for this ring: \(error)")
        }
    }

    /// Starts the threads; returns when all run and are pinned.
    public func start() throws(AgentThreadError) {
        for thread in threads {
            do {
                try thread.start()
            } catch {
                for other in threads { other.requestStop() }
                for other in threads { other.join() }
                throw error
            }
        }
    }

    /// With the plan `stepped`: one duty cycle of every agent at this moment. Returns the work done.
    public func step(now: Timestamp) -> Int { stepped.step(now: now) }

    /// With the plan `stepped`: looks inside between steps.
    public var gatewayCounters: GatewayCounters {
        precondition(plan == .stepped, "a thread owns the gateway")
        return gateway.agent.counters
    }

    /// With the plan `stepped`: what was published, up to this moment.
    public var marketDataCounters: MarketDataCounters? {
        precondition(plan == .stepped, "a thread owns the publisher")
        publisher?.publishCounters()
        return publisher?.agent.counters
    }

    /// Asks the gateway to take no more connections, tell the sessions and send what is due.
    public func requestStop() {
        control.requestStop()
        for thread in threads { thread.doorbell.wakeAlways() }
    }

    /// True when the gateway has told everybody and every connection is closed.
    public var isStopped: Bool { control.isStopped }

    /// Ends the threads, whether or not everybody was told, and waits for them.
    public func join() {
        for thread in threads { thread.requestStop() }
        for thread in threads { thread.join() }
    }
}

/// Who wakes whom: a bell per thread, and silence between agents that share one.
private struct Doorbells {
    let placement: [ThreadPlan.Thread]
    let idle: [IdleStrategy]
    let bells: [Doorbell]

    init(
        _ placement: [ThreadPlan.Thread], idle orderPath: IdleStrategy,
        publisherIdle: IdleStrategy, environment: VenueEnvironment
    ) {
        self.placement = placement
        // Only the way of an order may spin, and who has a core alone; who else does takes a core from
        // somebody.
        idle = placement.map { thread in
            if !thread.roles.contains(.background) || thread.roles.contains(.engine) {
                return orderPath
            }
            return thread.roles.contains(.marketData) ? publisherIdle : .backoff
        }
        bells = zip(placement, idle).map { thread, idle in
            if idle == .spin { return .silent() }
            let sleeper: any Sleeper =
                thread.roles.contains(.gateway)
                ? NetworkSleeper(environment.network) : environment.makeSleeper()
            return Doorbell(sleeper: sleeper)
        }
    }

    func bell(from: ThreadPlan.Role, to: ThreadPlan.Role) -> Doorbell {
        guard let target = placement.firstIndex(where: { $0.roles.contains(to) }),
            !placement[target].roles.contains(from)
        else { return .silent() }
        return bells[target]
    }
}
