import Domain
import Telemetry

/// What a thread has done since it started, and how long its duty cycles took.
public struct ThreadCounters: CounterRecord, Equatable {
    public var cycles: UInt64 = 0
    public var workCycles: UInt64 = 0
    public var work: UInt64 = 0
    public var busyNanos: UInt64 = 0
    public var sleeps: UInt64 = 0
    public var stalls: UInt64 = 0
    public var longestCycleNanos: UInt64 = 0
    public var recentLongestCycleNanos: UInt64 = 0

    public init() {}

    public static var definitions: [CounterDefinition] {
        [
            .total("thread.cycles", "Duty cycles, with or without work."),
            .total("thread.work_cycles", "Duty cycles that found work."),
            .total("thread.work", "Pieces of work done."),
            .total("thread.busy_nanos", "Time spent in duty cycles that found work."),
            .total("thread.sleeps", "Times the thread went to sleep, and so was woken."),
            .total("thread.stalls", "Duty cycles that took longer than a millisecond."),
            .gauge("thread.cycle_max_nanos", "The longest duty cycle since the start."),
            .gauge(
                "thread.cycle_recent_max_nanos",
                "The longest duty cycle of the last one to two seconds."),
        ]
    }

    /// A duty cycle longer than this is a stall.
    public static let stallNanos: UInt64 = 1_000_000
}

/// Keeps a thread's counters, and says when they and the agents' are to be shown.
///
/// Local to the thread's loop: a duty cycle pays a few additions and comparisons for it.
struct CycleMeter {
    /// Counters are shown at most this often, and before every sleep.
    static let publishNanos: UInt64 = 1_000_000
    /// How long the recent maximum looks back, at least.
    static let recentNanos: UInt64 = 1_000_000_000

    private var tracker = DutyCycleTracker(thresholdNanos: ThreadCounters.stallNanos)
    private var workCycles: UInt64 = 0
    private var work: UInt64 = 0
    private var busyNanos: UInt64 = 0
    private var sleeps: UInt64 = 0
    private var published: Timestamp
    private var publishedWorkCycles: UInt64 = 0
    private var recentStart: Timestamp
    /// The longest cycle of the second under way, and of the one before.
    private var recentMax: UInt64 = 0
    private var previousMax: UInt64 = 0

    init(start: Timestamp) {
        published = start
        recentStart = start
    }

    @inline(__always)
    mutating func cycleEnded(nanos: UInt64, workCount: Int) {
        tracker.record(nanos: nanos)
        if workCount > 0 {
            workCycles &+= 1
            work &+= UInt64(truncatingIfNeeded: workCount)
            busyNanos &+= nanos
        }
    }

    mutating func sleepBegins() { sleeps &+= 1 }

    /// Whether it is time to show the counters. Also when the clock was set back: what was shown last
    /// would otherwise stand until it is as late again.
    @inline(__always)
    func isDue(at now: Timestamp) -> Bool {
        now.nanos &- published.nanos >= Self.publishNanos
    }

    /// Whether there was work since the counters were shown.
    var hasNews: Bool { workCycles != publishedWorkCycles }

    /// The counters as of now; they are taken to be shown.
    mutating func counters(at now: Timestamp) -> ThreadCounters {
        recentMax = max(recentMax, tracker.takeRecentMax())
        published = now
        publishedWorkCycles = workCycles
        var counters = ThreadCounters()
        counters.cycles = tracker.cycleCount
        counters.workCycles = workCycles
        counters.work = work
        counters.busyNanos = busyNanos
        counters.sleeps = sleeps
        counters.stalls = tracker.slowCycleCount
        counters.longestCycleNanos = tracker.maxNanos
        counters.recentLongestCycleNanos = max(recentMax, previousMax)
        if now.nanos &- recentStart.nanos >= Self.recentNanos {
            previousMax = recentMax
            recentMax = 0
            recentStart = now
        }
        return counters
    }
}
