import Domain
import Wire

/// A session's own orders as its messages tell of them, and the positions that came of them.
///
/// No I/O: requests are noted as they are written, messages as they arrive. Orders are told by the
/// ClOrdID that their entry had, which changes keep.
public struct OwnOrders: Sendable {
    public struct Order: Equatable, Sendable {
        public let clOrdID: ClOrdID
        public let instrument: UInt32
        public let product: Int32
        public let side: Side
        public let execInst: ExecInst
        /// MsgSeqNum of the entry; 0 when it was in a life of the venue before this.
        public let enteredBy: UInt32
        public internal(set) var price: Price
        public internal(set) var leavesQty: Quantity
        public internal(set) var cumQty = Quantity.zero
        /// Its deletion was asked for.
        public internal(set) var isLeaving = false
    }

    /// One execution of an own order.
    public struct Execution: Equatable, Sendable {
        public let clOrdID: ClOrdID
        public let instrument: UInt32
        public let side: Side
        public let price: Price
        public let quantity: Quantity
    }

    /// What a session did, in numbers.
    public struct Counts: Equatable, Sendable {
        public var entered = 0
        public var changed = 0
        public var deleted = 0
        public var rejected = 0
        public var executions = 0
    }

    private enum Request: Sendable {
        case entry(ClOrdID)
        case change(ClOrdID, Price)
        case deletion(ClOrdID)
        case deletionOfAll(Int32)
    }

    private var orders: [ClOrdID: Order] = [:]
    private var requests: [UInt32: Request] = [:]
    /// What the mass deletion being told leaves alone. The venue works on one at a time.
    private var spared: Set<ClOrdID> = []
    public private(set) var positions: [UInt32: OwnPosition] = [:]
    public private(set) var counts = Counts()
    /// The venue's words in the last reject.
    public private(set) var lastReject = ""
    public private(set) var lastRejectReason = RejectReason(rawValue: 0)

    public init() {}

    public var isEmpty: Bool { orders.isEmpty }
    public var count: Int { orders.count }
    /// Whether a request waits for its answer.
    public var awaitsAnswer: Bool { !requests.isEmpty }
    /// All orders, oldest first.
    public var all: [Order] { orders.values.sorted { $0.enteredBy < $1.enteredBy } }

    public subscript(clOrdID: ClOrdID) -> Order? { orders[clOrdID] }

    public func position(in instrument: UInt32) -> OwnPosition {
        positions[instrument] ?? OwnPosition()
    }
}

// MARK: - What is asked

extension OwnOrders {
    public mutating func noteEntry(
        _ request: OrderRequest, clOrdID: ClOrdID, msgSeqNum: UInt32
    ) {
        orders[clOrdID] = Order(
            clOrdID: clOrdID, instrument: request.instrument, product: request.product,
            side: request.side, execInst: request.execInst, enteredBy: msgSeqNum,
            price: request.price, leavesQty: request.quantity)
        requests[msgSeqNum] = .entry(clOrdID)
        counts.entered += 1
    }

    /// A change of the order to another price.
    public mutating func noteChange(_ clOrdID: ClOrdID, price: Price, msgSeqNum: UInt32) {
        requests[msgSeqNum] = .change(clOrdID, price)
        counts.changed += 1
    }

    public mutating func noteDeletion(_ clOrdID: ClOrdID, msgSeqNum: UInt32) {
        orders[clOrdID]?.isLeaving = true
        requests[msgSeqNum] = .deletion(clOrdID)
        counts.deleted += 1
    }

    public mutating func noteDeletionOfAll(product: Int32, msgSeqNum: UInt32) {
        requests[msgSeqNum] = .deletionOfAll(product)
    }
}

// MARK: - What the venue says

extension OwnOrders {
    /// Takes any message of the session; `onExecution` sees each execution of an own order.
    public mutating func take(_ message: Inbound, onExecution: (Execution) -> Void = { _ in }) {
        switch message.kind {
        case .accepted, .modified, .deleted, .executed, .allDeleted, .rejected:
            takeAnswer(message, onExecution)
        case .restingExecuted, .deletedByOther:
            apply(message, to: message.clOrdID, onExecution)
        case .reported:
            adopt(OrderExecReportBroadcastView(message.base))
            apply(message, to: message.clOrdID, onExecution)
        case .massDeleted:
            let view = DeleteAllOrderBroadcastView(message.base)
            for index in 0..<view.notAffectedOrdersCount {
                spare(view.notAffectedOrders(at: index))
            }
            guard message.isLastFragment else { return }
            removeAll(view.marketSegmentID, view.securityID, ExecInst(rawValue: view.execInst))
            spared = []
        case .deletedByMarket:
            let view = DeleteAllOrderQuoteEventBroadcastView(message.base)
            guard view.execInst != Null.u8 else { return }
            removeAll(view.marketSegmentID, view.securityID, ExecInst(rawValue: view.execInst))
        case .loggedOn: spared = []
        case .serviceEvent: takeServiceEvent(TradingSessionStatusBroadcastView(message.base))
        default: break
        }
    }

