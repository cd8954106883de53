import Synchronization

/// What a running publisher has to say to the thread that waits for its end.
public final class DropCopyStatus: Sendable {
    /// Something a person should know.
    public enum Notice: Equatable, Sendable {
        case venueLost
        case venueBack
        case ringDamaged
        /// The venue's event archive has not been far enough for some time.
        case archiveBehind
    }

    private let state = Mutex(State())

    private struct State {
        var notices: [Notice] = []
        var failure: String?
    }

    public init() {}

    /// What happened since the last call.
    public func takeNotices() -> [Notice] {
        state.withLock { state in
            defer { state.notices.removeAll() }
            return state.notices
        }
    }

    /// Why the publisher cannot go on.
    public var failure: String? { state.withLock { $0.failure } }

    func note(_ notice: Notice) {
        // A venue that flaps while nobody listens must not fill the memory.
        state.withLock { if $0.notices.count < 100 { $0.notices.append(notice) } }
    }

    func fail(_ sentence: String) {
        state.withLock { if $0.failure == nil { $0.failure = sentence } }
    }
}
