import LinuxPlatform
import OrderFlow
import Synchronization
import Telemetry

/// Measures what the machine itself does to a program that wants to run: a thread that only reads the
/// clock.
///
/// With a core to itself it gives a value for each millisecond: the longest time between two readings
/// within it. Otherwise it sleeps five milliseconds at a time, and the value is how late the sleep ended:
/// more waking up than that would be noticed by those who are measured. A pause of many such periods
/// counts for each of them, as it would for requests that arrive all the time.
final class HiccupMeter: @unchecked Sendable {
    // Unchecked: writer and longest gaps are the thread's until it has been joined, the reader is
    // the caller's, the rest is constant or atomic.
    private let spins: Bool
    @exclusivity(unchecked) private var writer: IntervalRecorder.Writer
    @exclusivity(unchecked) private var reader: IntervalRecorder.Reader
    private var longest = LongestGaps()
    private let stops = Atomic<Bool>(false)
    private let thread = MeasuringThread()

    private let periodNanos: UInt64

    init(spins: Bool) {
        self.spins = spins
        periodNanos = spins ? 1_000_000 : 5_000_000
        var ends = IntervalRecorder.make()
        writer = ends.takeWriter()
        reader = ends.takeReader()
    }

    func start() throws(ToolError) {
        try thread.start("hiccups") { [self] in spins ? spin() : nap() }
    }

    /// Ends the thread; the longest pauses with their moments, longest first.
    func stop() -> [(atNanos: UInt64, nanos: UInt64)] {
        stops.store(true, ordering: .relaxed)
        thread.join()
        return longest.gaps
    }

    /// The values since the last call. Empty when the thread itself stands still at the moment, or
    /// sleeps for longer than a call waits: they come with the next call then.
    func withInterval(_ body: (borrowing LatencyHistogram) -> Void) {
        reader.request()
        for _ in 0..<10 where !reader.isReady { Nap.nanos(1_000_000) }
        guard reader.isReady else { return body(LatencyHistogram()) }
        reader.withInterval(body)
    }

    private var isStopped: Bool { stops.load(ordering: .relaxed) }

    private func spin() {
        var last = SystemClock.monotonicNanos()
        while !isStopped {
            let end = last + periodNanos
            var gap: UInt64 = 0
            while last < end {
                let now = SystemClock.monotonicNanos()
                gap = max(gap, now - last)
                last = now
            }
            note(gap)
        }
    }

    private func nap() {
        Nap.sharpenTimers()
        var due = SystemClock.monotonicNanos()
        while !isStopped {
            due += periodNanos
            Nap.until(monotonicNanos: due)
            let now = SystemClock.monotonicNanos()
            note(now - min(now, due))
            due = now
        }
    }

    private func note(_ gap: UInt64) {
        var gap = gap
        longest.note(gap)
        writer.record(gap)
        while gap > 2 * periodNanos {
            gap -= periodNanos
            writer.record(gap)
        }
    }
}

/// The ten longest gaps, longest first, with the moments at which they ended.
private struct LongestGaps {
    private(set) var gaps: [(atNanos: UInt64, nanos: UInt64)] = []
    private static let capacity = 10

    init() { gaps.reserveCapacity(Self.capacity + 1) }

    mutating func note(_ nanos: UInt64) {
        if gaps.count == Self.capacity, nanos <= gaps[Self.capacity - 1].nanos { return }
        let place = gaps.firstIndex { $0.nanos < nanos } ?? gaps.count
        gaps.insert((SystemClock.utc.now().nanos, nanos), at: place)
        if gaps.count > Self.capacity { gaps.removeLast() }
    }
}
