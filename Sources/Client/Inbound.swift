import Domain
import Wire

/// One message of the venue, sorted by what it means to an order-entry client.
///
/// The fields most clients need are read out; `base` points to the rest, for a view of the Wire
/// room, and is valid as long as the stream says. Fields that the message lacks hold "no value".
@frozen public struct Inbound {
    @frozen public enum Kind: UInt8, Sendable {
        // Answers, told by MsgSeqNum.
        case loggedOn, loggedOut, userLoggedIn, userLoggedOut
        /// A stream is subscribed to (10005), or no longer (10007).
        case subscribed, unsubscribed
        /// What was asked for again follows (10009, 10027).
        case retransmitted
        /// A new order rests, or ended without trading (10101, 10102).
        case accepted
        /// A change was made without trading (10107, 10108).
        case modified
        /// One order was withdrawn on request (10110, 10111).
        case deleted
        /// The request's order traded at once (10103); may come in several fragments.
        case executed
        /// All orders of a product were withdrawn on request, but for those that 10121 names (10121,
        /// 10124), or market operations' request is done (10124); `execID` of a 10124 is its MassActionReportID.
        case allDeleted
        /// The request was refused (10010).
        case rejected
        // Notifications.
        /// A resting order traded (10104).
        case restingExecuted
        /// An order was withdrawn by another (10112).
        case deletedByOther
        /// An order's whole state, after a change by another or a restatement (10117).
        case reported
        /// Orders of this session were withdrawn in mass, or left alone where fragments follow (10122).
        case massDeleted
        /// A halt withdrew orders of this session (10308).
        case deletedByMarket
        /// The service begins, or a business day ends and all orders for the day with it (10307).
        case serviceEvent
        /// One side of a trade, as the drop copy confirms it (10500).
        case traded
        /// A message of a stream cannot be had any more: it is to be passed over (10032).
        case gap
        /// The venue ends the session (10012).
        case forcedLogout
        case heartbeat
        /// Any other template.
        case other
    }

    public let kind: Kind
    /// False when more fragments of the same event follow.
    public private(set) var isLastFragment = true
    /// OrdStatus, wire code.
    public private(set) var ordStatus = OrdStatus(rawValue: 0)
    /// The request answered; all ones in notifications.
    public private(set) var msgSeqNum = Null.u32
    public let base: UnsafeRawPointer
    public private(set) var orderID = OrderID.none
    public private(set) var clOrdID = ClOrdID.none
    public private(set) var origClOrdID = ClOrdID.none
    public private(set) var execID = Timestamp.none
    public private(set) var leavesQty = Quantity.none
    public private(set) var cumQty = Quantity.none
    /// Number of entries for `fill(at:)`.
    public private(set) var fillCount = 0
    private var fillsOffset = 0

    /// What the message says of the order it is about; outlives the message's bytes.
    public var orderState: OrderState {
        OrderState(
            orderID: orderID, clOrdID: clOrdID, leavesQty: leavesQty, cumQty: cumQty,
            ordStatus: ordStatus)
    }

    init(unknown templateID: UInt16, base: UnsafeRawPointer) {
        kind = .other
        self.base = base
    }

