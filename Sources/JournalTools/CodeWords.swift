import Domain

// Words for the codes of orders; a code without a word shows as its number.

extension OrdType {
    var word: String {
        switch self {
        case .market: "market"
        case .limit: "limit"
        case .stop: "stop"
        case .stopLimit: "stop limit"
        default: "type \(rawValue)"
        }
    }
}

extension TimeInForce {
    var word: String {
        switch self {
        case .day: "day"
        case .goodTillCancelled: "good till cancelled"
        case .immediateOrCancel: "immediate or cancel"
        case .goodTillDate: "good till date"
        default: "time in force \(rawValue)"
        }
    }
}

extension ExecInst {
    var word: String {
        switch self {
        case .persistent: "persistent"
        case .nonPersistent: "not persistent"
        case .bothKinds: "persistent and not"
        case .persistentBookOrCancel: "persistent, book or cancel"
        case .nonPersistentBookOrCancel: "not persistent, book or cancel"
        default: "execution instruction \(rawValue)"
        }
    }
}

extension OrdStatus {
    var word: String {
        switch self {
        case .new: "new"
        case .partiallyFilled: "partially filled"
        case .filled: "filled"
        case .cancelled: "cancelled"
        default: "status \(rawValue)"
        }
    }
}

extension MassActionReason {
    /// Why orders went, as the end of a sentence.
    var words: String {
        switch self {
        case .requested: "on request"
        case .sessionLoss: "because its session was lost or logged out"
        case .duplicateSessionLogin: "because its session logged on elsewhere"
        case .productHalt: "because its product was halted"
        case .instrumentSuspended: "because its instrument was halted"
        default: "for reason \(rawValue)"
        }
    }
}

extension OrderAttributes {
    /// "day, standard, persistent"
    var words: String {
        let kind = isStandard ? "standard" : "lean"
        let type = ordType == .limit ? "" : "\(ordType.word), "
        return "\(type)\(timeInForce.word), \(kind), \(execInst.word)"
    }
}
