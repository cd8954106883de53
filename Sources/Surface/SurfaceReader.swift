import Domain
import Glibc
import LinuxPlatform
import Rings
import Streams
import Telemetry

/// A running venue as other programs see it: its events, stamps, counters and configuration.
///
/// Everything is mapped read only, so a reader can come, go, crash or hang without the venue noticing.
/// All of it was written by another process and is checked before it is believed. The readers it hands
/// out keep their memory mapped; they go on working, on memory nobody writes any more, after the venue
/// has ended. Whoever wants to know looks at `isLive` now and then, and attaches again.
///
/// ```swift
/// let venue = try SurfaceReader.attach(name: "demo")
/// var events = try venue.events(from: .newest)
/// while venue.isLive { ... }
/// ```
public final class SurfaceReader: Sendable {
    public let name: String
    public let header: ConfigPart.Header
    /// The configuration in effect, as JSON: `Configuration(parsing:)` reads it.
    public let configuration: String
    /// When the engine was done with its last commands.
    public let engineOut: EngineOutLog.Reader
    /// When the public was told of its last transactions, by ExecID.
    public let publicOut: EngineOutLog.Reader
    /// Which history the events continue; nil when the venue does not say.
    public let eventHistory: EventHistory?
    /// Slots of the event ring.
    public let eventCapacity: Int

    private let configPart: SharedPart
    private let eventsPart: SharedPart
    private let stampsPart: SharedPart
    private let countersPart: SharedPart

    /// Tells one life of the venue from the next.
    public var genesis: UInt64 { header.genesis }

    public var processID: Int32 { header.processID }

    /// Looks at the venue of this name. Throws `SurfaceError.noVenue` when none runs, or when it ends
    /// or is replaced at this moment.
    public static func attach(name: String) throws(SurfaceError) -> SurfaceReader {
        do throws(SurfaceError) {
            return try SurfaceReader(name)
        } catch .mixedLives {
            throw .noVenue(name)
        }
    }

    /// Looks at the venue of this name as soon as there is one. Nil when `goesOn` says no first; it is
    /// asked at the start and then every `intervalMillis`.
    public static func wait(
        name: String, intervalMillis: UInt32 = 100, while goesOn: () -> Bool
    ) throws(SurfaceError) -> SurfaceReader? {
        while goesOn() {
            do {
                return try attach(name: name)
            } catch .noVenue {
                usleep(intervalMillis * 1000)
            }
        }
        return nil
    }

    private init(_ name: String) throws(SurfaceError) {
        self.name = name
        configPart = try Self.livingConfig(name)
        guard let header = try Self.header(configPart) else { throw .noVenue(name) }
        self.header = header
        do throws(SurfaceLayoutError) {
            configuration = try ConfigPart.text(of: configPart.region)
        } catch {
            throw .layout(error)
        }
        eventsPart = try Self.part(.events, name)
        stampsPart = try Self.part(.stamps, name)
        countersPart = try Self.part(.counters, name)
        let events = try Self.reader(Event.self, .events, eventsPart, .newest)
        let (capacity, genesis) = (events.capacity, events.genesis)
        eventHistory = EventHistory(events.callerHeader)
        guard genesis == header.genesis else { throw .mixedLives(.events) }
        let stampsGenesis = try Self.reader(RequestStamps.self, .stamps, stampsPart, .newest)
            .genesis
        guard stampsGenesis == header.genesis else { throw .mixedLives(.stamps) }
        eventCapacity = capacity
        engineOut = try Self.log(eventsPart, at: EventsPart.engineOutOffset(capacity: capacity))
        publicOut = try Self.log(eventsPart, at: EventsPart.publicOutOffset(capacity: capacity))
        // The venue may have ended while its parts were looked at one by one.
        guard isLive else { throw .noVenue(name) }
    }

    /// Whether this life of the venue still runs: nobody ended, killed or replaced it.
    public var isLive: Bool { configPart.isLocked && configPart.isCurrent }

    /// A reader of the venue's events, one of many.
    public func events(
        from start: BroadcastRing<Event>.LossyReader.Start = .oldest
    ) throws(SurfaceError) -> BroadcastRing<Event>.LossyReader {
        try Self.reader(Event.self, .events, eventsPart, start)
    }

    /// A reader of the stamps of answered requests, one of many.
    public func stamps(
        from start: BroadcastRing<RequestStamps>.LossyReader.Start = .oldest
    ) throws(SurfaceError) -> BroadcastRing<RequestStamps>.LossyReader {
        try Self.reader(RequestStamps.self, .stamps, stampsPart, start)
    }

    /// The venue's counters.
    public func counters() throws(SurfaceError) -> CounterReader {
        try Self.counterReader(countersPart)
    }

    /// The counters of a program that accompanies the venue of this name; nil when it does not run.
    public static func counters(
        _ part: SurfacePart, name: String
    ) throws(SurfaceError) -> CounterReader? {
        let found: SharedPart
        do throws(SurfaceError) {
            found = try Self.part(part, name)
        } catch .noVenue {
            return nil
        }
        return found.isLocked ? try counterReader(found) : nil
    }

    /// The process that runs the venue of this name.
    static func processID(ofVenue name: String) throws(SurfaceError) -> Int32? {
        try header(livingConfig(name))?.processID
    }

    // MARK: Checks

    private static func livingConfig(_ name: String) throws(SurfaceError) -> SharedPart {
        let found = try part(.config, name)
        guard found.isLocked else { throw .noVenue(name) }
        return found
    }

    private static func header(
        _ config: SharedPart
    ) throws(SurfaceError) -> ConfigPart.Header? {
        do throws(SurfaceLayoutError) {
            return try ConfigPart.header(of: config.region)
        } catch {
            throw .layout(error)
        }
    }

    private static func part(
        _ part: SurfacePart, _ name: String
    ) throws(SurfaceError) -> SharedPart {
        do throws(SystemError) {
            return SharedPart(try SharedMemory.attach(name: name, part: part.rawValue))
        } catch {
            if error.code == ENOENT { throw .noVenue(name) }
            throw .system(error)
        }
    }

    private static func reader<Record: SlottedRecord>(
        _ type: Record.Type, _ part: SurfacePart, _ memory: SharedPart,
        _ start: BroadcastRing<Record>.LossyReader.Start
    ) throws(SurfaceError) -> BroadcastRing<Record>.LossyReader {
        do throws(RingError) {
            return try BroadcastRing<Record>.LossyReader(
                in: memory.region, from: start, owner: memory)
        } catch {
            throw .ring(part, error)
        }
    }

    private static func log(
        _ part: SharedPart, at offset: Int
    ) throws(SurfaceError) -> EngineOutLog.Reader {
        guard offset <= part.region.count else { throw .layout(.contradiction(.events)) }
        do throws(SurfaceLayoutError) {
            return try EngineOutLog.Reader(
                in: UnsafeRawBufferPointer(rebasing: part.region[offset...]), owner: part)
        } catch {
            throw .layout(error)
        }
    }

    private static func counterReader(_ part: SharedPart) throws(SurfaceError) -> CounterReader {
        do throws(CounterError) {
            return try CounterReader(in: part.region, owner: part)
        } catch {
            throw .counters(error)
        }
    }
}
