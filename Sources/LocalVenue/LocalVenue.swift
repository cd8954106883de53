import Exchange
import Glibc
import LinuxPlatform
import Platform
import Runtime
import Streams
import Surface

/// A venue on this machine: the rooms of `Exchange` on `LinuxPlatform`, with real sockets, real time
/// and real threads.
///
/// The program `apus-exchange` is one, benchmarks and tests make more.
public final class LocalVenue {
    /// Port of the trading gateway, the one really bound.
    public let port: UInt16
    public let address: String
    /// What this machine lacks and what is used instead, and how threads are placed; a sentence each.
    public let notes: [String]
    private let venue: Venue
    private let network: UringNetwork
    private let surface: SurfaceWriter?
    /// Held as long as the venue lives: a folder has one at a time.
    private let lock: LockedFolder?

    /// Brings the market back from the folder that is to be kept in, binds the port and makes all memory;
    /// nothing runs yet. `progress` is told about once a second what goes on in a long recovery.
    ///
    /// A venue that `isShown` has events, stamps, counters and configuration in shared memory under
    /// its name, which it must be the only one to have. Where that memory cannot be had it runs without
    /// being seen, and says so.
    public init(
        _ configuration: Configuration, isShown: Bool = true,
        progress: @escaping (String) -> Void = { _ in }
    ) throws {
        let clock = SystemClock.utc
        let folder = configuration.durability.dataDirectory
        let disk = folder.isEmpty ? nil : try FolderDisk(path: folder)
        lock = folder.isEmpty ? nil : try LockedFolder(path: folder, name: "venue")
        let cores = try CoreSet.usable().cores
        var settings = UringNetwork.Configuration()
        settings.address = configuration.runtime.address
        settings.port = configuration.runtime.port
        settings.frameLengthMax = 32 << 10
        settings.connectionCapacity = configuration.limits.connectionCapacity
        settings.promotedCapacity = configuration.market.sessions.count
        settings.unreadBytesMax = configuration.limits.unreadBytesMax
        settings.unsentBytesMax = configuration.limits.unsentBytesMax
        settings.touchesBuffers = configuration.runtime.profile == .latency
        network = try UringNetwork(configuration: settings, clock: clock)
        let datagrams = try Self.socket(for: configuration.feed)
        let plan = configuration.threadPlan(usableCoreCount: cores.count)
        var notes = network.report
        var surface: SurfaceWriter?
        if isShown {
            do throws(SurfaceError) {
                surface = try SurfaceWriter(
                    name: configuration.runtime.name,
                    configuration: configuration.inEffect(plan: plan, port: network.port)
                        .printed(), processID: getpid())
            } catch .system(let error) {
                notes.append(Self.unseen(error))
            }
        }
        var environment = VenueEnvironment(
            network: network, clock: clock, processor: SystemProcessor.current,
            verifyPassword: { hash, password in
                PasswordHash.verify(
                    hash: String(cString: hash), password: String(cString: password))
            },
            usableCores: cores, makeSleeper: { FutexSleeper() },
            orderIDKey: .random(in: 1 ... .max), datagrams: datagrams,
            storage: disk,
            makeMemory: { part, byteCount in
                do throws(SurfaceError) {
                    if let memory = try surface?.make(part, byteCount: byteCount) {
                        return memory
                    }
                } catch {
                    notes.append(Self.unseen(error))
                    surface = nil
                }
                return PartMemory(byteCount: byteCount)
            })
        environment.reportProgress = progress
        venue = try Venue(configuration, plan: plan, environment: environment)
        surface?.show(genesis: venue.genesis)
        self.surface = surface
        port = network.port
        address = configuration.runtime.address
        notes.append(venue.summary)
        notes += venue.report
        notes += Self.notes(on: configuration.feed)
        if configuration.runtime.profile == .latency, let refused = MemoryLock.lockAll() {
            notes.append(refused)
        }
        self.notes = notes
    }

    /// What the feed leaves by; nil when there is none.
    private static func socket(for feed: FeedSettings) throws -> DatagramSocket? {
        guard !feed.isOff else { return nil }
        return try DatagramSocket(
            to: feed.receivers, interface: feed.interface.isEmpty ? nil : feed.interface,
            multicastHops: feed.hops)
    }

    private static func notes(on feed: FeedSettings) -> [String] {
        guard !feed.isOff else { return [] }
        let receivers = feed.receivers.map(\.description).joined(separator: ", ")
        return ["public market data goes to \(receivers), snapshots to the port below"]
    }

    private static func unseen(_ error: some Error) -> String {
        "other programs cannot look at this venue: \(error)"
    }

    public func start() throws { try venue.start() }

    /// What a person should hear of, since the last call.
    public func takeNotices() -> [String] { venue.notices.take() }

    /// How often the network entered the kernel. To be read after `stop`.
    public var kernelEntries: UInt64 {
        let counters = network.counters
        return counters.enters + counters.sends + counters.reads
    }

    /// Takes no more connections, tells every session, waits until all is said (at most
    /// `timeoutMillis`), and ends the threads.
    public func stop(timeoutMillis: Int = 5_000) {
        venue.requestStop()
        let deadline = SystemClock.monotonicNanos() + UInt64(timeoutMillis) * 1_000_000
        let pause = FutexSleeper()
        while !venue.isStopped, SystemClock.monotonicNanos() < deadline {
            pause.sleep(nanos: 2_000_000)
        }
        venue.join()
        surface?.end()
    }
}
