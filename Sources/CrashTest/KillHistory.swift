import Glibc
import LinuxPlatform
import OrderFlow

/// Some lives over one data directory, each ended by `kill -9` in the middle of trading.
struct KillHistory {
    let options: CrashOptions
    let seed: UInt64
    let runs: Int
    let deployment: Deployment
    let market: Market
    private(set) var totals = CrashTotals()
    private var random: SplitMix

    init(
        _ options: CrashOptions, seed: UInt64, runs: Int, deployment: Deployment, market: Market
    ) {
        self.options = options
        self.seed = seed
        self.runs = runs
        self.deployment = deployment
        self.market = market
        random = SplitMix(seed: seed)
    }

    /// Runs all lives; stops early when something was found wrong. `progress` is called after each.
    mutating func run(progress: (CrashTotals) -> Void) throws(ToolError) {
        defer { totals.count(market) }
        try market.open(deployment)
        for _ in 0..<runs where market.verdict.isGood {
            try runLife()
            totals.runs += 1
            progress(totals)
        }
        guard market.verdict.isGood else { return }
        try market.trade(nanos: options.lifeNanos / 4, inFlight: 8)
        try market.close(deployment)
    }

    private mutating func runLife() throws(ToolError) {
        // Most lives are short, so that the moments right after a start are met too.
        let part = random.unit()
        let inFlight = 1 + random.below(24)
        try market.trade(nanos: UInt64(Double(options.lifeNanos) * part * part), inFlight: inFlight)
        let victim = options.victim ?? Victim.allCases[random.below(Victim.allCases.count)]
        // The last requests are on their way; some moments later some of them are done.
        let delay = exp(random.unit() * log(3_000_000))
        Nap.nanos(UInt64(delay))
        try hit(victim)
        try market.judge()
    }

    private mutating func hit(_ victim: Victim) throws(ToolError) {
        if victim.includesVenue {
            totals.venueKills += 1
            deployment.killVenue()
        }
        if victim.includesPublisher {
            totals.publisherKills += 1
            deployment.killPublisher()
            market.losePublisher()
        }
        if victim.includesVenue {
            totals += try market.resume(deployment)
        } else {
            // The venue goes on, now and then for longer than its event ring remembers.
            if random.below(2) == 0 {
                try market.trade(nanos: options.lifeNanos / 2, inFlight: 32)
            }
            try market.settleTraders()
        }
        if victim.includesPublisher {
            try deployment.startPublisher()
            try market.connectListeners(port: deployment.publisherPort)
        }
    }
}