    private mutating func takeAnswer(_ message: Inbound, _ onExecution: (Execution) -> Void) {
        guard let request = requests[message.msgSeqNum] else { return }
        if message.isLastFragment { requests[message.msgSeqNum] = nil }
        if message.kind == .rejected {
            counts.rejected += 1
            lastReject = String(decoding: message.text, as: UTF8.self)
            lastRejectReason = message.rejectReason
        }
        switch request {
        case .entry(let clOrdID):
            if message.kind == .rejected {
                orders[clOrdID] = nil
            } else {
                apply(message, to: clOrdID, onExecution)
            }
        case .change(let clOrdID, let price):
            guard message.kind != .rejected else { return }
            orders[clOrdID]?.price = price
            apply(message, to: clOrdID, onExecution)
        case .deletion(let clOrdID):
            if message.kind == .rejected {
                orders[clOrdID]?.isLeaving = false
            } else {
                orders[clOrdID] = nil
            }
        case .deletionOfAll(let product): takeDeletionOfAll(message, product)
        }
    }

    /// 10121 names the orders that stay, as their instrument is closed; 10124 says that there was none.
    private mutating func takeDeletionOfAll(_ message: Inbound, _ product: Int32) {
        guard message.kind == .allDeleted else { return }
        let view = DeleteAllOrderResponseView(message.base)
        if view.templateID == TemplateID.deleteAllOrderResponse.rawValue {
            for index in 0..<view.notAffectedOrdersCount {
                spare(view.notAffectedOrders(at: index))
            }
        }
        guard message.isLastFragment else { return }
        orders = orders.filter { name, order in
            order.product != product || order.enteredBy > message.msgSeqNum
                || spared.contains(name)
        }
        spared = []
    }

    private mutating func spare(_ entry: NotAffectedOrdersGrpView) {
        spared.insert(ClOrdID(raw: entry.notAffOrigClOrdID))
    }

    private mutating func apply(
        _ message: Inbound, to clOrdID: ClOrdID, _ onExecution: (Execution) -> Void
    ) {
        guard let order = orders[clOrdID] else { return }
        for index in 0..<message.fillCount {
            let fill = message.fill(at: index)
            counts.executions += 1
            positions[order.instrument, default: OwnPosition()]
                .add(order.side, fill.quantity, at: fill.price)
            onExecution(
                Execution(
                    clOrdID: clOrdID, instrument: order.instrument, side: order.side,
                    price: fill.price, quantity: fill.quantity))
        }
        let state = message.orderState
        if state.hasEnded, message.isLastFragment {
            orders[clOrdID] = nil
        } else {
            orders[clOrdID]?.leavesQty = state.leavesQty
            orders[clOrdID]?.cumQty = state.cumQty
        }
    }

    /// After a restart the venue tells each order again; one that is not known was entered before.
    private mutating func adopt(_ view: OrderExecReportBroadcastView) {
        let clOrdID = ClOrdID(raw: view.clOrdID)
        guard view.execType == ExecType.restated.rawValue, !clOrdID.isNone, orders[clOrdID] == nil,
            let side = Side(rawValue: view.side)
        else { return }
        orders[clOrdID] = Order(
            clOrdID: clOrdID, instrument: UInt32(truncatingIfNeeded: view.securityID),
            product: view.marketSegmentID, side: side, execInst: ExecInst(rawValue: view.execInst),
            enteredBy: 0, price: Price(raw: view.price), leavesQty: Quantity(raw: view.leavesQty))
    }

    /// The venue withdrew orders of one product, or of one instrument where it names one.
    private mutating func removeAll(_ product: Int32, _ securityID: Int64, _ kinds: ExecInst) {
        let spared = spared
        withdraw { order in
            order.product == product && !spared.contains(order.clOrdID)
                && (securityID == Null.i64
                    || order.instrument == UInt32(truncatingIfNeeded: securityID))
                && (kinds == .bothKinds || order.execInst.isPersistent == kinds.isPersistent)
        }
    }

    /// The end of a business day takes every order, of one product or of all.
    private mutating func takeServiceEvent(_ view: TradingSessionStatusBroadcastView) {
        guard view.tradSesEvent == TradSesEvent.endOfDayService.rawValue else { return }
        let product = view.marketSegmentID
        withdraw { product == Null.i32 || $0.product == product }
    }

    /// Forgets orders that the venue had and withdrew. Those whose entry is not answered yet were
    /// entered later, if at all: their answers will tell.
    private mutating func withdraw(_ isMeant: (Order) -> Bool) {
        orders = orders.filter { _, order in requests[order.enteredBy] != nil || !isMeant(order) }
    }
}
