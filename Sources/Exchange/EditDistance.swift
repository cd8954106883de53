/// Finds what somebody probably meant to write.
enum EditDistance {
    /// The one of `candidates` that is nearest to `text`, when it is near enough to be meant.
    static func closest(to text: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (name: $0, distance: between(text, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, best.name.count / 3) ? best.name : nil
    }

    /// Single-letter insertions, deletions and replacements, letter case aside.
    static func between(_ first: String, _ second: String) -> Int {
        let first = Array(first.lowercased())
        let second = Array(second.lowercased())
        var row = Array(0...second.count)
        for i in first.indices {
            var diagonal = row[0]
            row[0] = i + 1
            for j in second.indices {
                let replaced = diagonal + (first[i] == second[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[second.count]
    }
}
