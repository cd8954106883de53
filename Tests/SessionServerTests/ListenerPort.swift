import Domain
import Platform
import Runtime
import SessionServer
import Telemetry
import TestSupport
import Wire

/// A clock that stands still until a test moves it. One for all: the room's tests run serially.
enum PortClock {
    nonisolated(unsafe) static var nanos: UInt64 = 0
    static let start: UInt64 = 1_700_000_000_000_000_000
    static var clock: Clock { Clock { PortClock.nanos } }
}

/// The smallest agent around a port: it notes what it is told and decides as the test says.
struct Listener: ~Copyable {
    enum Note: Equatable {
        case started(UInt32, instance: UInt32)
        case ended(UInt32, instance: UInt32, MassActionReason)
        case subscribed(UInt32, handle: UInt32)
        case unsubscribed(UInt32, handle: UInt32)
    }

    var port: SessionPort
    var notes: [Note] = []
    /// What becomes of the next requests; taken when empty.
    var outcomes: [FrameOutcome] = []

    mutating func doWork(now: Timestamp) -> Int {
        var workCount = port.beginCycle(now: now)
        noteEnds()
        while port.hasTurns {
            port.beginTurn()
            while port.nextRequest() {
                let outcome = handle(port.request)
                port.finish(outcome)
            }
            workCount += port.endTurn()
        }
        workCount += port.endCycle()
        noteEnds()
        return workCount
    }

    private mutating func handle(_ request: PortRequest) -> FrameOutcome {
        noteEnds()
        let outcome = outcomes.isEmpty ? .taken : outcomes.removeFirst()
        guard case .taken = outcome else { return outcome }
        let session = port.reference.sessions[request.session.index].id
        switch request.kind {
        case .sessionStart: notes.append(.started(session, instance: request.sessionInstanceID))
        case .subscribe: notes.append(.subscribed(session, handle: request.applSubID))
        case .unsubscribe: notes.append(.unsubscribed(session, handle: request.applSubID))
        case .application: break
        }
        return outcome
    }

    private mutating func noteEnds() {
        while let ended = port.nextEndedSession() {
            notes.append(
                .ended(
                    port.reference.sessions[ended.session.index].id,
                    instance: ended.sessionInstanceID, ended.reason))
        }
    }
}

/// A drop-copy port in memory with its password agent.
final class ListenerVenue {
    let network: FakeNetwork
    let control = PortControl()
    var listener: Listener
    var passwords: PasswordAgent
    let counters: CounterBlock

    init() {
        PortClock.nanos = PortClock.start
        network = FakeNetwork(clock: PortClock.clock)
        var link = PasswordLink(queueCapacity: 16)
        var plan = CounterPlan()
        let place = plan.add(SessionCounters.self, label: (key: "port", value: "drop_copy"))
        counters = plan.make()
        listener = Listener(
            port: SessionPort(
                .dropCopy, network: network, clock: PortClock.clock,
                referenceData: Self.reference, passwords: &link, passwordDoorbell: .silent(),
                control: control, counters: counters.group(place),
                configuration: SessionPortConfiguration()))
        // The hash of a test password is the password itself.
        passwords = PasswordAgent(
            link: &link, referenceData: Self.reference,
            verify: { hash, password in
                String(cString: hash) == String(cString: password)
            }, portDoorbell: .silent())
    }

    @discardableResult func step() -> Int {
        PortClock.nanos += 1000
        let now = Timestamp(nanos: PortClock.nanos)
        return listener.doWork(now: now) + passwords.doWork(now: now)
    }

    func settle() {
        var quiet = 0
        while quiet < 3 { quiet = step() == 0 ? quiet + 1 : 0 }
    }

    func client() -> ListeningClient { ListeningClient(self) }

    /// A client that is logged on.
    func listening(_ session: UInt32) -> ListeningClient {
        let client = client()
        _ = client.exchange(Frames.logon(session: session, password: "apus-\(session)"))
        return client
    }

    static let reference = ReferenceData(
        marketID: 1, partitionID: 1, organisation: "APUS",
        products: [
            Product(
                marketSegmentID: 100, name: "ALPHA", tick: Price(raw: 50_000_000),
                lot: Quantity(units: 1), maximumQuantity: Quantity(units: 100_000))
        ],
        instruments: [
            Instrument(securityID: 1001, name: "ALPHA DEC", product: ProductIndex(0))
        ],
        units: [unit(1), unit(2)],
        sessions: [
            session(10001, .trading, UnitIndex(0)), session(20001, .trading, UnitIndex(1)),
            session(90001, .backOffice, UnitIndex(0)), session(90002, .backOffice, UnitIndex(1)),
            session(90000, .operations, .none),
        ])

    private static func unit(_ number: UInt32) -> BusinessUnit {
        BusinessUnit(
            id: number, name: "UNIT\(number)",
            traders: [
                Trader(
                    id: TraderID(raw: number * 10 + 1), name: "TRD0\(number)1",
                    passwordHash: "apus-\(number)1")
            ])
    }

    private static func session(
        _ id: UInt32, _ kind: SessionDefinition.Kind, _ unit: UnitIndex
    ) -> SessionDefinition {
        SessionDefinition(id: id, kind: kind, unit: unit, passwordHash: "apus-\(id)")
    }
}

/// The other end of a connection.
final class ListeningClient {
    let venue: ListenerVenue
    let connection: ConnectionIndex
    let peer: FakeNetwork.Peer

    init(_ venue: ListenerVenue) {
        self.venue = venue
        connection = venue.network.connect()
        peer = venue.network.peers[connection.index]!
    }

    /// Sends, lets everything happen, and returns what came back since the last time.
    func exchange(_ bytes: [UInt8]) -> [Message] {
        venue.network.deliver(connection, bytes)
        venue.settle()
        return Message.takeAll(from: &peer.received)
    }
}
