/// What a replay found: how much of the recorded truth the venue repeated.
public struct ReplayReport: Sendable {
    /// One place where the venue and the truth differ.
    public struct Mismatch: Equatable, Sendable, CustomStringConvertible {
        public var row: Int
        public var expected: String
        public var got: String

        public var description: String { "row \(row): expected \(expected); got \(got)" }
    }

    /// Comparisons of best prices, one a step.
    public var rows = 0
    public var rowsEqual = 0
    /// Comparisons of fill lists, one an aggressor.
    public var executions = 0
    public var executionsEqual = 0
    public var rejects = 0
    /// Rejects that the exceptions call for, among `rejects`.
    public var expectedRejects = 0
    /// Requests that should have been refused, or should not have been.
    public var wrongRejects = 0
    /// Executions of resting orders that no answer accounts for.
    public var unexplainedExecutions = 0
    public var requests = 0
    public var nanos: UInt64 = 0
    /// What the drop copy published, where one was listened to.
    public var dropCopy: DropCopyReport?
    /// What the public feed told, where it was listened to.
    public var feed: FeedReport?
    /// Which books must be as recorded.
    public var books = ReplayBooks.both
    /// The first few differences, for people.
    public private(set) var mismatches: [Mismatch] = []
    public static let mismatchesKept = 10

    public init() {}

    /// Whether everything that was compared is as recorded.
    public var isEqual: Bool {
        (books == .feed || isPrivateEqual) && feed?.isEqual != false && wrongRejects == 0
            && dropCopy?.isEqual != false
    }

    private var isPrivateEqual: Bool {
        rowsEqual == rows && executionsEqual == executions && unexplainedExecutions == 0
    }

    public var requestsPerSecond: Double {
        nanos == 0 ? 0 : Double(requests) * 1e9 / Double(nanos)
    }

    mutating func note(
        row: Int, expected: @autoclosure () -> String, got: @autoclosure () -> String
    ) {
        guard mismatches.count < Self.mismatchesKept else { return }
        mismatches.append(Mismatch(row: row, expected: expected(), got: got()))
    }
}
