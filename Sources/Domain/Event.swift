/// Something the engine did: the 128-byte head of a record in the event ring.
///
/// Written by the engine, read by the gateway (answers and notifications), the drop copy, market
/// data and the archive. A record tells everything that goes out because of it, so that a reader
/// that starts late needs no memory of orders. One command's events are one transaction: they share
/// `sequence`, and the last carries `.endOfTransaction`.
///
/// Continuation slots follow the head in this order, as `flags` say: `EventContext`, fills (four
/// `Fill`s a slot), `OrderParties`, `OrderTexts`.
@frozen public struct Event: BitwiseCopyable, Sendable {
    @frozen public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// A new order rests, or was cancelled without trading. Answer 10101 / 10102.
        case orderAccepted
        /// A change was made without trading. Answer 10107 / 10108.
        case orderModified
        /// The requester withdrew an order. Answer 10110 / 10111.
        case orderDeleted
        /// The aggressor traded, on entry or after a modify. Answer 10103, with fills.
        case aggressorExecuted
        /// A resting order traded. Notification 10104 to its owner, with one fill.
        case restingExecuted
        /// A request was refused. Answer 10010; `reject` says why.
        case requestRejected
        /// One order left the book in a mass cancel; nobody is told of it singly.
        case orderRemoved
        /// A mass cancel asked for by 10120 is complete. Answer 10121 / 10124.
        case massCancelled
        /// A session's orders in one product are gone: session loss, or a mass cancel by another
        /// session of the unit. Report 10122.
        case massCancelReported
        /// Another session of the unit deleted an order. Notification 10112 to its owner.
        case orderDeletedByOther
        /// Another session of the unit changed an order. Notification 10117 to its owner.
        case orderModifiedByOther
        /// A command without an outward sign (session started, part of a mass cancel).
        case commandApplied
        /// A product does something else now; `context.product`.
        case productStateChanged
        /// An instrument does something else now, as far as it is not its product's doing.
        case instrumentStateChanged
        /// A halt deleted a session's orders in a product or instrument. Notification 10308.
        case ordersDeletedByMarket
        /// The service began or ended, in one product or all. Notification 10307 to everybody.
        case tradingSessionEvent
        /// Market operations' request is done. Answer 10124.
        case marketStateAnswered
        /// What a product is doing, as part of a listing.
        case productListed
        /// What an instrument is doing, as part of a listing.
        case instrumentListed
        /// A live order, as part of a listing.
        case orderListed
        /// A listing is complete.
        case ordersListed
        /// A live order is as before the restart. Report 10117 to its owner.
        case orderRestated
        /// A mass cancel by 10120 left an order alone that its terms meant, as its instrument is closed.
        /// Fragment of the answer 10121, or of the report 10122, that comes when all is done.
        case orderNotAffected
    }

    @frozen public struct Flags: OptionSet, BitwiseCopyable, Sendable {
        public var rawValue: UInt16
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// Last record of its command.
        @inlinable public static var endOfTransaction: Flags { Flags(rawValue: 1) }
        /// A standard order: listeners are told too.
        @inlinable public static var standard: Flags { Flags(rawValue: 2) }
        /// More fragments of the same answer follow.
        @inlinable public static var moreFragments: Flags { Flags(rawValue: 4) }
        @inlinable public static var hasContext: Flags { Flags(rawValue: 8) }
        @inlinable public static var hasParties: Flags { Flags(rawValue: 16) }
        @inlinable public static var hasTexts: Flags { Flags(rawValue: 32) }
        /// The order rests in the book after this event.
        @inlinable public static var rests: Flags { Flags(rawValue: 64) }
        /// The order rested in the book before this event.
        @inlinable public static var rested: Flags { Flags(rawValue: 128) }
        /// Time priority was renewed.
        @inlinable public static var priorityRenewed: Flags { Flags(rawValue: 256) }
        /// The requester does not own the order: its answer has no ApplMsgID.
        @inlinable public static var onBehalf: Flags { Flags(rawValue: 512) }
        /// The execution was caused by a change of a resting order, not by a new one.
        @inlinable public static var answersModify: Flags { Flags(rawValue: 1024) }
        /// A mass cancel met at least one order of the requesting session: deleted it or left it alone.
        @inlinable public static var hitOwnOrders: Flags { Flags(rawValue: 2048) }
        /// A mass cancel was restricted to one side (`side`).
        @inlinable public static var onlyOneSide: Flags { Flags(rawValue: 4096) }
        /// Numbers that count per business day start again.
        @inlinable public static var newBusinessDay: Flags { Flags(rawValue: 8192) }
    }

    public var kind: Kind
    /// Slots of the whole record, the head included.
    public var slotCount: UInt8
    public var flags: Flags
    public var instrument: InstrumentIndex
    public var sequence: UInt64
    /// Time of the engine transaction: ExecID, strictly rising per partition.
    public var execID: Timestamp
    public var timeIn: Timestamp
    /// Of the request that caused it; `none` when no request did.
    public var requestTime: Timestamp
    /// Whom it is addressed to: the requester of an answer, the owner of a notification.
    public var session: SessionIndex
    /// The logon it is addressed to; 0 when the session is not logged on.
    public var sessionInstanceID: UInt32
    /// Of the request answered; all ones in notifications.
    public var msgSeqNum: UInt32
    /// The order's owner, the executing trader; in mass cancels the targeted trader.
    public var trader: TraderID
    public var orderID: OrderID
    public var clOrdID: ClOrdID
    public var origClOrdID: ClOrdID
    public var price: Price
    public var orderQty: Quantity
    public var leavesQty: Quantity
    public var cumQty: Quantity
    public var timePriority: Timestamp
    public var side: Side
    public var ordType: OrdType
    public var timeInForce: TimeInForce
    public var execInst: ExecInst
    public var ordStatus: OrdStatus
    public var execType: ExecType
    public var restatementReason: ExecRestatementReason

    @inlinable public init(kind: Kind) {
        self.kind = kind
        slotCount = 1
        flags = []
        instrument = .none
        sequence = 0
        execID = .none
        timeIn = .none
        requestTime = .none
        session = .none
        sessionInstanceID = 0
        msgSeqNum = .max
        trader = .none
        orderID = .none
        clOrdID = .none
        origClOrdID = .none
        price = .none
        orderQty = .zero
        leavesQty = .zero
        cumQty = .zero
        timePriority = .none
        side = .buy
        ordType = .limit
        timeInForce = .day
        execInst = .nonPersistent
        ordStatus = .new
        execType = .new
        restatementReason = .orderAdded
    }

    /// Withdrawn quantity: what was ordered, is not open and did not trade.
    @inlinable public var cancelledQty: Quantity { orderQty - leavesQty - cumQty }

    /// Why a request was refused; kept in the field that names the event's reason.
    @inlinable public var reject: RejectDetail {
        get { RejectDetail(rawValue: restatementReason.rawValue) }
        set { restatementReason = ExecRestatementReason(rawValue: newValue.rawValue) }
    }

    /// The value a reject is about (a tick, a lot, a limit), where its text names one.
    @inlinable public var rejectValue: Int64 {
        get { orderQty.raw }
        set { orderQty.raw = newValue }
    }

    /// Why orders were deleted in mass; kept in the field that names the event's reason.
    @inlinable public var massActionReason: MassActionReason {
        get { MassActionReason(rawValue: UInt8(truncatingIfNeeded: restatementReason.rawValue)) }
        set { restatementReason = ExecRestatementReason(rawValue: UInt16(newValue.rawValue)) }
    }
}

