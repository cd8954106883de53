// What products and instruments are doing: trading, halted or closed. Codes and their meaning are
// T7's; which state allows what is told by its states' table of release 10.0 and assumed where that
// is silent. Phases with auctions have codes of their own and join here.

/// What an instrument is doing (SecurityTradingStatus), wire codes.
@frozen public struct SecurityTradingStatus: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// No entry, no change, no match; deletions go on.
    @inlinable public static var halt: Self { Self(rawValue: 2) }
    /// Participants can do nothing.
    @inlinable public static var closed: Self { Self(rawValue: 200) }
    @inlinable public static var continuous: Self { Self(rawValue: 203) }

    /// Orders may be entered, changed and matched.
    @inlinable public var isContinuous: Bool { self == .continuous }
    @inlinable public var allowsDeletion: Bool { self != .closed }

    /// The status that counts where two hold: the one that allows less.
    @inlinable public func restricted(by other: Self) -> Self {
        if self == .closed || other == .closed { return .closed }
        return self == .continuous ? other : self
    }
}

/// What a product is doing; T7 says it with three codes.
@frozen public enum ProductTradingState: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case trading
    case halted
    /// Before the opening.
    case closed
    /// The product's business day is over.
    case endOfDay

    /// TradingSessionID
    @inlinable public var tradingSessionID: UInt8 {
        switch self {
        case .trading, .halted: 1
        case .closed: 3
        case .endOfDay: 5
        }
    }

    /// TradingSessionSubID
    @inlinable public var tradingSessionSubID: UInt8 {
        switch self {
        case .trading, .halted: 3
        case .closed, .endOfDay: 7
        }
    }

    /// TradSesStatus
    @inlinable public var tradSesStatus: UInt8 {
        switch self {
        case .trading: 2
        case .halted: 1
        case .closed, .endOfDay: 3
        }
    }

    /// What the product's state limits its instruments to.
    @inlinable public var instrumentStatus: SecurityTradingStatus {
        switch self {
        case .trading: .continuous
        case .halted: .halt
        case .closed, .endOfDay: .closed
        }
    }
}

/// What market operations may do to a product or an instrument.
@frozen public enum MarketStateAction: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Trading stops at once; orders that are not persistent are deleted.
    case halt = 1
    /// A halt is over.
    case resume = 2
    /// A product's business day ends: its orders for the day are deleted.
    case endOfDay = 3
    /// Nothing is possible until the opening; orders stay.
    case close = 4
    case open = 5

    /// What becomes of an instrument in this status; nil when the status does not allow it.
    public func applied(to status: SecurityTradingStatus) -> SecurityTradingStatus? {
        switch (self, status) {
        case (.halt, .continuous): .halt
        case (.resume, .halt), (.open, .closed): .continuous
        case (.close, .continuous), (.close, .halt): .closed
        default: nil
        }
    }

    /// What becomes of a product in this state; nil when the state does not allow it.
    public func applied(to state: ProductTradingState) -> ProductTradingState? {
        switch (self, state) {
        case (.halt, .trading): .halted
        case (.resume, .halted), (.open, .closed), (.open, .endOfDay): .trading
        case (.close, .trading), (.close, .halted): .closed
        case (.endOfDay, .trading), (.endOfDay, .halted), (.endOfDay, .closed): .endOfDay
        default: nil
        }
    }
}

/// What is announced of the service itself (TradSesEvent), wire codes.
@frozen public struct TradSesEvent: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var startOfService: Self { Self(rawValue: 101) }
    /// The venue began again, with what it knew.
    @inlinable public static var marketReset: Self { Self(rawValue: 102) }
    @inlinable public static var endOfRestatement: Self { Self(rawValue: 103) }
    @inlinable public static var endOfDayService: Self { Self(rawValue: 104) }
}
