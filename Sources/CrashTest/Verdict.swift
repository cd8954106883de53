/// What was found wrong, as sentences.
final class Verdict {
    private(set) var violations: [String] = []
    /// Whatever else is wrong says little more.
    private static let kept = 50

    var isGood: Bool { violations.isEmpty }

    func fail(_ sentence: @autoclosure () -> String) {
        guard violations.count < Self.kept else { return }
        violations.append(sentence())
    }

    func check(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if !condition { fail(sentence()) }
    }
}
