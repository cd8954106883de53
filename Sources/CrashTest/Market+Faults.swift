import LinuxPlatform
import OrderFlow

// What faults need beside kills.
extension Market {
    /// Starts the venue alone.
    func openWithoutPublisher(_ deployment: Deployment) throws(ToolError) {
        try deployment.startVenue()
        try connectTraders(port: deployment.venuePort)
    }

    /// Waits until all is answered, and for what others' requests did to a session's orders.
    func awaitQuiet() throws(ToolError) {
        try settleTraders()
        var lastHeard = SystemClock.monotonicNanos()
        while SystemClock.monotonicNanos() - lastHeard < 300_000_000 {
            for trader in traders where try trader.look() > 0 {
                lastHeard = SystemClock.monotonicNanos()
            }
            Nap.nanos(1_000_000)
        }
    }

    func closeWithoutPublisher(_ deployment: Deployment) throws(ToolError) {
        try awaitQuiet()
        judgeWithoutListeners()
        try judgeHistory()
        try logoutTraders()
        try deployment.stopVenue()
    }

    /// Logs sessions on again that had logged out, and learns what that cost them.
    func reconnectTraders(_ deployment: Deployment) throws(ToolError) {
        try connectTraders(port: deployment.venuePort)
        for trader in traders {
            for message in try trader.fetch(after: trader.ledger.lastID) {
                trader.ledger.takeMissed(message)
            }
        }
    }

    /// Trades until an entry is refused because nothing more can be kept.
    func untilRefused(withinNanos nanos: UInt64) throws(ToolError) {
        let before = busyCount
        let begin = SystemClock.monotonicNanos()
        while busyCount == before {
            try trade(nanos: 50_000_000, inFlight: 32)
            try settleTraders()
            guard SystemClock.monotonicNanos() - begin < nanos else {
                throw .run("the disk is full, but no entry is refused")
            }
        }
    }

    /// Trades until an entry is taken again.
    func untilAccepted(withinNanos nanos: UInt64) throws(ToolError) {
        let begin = SystemClock.monotonicNanos()
        while true {
            let before = acceptedCount
            try trade(nanos: 50_000_000, inFlight: 8)
            try settleTraders()
            if acceptedCount > before { return }
            guard SystemClock.monotonicNanos() - begin < nanos else {
                throw .run("there is room again, but every entry is refused")
            }
        }
    }

    /// Every trader deletes some orders, all of which have to go.
    func deleteSome() throws(ToolError) {
        for trader in traders { try trader.deleteSome(5) }
        let before = traders.map(\.ledger.busyCount)
        try settleTraders()
        for (trader, count) in zip(traders, before) where trader.ledger.busyCount > count {
            verdict.fail("session \(trader.ledger.session): a deletion was refused on a full disk")
        }
    }

    private var busyCount: Int { traders.reduce(0) { $0 + $1.ledger.busyCount } }
    private var acceptedCount: Int { traders.reduce(0) { $0 + $1.ledger.acceptedCount } }
}
