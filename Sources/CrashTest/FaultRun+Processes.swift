import Glibc
import LinuxPlatform
import OrderFlow

// Programs that are stopped, or run out of descriptors.
extension FaultRun {
    /// Both programs are stopped for a while, one after the other, and go on where they were.
    mutating func pause() throws(ToolError) {
        try market.open(deployment)
        try trade()
        deployment.venue?.signal(SIGSTOP)
        // What is sent meanwhile waits in sockets.
        try trade(0.2)
        try nap(options.pauseNanos)
        deployment.venue?.signal(SIGCONT)
        try trade()
        try market.settleTraders()
        try market.judge()
        deployment.publisher?.signal(SIGSTOP)
        let begin = SystemClock.monotonicNanos()
        // The venue does not notice. Its event ring forgets, its archive does not.
        try market.trade(nanos: min(options.pauseNanos, 3_000_000_000), inFlight: 64)
        let passed = SystemClock.monotonicNanos() - begin
        if passed < options.pauseNanos { try nap(options.pauseNanos - passed) }
        deployment.publisher?.signal(SIGCONT)
        try market.settleTraders()
        try market.judge()
        try killAndClose()
    }

    /// Strangers take all descriptors: sessions that are on do not notice, and there is room again when
    /// they go.
    mutating func takeDescriptors() throws(ToolError) {
        deployment.descriptorLimit = Self.descriptorLimit
        try market.open(deployment)
        try trade()
        var strangers: [TCPByteStream] = []
        for _ in 0..<2 * Self.descriptorLimit {
            strangers.append(try TCPByteStream(port: deployment.venuePort))
        }
        try trade()
        try market.settleTraders()
        try market.judge()
        for stranger in strangers { stranger.close() }
        strangers.removeAll()
        try market.logoutTraders()
        try nap(200_000_000)
        try market.reconnectTraders(deployment)
        try killAndClose()
    }

    /// Enough for the venue's own files, and not for many connections.
    private static let descriptorLimit = 64

    private func nap(_ nanos: UInt64) throws(ToolError) {
        let begin = SystemClock.monotonicNanos()
        while SystemClock.monotonicNanos() - begin < nanos {
            try market.checkStop()
            Nap.nanos(min(nanos, 20_000_000))
        }
    }
}
