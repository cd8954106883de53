import Domain
import Sessions
import Wire

/// Writes the text of a reject or a forced logout straight into the message: which rule was broken
/// and what would be right. It never speaks of anything but the request and public rules.
public struct RejectText {
    /// Longest text, a multiple of 8; what would exceed it is cut.
    public static let lengthMax = 256

    private let base: UnsafeMutableRawPointer
    public private(set) var count = 0

    /// `base` has room for `lengthMax` bytes.
    public init(_ base: UnsafeMutableRawPointer) { self.base = base }

    /// Fills up with zero bytes to a multiple of 8; the length with them.
    public func finishPadded() -> Int {
        let padded = (count + 7) & ~7
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: padded - count)
        return padded
    }

    // MARK: What each rule says

    mutating func explain(_ refusal: Refusal, on port: PortKind) {
        switch refusal.detail {
        case .bodyLengthImpossible:
            add("BodyLen ")
            add(refusal.number)
            if let name = TemplateID(rawValue: refusal.templateID)?.schemaName {
                add(" is not that of ")
                add(name)
            } else {
                add(" is impossible: a multiple of 8 from 16 to 81920 is expected")
            }
        case .unknownTemplate:
            add("TemplateID ")
            add(Int64(refusal.templateID))
            add(" is not spoken here or not offered to this session")
        case .notLoggedOn: add("The first message must be LogonRequest 10000")
        case .sequenceNumber:
            add("MsgSeqNum must be ")
            add(refusal.number)
        case .credentials: add("PartyIDSessionID or Password is wrong")
        case .logonRepeated: add("The session is logged on already")
        case .fieldMissing, .fieldValue, .groupCount: explainField(refusal)
        case .userUnknown: add("Username or Password is wrong")
        case .userNotLoggedIn:
            add("User ")
            add(refusal.number)
            add(" is not logged in on this session")
        case .userAlreadyLoggedIn:
            add("User ")
            add(refusal.number)
            add(" is logged in on this session already")
        case .throttle:
            add("Throttle limit exceeded: ")
            add(refusal.number)
            add(" messages per interval are allowed")
        case .productUnknown, .instrumentUnknown, .instrumentNotInProduct:
            explainInstrument(refusal)
        default: explainRest(refusal.detail, on: port)
        }
    }

    private mutating func explainField(_ refusal: Refusal) {
        if let field = refusal.field { add(field.schemaName) }
        if let name = TemplateID(rawValue: refusal.templateID)?.schemaName {
            add(" of ")
            add(name)
        }
        switch refusal.detail {
        case .fieldMissing: add(" is mandatory and has no value")
        case .groupCount: add(" has a wrong number of entries")
        default: add(" has a value that is not defined")
        }
    }

    private mutating func explainInstrument(_ refusal: Refusal) {
        switch refusal.detail {
        case .productUnknown:
            add("MarketSegmentID ")
            add(refusal.number)
            add(" is not a product of this partition")
        case .instrumentUnknown:
            add("Instrument ")
            add(refusal.number)
            add(" is unknown")
        default:
            add("Instrument ")
            add(refusal.number)
            add(" does not belong to this MarketSegmentID")
        }
    }

    private mutating func explainRest(_ detail: RejectDetail, on port: PortKind) {
        switch detail {
        case .serviceBusy: add("Too many logons at once, try again later")
        case .journalBusy:
            add("The venue cannot keep this request durably now; deletions may still work")
        case .historyBusy: add("The history cannot be read now, try again later")
        case .notEntitledToRequest: add("This session may not make this request")
        case .streamNotOffered:
            switch port {
            case .order:
                add("RefApplID must be 2, 3 or 10 on this port; 4 and 6 come by themselves")
            case .dropCopy: add("RefApplID must be 1, 2, 3, 5 or 10 on this port")
            }
        case .alreadySubscribed: add("This RefApplID and SubscriptionScope are subscribed already")
        case .subscriptionUnknown: add("RefApplSubID names no subscription of this session")
        case .interfaceVersion: add("DefaultCstmApplVerID must be 10.0")
        default: explainOrder(detail, value: 0)
        }
    }

    /// Rules that the engine judges; `value` is the limit or step a text names.
    public mutating func explainOrder(_ detail: RejectDetail, value: Int64) {
        switch detail {
        case .priceOffTick:
            add("Price must be a multiple of ")
            add(value, decimals: 8)
        case .quantityOffLot:
            add("OrderQty must be a multiple of ")
            add(value, decimals: 4)
        case .quantityAboveMaximum:
            add("OrderQty must not exceed ")
            add(value, decimals: 4)
        case .instrumentNotContinuous, .instrumentStateForbids:
            let status = SecurityTradingStatus(rawValue: UInt8(truncatingIfNeeded: value))
            add(Self.sentence(detail))
            add(Self.name(status))
            add(" (SecurityTradingStatus ")
            add(value)
            add(")")
        case .productStateForbids:
            add(Self.sentence(detail))
            add(Self.name(ProductTradingState(rawValue: UInt8(truncatingIfNeeded: value))))
        default: add(Self.sentence(detail))
        }
    }

    private static func name(_ status: SecurityTradingStatus) -> StaticString {
        switch status {
        case .halt: "halted"
        case .closed: "closed"
        case .continuous: "in continuous trading"
        default: "in another state"
        }
    }

    private static func name(_ state: ProductTradingState?) -> StaticString {
        switch state {
        case .trading: "in continuous trading"
        case .halted: "halted"
        case .closed: "closed"
        case .endOfDay, nil: "at the end of its business day"
        }
    }

    private static func sentence(_ detail: RejectDetail) -> StaticString {
        switch detail {
        case .instrumentNotContinuous: "Not possible while the instrument is "
        case .instrumentStateForbids: "MarketStateAction is not possible: the instrument is "
        case .productStateForbids: "MarketStateAction is not possible: the product is "
        case .businessDayNotOver:
            "The product's business day is over, and the next begins when those of all products are"
        case .marketOperationPending: "Another market operation is under way, try again later"
        case .orderNotFound: "No such order"
        case .orderIDsDisagree: "OrderID and OrigClOrdID name different orders"
        case .notEntitledToOrder: "Not entitled to the orders of this session or trader"
        case .clOrdIDNotUnique: "ClOrdID is in use by another live order of the session"
        case .orderNotNamed: "OrderID or OrigClOrdID is mandatory"
        case .persistentLean:
            "A lean order (ApplSeqIndicator 0) must be non-persistent (ExecInst 2 or 6) and day or IOC"
        case .timeInForceNotOffered: "TimeInForce must be 0 (day) or 3 (IOC)"
        case .ordTypeNotOffered: "OrdType must be 1 (market) or 2 (limit)"
        case .bookOrCancelNotOffered: "ExecInst must be 1 or 2: book-or-cancel is not offered"
        case .marketOrderNotIOC: "A market order must have TimeInForce 3 (IOC)"
        case .marketOrderWithPrice: "A market order must not have a Price"
        case .limitWithoutPrice: "Price is mandatory in a limit order"
        case .sideChanged: "Side cannot be modified"
        case .persistenceChanged: "ExecInst cannot be modified between persistent and not"
        case .recoveryChanged: "ApplSeqIndicator cannot be modified"
        case .instrumentChanged: "The instrument cannot be modified"
        case .timeInForceChanged: "TimeInForce cannot be modified this way"
        case .priceOutOfRange: "Price is outside the range that this instrument's book can hold"
        case .quantityNotPositive: "OrderQty must be positive"
        case .orderPoolFull, .priceLevelPoolFull: "The order book is full, try again later"
        case .tradeIDsExhausted: "The day's trade numbers are used up"
        case .massCancelsPending: "Too many mass cancels are under way, try again later"
        case .executionRestrictionNotOffered: "TradingSessionSubID is not offered: leave it empty"
        case .ownershipChangeNotOffered:
            "OwnershipIndicator must be 0 for an order of another session"
        case .stopPriceNotOffered: "StopPx is not offered: leave it empty"
        default: "The request breaks a rule of this market"
        }
    }

    mutating func explain(_ reason: ForcedLogoutReason, intervalMillis: UInt32) {
        switch reason {
        case .heartbeatViolation:
            add("Heartbeat violation (152): nothing received for 3 intervals of ")
            add(Int64(intervalMillis))
            add(" ms")
        case .replaced: add("The session was logged on again on another connection")
        case .venueStops: add("The exchange is shutting down")
        }
    }

    // MARK: Writing

    mutating func add(_ text: StaticString) {
        let length = min(text.utf8CodeUnitCount, Self.lengthMax - count)
        (base + count).copyMemory(from: text.utf8Start, byteCount: length)
        count += length
    }

    mutating func add(_ number: Int64) { add(number, decimals: 0) }

    /// A decimal number without needless zeros behind the point.
    mutating func add(_ number: Int64, decimals: Int) {
        var whole = number.magnitude
        var fraction: UInt64 = 0
        var digits = decimals
        var unit: UInt64 = 1
        for _ in 0..<decimals { unit *= 10 }
        (whole, fraction) = whole.quotientAndRemainder(dividingBy: unit)
        if number < 0 { add("-") }
        addDigits(whole, atLeast: 1)
        guard fraction > 0 else { return }
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        add(".")
        addDigits(fraction, atLeast: digits)
    }

    private mutating func addDigits(_ number: UInt64, atLeast width: Int) {
        var length = 1
        var limit = number
        while limit >= 10 {
            limit /= 10
            length += 1
        }
        length = max(length, width)
        guard count + length <= Self.lengthMax else { return }
        var rest = number
        for position in stride(from: count + length - 1, through: count, by: -1) {
            base.storeBytes(
                of: UInt8(0x30 + rest % 10), toByteOffset: position, as: UInt8.self)
            rest /= 10
        }
        count += length
    }
}
