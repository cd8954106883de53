import Domain

/// Limits how many requests a session may send in any interval of a given length.
///
/// The window slides: it remembers when each of the last `messagesMax` admitted requests came, and
/// is open when the oldest of them lies a whole interval back. Refused requests do not fill it. What
/// counts towards the end of the session is refusals in a row; one admitted request forgives them.
@frozen public struct Throttle: ~Copyable, @unchecked Sendable {
    public let limits: ThrottleLimits
    @usableFromInline let intervalNanos: UInt64
    @usableFromInline let admissions: UnsafeMutablePointer<Timestamp>
    @usableFromInline let capacity: Int
    /// Where the next admission is written; when the window is full, also the oldest one.
    @usableFromInline var next = 0
    @usableFromInline var isFull = false
    @usableFromInline var refusalsInARow: UInt32 = 0

    public init(limits: ThrottleLimits) {
        self.limits = limits
        intervalNanos = UInt64(max(0, limits.intervalMillis)) * 1_000_000
        capacity = Int(limits.messagesMax)
        admissions = .allocate(capacity: max(1, capacity))
        admissions.initialize(repeating: .zero, count: max(1, capacity))
    }

    deinit { admissions.deallocate() }

    /// True when a request would be admitted; changes nothing, so the same request may be judged
    /// again later.
    @inlinable public func isOpen(at now: Timestamp) -> Bool {
        guard isFull, capacity > 0 else { return true }
        return now.nanos(since: admissions[next]) >= intervalNanos
    }

    /// Counts an admitted request.
    @inlinable public mutating func admit(at now: Timestamp) {
        guard capacity > 0 else { return }
        admissions[next] = now
        next &+= 1
        if next == capacity {
            next = 0
            isFull = true
        }
        refusalsInARow = 0
    }

    /// True when the refusal now due would be one too many in a row.
    public var endsWithNextRefusal: Bool {
        limits.disconnectLimit > 0 && refusalsInARow >= limits.disconnectLimit
    }

    /// Counts a refused request.
    public mutating func refuse() { refusalsInARow &+= 1 }

    /// Forgives refusals. The window itself stays: logging on again must not be a way around it.
    public mutating func forgive() { refusalsInARow = 0 }
}
