/// SessionRejectReason of a Reject (10010), wire codes.
@frozen public struct RejectReason: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public static var requiredFieldMissing: Self { Self(rawValue: 1) }
    @inlinable public static var valueIncorrect: Self { Self(rawValue: 5) }
    @inlinable public static var invalidTemplate: Self { Self(rawValue: 11) }
    @inlinable public static var groupCount: Self { Self(rawValue: 16) }
    @inlinable public static var other: Self { Self(rawValue: 99) }
    @inlinable public static var throttle: Self { Self(rawValue: 100) }
    @inlinable public static var temporarilyUnavailable: Self { Self(rawValue: 102) }
    @inlinable public static var validation: Self { Self(rawValue: 210) }
    @inlinable public static var userAlreadyLoggedIn: Self { Self(rawValue: 211) }
    @inlinable public static var orderNotFound: Self { Self(rawValue: 10000) }
    @inlinable public static var clOrdIDNotUnique: Self { Self(rawValue: 10002) }
    @inlinable public static var wrongState: Self { Self(rawValue: 10011) }
}

/// The rule a refused request breaks. Each has one reason code and one text.
@frozen public struct RejectDetail: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable public static var none: Self { Self(rawValue: 0) }

    // Judged by the gateway.
    @inlinable public static var bodyLengthImpossible: Self { Self(rawValue: 1) }
    @inlinable public static var unknownTemplate: Self { Self(rawValue: 2) }
    @inlinable public static var notLoggedOn: Self { Self(rawValue: 3) }
    @inlinable public static var sequenceNumber: Self { Self(rawValue: 4) }
    @inlinable public static var credentials: Self { Self(rawValue: 5) }
    @inlinable public static var logonRepeated: Self { Self(rawValue: 6) }
    @inlinable public static var fieldMissing: Self { Self(rawValue: 7) }
    @inlinable public static var fieldValue: Self { Self(rawValue: 8) }
    @inlinable public static var groupCount: Self { Self(rawValue: 9) }
    @inlinable public static var userUnknown: Self { Self(rawValue: 10) }
    @inlinable public static var userNotLoggedIn: Self { Self(rawValue: 11) }
    @inlinable public static var userAlreadyLoggedIn: Self { Self(rawValue: 12) }
    @inlinable public static var throttle: Self { Self(rawValue: 13) }
    @inlinable public static var productUnknown: Self { Self(rawValue: 14) }
    @inlinable public static var instrumentUnknown: Self { Self(rawValue: 15) }
    @inlinable public static var instrumentNotInProduct: Self { Self(rawValue: 16) }
    @inlinable public static var serviceBusy: Self { Self(rawValue: 17) }
    @inlinable public static var notEntitledToRequest: Self { Self(rawValue: 18) }
    @inlinable public static var streamNotOffered: Self { Self(rawValue: 19) }
    @inlinable public static var alreadySubscribed: Self { Self(rawValue: 20) }
    @inlinable public static var subscriptionUnknown: Self { Self(rawValue: 21) }
    @inlinable public static var interfaceVersion: Self { Self(rawValue: 22) }
    @inlinable public static var journalBusy: Self { Self(rawValue: 23) }
    @inlinable public static var historyBusy: Self { Self(rawValue: 24) }

    // Judged by the engine.
    @inlinable public static var instrumentNotContinuous: Self { Self(rawValue: 100) }
    @inlinable public static var orderNotFound: Self { Self(rawValue: 101) }
    @inlinable public static var orderIDsDisagree: Self { Self(rawValue: 102) }
    @inlinable public static var notEntitledToOrder: Self { Self(rawValue: 103) }
    @inlinable public static var clOrdIDNotUnique: Self { Self(rawValue: 104) }
    @inlinable public static var orderNotNamed: Self { Self(rawValue: 105) }
    @inlinable public static var persistentLean: Self { Self(rawValue: 106) }
    @inlinable public static var timeInForceNotOffered: Self { Self(rawValue: 107) }
    @inlinable public static var ordTypeNotOffered: Self { Self(rawValue: 108) }
    @inlinable public static var bookOrCancelNotOffered: Self { Self(rawValue: 109) }
    @inlinable public static var marketOrderNotIOC: Self { Self(rawValue: 110) }
    @inlinable public static var marketOrderWithPrice: Self { Self(rawValue: 111) }
    @inlinable public static var limitWithoutPrice: Self { Self(rawValue: 112) }
    @inlinable public static var sideChanged: Self { Self(rawValue: 113) }
    @inlinable public static var persistenceChanged: Self { Self(rawValue: 114) }
    @inlinable public static var recoveryChanged: Self { Self(rawValue: 115) }
    @inlinable public static var instrumentChanged: Self { Self(rawValue: 116) }
    @inlinable public static var timeInForceChanged: Self { Self(rawValue: 117) }
    @inlinable public static var priceOffTick: Self { Self(rawValue: 118) }
    @inlinable public static var priceOutOfRange: Self { Self(rawValue: 119) }
    @inlinable public static var quantityNotPositive: Self { Self(rawValue: 120) }
    @inlinable public static var quantityOffLot: Self { Self(rawValue: 121) }
    @inlinable public static var quantityAboveMaximum: Self { Self(rawValue: 122) }
    @inlinable public static var orderPoolFull: Self { Self(rawValue: 123) }
    @inlinable public static var priceLevelPoolFull: Self { Self(rawValue: 124) }
    @inlinable public static var tradeIDsExhausted: Self { Self(rawValue: 125) }
    @inlinable public static var massCancelsPending: Self { Self(rawValue: 126) }
    @inlinable public static var executionRestrictionNotOffered: Self { Self(rawValue: 127) }
    @inlinable public static var stopPriceNotOffered: Self { Self(rawValue: 128) }
    @inlinable public static var ownershipChangeNotOffered: Self { Self(rawValue: 129) }
    @inlinable public static var productStateForbids: Self { Self(rawValue: 130) }
    @inlinable public static var instrumentStateForbids: Self { Self(rawValue: 131) }
    @inlinable public static var businessDayNotOver: Self { Self(rawValue: 132) }
    @inlinable public static var marketOperationPending: Self { Self(rawValue: 133) }

    /// The reason code that goes with this rule.
    public var reason: RejectReason {
        switch self {
        case .fieldMissing, .limitWithoutPrice, .orderNotNamed: .requiredFieldMissing
        case .bodyLengthImpossible, .fieldValue, .productUnknown, .instrumentUnknown,
            .instrumentNotInProduct, .priceOffTick, .priceOutOfRange, .quantityNotPositive,
            .quantityOffLot, .streamNotOffered, .subscriptionUnknown, .alreadySubscribed:
            .valueIncorrect
        case .unknownTemplate: .invalidTemplate
        case .groupCount: .groupCount
        case .notLoggedOn, .sequenceNumber, .logonRepeated: .other
        case .throttle: .throttle
        case .serviceBusy, .journalBusy, .historyBusy, .orderPoolFull, .priceLevelPoolFull,
            .tradeIDsExhausted, .massCancelsPending, .marketOperationPending:
            .temporarilyUnavailable
        case .userAlreadyLoggedIn: .userAlreadyLoggedIn
        case .orderNotFound, .orderIDsDisagree: .orderNotFound
        case .clOrdIDNotUnique: .clOrdIDNotUnique
        case .instrumentNotContinuous, .productStateForbids, .instrumentStateForbids,
            .businessDayNotOver:
            .wrongState
        default: .validation
        }
    }
}
