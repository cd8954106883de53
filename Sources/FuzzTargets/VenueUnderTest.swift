import Domain
import Engine
import FakePlatform
import Gateway
import MarketData
import Platform
import PublicBooks
import Rings
import SessionServer
import SimulatedPlatform
import Streams

/// Gateway, engine and publisher in memory, stepped by the caller, and a receiver of the public feed.
final class VenueUnderTest {
    let network: FakeNetwork
    private let clock: SimulatedClock
    private let datagrams = FakeDatagrams()
    private var gateway: GatewayAgent
    private var passwords: PasswordAgent
    private var engine: EngineAgent
    private var publisher: MarketDataAgent
    private(set) var books = PublicBookBuilder(
        limits: PublicBookLimits(products: 4, instruments: 8, orders: 64, packets: 64))

    /// Sees what leaves for the public.
    var onDatagram: ((FeedChannel, [UInt8]) -> Void)?

    private static let eventCapacity = 256

    /// Runs a venue from its start to its end.
    static func run(_ body: (VenueUnderTest) -> Void) {
        let clock = SimulatedClock(startNanos: 1_700_000_000_000_000_000)
        clock.use { body(VenueUnderTest(clock)) }
    }

    private init(_ clock: SimulatedClock) {
        self.clock = clock
        network = FakeNetwork(connectionCapacity: 8, clock: SimulatedClock.clock)
        var commands = Ring<Command>.make(capacity: 32)
        var events = BroadcastRing<Event>.make(capacity: Self.eventCapacity, gatingConsumers: 1)
        let engineOut = EngineOutLog.make(capacity: Self.eventCapacity)
        var link = PasswordLink(queueCapacity: 8)
        let listings = ListingDesk()
        let reference = CommandScript.reference
        gateway = GatewayAgent(
            network: network, clock: SimulatedClock.clock, referenceData: reference,
            commands: commands.takeProducer(), events: events.takeGatingConsumer(),
            engineOut: engineOut.reader, passwords: &link, engineDoorbell: .silent(),
            passwordDoorbell: .silent())
        // The hash of a password is the password itself.
        passwords = PasswordAgent(
            link: &link, referenceData: reference,
            verify: { String(cString: $0) == String(cString: $1) }, portDoorbell: .silent())
        publisher = MarketDataAgent(
            referenceData: reference, events: .init(of: events, from: .oldest),
            publicOut: EngineOutLog.make(capacity: Self.eventCapacity),
            connections: MarketDataAgent.Connections(
                sender: datagrams, clock: SimulatedClock.clock, listings: listings),
            configuration: Self.feed)
        engine = EngineAgent(
            commands: commands.takeConsumer(), partition: Partition(FuzzedPartition.configuration),
            events: events.takeProducer(), engineOut: engineOut, clock: SimulatedClock.clock,
            doorbell: .silent(), listings: listings)
    }

    private static var feed: MarketDataConfiguration {
        var feed = MarketDataConfiguration()
        feed.orderCapacity = FuzzedPartition.configuration.orderCapacity
        feed.pageCapacity = FuzzedPartition.configuration.pageCapacity
        feed.deletionsPerCommandMax = FuzzedPartition.configuration.massCancelSlice
        feed.eventsPerCycle = 64
        return feed
    }

    // MARK: Time

    /// One duty cycle of everybody. Returns the work done for clients.
    @discardableResult func step() -> Int {
        clock.advance(nanos: 1000)
        let work =
            gateway.doWork(now: clock.now) + passwords.doWork(now: clock.now)
            + engine.doWork(now: clock.now)
        _ = publisher.doWork(now: clock.now)
        for packet in datagrams.take() {
            onDatagram?(packet.channel, packet.bytes)
            packet.bytes.withUnsafeBytes { books.take($0, from: packet.channel) }
        }
        return work
    }

    /// Steps until nobody has anything left to do, and audits the books.
    func settle() {
        var quiet = 0
        var steps = 0
        while quiet < 3 {
            quiet = step() == 0 ? quiet + 1 : 0
            steps += 1
            require(steps < 100_000, "a venue that nobody asks comes to rest")
        }
        engine.checkInvariants()
        books.checkInvariants()
    }

    func pass(nanos: UInt64) { clock.advance(nanos: nanos) }

    /// Lets the publisher say everything, so that the receiver's books are whole.
    func publishSnapshots() {
        for _ in 0..<64 {
            clock.advance(nanos: 50_000_000)
            step()
        }
    }
}
