/// A moment in nanoseconds since 1970-01-01 UTC. `none` stands for "no value".
@frozen public struct Timestamp: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var nanos: UInt64

    @inlinable public init(nanos: UInt64) { self.nanos = nanos }

    @inlinable public static var zero: Timestamp { Timestamp(nanos: 0) }
    @inlinable public static var none: Timestamp { Timestamp(nanos: .max) }
    @inlinable public var isNone: Bool { nanos == .max }

    @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanos < b.nanos }

    @inlinable public func adding(nanos delta: UInt64) -> Timestamp {
        Timestamp(nanos: nanos &+ delta)
    }

    /// Nanoseconds since `earlier`; 0 when the clock was set back in between.
    @inlinable public func nanos(since earlier: Timestamp) -> UInt64 {
        nanos >= earlier.nanos ? nanos &- earlier.nanos : 0
    }
}
