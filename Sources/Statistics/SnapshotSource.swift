import LinuxPlatform
import Streams
import Surface
import Telemetry

/// Takes snapshots of a venue that runs on this machine.
struct SnapshotSource {
    private let venue: SurfaceReader
    private let counters: CounterReader

    /// Looks at the venue of this name; throws a sentence when none runs.
    init(name: String) throws(SurfaceError) {
        venue = try SurfaceReader.attach(name: name)
        counters = try venue.counters()
    }

    /// Whether the venue still runs.
    var isLive: Bool { venue.isLive }

    /// The counters as of now. The publisher of the drop copy is looked for every time: it comes and
    /// goes as it likes.
    func take() throws(SurfaceError) -> Snapshot {
        var programs = [Snapshot.Program(name: "venue", reading: counters)]
        let dropCopy = try SurfaceReader.counters(.dropCopyCounters, name: venue.name)
        if let dropCopy {
            programs.append(Snapshot.Program(name: "dropcopy", reading: dropCopy))
        }
        return Snapshot(
            venue: venue.name, processID: venue.processID, startNanos: venue.genesis,
            timeNanos: SystemClock.utc.now().nanos, programs: programs)
    }
}
