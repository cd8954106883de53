import Domain
import Rings

/// Holds answers back until the public was told of what they answer.
///
/// A feed that stands still holds nobody for long: after a while its answers are let go, and no further
/// one waits until it moves again.
struct PublicFirst {
    /// Highest command whose public datagrams were handed to the system.
    private let published: SequenceCounter
    private let waitNanosMax: UInt64
    /// Since when the answer that comes next waits; `none` when it does not.
    private var heldSince = Timestamp.none
    /// Where the feed stood when it was waited for in vain.
    private var stuckAt: UInt64?

    /// Answers that waited, and those among them that were let go in the end.
    private(set) var waits: UInt64 = 0
    private(set) var timeouts: UInt64 = 0

    init(_ published: SequenceCounter, waitNanosMax: UInt64) {
        self.published = published
        self.waitNanosMax = waitNanosMax
    }

    /// Highest command whose answers may leave; the next to be answered is `sequence`. When
    /// `isPressing`, the ring of events is filling up, so that waiting would stop the engine.
    mutating func limit(next sequence: UInt64, isPressing: Bool, now: Timestamp) -> UInt64 {
        let seen = published.value
        if seen >= sequence {
            heldSince = .none
            stuckAt = nil
            return seen
        }
        if let stuckAt, stuckAt == seen { return .max }
        stuckAt = nil
        if heldSince.isNone {
            heldSince = now
            waits += 1
        }
        guard isPressing || now.nanos(since: heldSince) >= waitNanosMax else { return seen }
        heldSince = .none
        stuckAt = seen
        timeouts += 1
        return .max
    }

    /// When what waits is let go.
    var deadline: Timestamp {
        heldSince.isNone ? .none : heldSince.adding(nanos: waitNanosMax)
    }
}
