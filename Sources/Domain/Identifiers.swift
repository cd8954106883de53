/// The exchange's name for an order: constant for its life, never reused, compared whole.
@frozen public struct OrderID: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt64
    @inlinable public init(raw: UInt64) { self.raw = raw }
    @inlinable public static var none: OrderID { OrderID(raw: .max) }
    @inlinable public var isNone: Bool { raw == .max }
}

/// The participant's name for a request, unique per session among live orders.
@frozen public struct ClOrdID: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt64
    @inlinable public init(raw: UInt64) { self.raw = raw }
    @inlinable public static var none: ClOrdID { ClOrdID(raw: .max) }
    @inlinable public var isNone: Bool { raw == .max }
}

/// Position of an instrument in the partition's reference data.
@frozen public struct InstrumentIndex: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt32
    @inlinable public init(raw: UInt32) { self.raw = raw }
    @inlinable public init(_ index: Int) { raw = UInt32(truncatingIfNeeded: index) }
    @inlinable public static var none: InstrumentIndex { InstrumentIndex(raw: .max) }
    @inlinable public var isNone: Bool { raw == .max }
    @inlinable public var index: Int { Int(raw) }
}

/// Position of a product (market segment) in the partition's reference data.
@frozen public struct ProductIndex: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt16
    @inlinable public init(raw: UInt16) { self.raw = raw }
    @inlinable public init(_ index: Int) { raw = UInt16(truncatingIfNeeded: index) }
    @inlinable public static var none: ProductIndex { ProductIndex(raw: .max) }
    @inlinable public var isNone: Bool { raw == .max }
    @inlinable public var index: Int { Int(raw) }
}

/// Position of a session in the partition's reference data.
@frozen public struct SessionIndex: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt32
    @inlinable public init(raw: UInt32) { self.raw = raw }
    @inlinable public init(_ index: Int) { raw = UInt32(truncatingIfNeeded: index) }
    @inlinable public static var none: SessionIndex { SessionIndex(raw: .max) }
    @inlinable public var isNone: Bool { raw == .max }
    @inlinable public var index: Int { Int(raw) }
}

/// Position of a business unit in the partition's reference data.
@frozen public struct UnitIndex: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt32
    @inlinable public init(raw: UInt32) { self.raw = raw }
    @inlinable public init(_ index: Int) { raw = UInt32(truncatingIfNeeded: index) }
    @inlinable public static var none: UnitIndex { UnitIndex(raw: .max) }
    @inlinable public var isNone: Bool { raw == .max }
    @inlinable public var index: Int { Int(raw) }
}

/// A trader's number as it travels in SenderSubID.
@frozen public struct TraderID: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt32
    @inlinable public init(raw: UInt32) { self.raw = raw }
    @inlinable public static var none: TraderID { TraderID(raw: .max) }
    @inlinable public var isNone: Bool { raw == .max }
}
