import Domain
import Engine
import Gateway
import Journaling
import MarketData
import Platform
import Retransmission
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
    /// Where a venue that is to keep its history keeps it.
    public var storage: (any Disk)?
    /// Told what goes on in a long recovery, about once a second.
    public var reportProgress: (String) -> Void = { _ in }
    /// Zeroed memory for what the venue shows other programs; plain memory shows nobody anything.
    public var makeMemory: (_ part: SurfacePart, _ byteCount: Int) -> PartMemory

    public init(
        network: any Network, clock: Clock, processor: Processor,
        verifyPassword: @escaping PasswordAgent.Verify, usableCores: [Int],
        makeSleeper: @escaping () -> any Sleeper, orderIDKey: UInt64,
        datagrams: (any DatagramSender)? = nil, storage: (any Disk)? = nil,
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
        self.storage = storage
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
/// A venue that keeps its history has more behind the engine: see `Keeping`.
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
    /// What a person should know of the recovery, a sentence each.
    public let report: [String]
    /// What a person should hear of while it runs.
    public let notices = VenueNotices()
    private let control = PortControl()
    private let threads: [AgentThread]
    private let stepped: SteppedRunner
    private let gateway: AgentBox<GatewayAgent>
    private let publisher: AgentBox<MarketDataAgent>?

    /// Brings the market back that the storage holds, if any, and makes all memory and agents; nothing
    /// runs yet.
    public init(
        _ configuration: Configuration, plan: ThreadPlan, environment: VenueEnvironment
    ) throws(VenueError) {
        let storage = configuration.durability.keepsNothing ? nil : environment.storage
        precondition(
            configuration.durability.keepsNothing || storage != nil,
            "what is to be kept needs a place")
        let placement: [ThreadPlan.Thread]
        do throws(ThreadPlan.PlanError) {
            placement = try plan.placement(
                usableCores: environment.usableCores, publishes: environment.datagrams != nil,
                keeps: storage != nil)
        } catch {
            throw .plan(error)
        }
        self.plan = plan
        summary = plan.summary(placement)
        genesis = environment.clock.now().nanos
        var base: MarketBase
        do throws(RecoveryError) {
            if let storage {
                base = try .recovered(configuration, environment, on: storage)
            } else {
                base = .new(configuration, environment, genesis: genesis)
            }
        } catch {
            throw .recovery(error)
        }
        report = base.report
        let bells = Doorbells(
            placement, configuration, environment: environment, queue: base.queue)
        var commands = Ring<Command>.make(capacity: Self.commandCapacity)
        let eventCapacity = configuration.limits.eventRingCapacity
        let eventsPart = environment.makeMemory(
            .events, EventsPart.byteCount(capacity: eventCapacity))
        var events = Self.makeRing(
            Event.self, in: eventsPart, capacity: eventCapacity, gatingConsumers: 1,
            genesis: genesis, fillHeader: base.history.write(to:))
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
        let keeperCounters = storage.map { _ in
            (counterPlan.add(JournalCounters.self), counterPlan.add(FollowerCounters.self))
        }
        let retransmissionCounters = counterPlan.add(RetransmissionCounters.self)
        let threadCounters = placement.map {
            counterPlan.add(ThreadCounters.self, label: (key: "thread", value: $0.name))
        }
        let counters = Self.makeCounters(counterPlan, environment)
        var passwords = PasswordLink()
        var retransmission = RetransmissionLink(
            sessionCount: configuration.market.sessions.count,
            answerBytesMax: min(384 << 10, configuration.limits.unsentBytesMax / 2))
        // Who reads files must hold nobody up: where there is a thread for that, it is there.
        let rereads: ThreadPlan.Role = storage == nil ? .background : .follower
        let listings = ListingDesk()
        let published = SequenceCounter()
        let isStrict = environment.datagrams != nil && configuration.feed.publicFirst == .strict
        gateway = AgentBox(
            GatewayAgent(
                network: environment.network, clock: environment.clock,
                referenceData: configuration.market, commands: commands.takeProducer(),
                events: events.takeGatingConsumer(), engineOut: engineOut.reader,
                stamps: StampWriter(stamps.takeProducer()), passwords: &passwords,
                publicFirst: isStrict ? published : nil, admission: base.admission,
                retransmission: retransmission.takeDesk(),
                retransmissionDoorbell: bells.bell(from: .gateway, to: rereads),
                engineDoorbell: bells.bell(from: .gateway, to: .engine),
                passwordDoorbell: bells.bell(from: .gateway, to: .background),
                control: control, counters: counters.group(gatewayCounters),
                portCounters: counters.group(portCounters),
                configuration: configuration.gateway))
        let keepers: [ThreadPlan.Role: any SteppedAgent]
        do throws(RecoveryError) {
            keepers = try base.makeKeepers(
                Keeping.Connections(
                    gate: events.gate,
                    gateDoorbells: [
                        bells.bell(from: .journal, to: .gateway),
                        bells.bell(from: .journal, to: .marketData),
                    ], followerDoorbell: bells.bell(from: .journal, to: .follower),
                    notices: notices, clock: environment.clock,
                    journalCounters: keeperCounters.map { counters.group($0.0) } ?? .unseen(),
                    followerCounters: keeperCounters.map { counters.group($0.1) } ?? .unseen()))
        } catch {
            throw .recovery(error)
        }
        let resumes = base.opening != nil
        let engine = AgentBox(
            EngineAgent(
                commands: commands.takeConsumer(), sequenced: base.sequenced,
                partition: base.partition, events: events.takeProducer(), engineOut: engineOut,
                clock: environment.clock, doorbell: bells.bell(from: .engine, to: .gateway),
                journalDoorbell: bells.bell(from: .engine, to: .journal),
                feedDoorbell: bells.bell(from: .engine, to: .marketData), listings: listings,
                opening: base.opening, counters: counters.group(engineCounters)))
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
                    resumes: resumes,
                    counters: feedCounters.map { counters.group($0) } ?? .unseen(),
                    configuration: configuration.marketData))
        } else {
            publisher = nil
        }

        let history = SessionHistory(
            base.archiveStore, archived: base.archived, history: base.history.history,
            events: events, sessionCount: configuration.market.sessions.count)
        let teller = AgentBox(
            RetransmissionAgent(
                link: &retransmission, store: history.store, history: base.history.history,
                referenceData: configuration.market, archived: base.archived,
                rewinds: base.rewinds,
                clock: environment.clock,
                portDoorbell: bells.bell(from: rereads, to: .gateway),
                counters: counters.group(retransmissionCounters)))

        var agents = keepers.mapValues { [$0] }
        agents[.gateway] = [gateway]
        agents[.engine] = [engine]
        agents[.background] = [checker]
        agents[.marketData] = publisher.map { [$0] }
        agents[rereads, default: []] += history.agents + [teller]
        threads = placement.indices.map { index in
            AgentThread(
                AgentThread.Configuration(
                    name: placement[index].name, cores: placement[index].cores,
                    idle: bells.idle[index], clock: environment.clock,
                    processor: environment.processor, doorbell: bells.bells[index],
                    counters: counters.group(threadCounters[index])),
                agents: placement[index].roles.flatMap { agents[$0] ?? [] })
        }
        let turns = ThreadPlan.Role.allCases.flatMap { agents[$0] ?? [] }
        stepped = SteppedRunner(plan == .stepped ? turns : [])
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

    /// With the plan `stepped`: how many agents there are.
    public var steppedAgentCount: Int { stepped.agentCount }

    /// With the plan `stepped`: one duty cycle of one agent, counted from 0, at this moment, so that
    /// agents meet each other as threads of their own would. Returns the work done.
    public func step(agent: Int, now: Timestamp) -> Int { stepped.step(agent: agent, now: now) }

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

    /// Ends the threads, whether or not everybody was told, and waits for them: first those that hand
    /// something on, so that the journal gets all there is, and the follower all of the journal.
    public func join() {
        for thread in threads {
            thread.requestStop()
            thread.join()
        }
        stepped.close()
    }
}
