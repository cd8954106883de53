import Domain

/// The traders logged in on one session; at most as many as its business unit has.
@frozen public struct LoggedInTraders: ~Copyable, @unchecked Sendable {
    @usableFromInline let traders: UnsafeMutablePointer<TraderID>
    @usableFromInline var used = 0
    public let capacity: Int

    public init(capacity: Int) {
        self.capacity = capacity
        traders = .allocate(capacity: max(1, capacity))
        traders.initialize(repeating: .none, count: max(1, capacity))
    }

    deinit { traders.deallocate() }

    @inlinable public var count: Int { used }

    /// A scan: units have a handful of traders, and most sessions use one of them.
    @inlinable public func contains(_ trader: TraderID) -> Bool {
        var index = 0
        while index < used {
            if traders[index] == trader { return true }
            index &+= 1
        }
        return false
    }

    /// Adds a trader; false when it is there already or there is no place.
    public mutating func insert(_ trader: TraderID) -> Bool {
        guard used < capacity, !contains(trader) else { return false }
        traders[used] = trader
        used += 1
        return true
    }

    /// Takes a trader off; false when it was not there.
    public mutating func remove(_ trader: TraderID) -> Bool {
        for index in 0..<used where traders[index] == trader {
            used -= 1
            traders[index] = traders[used]
            return true
        }
        return false
    }

    public mutating func removeAll() { used = 0 }
}
