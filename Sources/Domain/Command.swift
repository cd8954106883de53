/// One instruction to the engine: the 128-byte head of a record in the command ring.
///
/// The gateway writes it, the sequencer stamps `sequence` and `timeIn`, the partition applies it.
/// A head is followed by `slotCount - 1` continuation slots: `OrderParties`, then `OrderTexts`, as
/// `flags` say.
@frozen public struct Command: BitwiseCopyable, Sendable {
    @frozen public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// Enter an order (templates 10100, 10125).
        case newOrder
        /// Change an order (10106, 10126).
        case modifyOrder
        /// Withdraw one order (10109).
        case deleteOrder
        /// Withdraw a session's orders in one product (10120).
        case deleteAllOrders
        /// A session logged on; `sessionInstanceID` names this logon from now on.
        case sessionStarted
        /// A session was lost or logged out; `massActionReason` says how.
        case sessionEnded
        /// The next slice of the oldest mass cancel or restatement under way.
        case continueMassCancel
        /// A new business day: identifiers that count per day start again.
        case startBusinessDay
        /// Market operations halt, resume, close, open or end the day of what `product` and
        /// `instrument` name (60000); see `marketStateAction`.
        case changeMarketState
        /// A slice of the list of all states and live orders, for readers of the events that lost
        /// some. Changes nothing.
        case listOrders
        /// The first command of a life after another: every session is lost, and what is left is told
        /// anew in slices. `date` is the calendar's day.
        case restart
    }

    @frozen public struct Flags: OptionSet, BitwiseCopyable, Sendable {
        public var rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// A slot with `OrderParties` follows the head.
        @inlinable public static var hasParties: Flags { Flags(rawValue: 1) }
        /// A slot with `OrderTexts` follows, after the parties.
        @inlinable public static var hasTexts: Flags { Flags(rawValue: 2) }
        /// `attributes.side` restricts a mass cancel.
        @inlinable public static var onlyOneSide: Flags { Flags(rawValue: 4) }
        /// The request came in short form, which has no place for most of an order's details.
        @inlinable public static var shortForm: Flags { Flags(rawValue: 8) }
    }

    public var kind: Kind
    /// Slots of the whole record, the head included.
    public var slotCount: UInt8
    /// A rule that the message alone already breaks. The engine answers with it in the place the
    /// venue's order of checks gives it: after state, existence and uniqueness.
    public var deferredReject: RejectDetail
    /// Who asks.
    public var session: SessionIndex
    public var sessionInstanceID: UInt32
    public var msgSeqNum: UInt32
    /// Position in the partition's history, from 1; 0 before the sequencer.
    public var sequence: UInt64
    /// When the request reached the gateway.
    public var requestTime: Timestamp
    /// When the sequencer took it; never before `requestTime`, never falling.
    public var timeIn: Timestamp
    public var instrument: InstrumentIndex
    public var trader: TraderID
    public var orderID: OrderID
    public var clOrdID: ClOrdID
    public var origClOrdID: ClOrdID
    public var price: Price
    /// Total order quantity, executed part included.
    public var quantity: Quantity
    public var stopPrice: Price
    public var attributes: OrderAttributes
    public var matchInstCrossID: UInt32
    /// The session whose orders are meant; `none` = the requester's own.
    public var targetSession: SessionIndex
    /// Restricts a mass cancel to one trader's orders; `none` = all.
    public var targetTrader: TraderID
    public var product: ProductIndex
    public var massActionReason: MassActionReason
    public var flags: Flags
    /// Date as YYYYMMDD: expiry of an order, or the business day that starts; all ones = no value.
    public var date: UInt32
    /// ExecutingTraderQualifier of a new order: trade reports name it, also of orders whose request
    /// says nothing else for the `OrderParties` slot.
    public var executingTraderQualifier: UInt8
    /// What `changeMarketState` does.
    public var marketStateAction: MarketStateAction
    public var reserved: InlineArray<2, UInt8>

    /// Which details slots follow the head.
    @inlinable public var carriedDetails: Flags { flags.intersection([.hasParties, .hasTexts]) }

    @inlinable public init(kind: Kind) {
        self.kind = kind
        slotCount = 1
        deferredReject = .none
        session = .none
        sessionInstanceID = 0
        msgSeqNum = .max
        sequence = 0
        requestTime = .none
        timeIn = .none
        instrument = .none
        trader = .none
        orderID = .none
        clOrdID = .none
        origClOrdID = .none
        price = .none
        quantity = .none
        stopPrice = .none
        attributes = OrderAttributes(side: .buy)
        matchInstCrossID = .max
        targetSession = .none
        targetTrader = .none
        product = .none
        massActionReason = .requested
        flags = []
        date = .max
        executingTraderQualifier = .max
        marketStateAction = .halt
        reserved = .init(repeating: 0)
    }
}

extension Command {
    /// The number of the listing that `listOrders` is a slice of; kept in the field that numbers
    /// requests.
    @inlinable public var listing: UInt32 {
        get { msgSeqNum }
        set { msgSeqNum = newValue }
    }

    /// Where the slice begins; kept in the field for dates.
    @inlinable public var listingPosition: UInt32 {
        get { date }
        set { date = newValue }
    }
}
