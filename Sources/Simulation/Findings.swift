/// What is wrong, in sentences. One is enough to fail a run; a few more help to understand it.
public final class Findings {
    public private(set) var sentences: [String] = []
    /// How often each check looked at something, so that a check that never looks is noticed.
    public private(set) var looks: [String: Int] = [:]
    private static let kept = 20

    public init() {}

    public var isEmpty: Bool { sentences.isEmpty }

    func report(_ check: String, _ sentence: @autoclosure () -> String) {
        if sentences.count < Self.kept { sentences.append("\(check): \(sentence())") }
    }

    /// Notes a look of a check, and complains unless it holds.
    @discardableResult
    func check(_ check: String, _ holds: Bool, _ sentence: @autoclosure () -> String) -> Bool {
        looks[check, default: 0] += 1
        if !holds { report(check, sentence()) }
        return holds
    }
}
