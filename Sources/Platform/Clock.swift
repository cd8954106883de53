import Domain

/// Where time comes from: the system's clock, or a simulation's.
///
/// A plain function pointer, so that reading it costs a call and nothing else.
@frozen public struct Clock: Sendable {
    public typealias Source = @convention(c) () -> UInt64

    @usableFromInline let source: Source

    /// `source` returns nanoseconds since 1970-01-01 UTC.
    @inlinable public init(source: Source) { self.source = source }

    @inlinable public func now() -> Timestamp { Timestamp(nanos: source()) }
}
