import Domain
import Wire

/// One message that the drop copy publishes or sends again, with what every listener needs read out.
///
/// `inbound.base` points to the rest, for a view of the Wire room, and is valid as long as the stream
/// that the message came from says. Fields that a template lacks hold "no value".
@frozen public struct ListenerMessage {
    @frozen public enum Kind: UInt8, Sendable {
        /// The state of one order after what happened to it (10117).
        case orderReported
        /// An order was withdrawn (10112).
        case orderDeleted
        /// Orders of a session were withdrawn in mass (10122).
        case massDeleted
        /// One side of one trade (10500).
        case traded
        /// A message that the drop copy has lost for good (10032); of listener data one stands for any
        /// number in a row.
        case gap
    }

    public let kind: Kind
    /// The message as every client reads it.
    public let inbound: Inbound
    /// ApplID: the stream that the message is part of.
    public private(set) var stream: UInt8
    /// ApplSubID: the subscription it is sent for; all ones when it is sent again.
    public private(set) var subscription: UInt32
    /// True for what was asked for again.
    public private(set) var isResent: Bool
    /// False when more fragments of the same event follow.
    public private(set) var isLastFragment: Bool
    /// Place in the history of listener data; trades have `applSeqNum` instead.
    public private(set) var applMsgID = ApplMsgID.none
    /// Number of a trade in its stream.
    public private(set) var applSeqNum = Null.u64
    /// The engine's transaction, which answers to the same event share: ExecID, MassActionReportID of a
    /// mass deletion, TransactTime of a trade; `none` of a gap.
    public private(set) var execID: Timestamp
    /// TrdRegTSTimeOut: the engine was done with the event.
    public private(set) var engineOut = Timestamp.none
    /// NotificationIn: the drop copy took it over.
    public private(set) var dropCopyIn = Timestamp.none
    /// SendingTime: the drop copy wrote the message.
    public private(set) var dropCopyOut: Timestamp
    /// The session that the order, or the orders, belong to; all ones of a gap.
    public private(set) var session: UInt32
    /// The order, of messages about a single one.
    public private(set) var order: OrderState?
    /// Number of entries for `fill(at:)`.
    public private(set) var fillCount = 0

    /// Reads a message; nil for what is no published event.
    public init?(_ inbound: Inbound) {
        switch inbound.kind {
        case .reported: self.init(OrderExecReportBroadcastView(inbound.base), inbound)
        case .deletedByOther: self.init(DeleteOrderBroadcastView(inbound.base), inbound)
        case .massDeleted: self.init(DeleteAllOrderBroadcastView(inbound.base), inbound)
        case .traded: self.init(TradeBroadcastView(inbound.base), inbound)
        case .gap: self.init(BroadcastErrorNotificationView(inbound.base), inbound)
        default: return nil
        }
    }

    /// The executions that a report tells of, or the one of a trade.
    public func fill(at index: Int) -> Inbound.Fill {
        guard kind == .traded else { return inbound.fill(at: index) }
        precondition(index == 0, "A trade is one execution.")
        let view = TradeBroadcastView(inbound.base)
        return Inbound.Fill(
            price: Price(raw: view.lastPx), quantity: Quantity(raw: view.lastQty),
            matchID: view.trdMatchID)
    }
}

// MARK: - Reading

extension ListenerMessage {
    private init(_ view: OrderExecReportBroadcastView, _ inbound: Inbound) {
        kind = .orderReported
        self.inbound = inbound
        stream = view.applID
        subscription = view.applSubID
        isResent = view.applResendFlag == 1
        isLastFragment = view.lastFragment != 0
        applMsgID = ApplMsgID(view.applMsgID)
        execID = Timestamp(nanos: view.execID)
        engineOut = Timestamp(nanos: view.trdRegTSTimeOut)
        dropCopyIn = Timestamp(nanos: view.notificationIn)
        dropCopyOut = Timestamp(nanos: view.sendingTime)
        session = view.partyIDSessionID
        order = inbound.orderState
        fillCount = inbound.fillCount
    }

    private init(_ view: DeleteOrderBroadcastView, _ inbound: Inbound) {
        kind = .orderDeleted
        self.inbound = inbound
        stream = view.applID
        subscription = view.applSubID
        isResent = view.applResendFlag == 1
        isLastFragment = view.lastFragment != 0
        applMsgID = ApplMsgID(view.applMsgID)
        execID = Timestamp(nanos: view.execID)
        engineOut = Timestamp(nanos: view.trdRegTSTimeOut)
        dropCopyIn = Timestamp(nanos: view.notificationIn)
        dropCopyOut = Timestamp(nanos: view.sendingTime)
        session = view.partyIDSessionID
        order = inbound.orderState
    }

    private init(_ view: DeleteAllOrderBroadcastView, _ inbound: Inbound) {
        kind = .massDeleted
        self.inbound = inbound
        stream = view.applID
        subscription = view.applSubID
        isResent = view.applResendFlag == 1
        isLastFragment = view.lastFragment != 0
        applMsgID = ApplMsgID(view.applMsgID)
        execID = Timestamp(nanos: view.massActionReportID)
        engineOut = Timestamp(nanos: view.trdRegTSTimeOut)
        dropCopyIn = Timestamp(nanos: view.notificationIn)
        dropCopyOut = Timestamp(nanos: view.sendingTime)
        session = view.targetPartyIDSessionID
    }

    private init(_ view: TradeBroadcastView, _ inbound: Inbound) {
        kind = .traded
        self.inbound = inbound
        stream = view.applID
        subscription = view.applSubID
        isResent = view.applResendFlag == 1
        isLastFragment = view.lastFragment != 0
        applSeqNum = view.applSeqNum
        execID = Timestamp(nanos: view.transactTime)
        dropCopyOut = Timestamp(nanos: view.sendingTime)
        session = view.rootPartyIDSessionID
        let leavesQty = Quantity(raw: view.leavesQty)
        order = OrderState(
            orderID: OrderID(raw: view.orderID), clOrdID: ClOrdID(raw: view.clOrdID),
            leavesQty: leavesQty, cumQty: Quantity(raw: view.cumQty),
            ordStatus: leavesQty == .zero ? .filled : .partiallyFilled)
        fillCount = 1
    }

    private init(_ view: BroadcastErrorNotificationView, _ inbound: Inbound) {
        kind = .gap
        self.inbound = inbound
        stream = view.refApplID
        subscription = view.refApplSubID
        isResent = view.refApplSubID == Null.u32
        isLastFragment = true
        execID = .none
        dropCopyOut = Timestamp(nanos: view.sendingTime)
        session = Null.u32
    }
}
