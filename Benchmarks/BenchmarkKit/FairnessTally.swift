/// Who was told last, round by round.
package struct FairnessTally {
    package private(set) var rounds = 0
    private var lastCounts: [Int]
    /// Rounds from which on it is no chance that the same one is last in each.
    private static let roundsMin = 10

    package init(participants: Int) { lastCounts = Array(repeating: 0, count: participants) }

    /// A round's times, of each participant the one of its message. Returns how far the first and the last
    /// are apart.
    package mutating func note(_ times: [UInt64]) -> UInt64 {
        precondition(times.count == lastCounts.count, "every participant has a time")
        guard let first = times.min(), let last = times.max() else { return 0 }
        rounds += 1
        lastCounts[times.firstIndex(of: last)!] += 1
        return last - first
    }

    /// Who was last most often, and in what share of the rounds.
    package var mostOftenLast: (participant: Int, share: Double) {
        let most = lastCounts.max() ?? 0
        return (
            lastCounts.firstIndex(of: most) ?? 0, rounds == 0 ? 0 : Double(most) / Double(rounds)
        )
    }

    /// The one that was last in every round; nil where there is none, or where there were few rounds.
    package var alwaysLast: Int? {
        rounds >= Self.roundsMin ? lastCounts.firstIndex(of: rounds) : nil
    }
}
