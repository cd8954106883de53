import Exchange
import OrderFlow

/// What is done to the programs in each run.
enum Fault: String, CaseIterable {
    /// `kill -9`.
    case kill
    /// SIGSTOP for a while.
    case pause
    /// The disk of the data directory becomes full, and has room again.
    case fullDisk = "full-disk"
    /// The data directory cannot be written to at the start.
    case readOnly = "read-only"
    /// The machine's time is set ahead and back, while orders flow and between two lives.
    case clock
    /// Few file descriptors, all of them taken.
    case descriptors
    /// The journal's end is cut off after a clean end.
    case truncated
    /// A bit in the middle of the journal is another.
    case flipped
    /// The newest snapshot is damaged.
    case snapshot
}

/// Which of the programs the fault hits.
enum Victim: String, CaseIterable {
    case venue, dropcopy, both

    var includesVenue: Bool { self != .dropcopy }
    var includesPublisher: Bool { self != .venue }
}

struct CrashOptions {
    var runs = 20
    var seed: UInt64 = 1
    var durability = Deployment.Durability.async
    /// Nil: another in each run.
    var victim: Victim?
    var fault = Fault.kill
    /// How long a life lasts at most.
    var lifeNanos: UInt64 = 500_000_000
    /// Runs over one data directory, before another begins with an empty one.
    var lives = 10
    var pauseNanos: UInt64 = 30_000_000_000
    /// Where the programs are.
    var programs = ""
    /// Where folders of histories are made.
    var folder = "/tmp"
    var keep = false
    /// Somebody else writes to the folder's disk all the time.
    var busiesDisk = false

    func with(seed: UInt64) -> CrashOptions {
        var options = self
        options.seed = seed
        return options
    }

    /// The demonstration market with small segments, frequent snapshots and a short memory, so that a
    /// short life sees the ends of all of them.
    func configuration(seed: UInt64) -> Configuration {
        var random = SplitMix(seed: seed ^ 0xC04F)
        var configuration = Configuration.demonstration
        configuration.feed = FeedSettings()
        configuration.limits.eventRingCapacity = 1 << (12 + random.below(4))
        configuration.durability.segmentMebibytes = 1 + random.below(3)
        // A bit that is another is only seen where it is read: no snapshot makes up for it.
        configuration.durability.snapshotEveryCommands =
            fault == .flipped ? 1_000_000_000 : 1000 << random.below(4)
        return configuration
    }
}

/// What came of some runs, added up.
struct CrashTotals {
    var runs = 0
    var venueKills = 0
    var publisherKills = 0
    var requests = 0
    var rejects = 0
    var executions = 0
    var trades = 0
    var inFlight = InFlightOutcome()
    var missed = 0
    var dropCopyCompared = 0
    var dropCopyResent = 0
    /// From the start of the venue's process until it serves.
    var recoveryNanos: [UInt64] = []

    static func += (a: inout CrashTotals, b: CrashTotals) {
        a.runs += b.runs
        a.venueKills += b.venueKills
        a.publisherKills += b.publisherKills
        a.requests += b.requests
        a.rejects += b.rejects
        a.executions += b.executions
        a.trades += b.trades
        a.inFlight += b.inFlight
        a.missed += b.missed
        a.dropCopyCompared += b.dropCopyCompared
        a.dropCopyResent += b.dropCopyResent
        a.recoveryNanos += b.recoveryNanos
    }

    static func += (a: inout CrashTotals, b: KillOutcome) {
        a.inFlight += b.inFlight
        a.missed += b.missed
        a.recoveryNanos.append(b.startNanos)
    }

    /// Takes over what a market's ledgers count.
    mutating func count(_ market: Market) {
        (requests, rejects, executions) = market.counts
        trades = market.tradeCount
        dropCopyCompared = market.listeners.reduce(0) { $0 + $1.comparedCount }
        dropCopyResent = market.listeners.reduce(0) { $0 + $1.ledger.resentCount }
    }
}
