import Domain
import Platform
import Runtime
import SessionServer
import TestSupport
import Wire

@testable import DropCopy

/// A clock that stands still until a test moves it. One for all: the suites that use it run serially.
enum TestClock {
    nonisolated(unsafe) static var nanos: UInt64 = 0
    static let start: UInt64 = 1_800_000_000_000_000_000
    static var clock: Clock { Clock { TestClock.nanos } }
}

/// The lives of a venue, as the test has them.
final class TestVenues: VenueSource {
    var isLive = true
    /// What runs, if anything.
    var genesis: UInt64?
    var hasSameMarket = true
    var makeReader: (() -> EventFeed)?

    func attach() -> VenueEvents? {
        guard let genesis, let makeReader else { return nil }
        return VenueEvents(genesis: genesis, hasSameMarket: hasSameMarket, feed: makeReader())
    }
}

/// Segments by life of the venue; the test looks into them.
final class TestLibrary: HistoryLibrary {
    var stores: [UInt64: any SegmentStore] = [:]
    var make: () -> any SegmentStore = { TestSegments() }

    func store(history genesis: UInt64) throws(SegmentError) -> any SegmentStore {
        if let store = stores[genesis] { return store }
        let store = make()
        stores[genesis] = store
        return store
    }
}

/// A venue outlives the publishers beside it.
private final class RunningVenue {
    var engine: Engine

    init(_ engine: consuming Engine) { self.engine = engine }
}

/// A publisher in memory, between an engine and listeners that the test plays.
final class Publisher {
    let network: FakeNetwork
    let control = PortControl()
    let venues = TestVenues()
    let library: TestLibrary
    let status = DropCopyStatus()
    var engine: Engine {
        _read { yield venue.engine }
        _modify { yield &venue.engine }
    }
    private var venue: RunningVenue
    var agent: DropCopyAgent
    private var passwords: PasswordAgent

    convenience init(capacity: Int = 1 << 14, connections: Int = 16) throws {
        try self.init(
            Engine(capacity: capacity), TestLibrary(), connections: connections)
    }

    /// The next publisher of the venue that another one was killed beside.
    convenience init(takingOver other: Publisher, _ library: TestLibrary) throws {
        try self.init(other.venue, library)
    }

    convenience init(
        _ engine: consuming Engine, _ library: TestLibrary, connections: Int = 16,
        _ change: (inout DropCopyConfiguration) -> Void = { _ in }
    ) throws {
        try self.init(
            RunningVenue(engine), library, connections: connections, change)
    }

    private init(
        _ venue: RunningVenue, _ library: TestLibrary, connections: Int = 16,
        _ change: (inout DropCopyConfiguration) -> Void = { _ in }
    ) throws {
        TestClock.nanos = max(TestClock.nanos, TestClock.start) + 1_000_000_000_000
        network = FakeNetwork(connectionCapacity: connections, clock: TestClock.clock)
        self.library = library
        var link = PasswordLink(queueCapacity: 256)
        let port = SessionPort(
            .dropCopy, network: network, clock: TestClock.clock, referenceData: Self.reference,
            passwords: &link, passwordDoorbell: .silent(), control: control,
            configuration: SessionPortConfiguration())
        // The hash of a test password is the password itself.
        passwords = PasswordAgent(
            link: &link, referenceData: Self.reference,
            verify: { hash, password in String(cString: hash) == String(cString: password) },
            portDoorbell: .silent())
        var configuration = DropCopyConfiguration()
        change(&configuration)
        agent = try DropCopyAgent(
            port: port, referenceData: Self.reference, clock: TestClock.clock,
            venue: VenueEvents(
                genesis: venue.engine.genesis, hasSameMarket: true, feed: venue.engine.feed()),
            venues: venues, library: library, status: status, configuration: configuration)
        self.venue = venue
    }

    @discardableResult func step(nanos: UInt64 = 1000) -> Int {
        TestClock.nanos += nanos
        let now = Timestamp(nanos: TestClock.nanos)
        return agent.doWork(now: now) + passwords.doWork(now: now)
    }

    func settle() {
        var quiet = 0
        while quiet < 3 { quiet = step() == 0 ? quiet + 1 : 0 }
    }

    /// Lets time pass in steps in which timers are kept.
    func pass(millis: Int) {
        for _ in 0..<millis / 10 { step(nanos: 10_000_000) }
        settle()
    }

