import Domain
import Exchange
import LatencyAnalysis
import LinuxPlatform
import Rings
import Streams
import Surface
import Telemetry

/// The venue as its shared memory shows it: names, counters, and the stamps of every request.
///
/// A venue that is not there, or ends, is looked for again.
public final class VenueWatch {
    private let name: String
    private var attached: Attached?
    private var nextTry: UInt64 = 0

    private static let retryNanos: UInt64 = 500_000_000

    public init(name: String) { self.name = name }

    /// Takes what is new, and once a second works out rates. True when the figures changed.
    public func look() throws(SurfaceError) -> Bool {
        let now = SystemClock.monotonicNanos()
        if let current = attached {
            if current.look(now) { return true }
            guard now >= nextTry else { return false }
            nextTry = now + Self.retryNanos
            guard !current.isLive else { return false }
            attached = nil
            return true
        }
        guard now >= nextTry else { return false }
        nextTry = now + Self.retryNanos
        do throws(SurfaceError) {
            attached = try Attached(name)
        } catch .noVenue {
            return false
        }
        return true
    }

    public func fill(_ state: inout ScreenState) {
        state.venue.name = name
        guard let attached else {
            state.venue = VenueFigures()
            state.venue.name = name
            return
        }
        if state.venue.isAttached == false { attached.fillNames(&state) }
        attached.fill(&state.venue)
    }
}

/// One life of the venue.
private final class Attached {
    private let venue: SurfaceReader
    private let counters: CounterReader
    private let market: ReferenceData
    @exclusivity(unchecked) private var stamps: BroadcastRing<RequestStamps>.LossyReader
    private let pipeline: LatencyPipeline
    private let noHiccups = LatencyHistogram()
    /// By session: requests, and rejects among the answers.
    @exclusivity(unchecked) private var sessions:
        [UInt32: (requests: UInt64, rejects: UInt64, before: UInt64, perSecond: Double)] = [:]
    private var total: UInt64 = 0
    private var totalBefore: UInt64 = 0
    private var perSecond = 0.0
    private var lastInterval = SystemClock.monotonicNanos()

    private static let intervalNanos: UInt64 = 1_000_000_000
    /// Template of a Reject.
    private static let reject: UInt16 = 10010

    init(_ name: String) throws(SurfaceError) {
        venue = try SurfaceReader.attach(name: name)
        counters = try venue.counters()
        stamps = try venue.stamps(from: .newest)
        market =
            (try? Configuration(parsing: Array(venue.configuration.utf8)))?.market
            ?? ReferenceData(
                marketID: 0, partitionID: 0, organisation: "", products: [], instruments: [],
                units: [], sessions: [])
        pipeline = LatencyPipeline(
            start: SystemClock.utc.now(), seriesCapacity: 2)
    }

    var isLive: Bool { venue.isLive }

    /// Empties the ring of stamps; once a second closes an interval, and says so.
    func look(_ now: UInt64) -> Bool {
        reading: for _ in 0..<stamps.capacity {
            switch stamps.next() {
            case .empty, .damaged: break reading
            case .overrun(let lostFrom, let resumeAt):
                pipeline.noteOverrun(lost: resumeAt - lostFrom)
            case .record: note(stamps.record)
            }
        }
        guard now - lastInterval >= Self.intervalNanos else { return false }
        closeInterval(Double(now - lastInterval) / 1e9)
        lastInterval = now
        return true
    }

    private func note(_ stamp: RequestStamps) {
        pipeline.note(stamp)
        total += 1
        sessions[stamp.sessionID, default: (0, 0, 0, 0)].requests += 1
        if stamp.templateID == Self.reject {
            sessions[stamp.sessionID, default: (0, 0, 0, 0)].rejects += 1
        }
    }

    private func closeInterval(_ seconds: Double) {
        perSecond = Double(total - totalBefore) / seconds
        totalBefore = total
        for (session, figures) in sessions {
            sessions[session]?.perSecond = Double(figures.requests - figures.before) / seconds
            sessions[session]?.before = figures.requests
        }
        pipeline.closeInterval(at: SystemClock.utc.now(), hiccups: noHiccups)
    }

    /// Names and ticks of the instruments, in the configuration's order.
    func fillNames(_ state: inout ScreenState) {
        let chosen = state.chosenRow?.securityID
        var rows: [MarketRow] = []
        for instrument in market.instruments {
            let product = market.products[instrument.product.index]
            let securityID = UInt32(truncatingIfNeeded: instrument.securityID)
            var row =
                state.row(of: securityID)
                ?? MarketRow(securityID: securityID, name: "", product: product.marketSegmentID)
            row.name = instrument.name
            row.tick = product.tick
            rows.append(row)
        }
        let named = Set(rows.map(\.securityID))
        state.market = rows + state.market.filter { !named.contains($0.securityID) }
        if let chosen, let index = state.market.firstIndex(where: { $0.securityID == chosen }) {
            state.chosen = index
        }
    }

    func fill(_ figures: inout VenueFigures) {
        figures.isAttached = true
        let now = SystemClock.utc.now().nanos
        figures.uptimeNanos = now > venue.genesis ? now - venue.genesis : 0
        figures.requestsPerSecond = perSecond
        figures.sessionsLoggedOn = value("port.sessions_logged_on{port=order}")
        figures.sessions = sessions.map {
            SessionRow(
                session: $0.key, perSecond: $0.value.perSecond, requests: $0.value.requests,
                rejects: $0.value.rejects)
        }.sorted { ($1.perSecond, $0.session) < ($0.perSecond, $1.session) }
        figures.stages = pipeline.summaries().filter { $0.percentiles.count > 0 }.map {
            StageRow(
                label: $0.stage.label, count: $0.percentiles.count, p50: $0.percentiles.p50,
                p99: $0.percentiles.p99, p999: $0.percentiles.p999, max: $0.percentiles.max)
        }
    }

    private func value(_ name: String) -> UInt64 {
        counters.definitions.firstIndex { $0.name == name }.map { counters.value(at: $0) } ?? 0
    }
}
