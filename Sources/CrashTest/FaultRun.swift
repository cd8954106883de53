import Glibc
import LinuxPlatform
import OrderFlow

/// One run of a fault that is no kill, over a data directory of its own. Each ends with a kill, so that
/// what came back is judged too.
struct FaultRun {
    let options: CrashOptions
    let deployment: Deployment
    let market: Market
    var totals = CrashTotals()

    init(_ options: CrashOptions, deployment: Deployment, market: Market) {
        self.options = options
        self.deployment = deployment
        self.market = market
    }

    mutating func run() throws(ToolError) {
        defer { totals.count(market) }
        totals.runs = 1
        switch options.fault {
        case .kill: preconditionFailure("kills have a history of their own")
        case .pause: try pause()
        case .fullDisk: try fillDisk()
        case .readOnly: try makeReadOnly()
        case .clock: try setClock()
        case .descriptors: try takeDescriptors()
        case .truncated: try cutJournal()
        case .flipped: try flipJournal()
        case .snapshot: try damageSnapshot()
        }
    }

    func trade(_ part: Double = 1) throws(ToolError) {
        try market.trade(nanos: UInt64(Double(options.lifeNanos) * part), inFlight: 16)
    }

    /// Trades on, kills the venue, and judges what comes back; then ends everything.
    mutating func killAndClose() throws(ToolError) {
        try trade()
        try kill()
        try trade()
        try market.close(deployment)
    }

    mutating func kill() throws(ToolError) {
        totals.venueKills += 1
        totals += try market.killVenue(deployment)
        try market.judge()
    }

    /// Ends the venue properly; sessions are logged out, the publisher stays.
    func endVenue() throws(ToolError) {
        try market.settleTraders()
        try market.judge()
        try market.logoutTraders()
        try deployment.stopVenue()
    }

    /// A sentence that refuses a start has to have these words.
    func expect(_ sentence: String, names words: [String]) {
        for word in words where !sentence.contains(word) {
            market.verdict.fail("the refusal does not say \(word): \(sentence)")
        }
    }
}
