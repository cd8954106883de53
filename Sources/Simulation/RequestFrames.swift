import Domain
import Wire

/// The terms of an order as a bot asks for them; raw numbers as on the wire.
struct OrderTerms: Equatable {
    var instrument: UInt32
    var product: Int32
    var side: UInt8
    /// `Null.i64` for a market order.
    var price: Int64
    /// The total, with what has executed.
    var quantity: Int64
    var isImmediate = false
    var isMarket = false
    var isStandard = true
    var isPersistent = false
    var isLong = false
    /// Account and texts come along; long form only.
    var hasTexts = false
}

/// How a bot names an order that is there.
struct OrderName: Equatable {
    var orderID: UInt64 = Null.u64
    var origClOrdID: UInt64 = Null.u64
    /// Another session of the unit, whose order it is.
    var targetSession: UInt32 = Null.u32
}

/// Which orders a mass cancel means.
struct MassCancelTerms: Equatable {
    var product: Int32
    var instrument: Int64 = Null.i64
    var side: UInt8 = Null.u8
    var price: Int64 = Null.i64
    var targetSession: UInt32 = Null.u32

    func mean(product: Int32, instrument: UInt32, side: UInt8) -> Bool {
        product == self.product
            && (self.instrument == Null.i64 || Int64(instrument) == self.instrument)
            && (self.side == Null.u8 || side == self.side)
    }
}

