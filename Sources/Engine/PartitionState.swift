import Containers
import Domain
import Matching

/// An instrument as matching sees it: a cache line.
struct InstrumentState: BitwiseCopyable {
    var product: ProductIndex
    /// What its own status and its product's state allow, put together when one of them changes.
    var isContinuous: Bool = true
    var allowsDeletion: Bool = true
    /// Its own; what counts is `effectiveStatus`.
    var status: SecurityTradingStatus = .continuous
    var effectiveStatus: SecurityTradingStatus = .continuous
    /// The lots of the largest quantity are the most that it counts.
    var lot: StepScale
    var tick: TickScale

    mutating func restrict(by productState: ProductTradingState) {
        effectiveStatus = status.restricted(by: productState.instrumentStatus)
        isContinuous = effectiveStatus.isContinuous
        allowsDeletion = effectiveStatus.allowsDeletion
    }
}

/// What a product is doing, and its counters, which start again with each business day.
struct ProductState: BitwiseCopyable {
    var trading = ProductTradingState.trading
    var lastMatchID: UInt32 = 0
    var lastTradeID: UInt32 = 0
    var lastSideTradeID: Int32 = 0

    /// Side numbers kept back so that the largest match still finds its own: a lot can meet an order
    /// of its own at a price of its own, which takes two.
    let sideTradeIDReserve: Int32
    let maximumQuantity: Quantity

    init(_ product: Product) {
        maximumQuantity = product.maximumQuantity
        let lots = product.maximumQuantity.raw / product.lot.raw
        sideTradeIDReserve = Int32(clamping: min(lots, Int64(Int32.max / 4)) * 2 + 2)
    }

    var isExhausted: Bool { lastSideTradeID > Int32.max - sideTradeIDReserve }

    mutating func startDay() {
        lastMatchID = 0
        lastTradeID = 0
        lastSideTradeID = 0
    }
}

/// A session as the engine sees it, beside the list of its orders.
struct SessionState: BitwiseCopyable {
    /// 0 when the session is not logged on.
    var instanceID: UInt32 = 0
    var unit: UnitIndex
    var cancelsPersistentOnDisconnect: Bool
}

/// Numbers a unit's messages within one transaction, for ApplMsgID, and its trades of the day.
struct UnitState: BitwiseCopyable {
    var sequence: UInt64 = 0
    var nextIndex: UInt32 = 0
    var lastTradeNumber: UInt32 = 0
}

/// The order that is being matched: all that a suspended match needs to go on.
struct Aggressor: BitwiseCopyable {
    var isActive = false
    /// Where it lives in the pool.
    var order: Int32 = -1
    var answersModify = false
    var priorityRenewed = false
    var rested = false
    var isOnBehalf = false
    var isIOC = false
    /// The worst level it may trade at.
    var limit: LevelKey = .none
    var ladderSide: Side = .sell
    var product: ProductIndex = .none
    var origClOrdID: ClOrdID = .none
    /// Answers go to the requester, which is the owner but for changes on behalf.
    var session: SessionIndex = .none
    var sessionInstanceID: UInt32 = 0
    var msgSeqNum: UInt32 = .max
    var enteringTrader: TraderID = .none
    var previousPrice: Price = .none
    var previousLeavesQty: Quantity = .zero
    var previousTimePriority: Timestamp = .none
    /// The price level being worked: its fill so far.
    var step = Fill()
    var stepKey: LevelKey = .none
    var fillCount = 0

    // Inlined, so that one is made where it is kept.
    @inline(__always) init() {}
}

/// A mass cancel under way: whose orders, which of them, how far it got, and whom to tell.
struct MassCancel: BitwiseCopyable {
    var isRequested = false
    /// Requester of a 10120; the lost session otherwise.
    var session: SessionIndex = .none
    var sessionInstanceID: UInt32 = 0
    var msgSeqNum: UInt32 = .max
    var requestTime: Timestamp = .none
    var timeIn: Timestamp = .none
    var target: SessionIndex = .none
    /// Only this trader's orders; `none` = all.
    var trader: TraderID = .none
    var enteringTrader: TraderID = .none
    var product: ProductIndex = .none
    var instrument: InstrumentIndex = .none
    var price: Price = .none
    var side: Side = .buy
    var onlyOneSide = false
    var onlyNonPersistent = false
    var reason: MassActionReason = .requested
    /// Orders entered by later commands stay.
    var throughSequence: UInt64 = 0
    /// The next order to examine; -1 when all have been.
    var cursor: Int32 = -1
    /// The next product to report on, once the orders are done.
    var reportCursor = 0
    /// What market operations asked for; then `target` goes from session to session.
    var operation: MarketStateAction?
    /// Nothing is cancelled: orders are told anew after a restart, session by session.
    var restates = false
}

/// What a mass cancel hit in one product: bit 0 persistent, bit 1 non-persistent, bit 2 standard, bit 3
/// orders that it had to leave alone.
struct MassCancelHits: BitwiseCopyable {
    var bits: UInt8 = 0

    var isEmpty: Bool { bits & 3 == 0 }
    var hasStandard: Bool { bits & 4 != 0 }
    /// Whoever is concerned is told: of orders deleted, or of others left alone.
    var isTold: Bool { bits & 11 != 0 }

    var execInst: ExecInst {
        switch bits & 3 {
        case 1: .persistent
        case 2: .nonPersistent
        default: .bothKinds
        }
    }

    mutating func add(_ order: borrowing RestingOrder) {
        bits |= order.execInst.isPersistent ? 1 : 2
        if order.isStandard { bits |= 4 }
    }

    mutating func addLeft(_ order: borrowing RestingOrder) {
        bits |= order.isStandard ? 12 : 8
    }
}
