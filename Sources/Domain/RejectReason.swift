/// SessionRejectReason of a Reject (10010), wire codes.
@frozen public struct RejectReason: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let requiredFieldMissing = RejectReason(rawValue: 1)
    public static let valueIncorrect = RejectReason(rawValue: 5)
    public static let invalidTemplate = RejectReason(rawValue: 11)
    public static let groupCount = RejectReason(rawValue: 16)
    public static let other = RejectReason(rawValue: 99)
    public static let throttle = RejectReason(rawValue: 100)
    public static let temporarilyUnavailable = RejectReason(rawValue: 102)
    public static let validation = RejectReason(rawValue: 210)
    public static let userAlreadyLoggedIn = RejectReason(rawValue: 211)
    public static let orderNotFound = RejectReason(rawValue: 10000)
    public static let clOrdIDNotUnique = RejectReason(rawValue: 10002)
    public static let wrongState = RejectReason(rawValue: 10011)
}

/// The rule a refused request breaks. Each has one reason code and one text.
@frozen public struct RejectDetail: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public var rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let none = RejectDetail(rawValue: 0)

    // Judged by the gateway.
    public static let bodyLengthImpossible = RejectDetail(rawValue: 1)
    public static let unknownTemplate = RejectDetail(rawValue: 2)
    public static let notLoggedOn = RejectDetail(rawValue: 3)
    public static let sequenceNumber = RejectDetail(rawValue: 4)
    public static let credentials = RejectDetail(rawValue: 5)
    public static let logonRepeated = RejectDetail(rawValue: 6)
    public static let fieldMissing = RejectDetail(rawValue: 7)
    public static let fieldValue = RejectDetail(rawValue: 8)
    public static let groupCount = RejectDetail(rawValue: 9)
    public static let userUnknown = RejectDetail(rawValue: 10)
    public static let userNotLoggedIn = RejectDetail(rawValue: 11)
    public static let userAlreadyLoggedIn = RejectDetail(rawValue: 12)
    public static let throttle = RejectDetail(rawValue: 13)
    public static let productUnknown = RejectDetail(rawValue: 14)
    public static let instrumentUnknown = RejectDetail(rawValue: 15)
    public static let instrumentNotInProduct = RejectDetail(rawValue: 16)
    public static let serviceBusy = RejectDetail(rawValue: 17)
    public static let notEntitledToRequest = RejectDetail(rawValue: 18)
    public static let streamNotOffered = RejectDetail(rawValue: 19)
    public static let alreadySubscribed = RejectDetail(rawValue: 20)
    public static let subscriptionUnknown = RejectDetail(rawValue: 21)
    public static let interfaceVersion = RejectDetail(rawValue: 22)

    // Judged by the engine.
    public static let instrumentNotContinuous = RejectDetail(rawValue: 100)
    public static let orderNotFound = RejectDetail(rawValue: 101)
    public static let orderIDsDisagree = RejectDetail(rawValue: 102)
    public static let notEntitledToOrder = RejectDetail(rawValue: 103)
    public static let clOrdIDNotUnique = RejectDetail(rawValue: 104)
    public static let orderNotNamed = RejectDetail(rawValue: 105)
    public static let persistentLean = RejectDetail(rawValue: 106)
    public static let timeInForceNotOffered = RejectDetail(rawValue: 107)
    public static let ordTypeNotOffered = RejectDetail(rawValue: 108)
    public static let bookOrCancelNotOffered = RejectDetail(rawValue: 109)
    public static let marketOrderNotIOC = RejectDetail(rawValue: 110)
    public static let marketOrderWithPrice = RejectDetail(rawValue: 111)
    public static let limitWithoutPrice = RejectDetail(rawValue: 112)
    public static let sideChanged = RejectDetail(rawValue: 113)
    public static let persistenceChanged = RejectDetail(rawValue: 114)
    public static let recoveryChanged = RejectDetail(rawValue: 115)
    public static let instrumentChanged = RejectDetail(rawValue: 116)
    public static let timeInForceChanged = RejectDetail(rawValue: 117)
    public static let priceOffTick = RejectDetail(rawValue: 118)
    public static let priceOutOfRange = RejectDetail(rawValue: 119)
    public static let quantityNotPositive = RejectDetail(rawValue: 120)
    public static let quantityOffLot = RejectDetail(rawValue: 121)
    public static let quantityAboveMaximum = RejectDetail(rawValue: 122)
    public static let orderPoolFull = RejectDetail(rawValue: 123)
    public static let priceLevelPoolFull = RejectDetail(rawValue: 124)
    public static let tradeIDsExhausted = RejectDetail(rawValue: 125)
    public static let massCancelsPending = RejectDetail(rawValue: 126)
    public static let executionRestrictionNotOffered = RejectDetail(rawValue: 127)
    public static let stopPriceNotOffered = RejectDetail(rawValue: 128)

    /// The reason code that goes with this rule (design: table of rejects).
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
        case .serviceBusy, .orderPoolFull, .priceLevelPoolFull, .tradeIDsExhausted,
            .massCancelsPending:
            .temporarilyUnavailable
        case .userAlreadyLoggedIn: .userAlreadyLoggedIn
        case .orderNotFound, .orderIDsDisagree: .orderNotFound
        case .clOrdIDNotUnique: .clOrdIDNotUnique
        case .instrumentNotContinuous: .wrongState
        default: .validation
        }
    }
}