/// How the fields of an event's head lie in its sixteen words; little-endian, as everything here.
///
/// For the engine, which puts heads together in their ring slots, a word at a time. `DomainTests`
/// compares it with the struct.
public enum EventWords {
    @inlinable public static var count: Int { 16 }

    @inlinable public static var what: Int { 0 }
    @inlinable public static var sequence: Int { 1 }
    @inlinable public static var execID: Int { 2 }
    @inlinable public static var timeIn: Int { 3 }
    @inlinable public static var requestTime: Int { 4 }
    @inlinable public static var addressee: Int { 5 }
    @inlinable public static var request: Int { 6 }
    @inlinable public static var orderID: Int { 7 }
    @inlinable public static var clOrdID: Int { 8 }
    @inlinable public static var origClOrdID: Int { 9 }
    @inlinable public static var price: Int { 10 }
    @inlinable public static var orderQty: Int { 11 }
    @inlinable public static var leavesQty: Int { 12 }
    @inlinable public static var cumQty: Int { 13 }
    @inlinable public static var timePriority: Int { 14 }
    @inlinable public static var state: Int { 15 }

    @inlinable @inline(__always)
    public static func what(
        _ kind: Event.Kind, slotCount: Int, flags: Event.Flags, _ instrument: InstrumentIndex
    ) -> UInt64 {
        UInt64(kind.rawValue) | UInt64(UInt8(truncatingIfNeeded: slotCount)) << 8
            | UInt64(flags.rawValue) << 16 | UInt64(instrument.raw) << 32
    }