/// Requests as bytes.
enum RequestFrames {
    static func make(
        _ template: TemplateID, _ fill: (UnsafeMutableRawPointer) -> Void
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: template.lengthMin) { buffer, count in
            count = template.lengthMin
            fill(UnsafeMutableRawPointer(buffer.baseAddress!))
        }
    }

    private static func set(_ text: String, _ store: (UnsafeRawBufferPointer) -> Void) {
        var text = text
        text.withUTF8 { store(UnsafeRawBufferPointer($0)) }
    }

    static func logon(session: UInt32, password: String, heartbeatMillis: UInt32) -> [UInt8] {
        make(.logonRequest) {
            let writer = LogonRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = 1
            writer.heartBtInt = heartbeatMillis
            writer.partyIDSessionID = session
            set("10.0") { writer.defaultCstmApplVerID = $0 }
            set(password) { writer.password = $0 }
            writer.applUsageOrders = UInt8(ascii: "A")
            writer.applUsageQuotes = UInt8(ascii: "N")
            writer.orderRoutingIndicator = UInt8(ascii: "N")
            set("simulation") { writer.applicationSystemName = $0 }
            set("1") { writer.applicationSystemVersion = $0 }
            set("Apus") { writer.applicationSystemVendor = $0 }
        }
    }

    static func userLogin(_ number: UInt32, trader: UInt32) -> [UInt8] {
        make(.userLoginRequest) {
            let writer = UserLoginRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.username = trader
            set("trader") { writer.password = $0 }
        }
    }

    static func logout(_ number: UInt32) -> [UInt8] {
        make(.logoutRequest) {
            let writer = LogoutRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
        }
    }

    static func heartbeat() -> [UInt8] {
        make(.heartbeat) { HeartbeatWriter($0).initialize() }
    }

    static func subscribe(_ number: UInt32, stream: UInt8) -> [UInt8] {
        make(.subscribeRequest) {
            let writer = SubscribeRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.refApplID = stream
        }
    }

    /// Trades after a number.
    static func retransmitTrades(_ number: UInt32, from begin: UInt64) -> [UInt8] {
        make(.retransmitRequest) {
            let writer = RetransmitRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.applBegSeqNum = begin
            writer.partitionID = 1
            writer.refApplID = 1
        }
    }

    /// Listener data (5) or session data (4) behind a message; none for the first.
    static func retransmit(_ number: UInt32, stream: UInt8, behind id: [UInt8]) -> [UInt8] {
        make(.retransmitMEMessageRequest) {
            let writer = RetransmitMEMessageRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.partitionID = 1
            writer.refApplID = stream
            id.withUnsafeBytes { writer.applBegMsgID = $0 }
        }
    }

    static func enter(
        _ number: UInt32, trader: UInt32, clOrdID: UInt64, _ terms: OrderTerms
    ) -> [UInt8] {
        terms.isLong
            ? enterLong(number, trader, clOrdID, terms) : enterShort(number, trader, clOrdID, terms)
    }

    private static func enterShort(
        _ number: UInt32, _ trader: UInt32, _ clOrdID: UInt64, _ terms: OrderTerms
    ) -> [UInt8] {
        make(.newOrderSingleShortRequest) {
            let writer = NewOrderSingleShortRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.senderSubID = trader
            writer.price = terms.price
            writer.orderQty = terms.quantity
            writer.clOrdID = clOrdID
            writer.simpleSecurityID = terms.instrument
            writer.side = terms.side
            writer.applSeqIndicator = terms.isStandard ? 1 : 0
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = terms.isImmediate ? 3 : 0
            writer.execInst = terms.isPersistent ? 1 : 2
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 22
        }
    }

    private static func enterLong(
        _ number: UInt32, _ trader: UInt32, _ clOrdID: UInt64, _ terms: OrderTerms
    ) -> [UInt8] {
        make(.newOrderSingleRequest) {
            let writer = NewOrderSingleRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.senderSubID = trader
            writer.price = terms.price
            writer.orderQty = terms.quantity
            writer.clOrdID = clOrdID
            writer.marketSegmentID = terms.product
            writer.simpleSecurityID = terms.instrument
            writer.applSeqIndicator = terms.isStandard ? 1 : 0
            writer.side = terms.side
            writer.ordType = terms.isMarket ? 1 : 2
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = terms.isImmediate ? 3 : 0
            writer.execInst = terms.isPersistent ? 1 : 2
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 22
            writer.positionEffect = UInt8(ascii: "O")
            guard terms.hasTexts else { return }
            set("A1") { writer.account = $0 }
            set("text \(clOrdID)") { writer.freeText1 = $0 }
        }
    }

    static func change(
        _ number: UInt32, trader: UInt32, clOrdID: UInt64, _ name: OrderName, _ terms: OrderTerms
    ) -> [UInt8] {
        let isShort =
            !terms.isLong && name.orderID == Null.u64 && name.targetSession == Null.u32
        return isShort
            ? changeShort(number, trader, clOrdID, name, terms)
            : changeLong(number, trader, clOrdID, name, terms)
    }

    private static func changeShort(
        _ number: UInt32, _ trader: UInt32, _ clOrdID: UInt64, _ name: OrderName,
        _ terms: OrderTerms
    ) -> [UInt8] {
        make(.modifyOrderSingleShortRequest) {
            let writer = ModifyOrderSingleShortRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.senderSubID = trader
            writer.clOrdID = clOrdID
            writer.origClOrdID = name.origClOrdID
            writer.price = terms.price
            writer.orderQty = terms.quantity
            writer.simpleSecurityID = terms.instrument
            writer.side = terms.side
            writer.applSeqIndicator = terms.isStandard ? 1 : 0
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = 0
            writer.execInst = terms.isPersistent ? 1 : 2
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 22
        }
    }

    private static func changeLong(
        _ number: UInt32, _ trader: UInt32, _ clOrdID: UInt64, _ name: OrderName,
        _ terms: OrderTerms
    ) -> [UInt8] {
        make(.modifyOrderSingleRequest) {
            let writer = ModifyOrderSingleRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.senderSubID = trader
            writer.orderID = name.orderID
            writer.clOrdID = clOrdID
            writer.origClOrdID = name.origClOrdID
            writer.targetPartyIDSessionID = name.targetSession
            writer.price = terms.price
            writer.orderQty = terms.quantity
            writer.marketSegmentID = terms.product
            writer.simpleSecurityID = terms.instrument
            writer.applSeqIndicator = terms.isStandard ? 1 : 0
            writer.side = terms.side
            writer.ordType = 2
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = 0
            writer.execInst = terms.isPersistent ? 1 : 2
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 22
            writer.positionEffect = UInt8(ascii: "C")
            writer.ownershipIndicator = 0
        }
    }

    static func delete(
        _ number: UInt32, trader: UInt32, clOrdID: UInt64, _ name: OrderName, instrument: UInt32,
        product: Int32
    ) -> [UInt8] {
        make(.deleteOrderSingleRequest) {
            let writer = DeleteOrderSingleRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.senderSubID = trader
            writer.orderID = name.orderID
            writer.clOrdID = clOrdID
            writer.origClOrdID = name.origClOrdID
            writer.targetPartyIDSessionID = name.targetSession
            writer.marketSegmentID = product
            writer.simpleSecurityID = instrument
            writer.executingTraderQualifier = 22
        }
    }

    static func deleteAll(
        _ number: UInt32, trader: UInt32, _ terms: MassCancelTerms
    ) -> [UInt8] {
        make(.deleteAllOrderRequest) {
            let writer = DeleteAllOrderRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.senderSubID = trader
            writer.marketSegmentID = terms.product
            writer.securityID = terms.instrument
            writer.side = terms.side
            writer.price = terms.price
            writer.targetPartyIDSessionID = terms.targetSession
            writer.executingTraderQualifier = 22
        }
    }

    static func marketState(
        _ number: UInt32, action: UInt8, product: Int32, instrument: Int64
    ) -> [UInt8] {
        make(.marketStateRequest) {
            let writer = MarketStateRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.marketSegmentID = product
            writer.securityID = instrument
            writer.marketStateAction = action
        }
    }
}
