import Domain
import Platform
import Runtime
import SimulatedPlatform
import Streams
import TestSupport
import Testing
import Wire

@testable import Exchange

/// A market on a simulated disk, one life after the other: clients speak to it through a network in
/// memory, and it can be taken away at any moment.
final class KeptMarket {
    var configuration: Configuration
    private(set) var disk: SimulatedDisk
    let clock = SimulatedClock()
    private(set) var network: FakeNetwork
    /// The public feed of this life.
    private(set) var datagrams = FakeDatagrams()
    private(set) var venue: Venue?
    /// What the venue of this life said at its start.
    private(set) var report: [String] = []

    init(
        mode: DurabilitySettings.Mode = .async, seed: UInt64 = 1,
        change: (inout Configuration) -> Void = { _ in }
    ) throws {
        configuration = .demonstration
        configuration.market.sessions = configuration.market.sessions.map {
            var session = $0
            session.passwordHash =
                "apus-\(session.id >= 90000 ? Int(session.id) : Int(session.id) / 10_000)"
            return session
        }
        configuration.market.units = configuration.market.units.map {
            var unit = $0
            unit.traders = unit.traders.map {
                var trader = $0
                trader.passwordHash = "apus-\(trader.id.raw)"
                return trader
            }
            return unit
        }
        configuration.limits.orderCapacity = 4096
        configuration.limits.orderDetailsCapacity = 1024
        configuration.limits.pricePageCapacity = 1024
        configuration.limits.eventRingCapacity = 4096
        configuration.limits.massCancelSlice = 4
        configuration.durability = .standard("market")
        configuration.durability.mode = mode
        configuration.durability.segmentMebibytes = 1
        configuration.durability.snapshotEveryCommands = 1000
        change(&configuration)
        disk = SimulatedDisk(seed: seed, clock: clock)
        network = FakeNetwork(clock: SimulatedClock.clock)
        try start()
    }

    func start() throws {
        try clock.use {
            clock.advance(nanos: 1_000_000)
            network = FakeNetwork(clock: SimulatedClock.clock)
            datagrams = FakeDatagrams()
            var environment = VenueEnvironment(
                network: network, clock: SimulatedClock.clock,
                processor: .indifferent,
                verifyPassword: { hash, password in
                    String(cString: hash) == String(cString: password)
                },
                usableCores: [0], makeSleeper: { SimulatedSleeper() }, orderIDKey: 0x1234_5678)
            environment.storage = disk
            environment.datagrams = datagrams
            let venue = try Venue(configuration, plan: .stepped, environment: environment)
            report = venue.report
            self.venue = venue
        }
    }

    /// Ends the process without a word and starts it again.
    func kill() throws {
        disk.kill()
        venue = nil
        try start()
    }

    func cutPower() throws {
        disk.cutPower()
        venue = nil
        try start()
    }

    /// Ends the venue as a signal does.
    func stop() {
        clock.use {
            venue?.requestStop()
            settle()
            venue?.join()
        }
        venue = nil
    }

    /// A duty cycle of everybody.
    @discardableResult func step() -> Int {
        clock.use {
            clock.advance(nanos: 25_000)
            return venue?.step(now: SimulatedClock.clock.now()) ?? 0
        }
    }

    /// Until nobody had work for a while; the disk may take part of that.
    func settle() {
        var quiet = 0
        while quiet < 40 { quiet = step() == 0 ? quiet + 1 : 0 }
    }

    /// A client that is logged on, with its trader.
    func trading(_ session: UInt32 = 10001, trader: UInt32? = 11) -> KeptClient {
        let client = KeptClient(self)
        let password = session >= 90000 ? "apus-\(session)" : "apus-\(session / 10_000)"
        client.send(Frames.logon(session: session, password: password))
        settle()
        if let trader {
            client.send(Frames.userLogin(2, user: trader, password: "apus-\(trader)"))
            settle()
        }
        client.nextMsgSeqNum = trader == nil ? 2 : 3
        let answers = client.take().map(\.template)
        #expect(answers.allSatisfy { $0 != .reject })
        return client
    }
}

final class KeptClient {
    let market: KeptMarket
    let connection: ConnectionIndex
    let peer: FakeNetwork.Peer
    var nextMsgSeqNum: UInt32 = 1

    init(_ market: KeptMarket) {
        self.market = market
        connection = market.network.connect()
        peer = market.network.peers[connection.index]!
    }

    func send(_ bytes: [UInt8]) { market.network.deliver(connection, bytes) }

    /// Sends a request with the next number, lets everything happen, and returns what came back.
    func exchange(_ make: (UInt32) -> [UInt8]) -> [Message] {
        send(make(nextMsgSeqNum))
        nextMsgSeqNum += 1
        market.settle()
        return take()
    }

    func take() -> [Message] { Message.takeAll(from: &peer.received) }
}