    @inlinable @inline(__always)
    public static func addressee(_ session: SessionIndex, instance: UInt32) -> UInt64 {
        UInt64(session.raw) | UInt64(instance) << 32
    }

    @inlinable @inline(__always)
    public static func request(_ msgSeqNum: UInt32, _ trader: TraderID) -> UInt64 {
        UInt64(msgSeqNum) | UInt64(trader.raw) << 32
    }

    @inlinable @inline(__always)
    public static func state(
        _ attributes: OrderAttributes, _ status: OrdStatus, _ type: ExecType,
        _ reason: ExecRestatementReason
    ) -> UInt64 {
        attributes.terms | UInt64(status.rawValue) << 32 | UInt64(type.rawValue) << 40
            | UInt64(reason.rawValue) << 48
    }
}

/// What listeners, market data and trade reports need beside the head: first continuation slot.
@frozen public struct EventContext: BitwiseCopyable, Sendable {
    public var entryTime: Timestamp = .none
    /// State before the event, for those who keep a book by key (side, price, priority).
    public var previousPrice: Price = .none
    public var previousLeavesQty: Quantity = .zero
    public var previousTimePriority: Timestamp = .none
    public var stopPrice: Price = .none
    /// The fill of `restingExecuted`; `.none` price elsewhere.
    public var fill = Fill()
    /// Number of fills in the slots that follow (at most 100, aggressor only).
    public var fillCount: UInt16 = 0
    public var product: ProductIndex = .none
    /// Index of this message among its unit's messages of the transaction: ApplMsgID's second half.
    /// The listeners' copy has the next number.
    public var messageIndex: UInt32 = 0
    public var unit: UnitIndex = .none
    /// The session and trader that own the order.
    public var ownerSession: SessionIndex = .none
    /// The trader who asked.
    public var enteringTrader: TraderID = .none
    public var matchInstCrossID: UInt32 = .max
    public var expireDate: UInt32 = .max
    /// ApplSeqNum of this event's first fill among the trades of the owner's unit today, and among
    /// those of all units; the fills behind it have the next numbers. 0 when nothing traded. With
    /// them a reader that lost events knows exactly which trades it missed.
    public var unitTradeNumber: UInt32 = 0
    public var partitionTradeNumber: UInt32 = 0
    public var tradingCapacity: UInt8 = .max
    /// ExecutingTraderQualifier, kept here too for orders that have no `OrderParties`.
    public var executingTraderQualifier: UInt8 = .max
    public var reserved: UInt16 = 0

    @inlinable @inline(__always) public init() {}

    /// Hands out the context as words, made in registers: a word read back from narrower stores
    /// would have to wait until they have left the store buffer.
    @inlinable @inline(__always)
    public func forEachWord(_ body: (_ word: Int, _ value: UInt64) -> Void) {
        body(ContextWords.entryTime, entryTime.nanos)
        body(ContextWords.previousPrice, UInt64(bitPattern: previousPrice.raw))
        body(ContextWords.previousLeavesQty, UInt64(bitPattern: previousLeavesQty.raw))
        body(ContextWords.previousTimePriority, previousTimePriority.nanos)
        body(ContextWords.stopPrice, UInt64(bitPattern: stopPrice.raw))
        fill.forEachWord { body(ContextWords.fill &+ $0, $1) }
        body(
            ContextWords.message,
            ContextWords.message(messageIndex, fillCount: fillCount, product))
        body(ContextWords.owner, ContextWords.owner(unit, ownerSession))
        body(ContextWords.request, ContextWords.request(enteringTrader, matchInstCrossID))
        body(ContextWords.unitTrade, ContextWords.unitTrade(unitTradeNumber, expireDate))
        body(
            ContextWords.rest,
            ContextWords.rest(
                partitionTradeNumber, tradingCapacity: tradingCapacity,
                executingTraderQualifier))
    }
}