    /// Reads a whole message whose length has been judged.
    public init(template: TemplateID, base: UnsafeRawPointer) {
        self.base = base
        switch template {
        case .newOrderResponse:
            kind = .accepted
            readAccepted(NewOrderResponseView(base))
        case .newOrderNRResponse:
            kind = .accepted
            readAccepted(NewOrderNRResponseView(base))
        case .modifyOrderResponse:
            kind = .modified
            readModified(ModifyOrderResponseView(base))
        case .modifyOrderNRResponse:
            kind = .modified
            readModified(ModifyOrderNRResponseView(base))
        case .deleteOrderResponse:
            kind = .deleted
            readDeleted(DeleteOrderResponseView(base))
        case .deleteOrderNRResponse:
            kind = .deleted
            readDeleted(DeleteOrderNRResponseView(base))
        case .orderExecResponse:
            kind = .executed
            readExecuted(OrderExecResponseView(base))
        case .orderExecNotification:
            kind = .restingExecuted
            readRestingExecuted(OrderExecNotificationView(base))
        case .reject:
            kind = .rejected
            msgSeqNum = RejectView(base).msgSeqNum
        case .deleteAllOrderResponse:
            kind = .allDeleted
            let view = DeleteAllOrderResponseView(base)
            msgSeqNum = view.msgSeqNum
            isLastFragment = view.lastFragment != 0
        case .deleteAllOrderNRResponse:
            kind = .allDeleted
            msgSeqNum = DeleteAllOrderNRResponseView(base).msgSeqNum
            execID = Timestamp(nanos: DeleteAllOrderNRResponseView(base).massActionReportID)
        case .deleteOrderBroadcast:
            kind = .deletedByOther
            readDeletedByOther(DeleteOrderBroadcastView(base))
        case .orderExecReportBroadcast:
            kind = .reported
            readReported(OrderExecReportBroadcastView(base))
        case .deleteAllOrderBroadcast:
            kind = .massDeleted
            isLastFragment = DeleteAllOrderBroadcastView(base).lastFragment != 0
        case .deleteAllOrderQuoteEventBroadcast: kind = .deletedByMarket
        case .tradingSessionStatusBroadcast: kind = .serviceEvent
        case .logonResponse:
            kind = .loggedOn
            msgSeqNum = LogonResponseView(base).msgSeqNum
        case .logoutResponse:
            kind = .loggedOut
            msgSeqNum = LogoutResponseView(base).msgSeqNum
        case .userLoginResponse:
            kind = .userLoggedIn
            msgSeqNum = UserLoginResponseView(base).msgSeqNum
        case .userLogoutResponse:
            kind = .userLoggedOut
            msgSeqNum = UserLogoutResponseView(base).msgSeqNum
        case .subscribeResponse:
            kind = .subscribed
            msgSeqNum = SubscribeResponseView(base).msgSeqNum
        case .unsubscribeResponse:
            kind = .unsubscribed
            msgSeqNum = UnsubscribeResponseView(base).msgSeqNum
        case .retransmitResponse:
            kind = .retransmitted
            msgSeqNum = RetransmitResponseView(base).msgSeqNum
        case .retransmitMEMessageResponse:
            kind = .retransmitted
            msgSeqNum = RetransmitMEMessageResponseView(base).msgSeqNum
        case .broadcastErrorNotification: kind = .gap
        case .tradeBroadcast:
            kind = .traded
            isLastFragment = TradeBroadcastView(base).lastFragment != 0
        case .forcedLogoutNotification: kind = .forcedLogout
        case .heartbeatNotification: kind = .heartbeat
        default: kind = .other
        }
    }
}

// MARK: - Parts that only some messages have

extension Inbound {
    /// One price level of the aggressor's execution, or the execution of a resting order.
    @frozen public struct Fill: Equatable, BitwiseCopyable, Sendable {
        public var price: Price
        public var quantity: Quantity
        /// FillMatchID: equal on both sides of the match step.
        public var matchID: UInt32

        @inlinable public init(price: Price, quantity: Quantity, matchID: UInt32) {
            self.price = price
            self.quantity = quantity
            self.matchID = matchID
        }
    }

    public func fill(at index: Int) -> Fill {
        precondition(index >= 0 && index < fillCount, "The message has no such fill.")
        let view = FillsGrpView(base + fillsOffset + index * FillsGrpView.size)
        return Fill(
            price: Price(raw: view.fillPx), quantity: Quantity(raw: view.fillQty),
            matchID: view.fillMatchID)
    }

    /// Sum of all fills in this message. Quantities that no order can have wrap around: a venue that sends
    /// such must not stop its clients.
    public var filledQty: Quantity {
        var sum = Quantity.zero
        for index in 0..<fillCount { sum.raw &+= fill(at: index).quantity.raw }
        return sum
    }

