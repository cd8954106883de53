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
    @inlinable public static var bookRestatement: Self { Self(rawValue: 1) }
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
    @inlinable public static var productHalt: Self { Self(rawValue: 105) }
    @inlinable public static var instrumentSuspended: Self { Self(rawValue: 107) }
}

/// What describes an order beside its price and quantity: one word of codes.
///
/// One word, because it is copied from the request to the order and from there to its events, and
/// compared as a whole; single bytes would cost an instruction each, every time.
@frozen public struct OrderAttributes: Hashable, BitwiseCopyable, Sendable {
    public var raw: UInt64

    @inlinable public init(raw: UInt64) { self.raw = raw }

    @inlinable public init(
        side: Side, ordType: OrdType = .limit, timeInForce: TimeInForce = .day,
        execInst: ExecInst = .nonPersistent, isStandard: Bool = false, tradingCapacity: UInt8 = 5,
        priceValidityCheckType: UInt8 = 0, valueCheckType: UInt8 = 0
    ) {
        let terms =
            (side == .buy ? 0 : 1) | UInt64(ordType.rawValue) << 8
            | UInt64(timeInForce.rawValue) << 16 | UInt64(execInst.rawValue) << 24
        let handling =
            UInt64(isStandard ? 1 : 0) << 32 | UInt64(tradingCapacity) << 40
            | UInt64(priceValidityCheckType) << 48 | UInt64(valueCheckType) << 56
        raw = terms | handling
    }

    @inlinable subscript(byte index: UInt64) -> UInt8 {
        @inline(__always) get { UInt8(truncatingIfNeeded: raw &>> (index &* 8)) }
        @inline(__always) set {
            raw = raw & ~(0xFF &<< (index &* 8)) | UInt64(newValue) &<< (index &* 8)
        }
    }

    /// The first byte, as the enumeration lies in memory: 0 buy, 1 sell. The others are wire codes.
    @inlinable public var side: Side {
        get { self[byte: 0] == 0 ? .buy : .sell }
        set { self[byte: 0] = newValue == .buy ? 0 : 1 }
    }
    @inlinable public var ordType: OrdType {
        get { OrdType(rawValue: self[byte: 1]) }
        set { self[byte: 1] = newValue.rawValue }
    }
    @inlinable public var timeInForce: TimeInForce {
        get { TimeInForce(rawValue: self[byte: 2]) }
        set { self[byte: 2] = newValue.rawValue }
    }
    @inlinable public var execInst: ExecInst {
        get { ExecInst(rawValue: self[byte: 3]) }
        set { self[byte: 3] = newValue.rawValue }
    }
    /// ApplSeqIndicator: 1 = standard order (recoverable, seen by listeners), 0 = lean order.
    @inlinable public var applSeqIndicator: UInt8 {
        get { self[byte: 4] }
        set { self[byte: 4] = newValue }
    }
    @inlinable public var tradingCapacity: UInt8 {
        get { self[byte: 5] }
        set { self[byte: 5] = newValue }
    }
    @inlinable public var priceValidityCheckType: UInt8 {
        get { self[byte: 6] }
        set { self[byte: 6] = newValue }
    }
    @inlinable public var valueCheckType: UInt8 {
        get { self[byte: 7] }
        set { self[byte: 7] = newValue }
    }

    @inlinable public var isStandard: Bool { applSeqIndicator == 1 }
    @inlinable public var isLean: Bool { applSeqIndicator != 1 }

    /// Whether side, type, time in force, ExecInst and ApplSeqIndicator are the same.
    @inlinable @inline(__always)
    public func hasSameTerms(as other: OrderAttributes) -> Bool {
        (raw ^ other.raw) & 0xFF_FFFF_FFFF == 0
    }

    /// Side, type, time in force and ExecInst alone, in the order in which events carry them.
    @inlinable public var terms: UInt64 { raw & 0xFFFF_FFFF }
}