/// How the fields of a context lie in its words, for the engine, which puts those of orders together in
/// their ring slots.
public enum ContextWords {
    @inlinable public static var entryTime: Int { 0 }
    @inlinable public static var previousPrice: Int { 1 }
    @inlinable public static var previousLeavesQty: Int { 2 }
    @inlinable public static var previousTimePriority: Int { 3 }
    @inlinable public static var stopPrice: Int { 4 }
    /// The first of the four words of the fill.
    @inlinable public static var fill: Int { 5 }
    @inlinable public static var message: Int { 9 }
    @inlinable public static var owner: Int { 10 }
    @inlinable public static var request: Int { 11 }
    @inlinable public static var unitTrade: Int { 12 }
    @inlinable public static var rest: Int { 13 }

    @inlinable @inline(__always)
    public static func message(
        _ index: UInt32, fillCount: UInt16, _ product: ProductIndex
    ) -> UInt64 {
        UInt64(fillCount) | UInt64(product.raw) << 16 | UInt64(index) << 32
    }

    @inlinable @inline(__always)
    public static func owner(_ unit: UnitIndex, _ session: SessionIndex) -> UInt64 {
        UInt64(unit.raw) | UInt64(session.raw) << 32
    }

    @inlinable @inline(__always)
    public static func request(_ enteringTrader: TraderID, _ matchInstCrossID: UInt32) -> UInt64 {
        UInt64(enteringTrader.raw) | UInt64(matchInstCrossID) << 32
    }

    @inlinable @inline(__always)
    public static func unitTrade(_ number: UInt32, _ expireDate: UInt32) -> UInt64 {
        UInt64(expireDate) | UInt64(number) << 32
    }

    @inlinable @inline(__always)
    public static func rest(
        _ partitionTradeNumber: UInt32, tradingCapacity: UInt8,
        _ executingTraderQualifier: UInt8
    ) -> UInt64 {
        UInt64(partitionTradeNumber) | UInt64(tradingCapacity) << 32
            | UInt64(executingTraderQualifier) << 40
    }
}

/// One execution of one order at one price.
@frozen public struct Fill: Equatable, BitwiseCopyable, Sendable {
    public var price: Price = .none
    public var quantity: Quantity = .zero
    /// The price level of the match event, equal on both sides: FillMatchID, TrdMatchID.
    public var matchID: UInt32 = 0
    /// This side of the trade: FillExecID, SideTradeID.
    public var sideTradeID: Int32 = 0
    public var tradeID: UInt32 = 0
    public var liquidity: LiquidityIndicator = .added
    public var reserved: InlineArray<3, UInt8> = .init(repeating: 0)

    /// Fills an answer may carry (schema limit of FillsGrp).
    @inlinable public static var perAnswerMax: Int { 100 }
    @inlinable public static var perSlot: Int { 4 }

    @inlinable @inline(__always) public init() {}

    @inlinable public static var wordCount: Int { 4 }

    /// Hands out the fill as words, as `EventContext` does.
    @inlinable @inline(__always)
    public func forEachWord(_ body: (_ word: Int, _ value: UInt64) -> Void) {
        body(0, UInt64(bitPattern: price.raw))
        body(1, UInt64(bitPattern: quantity.raw))
        body(2, UInt64(matchID) | UInt64(UInt32(bitPattern: sideTradeID)) << 32)
        body(3, UInt64(tradeID) | UInt64(liquidity.rawValue) << 32)
    }

    public static func == (a: Fill, b: Fill) -> Bool {
        a.price == b.price && a.quantity == b.quantity && a.matchID == b.matchID
            && a.sideTradeID == b.sideTradeID && a.tradeID == b.tradeID
            && a.liquidity == b.liquidity
    }
}

/// Four fills: one continuation slot.
@frozen public struct FillSlot: BitwiseCopyable, Sendable {
    public var fills: InlineArray<4, Fill> = .init(repeating: Fill())

    @inlinable public init() {}
}