    /// Another life of the venue begins.
    func restartVenue(genesis: UInt64, hasSameMarket: Bool = true) {
        let venue = RunningVenue(Engine(capacity: 1 << 12, genesis: genesis))
        self.venue = venue
        venues.genesis = genesis
        venues.hasSameMarket = hasSameMarket
        venues.makeReader = { venue.engine.feed() }
    }

    /// A listener that is logged on.
    func listener(_ session: UInt32 = 90001) -> TestListener {
        let listener = TestListener(self)
        _ = listener.exchange(
            Frames.logon(session: session, password: "apus-\(session)", heartbeat: 60_000))
        return listener
    }

    /// Two sessions of unit 1, one of unit 2, and those who listen.
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
            session(10001, .trading, 0), session(10002, .trading, 0), session(20001, .trading, 1),
            session(90001, .backOffice, 0), session(90002, .backOffice, 1),
            SessionDefinition(
                id: 90000, kind: .operations, unit: .none, passwordHash: "apus-90000"),
        ] + (0..<250).map { session(91_000 + $0, .backOffice, Int($0 % 2)) })

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
        _ id: UInt32, _ kind: SessionDefinition.Kind, _ unit: Int
    ) -> SessionDefinition {
        SessionDefinition(id: id, kind: kind, unit: UnitIndex(unit), passwordHash: "apus-\(id)")
    }
}

/// The listener's end of a connection.
final class TestListener {
    let publisher: Publisher
    let connection: ConnectionIndex
    let peer: FakeNetwork.Peer
    private var lastMsgSeqNum: UInt32 = 1

    init(_ publisher: Publisher) {
        self.publisher = publisher
        connection = publisher.network.connect()
        peer = publisher.network.peers[connection.index]!
    }

    /// Sends, lets everything happen, and returns what came back since the last time.
    func exchange(_ bytes: [UInt8]) -> [Message] {
        publisher.network.deliver(connection, bytes)
        publisher.settle()
        return take()
    }

    /// What came since the last time, heartbeats apart.
    func take() -> [Message] {
        Message.takeAll(from: &peer.received).filter { $0.template != .heartbeatNotification }
    }

    /// The next request of this session.
    func request(_ make: (UInt32) -> [UInt8]) -> [Message] {
        lastMsgSeqNum += 1
        return exchange(make(lastMsgSeqNum))
    }

    @discardableResult
    func subscribe(_ stream: UInt8, scope: UInt32 = .max) -> [Message] {
        request { Frames.subscribe($0, stream: stream, scope: scope) }
    }

    /// What the publisher told since the last time.
    func listen() -> [Message] {
        publisher.settle()
        return take()
    }

    /// Asks again until all of a stream's range has come. The responses are left out.
    func resendAll(behind begin: [UInt8] = [], scope: UInt32 = .max) -> [Message] {
        var messages: [Message] = []
        var begin = begin
        while true {
            let answer = request {
                Frames.retransmitListenerData($0, behind: begin, scope: scope)
            }
            guard let response = answer.first,
                response.template == .retransmitMEMessageResponse,
                response.field("ApplTotalMessageCount") > 0
            else { return messages }
            messages += answer.dropFirst()
            begin = response.rawField("ApplEndMsgID")
        }
    }

    func resendTrades(from begin: UInt64 = .max) -> [Message] {
        var messages: [Message] = []
        var begin = begin
        while true {
            let answer = request { Frames.retransmit($0, from: begin) }
            guard let response = answer.first, response.template == .retransmitResponse,
                response.field("ApplTotalMessageCount") > 0
            else { return messages }
            messages += answer.dropFirst()
            begin = response.field("ApplEndSeqNum") + 1
        }
    }
}

extension Message {
    var applMsgID: [UInt8] { rawField("ApplMsgID") }

    /// The second half of ApplMsgID.
    var idIndex: UInt64 { applMsgID[8...].reduce(0) { $0 << 8 | UInt64($1) } }

    /// The message without what differs from sending to sending.
    var essence: [UInt8] {
        var essence = bytes
        let observations = [
            "TrdRegTSTimeOut", "NotificationIn", "SendingTime", "ApplSubID", "RefApplSubID",
            "ApplResendFlag",
        ]
        let schema = MessageCatalogue.shared.message(templateID: template.rawValue)!
        for slot in schema.slots where observations.contains(slot.field.name) {
            for index in slot.offset..<slot.offset + slot.field.size { essence[index] = 0 }
        }
        return essence
    }
}
