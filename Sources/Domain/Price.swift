/// A price as the wire carries it: a signed count of 10⁻⁸ of the instrument's price unit.
///
/// Negative prices are ordinary. `none` stands for "no value".
@frozen public struct Price: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var raw: Int64

    @inlinable public init(raw: Int64) { self.raw = raw }

    /// The price of a whole number of units; traps when it does not fit.
    @inlinable public init(units: Int64) { raw = units * Price.unit }

    @inlinable public static var unit: Int64 { 100_000_000 }
    @inlinable public static var none: Price { Price(raw: .min) }
    @inlinable public var isNone: Bool { raw == .min }

    @inlinable public static func < (a: Price, b: Price) -> Bool { a.raw < b.raw }
}

/// A quantity as the wire carries it: a signed count of 10⁻⁴ of a unit (a contract, a share).
///
/// `none` stands for "no value".
@frozen public struct Quantity: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var raw: Int64

    @inlinable public init(raw: Int64) { self.raw = raw }

    /// The quantity of a whole number of units; traps when it does not fit.
    @inlinable public init(units: Int64) { raw = units * Quantity.unit }

    @inlinable public static var unit: Int64 { 10_000 }
    @inlinable public static var zero: Quantity { Quantity(raw: 0) }
    @inlinable public static var none: Quantity { Quantity(raw: .min) }
    @inlinable public var isNone: Bool { raw == .min }

    @inlinable public static func < (a: Quantity, b: Quantity) -> Bool { a.raw < b.raw }
    @inlinable public static func + (a: Quantity, b: Quantity) -> Quantity {
        Quantity(raw: a.raw + b.raw)
    }
    @inlinable public static func - (a: Quantity, b: Quantity) -> Quantity {
        Quantity(raw: a.raw - b.raw)
    }
    @inlinable public static func += (a: inout Quantity, b: Quantity) { a.raw += b.raw }
    @inlinable public static func -= (a: inout Quantity, b: Quantity) { a.raw -= b.raw }
}
