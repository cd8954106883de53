import PublicBooks
import Wire

/// Trading states in words, from the wire's codes.
public enum StateWords {
    /// SecurityTradingStatus: "continuous", "trading halt", …
    public static func of(_ state: PublicInstrumentState) -> String {
        guard state.trading != .max else { return "unknown" }
        guard let status = EOBI.SecurityTradingStatus(rawValue: state.trading) else {
            return "state \(state.trading)"
        }
        return spaced("\(status)")
    }

    /// The product's session and status: "day, continuous", "day, continuous, halted".
    public static func of(_ state: PublicProductState) -> String {
        guard state.status != .max else { return "unknown" }
        var words: [String] = []
        if let session = EOBI.TradingSessionID(rawValue: state.session) {
            words.append(spaced("\(session)"))
        }
        if let subSession = EOBI.TradingSessionSubID(rawValue: state.subSession) {
            words.append(spaced("\(subSession)"))
        }
        switch EOBI.TradSesStatus(rawValue: state.status) {
        case .open: break
        case .some(let status): words.append(spaced("\(status)"))
        case nil: words.append("status \(state.status)")
        }
        return words.joined(separator: ", ")
    }

    public static func of(_ condition: BookCondition) -> String {
        switch condition {
        case .joining: "joining"
        case .live: "live"
        case .stale: "stale"
        }
    }

    /// "tradingHalt" as "trading halt".
    private static func spaced(_ name: String) -> String {
        var text = ""
        for letter in name {
            text += letter.isUppercase ? " " + letter.lowercased() : String(letter)
        }
        return text
    }
}
