struct LatencyHistogram: Sendable {
    var values: [UInt64] = []
    mutating func record(_ v: UInt64) { values.append(v) }
    func value(atPercentile p: Double) -> UInt64 {
        values.isEmpty
            ? 0 : values.sorted()[min(values.count - 1, Int(Double(values.count) * p / 100))]
    }
}
