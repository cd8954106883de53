import Synchronization

/// What a person should hear of while the venue runs, a sentence each.
///
/// Any thread adds, the program that runs the venue takes; at most a hundred wait.
public final class VenueNotices: Sendable {
    private let sentences = Mutex<[String]>([])

    func add(_ sentence: String) {
        sentences.withLock { if $0.count < 100 { $0.append(sentence) } }
    }

    /// What was added since the last call.
    public func take() -> [String] {
        sentences.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
