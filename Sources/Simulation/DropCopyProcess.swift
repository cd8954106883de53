import Domain
import DropCopy
import Platform
import Runtime
import SessionServer
import SimulatedPlatform
import Streams

/// One life of the drop copy, beside the venue; its history outlives it.
final class DropCopyProcess {
    let network: SimulatedNetwork
    private let agent: AgentBox<DropCopyAgent>
    private let passwords: AgentBox<PasswordAgent>
    private let status = DropCopyStatus()

    init(_ world: World, seed: UInt64) throws {
        network = SimulatedNetwork(
            seed: seed, clock: world.clock, connectionCapacity: 16)
        network.faults = world.scenario.listenerNetwork
        var link = PasswordLink(queueCapacity: 64)
        let market = world.scenario.configuration.market
        let port = SessionPort(
            .dropCopy, network: network, clock: SimulatedClock.clock, referenceData: market,
            passwords: &link, passwordDoorbell: .silent(), control: PortControl(),
            configuration: SessionPortConfiguration())
        passwords = AgentBox(
            PasswordAgent(
                link: &link, referenceData: market, verify: VenueProcess.isPassword,
                portDoorbell: .silent()))
        guard let events = world.venues.attach() else {
            throw SimulationError("a drop copy begins beside a venue")
        }
        agent = AgentBox(
            try DropCopyAgent(
                port: port, referenceData: market, clock: SimulatedClock.clock, venue: events,
                venues: world.venues, library: world.library, status: status))
    }

    func step(now: Timestamp) -> Int { agent.step(now: now) + passwords.step(now: now) }

    var failure: String? { status.failure }
}

/// The lives of the venue, as the drop copy finds them.
final class SimulatedVenues: VenueSource {
    unowned let world: World

    init(_ world: World) { self.world = world }

    private var attached: UInt64 = 0

    var isLive: Bool { world.venueProcess?.venue.genesis == attached }

    func attach() -> VenueEvents? {
        guard let process = world.venueProcess, let events = try? process.events(),
            let engineOut = try? process.engineOut()
        else { return nil }
        attached = process.venue.genesis
        let history =
            EventHistory(events.callerHeader)
            ?? EventHistory(history: attached, firstSequence: 1)
        let missed = world.archive.map { MissedEvents($0, history: history.history) }
        return VenueEvents(
            genesis: attached, history: history, hasSameMarket: true,
            feed: EventFeed(events, missed: missed) { engineOut.time(of: $0).nanos })
    }
}

/// Histories that outlive whoever writes them, as files would.
final class SimulatedLibrary: HistoryLibrary {
    private var stores: [UInt64: MemorySegments] = [:]

    /// The machine lost its power, and these files with it.
    func lose() { stores = [:] }

    func store(history: UInt64) throws(SegmentError) -> any SegmentStore {
        if let store = stores[history] { return store }
        let store = MemorySegments(segmentBytes: 1 << 20, segmentCountMax: nil)
        stores[history] = store
        return store
    }
}
