import Synchronization

/// Where a reader of the event ring asks the engine to list all states and live orders, because it
/// lost events.
///
/// Written by any reader, read by the engine's agent, which sequences the listing in slices. Listings
/// have numbers, and a newer request starts over: a reader waits for the end of its own or a later one.
public final class ListingDesk: Sendable {
    @usableFromInline let requested = Atomic<UInt32>(0)

    public init() {}

    /// Asks for a listing; returns its number. Whoever may be asleep on the engine's side is to be
    /// rung by the caller.
    public func request() -> UInt32 {
        // Release: what the reader did before, giving up what it knew, is before the listing.
        requested.add(1, ordering: .acquiringAndReleasing).newValue
    }

    /// The number of the last listing asked for; 0 before the first.
    @inlinable public var last: UInt32 { requested.load(ordering: .acquiring) }

    /// True when the end of the listing `number` answers the request `asked`.
    public static func completes(_ number: UInt32, _ asked: UInt32) -> Bool {
        Int32(bitPattern: number &- asked) >= 0
    }
}
