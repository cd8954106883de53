// The codes an order is described with. Each type holds the wire's code, so records in rings and
// mappings need no translation; sources: T7 release 10.0 code tables.

/// Which side of the market an order is on.
@frozen public enum Side: UInt8, BitwiseCopyable, Sendable {
    case buy = 1
    case sell = 2

    @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
}

@frozen public struct OrdType: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var market: OrdType { OrdType(rawValue: 1) }
    @inlinable public static var limit: OrdType { OrdType(rawValue: 2) }
    @inlinable public static var stop: OrdType { OrdType(rawValue: 3) }
    @inlinable public static var stopLimit: OrdType { OrdType(rawValue: 4) }
}

@frozen public struct TimeInForce: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var day: TimeInForce { TimeInForce(rawValue: 0) }
    @inlinable public static var goodTillCancelled: TimeInForce { TimeInForce(rawValue: 1) }
    @inlinable public static var immediateOrCancel: TimeInForce { TimeInForce(rawValue: 3) }
    @inlinable public static var goodTillDate: TimeInForce { TimeInForce(rawValue: 6) }
}

/// Persistence, and whether the order may only enter the book (book or cancel).
@frozen public struct ExecInst: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var persistent: ExecInst { ExecInst(rawValue: 1) }
    @inlinable public static var nonPersistent: ExecInst { ExecInst(rawValue: 2) }
    /// In mass deletion reports: both kinds were hit.
    @inlinable public static var bothKinds: ExecInst { ExecInst(rawValue: 3) }
    @inlinable public static var persistentBookOrCancel: ExecInst { ExecInst(rawValue: 5) }
    @inlinable public static var nonPersistentBookOrCancel: ExecInst { ExecInst(rawValue: 6) }

    @inlinable public var isPersistent: Bool { rawValue == 1 || rawValue == 5 }
    @inlinable public var isBookOrCancel: Bool { rawValue >= 5 }
}

@frozen public struct OrdStatus: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var new: OrdStatus { OrdStatus(rawValue: 0x30) }
    @inlinable public static var partiallyFilled: OrdStatus { OrdStatus(rawValue: 0x31) }
    @inlinable public static var filled: OrdStatus { OrdStatus(rawValue: 0x32) }
    @inlinable public static var cancelled: OrdStatus { OrdStatus(rawValue: 0x34) }
}

@frozen public struct ExecType: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var new: ExecType { ExecType(rawValue: 0x30) }
    @inlinable public static var cancelled: ExecType { ExecType(rawValue: 0x34) }
    @inlinable public static var replaced: ExecType { ExecType(rawValue: 0x35) }
    @inlinable public static var trade: ExecType { ExecType(rawValue: 0x46) }
    @inlinable public static var restated: ExecType { ExecType(rawValue: 0x44) }
}

@frozen public struct ExecRestatementReason: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
    @inlinable public static var orderAdded: Self { Self(rawValue: 101) }
    @inlinable public static var orderModified: Self { Self(rawValue: 102) }
    @inlinable public static var orderCancelled: Self { Self(rawValue: 103) }
    @inlinable public static var iocCancelled: Self { Self(rawValue: 105) }
    @inlinable public static var bookOrderExecuted: Self { Self(rawValue: 108) }
    @inlinable public static var ownershipChanged: Self { Self(rawValue: 181) }
}

@frozen public struct LiquidityIndicator: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var added: Self { Self(rawValue: 1) }
    @inlinable public static var removed: Self { Self(rawValue: 2) }
}

/// Why orders were deleted in mass.
@frozen public struct MassActionReason: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Asked for by a participant (DeleteAllOrderRequest).
    @inlinable public static var requested: Self { Self(rawValue: 0) }
    @inlinable public static var sessionLoss: Self { Self(rawValue: 6) }
    @inlinable public static var duplicateSessionLogin: Self { Self(rawValue: 7) }
}

/// What describes an order beside its price and quantity; eight bytes, wire codes.
@frozen public struct OrderAttributes: Hashable, BitwiseCopyable, Sendable {
    public var side: Side
    public var ordType: OrdType
    public var timeInForce: TimeInForce
    public var execInst: ExecInst
    /// ApplSeqIndicator: 1 = standard order (recoverable, seen by listeners), 0 = lean order.
    public var applSeqIndicator: UInt8
    public var tradingCapacity: UInt8
    public var priceValidityCheckType: UInt8
    public var valueCheckType: UInt8

    @inlinable public init(
        side: Side, ordType: OrdType = .limit, timeInForce: TimeInForce = .day,
        execInst: ExecInst = .nonPersistent, isStandard: Bool = false, tradingCapacity: UInt8 = 5,
        priceValidityCheckType: UInt8 = 0, valueCheckType: UInt8 = 0
    ) {
        self.side = side
        self.ordType = ordType
        self.timeInForce = timeInForce
        self.execInst = execInst
        self.applSeqIndicator = isStandard ? 1 : 0
        self.tradingCapacity = tradingCapacity
        self.priceValidityCheckType = priceValidityCheckType
        self.valueCheckType = valueCheckType
    }

    @inlinable public var isStandard: Bool { applSeqIndicator == 1 }
    @inlinable public var isLean: Bool { applSeqIndicator != 1 }
}
