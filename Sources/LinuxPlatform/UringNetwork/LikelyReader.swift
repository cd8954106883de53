/// Which connection the next input is likely to be for: the one that all of the last arrivals were for.
struct LikelyReader {
    private(set) var index = 0
    private var streak = 0

    private static var streakMin: Int { 4 }

    var isLikely: Bool { streak >= Self.streakMin }

    /// The ring brought input for a connection.
    mutating func note(_ index: Int) {
        streak = index == self.index ? streak &+ 1 : 0
        self.index = index
    }

    /// The guess was wrong.
    mutating func forget() { streak = 0 }
}
