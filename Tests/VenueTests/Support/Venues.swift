import Exchange
import Glibc
import LocalVenue
import Synchronization
import Testing

/// Everything here runs a venue with real threads and sockets, one at a time.
@Suite("Venue", .serialized)
enum VenueSuites {}

/// Runs `body` against a venue on a free port of this machine, and stops the venue whatever happens.
func withVenue<Result>(
    _ configuration: Configuration = .onAnyPort, _ body: (LocalVenue) throws -> Result
) throws -> Result {
    let venue = try LocalVenue(configuration)
    try venue.start()
    defer { venue.stop() }
    return try body(venue)
}

/// A venue's name that nobody else on this machine has.
func uniqueVenueName() -> String {
    "test-\(getpid())-\(venueCount.add(1, ordering: .relaxed).newValue)"
}

private let venueCount = Atomic<Int>(0)

extension Configuration {
    /// The demonstration market on any free port, under a name of its own.
    static var onAnyPort: Configuration { with { _ in } }

    static func with(_ change: (inout Configuration) -> Void) -> Configuration {
        var configuration = Configuration.demonstration
        configuration.runtime.port = 0
        configuration.runtime.name = uniqueVenueName()
        change(&configuration)
        return configuration
    }
}

/// Participants of the demonstration market.
struct Member {
    let session: UInt32
    let trader: UInt32
    let password: String
    let traderPassword: String

    static let one = Member(10001, trader: 11)
    static let two = Member(20001, trader: 21)
    static let three = Member(30001, trader: 31)

    private init(_ session: UInt32, trader: UInt32) {
        self.session = session
        self.trader = trader
        password = "apus-\(session / 10_000)"
        traderPassword = "apus-\(trader)"
    }
}

extension LocalVenue {
    /// A bare connection.
    func connect() throws -> TestClient { try TestClient(port: port) }

    /// A session that is logged on with its trader.
    func member(_ member: Member, heartbeat: UInt32 = 60_000) throws -> TestClient {
        let client = try connect()
        try client.logOn(member, heartbeat: heartbeat)
        return client
    }
}
