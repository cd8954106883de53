// What an order carries for its owner's books and never for matching. The gateway fills these slots
// from the request, the engine keeps them beside the order without looking, and reports take them
// back out. Each is one ring slot; an order without any such value travels without them.

/// Parties, accounts and identifiers of other systems: first slot of an order's details.
@frozen public struct OrderParties: BitwiseCopyable, Sendable {
    public var clientID: UInt64 = .max
    public var investmentDecisionMaker: UInt64 = .max
    public var executingTrader: UInt64 = .max
    public var investmentDecisionMakerQualifier: UInt8 = .max
    public var executingTraderQualifier: UInt8 = .max
    public var orderOrigination: UInt8 = .max
    public var liquidityProvision: UInt8 = .max
    public var riskReduction: UInt8 = .max
    public var tradingSessionSubID: UInt8 = .max
    public var positionEffect: UInt8 = 0
    public var custOrderHandlingInst: UInt8 = 0
    public var account: InlineArray<2, UInt8> = .init(repeating: 0)
    public var positionAccount: InlineArray<32, UInt8> = .init(repeating: 0)
    public var takeUpTradingFirm: InlineArray<5, UInt8> = .init(repeating: 0)
    public var orderOriginationFirm: InlineArray<7, UInt8> = .init(repeating: 0)
    public var beneficiary: InlineArray<9, UInt8> = .init(repeating: 0)
    public var locationID: InlineArray<2, UInt8> = .init(repeating: 0)
    public var fixClOrdID: InlineArray<20, UInt8> = .init(repeating: 0)

    @inlinable public init() {}
}

/// Free texts: second slot of an order's details.
@frozen public struct OrderTexts: BitwiseCopyable, Sendable {
    public var complianceText: InlineArray<20, UInt8> = .init(repeating: 0)
    public var freeText1: InlineArray<12, UInt8> = .init(repeating: 0)
    public var freeText2: InlineArray<12, UInt8> = .init(repeating: 0)
    public var freeText3: InlineArray<12, UInt8> = .init(repeating: 0)

    @inlinable public init() {}
}

/// An order's details as the engine keeps them: both slots, unread.
@frozen public struct OrderDetails: BitwiseCopyable, Sendable {
    public var parties = OrderParties()
    public var texts = OrderTexts()

    @inlinable public init() {}
}
