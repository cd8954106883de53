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

/// What a slot says of a command if it holds the head of one: for looking ahead. It may hold anything
/// else, so that all of this is a guess.
@frozen public struct CommandGlimpse {
    @usableFromInline let words: UnsafePointer<UInt64>

    /// `slot` has the length of a command's head.
    @inlinable public init(_ slot: UnsafeRawPointer) {
        words = slot.assumingMemoryBound(to: UInt64.self)
    }

    @inlinable public var isNewOrder: Bool {
        UInt8(truncatingIfNeeded: words[CommandWords.what]) == Command.Kind.newOrder.rawValue
    }

    @inlinable public var session: SessionIndex {
        SessionIndex(raw: UInt32(truncatingIfNeeded: words[CommandWords.what] &>> 32))
    }

    @inlinable public var instrument: InstrumentIndex {
        InstrumentIndex(raw: UInt32(truncatingIfNeeded: words[CommandWords.subject]))
    }

    /// The ClOrdID that is looked up first: the new one of a new order, and that of the order meant.
    @inlinable public var clOrdIDNamed: ClOrdID {
        ClOrdID(raw: words[isNewOrder ? CommandWords.clOrdID : CommandWords.origClOrdID])
    }

    @inlinable public var price: Price {
        Price(raw: Int64(bitPattern: words[CommandWords.price]))
    }

    @inlinable public var side: Side {
        OrderAttributes(raw: words[CommandWords.attributes]).side
    }
}
