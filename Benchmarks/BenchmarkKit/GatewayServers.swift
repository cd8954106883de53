import CAllocationCount
import CBaselines
import Client
import Domain
import Exchange
import Glibc
import LinuxPlatform
import LocalVenue
import Runtime

/// Where the benchmarks' two sides run: the client on the lowest core, servers on the highest, which
/// is where a venue's thread plan puts the order path.
enum GatewayCores {
    static let usable: [Int] = (try? CoreSet.usable().cores) ?? [0]
    static var client: Int32 { Int32(usable.first ?? 0) }
    static var server: Int32 { Int32(usable.last ?? 0) }
}

/// A server that spins on its core until it is stopped. Only one runs at a time, or two spinners
/// would share the two cores of a small machine with the client.
protocol BenchServer {
    var port: UInt16 { get }
    func stop()
}

/// The venue as it is shipped, with the demonstration market and its limits, spinning.
struct VenueServer: BenchServer {
    let venue: LocalVenue
    /// Under which other programs find it.
    let name: String
    var port: UInt16 { venue.port }

    init(
        _ threads: RuntimeSettings.Threads, sessions: Int = 1, listeners: Int = 1,
        profile: RuntimeSettings.Profile = .latency, logonTimeoutSeconds: Int = 30,
        feed: FeedSettings = .off, durability: DurabilitySettings = DurabilitySettings()
    ) throws {
        var configuration = Self.configuration(threads, sessions, logonTimeoutSeconds)
        configuration.runtime.profile = profile
        configuration.feed = feed
        configuration.durability = durability
        let office = configuration.market.sessions.first { $0.id == 90001 }
        for listener in 1..<max(listeners, 1) + 1 where listener < listeners {
            guard var office else { break }
            office.id = Self.backOffice(listener)
            configuration.market.sessions.append(office)
        }
        name = configuration.runtime.name
        do {
            venue = try LocalVenue(configuration)
            try venue.start()
        } catch {
            throw BenchmarkError("the venue does not start: \(error)")
        }
    }

    func stop() { venue.stop() }

    /// The first unit's back office, or one of those added for the benchmark.
    static func backOffice(_ listener: Int) -> UInt32 {
        listener == 0 ? 90001 : 91000 + UInt32(listener)
    }

    /// The first session's credentials, or those of one of the sessions added for the benchmark.
    static func credentials(_ session: Int = 0) -> Credentials {
        Credentials(
            session: session == 0 ? 10001 : addedSession(session),
            sessionPassword: session == 0 ? "apus-1" : addedSecret.secret,
            trader: 11, traderPassword: "apus-11")
    }

    /// Clear of the demonstration's own numbers.
    private static func addedSession(_ session: Int) -> UInt32 { 100_000 + UInt32(session) }

    /// What all added sessions log on with; its hash is quick to check, so that thousands are.
    private static let addedSecret: (secret: String, hash: String) = {
        guard let made = try? PasswordHash.makeRandom() else {
            preconditionFailure("the system has random bytes and a hash for passwords")
        }
        return made
    }()

    private static func configuration(
        _ threads: RuntimeSettings.Threads, _ sessions: Int, _ logonTimeoutSeconds: Int
    ) -> Configuration {
        var configuration = Configuration.demonstration
        configuration.runtime.port = 0
        configuration.runtime.name = "bench-\(getpid())"
        configuration.runtime.profile = .latency
        configuration.runtime.threads = threads
        configuration.limits.logonTimeoutSeconds = logonTimeoutSeconds
        configuration.limits.connectionCapacity = max(
            configuration.limits.connectionCapacity, sessions + 64)
        let first = configuration.market.sessions[0]
        for session in 1..<max(sessions, 1) + 1 where session < sessions {
            configuration.market.sessions.append(
                SessionDefinition(
                    id: addedSession(session), kind: .trading, unit: first.unit,
                    passwordHash: addedSecret.hash))
        }
        return configuration
    }
}

/// A server in C that answers without a look at what it read.
final class EchoServer: BenchServer {
    enum Kind {
        /// One ring, standing receive, spinning on the flag: what the gateway's network is made of.
        case uring
        /// Plain non-blocking receive and send in a loop.
        case plain
        /// One ring that says when there is something, then receive and send as in `plain`.
        case hybrid
        /// As `uring`, with a group commit to a file of this folder before the answers.
        case committing(folder: String)
    }

    /// What a lean order takes in the journal on the average, as `bench --filter journal.append` says.
    private static let recordBytes: UInt32 = 110
    private static let fileBytes: UInt64 = 64 << 20

    let port: UInt16
    private let listener: Int32
    private let thread: Thread
    private let isStopped: UnsafeMutablePointer<Bool>

    init(_ kind: Kind) throws {
        var port: UInt16 = 0
        let listener = cbaselines_listen(&port)
        guard listener >= 0 else {
            throw BenchmarkError("the echo cannot listen: \(String(cString: strerror(-listener)))")
        }
        self.listener = listener
        self.port = port
        let isStopped = UnsafeMutablePointer<Bool>.allocate(capacity: 1)
        isStopped.initialize(to: false)
        self.isStopped = isStopped
        var file: Int32 = -1
        if case .committing(let folder) = kind {
            file = cbaselines_make_file(folder + "/echo", Self.fileBytes, 1)
            guard file >= 0 else { throw BenchmarkError("the echo's file cannot be made") }
        }
        thread = Thread { [file] in
            Cores.pin(GatewayCores.server)
            let length = UInt32(GatewayClient.messageLength)
            let result =
                switch kind {
                case .uring: cbaselines_echo_uring(listener, length, length, isStopped)
                case .plain: cbaselines_echo_plain(listener, length, length, isStopped)
                case .hybrid: cbaselines_echo_hybrid(listener, length, length, isStopped)
                case .committing:
                    cbaselines_echo_commit(
                        listener, length, length, isStopped, file, Self.fileBytes,
                        Self.recordBytes, GatewayCores.client)
                }
            if file >= 0 { cbaselines_close(file) }
            return UInt64(bitPattern: Int64(result))
        }
    }

    func stop() {
        isStopped.pointee = true
        _ = thread.join()
        cbaselines_close(listener)
        isStopped.deallocate()
    }
}

/// Runs a client's part on its core, and brings back what it threw.
func onClientCore<Value>(_ body: @escaping () throws -> Value) throws -> Value {
    try onCore(GatewayCores.client, body)
}

/// Runs something on a core, and brings back what it threw.
func onCore<Value>(_ core: Int32, _ body: @escaping () throws -> Value) throws -> Value {
    let result = Box<Result<Value, any Error>?>(nil)
    let thread = Thread {
        Cores.pin(core)
        result.value = Result { try body() }
        return 0
    }
    _ = thread.join()
    return try result.value!.get()
}

/// Measures several things in turns; who begins moves on from turn to turn.
func interleaved(
    _ turns: Int, _ bodies: [() throws -> Double]
) throws -> [[Double]] {
    var values = bodies.map { _ in [Double]() }
    for turn in 0..<turns {
        for position in bodies.indices {
            let which = (turn + position) % bodies.count
            values[which].append(try bodies[which]())
        }
    }
    return values
}

/// What all threads but the calling one allocate during `body`: the server's, as nobody else runs.
func allocationsOfOthers(_ body: () throws -> Void) rethrows -> Int {
    let before = allocationcount_process() - allocationcount_thread()
    try body()
    return Int(allocationcount_process() - allocationcount_thread() - before)
}
