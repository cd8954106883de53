import Domain
import Wire

/// A client's side of one order-entry session: numbers its requests and writes them.
///
/// No I/O: every verb writes one whole message at the place it is given, which has room for
/// `requestLengthMax` bytes, and returns the length. Each request but the heartbeat takes the next
/// MsgSeqNum; `lastMsgSeqNum` says which one that was, so that the answer can be told by it.
/// A new connection needs a new value: numbers start at 1 again.
@frozen public struct OrderEntrySession: Sendable {
    public let credentials: Credentials
    /// Number of the last request written; 0 before the logon.
    public private(set) var lastMsgSeqNum: UInt32

    /// Room that any request fits in.
    public static var requestLengthMax: Int { Framing.requestLengthMax }
    /// ExecutingTraderQualifier: requests come from a program.
    static let byAlgorithm: UInt8 = 22

    public init(_ credentials: Credentials) {
        self.credentials = credentials
        lastMsgSeqNum = 0
    }

    private mutating func takeMsgSeqNum() -> UInt32 {
        lastMsgSeqNum += 1
        return lastMsgSeqNum
    }
}

// MARK: - Administration

extension OrderEntrySession {
    /// LogonRequest (10000). `heartbeatMillis` nil takes the venue's default interval.
    public mutating func logon(
        into out: UnsafeMutableRawPointer, heartbeatMillis: UInt32? = nil
    ) -> Int {
        SessionRequests.logon(
            takeMsgSeqNum(), session: credentials.session, password: credentials.sessionPassword,
            placesOrders: true, heartbeatMillis: heartbeatMillis, into: out)
    }

    /// UserLoginRequest (10018) of the session's trader.
    public mutating func userLogin(into out: UnsafeMutableRawPointer) -> Int {
        let writer = UserLoginRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.username = credentials.trader
        SessionRequests.withBytes(credentials.traderPassword) { writer.password = $0 }
        return UserLoginRequestWriter.fixedLength
    }

    /// LogoutRequest (10002).
    public mutating func logout(into out: UnsafeMutableRawPointer) -> Int {
        SessionRequests.logout(takeMsgSeqNum(), into: out)
    }

    /// Heartbeat (10011): the one message without a number.
    public func heartbeat(into out: UnsafeMutableRawPointer) -> Int {
        SessionRequests.heartbeat(into: out)
    }
}

// MARK: - History

extension OrderEntrySession {
    /// RetransmitMEMessageRequest (10026) for the session's own messages behind one through another; nil
    /// stands for the first and the last there are. The answer is `.retransmitted` (`Retransmission`),
    /// the messages follow it.
    public mutating func retransmitSessionData(
        after first: ApplMsgID?, through last: ApplMsgID?, partition: UInt16 = 1,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        SessionRequests.retransmit(
            takeMsgSeqNum(), .sessionData, scope: nil, after: first, through: last,
            partition: partition, into: out)
    }
}

// MARK: - Orders

extension OrderEntrySession {
    /// A new limit order: 10125, or 10100 in the long form.
    public mutating func newOrder(
        _ order: OrderRequest, clOrdID: ClOrdID, form: OrderForm = .short,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        form == .short
            ? newOrderShort(order, clOrdID: clOrdID, into: out)
            : newOrderLong(order, clOrdID: clOrdID, into: out)
    }

    /// A change of an order named by its last ClOrdID: 10126, or 10106 in the long form.
    ///
    /// `clOrdID` is the order's name from then on and may stay the same.
    public mutating func modifyOrder(
        _ order: OrderRequest, clOrdID: ClOrdID, origClOrdID: ClOrdID, form: OrderForm = .short,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        form == .short
            ? modifyOrderShort(order, clOrdID: clOrdID, origClOrdID: origClOrdID, into: out)
            : modifyOrderLong(order, clOrdID: clOrdID, origClOrdID: origClOrdID, into: out)
    }

    /// DeleteOrderSingleRequest (10109) of an order named by its last ClOrdID.
    public mutating func deleteOrder(
        origClOrdID: ClOrdID, instrument: UInt32, product: Int32,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = DeleteOrderSingleRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.senderSubID = credentials.trader
        writer.origClOrdID = origClOrdID.raw
        writer.marketSegmentID = product
        writer.simpleSecurityID = instrument
        writer.executingTraderQualifier = Self.byAlgorithm
        return DeleteOrderSingleRequestWriter.fixedLength
    }

