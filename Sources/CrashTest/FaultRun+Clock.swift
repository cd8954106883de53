import OrderFlow

// The machine's time is set.
extension FaultRun {
    /// Programs that run do not notice; one that starts goes on from the times it had given before, also
    /// when the clock is an hour behind them.
    mutating func setClock() throws(ToolError) {
        let clock = try MachineClock(folder: deployment.folder, programs: deployment.programs)
        deployment.clock = clock
        try market.open(deployment)
        try trade()
        for seconds: Int64 in [3_600, -3_600, 5, -86_400, 0] {
            try clock.set(seconds: seconds)
            try trade(0.5)
            try market.settleTraders()
            try market.judge()
        }
        for seconds: Int64 in [-3_600, 86_400, 0] {
            try clock.set(seconds: seconds)
            try kill()
            try trade()
        }
        try killAndClose()
    }
}
