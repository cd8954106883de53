/// Which books a replay holds against the recording.
public enum ReplayBooks: String, CaseIterable, Sendable {
    /// Those that anybody builds from the public feed.
    case feed
    /// Those that the participant builds from the answers.
    case `private`
    case both
}

/// What a replay found out about the public feed.
public struct FeedReport: Sendable {
    /// Comparisons of best prices, one a step.
    public var rows = 0
    public var rowsEqual = 0
    /// Comparisons of the executions of a step that trades: orders, prices, quantities, and the
    /// aggressor's summary.
    public var executions = 0
    public var executionsEqual = 0
    /// Rows that could not be compared, because what the feed told at their time was lost.
    public var rowsLost = 0
    /// Executions that no step accounts for.
    public var unexplained = 0
    /// Times that datagrams were missing.
    public var gaps = 0
    /// The first differences, for people.
    public internal(set) var differences: [String] = []

    public var isEqual: Bool {
        rowsEqual == rows && executionsEqual == executions && unexplained == 0
    }

    mutating func note(_ difference: @autoclosure () -> String) {
        guard differences.count < ReplayReport.mismatchesKept else { return }
        differences.append(difference())
    }
}
