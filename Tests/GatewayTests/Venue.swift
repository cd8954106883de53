import Domain
import Platform
import Rings
import Runtime
import SessionServer
import Streams
import TestSupport
import Testing
import Wire

@testable import Gateway

/// All suites of the gateway, one test at a time: they share a clock.
@Suite("Gateway", .serialized)
enum GatewaySuites {}

/// A gateway with a network in memory, a password agent, and an engine that does as it is told.
final class Venue {
    let network: FakeNetwork
    var gateway: GatewayAgent
    var passwords: PasswordAgent
    var engine: StubEngine
    /// Whoever reads the history, as the test plays it.
    var history: RetransmissionService
    let control = PortControl()
    /// What the public was told, for gateways that wait for it.
    let published = SequenceCounter()
    /// What the journal can take.
    let admission = CommandAdmission()
    private var stamps: BroadcastRing<RequestStamps>.LossyReader
    /// Passwords are checked in every step; off to look at what waits for them.
    var checksPasswords = true

    init(
        commandCapacity: Int = 1024, passwordQueue: Int = 64, connections: Int = 16,
        configuration: GatewayConfiguration = GatewayConfiguration(), isPublicFirst: Bool = false
    ) {
        FakeClock.reset()
        network = FakeNetwork(connectionCapacity: connections, clock: FakeClock.clock)
        var commands = Ring<Command>.make(capacity: commandCapacity)
        var events = BroadcastRing<Event>.make(capacity: 4096, gatingConsumers: 1)
        let engineOut = EngineOutLog.make(capacity: 4096)
        var stampsRing = BroadcastRing<RequestStamps>.make(capacity: 1024, gatingConsumers: 0)
        stamps = BroadcastRing<RequestStamps>.LossyReader(of: stampsRing)
        var link = PasswordLink(queueCapacity: passwordQueue)
        var retransmission = RetransmissionLink(sessionCount: 2)
        history = retransmission.takeService()
        gateway = GatewayAgent(
            network: network, clock: FakeClock.clock, referenceData: Self.reference,
            commands: commands.takeProducer(), events: events.takeGatingConsumer(),
            engineOut: engineOut.reader, stamps: StampWriter(stampsRing.takeProducer()),
            passwords: &link, publicFirst: isPublicFirst ? published : nil,
            admission: admission,
            retransmission: retransmission.takeDesk(),
            engineDoorbell: .silent(), passwordDoorbell: .silent(),
            control: control, configuration: configuration)
        // The hash of a test password is the password itself.
        passwords = PasswordAgent(
            link: &link, referenceData: Self.reference,
            verify: { hash, password in
                var position = 0
                while hash[position] == password[position] {
                    if hash[position] == 0 { return true }
                    position += 1
                }
                return false
            }, portDoorbell: .silent())
        engine = StubEngine(
            commands: commands.takeConsumer(), events: events.takeProducer(),
            engineOut: engineOut)
    }

    /// The stamps of requests answered since the last call.
    func takeStamps() -> [RequestStamps] {
        var taken: [RequestStamps] = []
        while case .record = stamps.next() {
            taken.append(stamps.read(at: 0, as: RequestStamps.self))
        }
        return taken
    }

    /// One duty cycle of everybody, a microsecond each.
    @discardableResult func step() -> Int {
        FakeClock.nanos += 1000
        var workCount = gateway.doWork(now: Timestamp(nanos: FakeClock.nanos))
        if checksPasswords {
            workCount += passwords.doWork(now: Timestamp(nanos: FakeClock.nanos))
        }
        workCount += engine.step()
        return workCount
    }

    func settle() {
        var quiet = 0
        while quiet < 3 { quiet = step() == 0 ? quiet + 1 : 0 }
    }

    /// The next request for a session's data.
    func nextAsked() -> RetransmissionAnswer? { history.next() }

    func client() -> TestClient { TestClient(self) }

    /// A client that is logged on, with its trader.
    func trading(_ session: UInt32 = 10001, trader: UInt32? = 11) -> TestClient {
        let client = client()
        client.send(Frames.logon(session: session, password: "apus-\(session / 10_000)"))
        settle()
        client.nextMsgSeqNum = 2
        if let trader {
            client.send(Frames.userLogin(2, user: trader, password: "apus-\(trader)"))
            settle()
            client.nextMsgSeqNum = 3
        }
        _ = client.take()
        return client
    }

    static let reference = ReferenceData(
        marketID: 1, partitionID: 1, organisation: "APUS",
        products: [
            Product(
                marketSegmentID: 100, name: "ALPHA", tick: Price(raw: 50_000_000),
                lot: Quantity(units: 1), maximumQuantity: Quantity(units: 100_000)),
            Product(
                marketSegmentID: 200, name: "STOCKS", tick: Price(raw: 1_000_000),
                lot: Quantity(units: 1), maximumQuantity: Quantity(units: 1_000_000)),
        ],
        instruments: [
            Instrument(securityID: 1001, name: "ALPHA DEC", product: ProductIndex(0)),
            Instrument(
                securityID: 7_000_000_000_002, name: "ALPHA MAR", product: ProductIndex(0)),
            Instrument(securityID: 2001, name: "AAPL", product: ProductIndex(1)),
        ],
        units: [unit(1), unit(2)],
        sessions: [
            session(10001, 0), session(10002, 0), session(20001, 1),
            session(
                10003, 0,
                throttle: ThrottleLimits(
                    messagesMax: 3, intervalMillis: 1000, disconnectLimit: 2)),
            SessionDefinition(
                id: 90001, kind: .backOffice, unit: UnitIndex(0), passwordHash: "apus-9",
                throttle: .none),
            SessionDefinition(
                id: 90000, kind: .operations, unit: .none, passwordHash: "apus-9",
                throttle: .none),
        ])

    private static func unit(_ number: UInt32) -> BusinessUnit {
        BusinessUnit(
            id: number, name: "UNIT\(number)",
            traders: ([1, 2] as [UInt32]).map {
                let id = number * 10 + $0
                return Trader(
                    id: TraderID(raw: id), name: "TRD0\(id)", passwordHash: "apus-\(id)")
            })
    }

    private static func session(
        _ id: UInt32, _ unit: Int, throttle: ThrottleLimits = .none
    ) -> SessionDefinition {
        SessionDefinition(
            id: id, kind: .trading, unit: UnitIndex(unit), passwordHash: "apus-\(id / 10_000)",
            throttle: throttle)
    }
}

/// The other end of a connection.
final class TestClient {
    let venue: Venue
    let connection: ConnectionIndex
    let peer: FakeNetwork.Peer
    var nextMsgSeqNum: UInt32 = 1

    init(_ venue: Venue) {
        self.venue = venue
        connection = venue.network.connect()
        peer = venue.network.peers[connection.index]!
    }

    func send(_ bytes: [UInt8]) { venue.network.deliver(connection, bytes) }

    /// Sends, lets everything happen, and returns what came back since the last time.
    func exchange(_ bytes: [UInt8]) -> [Message] {
        send(bytes)
        venue.settle()
        return take()
    }

    /// What has been received since the last call, judged message by message.
    func take() -> [Message] {
        Message.takeAll(from: &peer.received)
    }

    var isClosed: Bool { peer.isClosed }
}