    /// SessionRejectReason of a reject.
    public var rejectReason: RejectReason {
        guard kind == .rejected else { return RejectReason(rawValue: 0) }
        return RejectReason(rawValue: RejectView(base).sessionRejectReason)
    }

    /// Whether a reject also ends the session (SessionStatus 4).
    public var endsSession: Bool {
        kind == .forcedLogout || kind == .rejected && RejectView(base).sessionStatus == 4
    }

    /// SessionInstanceID of a `.loggedOn`: rises with each logon of the session; all ones in everything
    /// else.
    public var sessionInstanceID: UInt32 {
        kind == .loggedOn ? LogonResponseView(base).sessionInstanceID : Null.u32
    }

    /// ApplSubID of the subscription that a `.subscribed` names; all ones in everything else.
    public var subscription: UInt32 {
        kind == .subscribed ? SubscribeResponseView(base).applSubID : Null.u32
    }

    /// The venue's words in a reject, a forced logout or a gap.
    public var text: UnsafeRawBufferPointer {
        switch kind {
        case .rejected: RejectView(base).varText
        case .forcedLogout: ForcedLogoutNotificationView(base).varText
        case .gap: BroadcastErrorNotificationView(base).varText
        default: UnsafeRawBufferPointer(start: base, count: 0)
        }
    }
}

// MARK: - Reading

extension Inbound {
    private mutating func readAccepted(_ view: NewOrderResponseView) {
        msgSeqNum = view.msgSeqNum
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = Quantity(raw: view.leavesQty)
        cumQty = .zero
    }

    private mutating func readAccepted(_ view: NewOrderNRResponseView) {
        msgSeqNum = view.msgSeqNum
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = Quantity(raw: view.leavesQty)
        cumQty = .zero
    }

    private mutating func readModified(_ view: ModifyOrderResponseView) {
        msgSeqNum = view.msgSeqNum
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = Quantity(raw: view.leavesQty)
        cumQty = Quantity(raw: view.cumQty)
    }

    private mutating func readModified(_ view: ModifyOrderNRResponseView) {
        msgSeqNum = view.msgSeqNum
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = Quantity(raw: view.leavesQty)
        cumQty = Quantity(raw: view.cumQty)
    }

    private mutating func readDeleted(_ view: DeleteOrderResponseView) {
        msgSeqNum = view.msgSeqNum
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = .zero
        cumQty = Quantity(raw: view.cumQty)
    }

    private mutating func readDeleted(_ view: DeleteOrderNRResponseView) {
        msgSeqNum = view.msgSeqNum
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = .zero
        cumQty = Quantity(raw: view.cumQty)
    }

    private mutating func readExecuted(_ view: OrderExecResponseView) {
        msgSeqNum = view.msgSeqNum
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = Quantity(raw: view.leavesQty)
        cumQty = Quantity(raw: view.cumQty)
        fillCount = view.fillsCount
        fillsOffset = OrderExecResponseView.fillsOffset
    }

    private mutating func readRestingExecuted(_ view: OrderExecNotificationView) {
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = Quantity(raw: view.leavesQty)
        cumQty = Quantity(raw: view.cumQty)
        fillCount = view.fillsCount
        fillsOffset = OrderExecNotificationView.fillsOffset
    }

    private mutating func readDeletedByOther(_ view: DeleteOrderBroadcastView) {
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = .zero
        cumQty = Quantity(raw: view.cumQty)
    }

    private mutating func readReported(_ view: OrderExecReportBroadcastView) {
        isLastFragment = view.lastFragment != 0
        ordStatus = OrdStatus(rawValue: view.ordStatus)
        orderID = OrderID(raw: view.orderID)
        clOrdID = ClOrdID(raw: view.clOrdID)
        origClOrdID = ClOrdID(raw: view.origClOrdID)
        execID = Timestamp(nanos: view.execID)
        leavesQty = Quantity(raw: view.leavesQty)
        cumQty = Quantity(raw: view.cumQty)
        fillCount = view.fillsCount
        fillsOffset = OrderExecReportBroadcastView.fillsOffset(noLegs: view.legsCount)
    }
}
