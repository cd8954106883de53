import Archive
import Domain
import DropCopy
import Exchange
import LinuxPlatform
import Platform
import Runtime
import SessionServer
import Streams
import Surface
import Telemetry

/// How a publisher runs.
public struct DropCopyOptions: Sendable {
    /// Folder of the archive; nil keeps the history in memory.
    public var archive: String?
    /// The venue's data directory, of which its event archive is read; nil where there is none.
    public var dataDirectory: String?
    /// TCP port; 0 takes any free one.
    public var port: UInt16 = 19006
    /// Spin instead of sleeping when there is nothing to do.
    public var spins = false
    /// Bytes of one piece of the history, and how many pieces memory holds.
    public var segmentBytes = 16 << 20
    public var memorySegments = 8
    public var agent = DropCopyConfiguration()

    public init() {}
}

/// A drop-copy publisher on this machine: the room `DropCopy` on `LinuxPlatform`, beside a venue that
/// shows itself.
///
/// The program `apus-dropcopy` is one, tests and benchmarks make more.
public final class LocalDropCopy {
    /// The port really bound.
    public let port: UInt16
    public let address = "127.0.0.1"
    /// What this machine lacks and what is used instead; a sentence each.
    public let notes: [String]
    private let network: UringNetwork
    private let control = PortControl()
    private let status = DropCopyStatus()
    private let threads: [AgentThread]

    /// Attaches to a venue and binds the port; nothing runs yet.
    public init(_ options: DropCopyOptions, venue: SurfaceReader) throws {
        let configuration = try Configuration(parsing: Array(venue.configuration.utf8))
        let market = configuration.market
        let clock = SystemClock.utc
        var settings = UringNetwork.Configuration()
        settings.address = address
        settings.port = options.port
        settings.frameLengthMax = 32 << 10
        settings.connectionCapacity = configuration.limits.connectionCapacity
        settings.promotedCapacity = market.sessions.filter { $0.kind != .trading }.count
        settings.unreadBytesMax = configuration.limits.unreadBytesMax
        settings.unsentBytesMax = 1 << 20
        network = try UringNetwork(configuration: settings, clock: clock)
        port = network.port

        let publisherBell = Doorbell(sleeper: NetworkSleeper(network))
        let passwordBell = Doorbell(sleeper: FutexSleeper())
        var passwords = PasswordLink()
        var portSettings = SessionPortConfiguration()
        portSettings.logonTimeoutNanos =
            UInt64(configuration.limits.logonTimeoutSeconds) * 1_000_000_000
        portSettings.unsentAgeNanosMax =
            UInt64(configuration.limits.slowConsumerSeconds) * 1_000_000_000
        var plan = CounterPlan()
        let publisherCounters = plan.add(DropCopyCounters.self)
        let portCounters = plan.add(
            SessionCounters.self, label: (key: "port", value: "dropcopy"))
        let threadCounters = ["dropcopy", "passwords"].map {
            plan.add(ThreadCounters.self, label: (key: "thread", value: $0))
        }
        let (counters, refusal) = Self.makeCounters(plan, name: venue.name)
        let sessions = SessionPort(
            .dropCopy, network: network, clock: clock, referenceData: market,
            passwords: &passwords, passwordDoorbell: passwordBell, control: control,
            counters: counters.group(portCounters), configuration: portSettings)
        let archive = try options.dataDirectory.map { path in
            ArchiveFolder(disk: try FolderDisk(path: path, isMade: false))
        }
        let publisher = AgentBox(
            try DropCopyAgent(
                port: sessions, referenceData: market, clock: clock,
                venue: try SurfaceSource.events(of: venue, hasSameMarket: true, archive),
                venues: SurfaceSource(venue, market: market, archive: archive),
                library: try Self.library(options, name: venue.name), status: status,
                counters: counters.group(publisherCounters), configuration: options.agent))
        let checker = AgentBox(
            PasswordAgent(
                link: &passwords, referenceData: market,
                verify: { hash, password in
                    PasswordHash.verify(
                        hash: String(cString: hash), password: String(cString: password))
                }, portDoorbell: publisherBell))
        threads = [
            AgentThread(
                AgentThread.Configuration(
                    name: "dropcopy", idle: options.spins ? .spin : .backoff, clock: clock,
                    processor: SystemProcessor.current, doorbell: publisherBell,
                    counters: counters.group(threadCounters[0])),
                agents: [publisher]),
            AgentThread(
                AgentThread.Configuration(
                    name: "passwords", idle: .backoff, clock: clock,
                    processor: SystemProcessor.current, doorbell: passwordBell,
                    counters: counters.group(threadCounters[1])),
                agents: [checker]),
        ]
        notes = network.report + (refusal.map { [$0] } ?? [])
    }

    /// Counters that others can look at beside the venue's; where that cannot be, nobody sees them.
    private static func makeCounters(
        _ plan: CounterPlan, name: String
    ) -> (counters: CounterBlock, refusal: String?) {
        do {
            let memory = try SurfaceWriter.makeCompanion(
                .dropCopyCounters, name: name, byteCount: plan.byteCount)
            return (try CounterBlock.create(in: memory.bytes, plan, owner: memory), nil)
        } catch {
            return (plan.make(), "other programs cannot look at the counters: \(error)")
        }
    }

    private static func library(
        _ options: DropCopyOptions, name: String
    ) throws -> any HistoryLibrary {
        guard let archive = options.archive else {
            return MemoryLibrary(
                segmentBytes: options.segmentBytes, segmentCountMax: options.memorySegments)
        }
        return ArchiveLibrary(
            folder: try LockedFolder(path: archive, name: name), name: name,
            segmentBytes: options.segmentBytes)
    }

    public func start() throws {
        for thread in threads { try thread.start() }
    }

    /// What happened since the last call, a sentence each.
    public func takeNotices() -> [String] {
        status.takeNotices().map { notice in
            switch notice {
            case .venueLost: "the venue has ended; waiting for it to come back"
            case .venueBack: "the venue is back"
            case .archiveBehind:
                "the venue's event archive is not far enough yet; listeners wait for it"
            case .ringDamaged: "the venue's event ring makes no sense; waiting for another venue"
            }
        }
    }

    /// Why the publisher cannot go on; nil while it can.
    public var failure: String? { status.failure }

    /// Tells every session, waits until all is said (at most `timeoutMillis`), and ends the threads.
    public func stop(timeoutMillis: Int = 5_000) {
        control.requestStop()
        for thread in threads { thread.doorbell.wakeAlways() }
        let deadline = SystemClock.monotonicNanos() + UInt64(timeoutMillis) * 1_000_000
        let pause = FutexSleeper()
        while !control.isStopped, SystemClock.monotonicNanos() < deadline {
            pause.sleep(nanos: 2_000_000)
        }
        for thread in threads { thread.requestStop() }
        for thread in threads { thread.join() }
    }
}