    /// DeleteAllOrderRequest (10120) for the session's orders in one product.
    public mutating func deleteAllOrders(
        product: Int32, into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = DeleteAllOrderRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.senderSubID = credentials.trader
        writer.marketSegmentID = product
        writer.executingTraderQualifier = Self.byAlgorithm
        return DeleteAllOrderRequestWriter.fixedLength
    }

    private mutating func newOrderShort(
        _ order: OrderRequest, clOrdID: ClOrdID, into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = NewOrderSingleShortRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.senderSubID = credentials.trader
        writer.price = order.price.raw
        writer.orderQty = order.quantity.raw
        writer.clOrdID = clOrdID.raw
        writer.simpleSecurityID = order.instrument
        writer.side = order.side.rawValue
        writer.applSeqIndicator = order.isStandard ? 1 : 0
        writer.priceValidityCheckType = 0
        writer.valueCheckTypeValue = 0
        writer.orderAttributeLiquidityProvision = 0
        writer.timeInForce = order.timeInForce.rawValue
        writer.execInst = order.execInst.rawValue
        writer.tradingCapacity = ETI.TradingCapacity.principal.rawValue
        writer.executingTraderQualifier = Self.byAlgorithm
        return NewOrderSingleShortRequestWriter.fixedLength
    }

    private mutating func newOrderLong(
        _ order: OrderRequest, clOrdID: ClOrdID, into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = NewOrderSingleRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.senderSubID = credentials.trader
        writer.price = order.price.raw
        writer.orderQty = order.quantity.raw
        writer.clOrdID = clOrdID.raw
        writer.marketSegmentID = order.product
        writer.simpleSecurityID = order.instrument
        writer.applSeqIndicator = order.isStandard ? 1 : 0
        writer.side = order.side.rawValue
        writer.ordType = OrdType.limit.rawValue
        writer.priceValidityCheckType = 0
        writer.valueCheckTypeValue = 0
        writer.orderAttributeLiquidityProvision = 0
        writer.timeInForce = order.timeInForce.rawValue
        writer.execInst = order.execInst.rawValue
        writer.tradingCapacity = ETI.TradingCapacity.principal.rawValue
        writer.executingTraderQualifier = Self.byAlgorithm
        writer.positionEffect = ETI.PositionEffect.open.rawValue
        return NewOrderSingleRequestWriter.fixedLength
    }

    private mutating func modifyOrderShort(
        _ order: OrderRequest, clOrdID: ClOrdID, origClOrdID: ClOrdID,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = ModifyOrderSingleShortRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.senderSubID = credentials.trader
        writer.clOrdID = clOrdID.raw
        writer.origClOrdID = origClOrdID.raw
        writer.price = order.price.raw
        writer.orderQty = order.quantity.raw
        writer.simpleSecurityID = order.instrument
        writer.side = order.side.rawValue
        writer.priceValidityCheckType = 0
        writer.valueCheckTypeValue = 0
        writer.orderAttributeLiquidityProvision = 0
        writer.timeInForce = order.timeInForce.rawValue
        writer.applSeqIndicator = order.isStandard ? 1 : 0
        writer.execInst = order.execInst.rawValue
        writer.tradingCapacity = ETI.TradingCapacity.principal.rawValue
        writer.executingTraderQualifier = Self.byAlgorithm
        return ModifyOrderSingleShortRequestWriter.fixedLength
    }

    private mutating func modifyOrderLong(
        _ order: OrderRequest, clOrdID: ClOrdID, origClOrdID: ClOrdID,
        into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = ModifyOrderSingleRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = takeMsgSeqNum()
        writer.senderSubID = credentials.trader
        writer.clOrdID = clOrdID.raw
        writer.origClOrdID = origClOrdID.raw
        writer.price = order.price.raw
        writer.orderQty = order.quantity.raw
        writer.marketSegmentID = order.product
        writer.simpleSecurityID = order.instrument
        writer.applSeqIndicator = order.isStandard ? 1 : 0
        writer.side = order.side.rawValue
        writer.ordType = OrdType.limit.rawValue
        writer.priceValidityCheckType = 0
        writer.valueCheckTypeValue = 0
        writer.orderAttributeLiquidityProvision = 0
        writer.timeInForce = order.timeInForce.rawValue
        writer.execInst = order.execInst.rawValue
        writer.tradingCapacity = ETI.TradingCapacity.principal.rawValue
        writer.executingTraderQualifier = Self.byAlgorithm
        writer.positionEffect = ETI.PositionEffect.open.rawValue
        writer.ownershipIndicator = ETI.OwnershipIndicator.noChangeOfOwnership.rawValue
        return ModifyOrderSingleRequestWriter.fixedLength
    }
}
