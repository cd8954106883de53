/// How the fields of a command's head lie in its sixteen words; little-endian, as everything here.
///
/// For those who keep commands as bytes, which somebody may read in another language. `DomainTests`
/// compares it with the struct.
public enum CommandWords {
    @inlinable public static var count: Int { 16 }

    /// kind 8 bits, slotCount 8, deferredReject 16, session 32; the lowest bits first.
    @inlinable public static var what: Int { 0 }
    /// sessionInstanceID 32, msgSeqNum 32.
    @inlinable public static var request: Int { 1 }
    @inlinable public static var sequence: Int { 2 }
    @inlinable public static var requestTime: Int { 3 }
    @inlinable public static var timeIn: Int { 4 }
    /// instrument 32, trader 32.
    @inlinable public static var subject: Int { 5 }
    @inlinable public static var orderID: Int { 6 }
    @inlinable public static var clOrdID: Int { 7 }
    @inlinable public static var origClOrdID: Int { 8 }
    @inlinable public static var price: Int { 9 }
    @inlinable public static var quantity: Int { 10 }
    @inlinable public static var stopPrice: Int { 11 }
    @inlinable public static var attributes: Int { 12 }
    /// matchInstCrossID 32, targetSession 32.
    @inlinable public static var target: Int { 13 }
    /// targetTrader 32, product 16, massActionReason 8, flags 8.
    @inlinable public static var scope: Int { 14 }
    /// date 32, executingTraderQualifier 8, marketStateAction 8 (as the enumeration lies in memory: 0 for
    /// halt, in the order of the cases), reserved 16.
    @inlinable public static var rest: Int { 15 }

    @usableFromInline static var marketStateActionCount: UInt8 { 5 }

    /// Slots of the whole record, as the head says.
    @inlinable public static func slotCount(what: UInt64) -> Int { Int(what &>> 8 & 0xFF) }

    /// Which details slots follow, as the head says.
    @inlinable public static func carriedDetails(scope: UInt64) -> Command.Flags {
        Command.Flags(rawValue: UInt8(truncatingIfNeeded: scope &>> 56))
            .intersection([.hasParties, .hasTexts])
    }

    /// Whether words that came from elsewhere can be a command: what is an enumeration holds one of
    /// its values, and the slots are those that the flags announce.
    @inlinable public static func areSound(what: UInt64, scope: UInt64, rest: UInt64) -> Bool {
        let details = carriedDetails(scope: scope)
        let slots =
            1 + (details.contains(.hasParties) ? 1 : 0) + (details.contains(.hasTexts) ? 1 : 0)
        return Command.Kind(rawValue: UInt8(truncatingIfNeeded: what)) != nil
            && slotCount(what: what) == slots
            && UInt8(truncatingIfNeeded: rest &>> 40) < marketStateActionCount
    }
}
