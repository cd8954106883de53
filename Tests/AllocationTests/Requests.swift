import Wire

/// Requests of one session, written where they are wanted: no allocation.
struct Requests {
    var trader: UInt32 = 11
    var lastMsgSeqNum: UInt32 = 0

    init(trader: UInt32 = 11) { self.trader = trader }

    mutating func logOn(
        session: UInt32, password: StaticString, into place: UnsafeMutableRawPointer
    ) -> Int {
        let writer = LogonRequestWriter(place)
        writer.initialize()
        writer.msgSeqNum = next()
        writer.heartBtInt = 60_000
        writer.partyIDSessionID = session
        writer.defaultCstmApplVerID = bytes("10.0")
        writer.password = bytes(password)
        writer.applUsageOrders = UInt8(ascii: "A")
        writer.applUsageQuotes = UInt8(ascii: "N")
        writer.orderRoutingIndicator = UInt8(ascii: "N")
        writer.applicationSystemName = bytes("test")
        writer.applicationSystemVersion = bytes("1")
        writer.applicationSystemVendor = bytes("tests")
        return LogonRequestWriter.fixedLength
    }

    mutating func logIn(password: StaticString, into place: UnsafeMutableRawPointer) -> Int {
        let writer = UserLoginRequestWriter(place)
        writer.initialize()
        writer.msgSeqNum = next()
        writer.username = trader
        writer.password = bytes(password)
        return UserLoginRequestWriter.fixedLength
    }

    /// A short order in product 200; lean unless `isStandard`.
    mutating func order(
        _ clOrdID: UInt64, side: UInt8 = 1, price: Int64 = 100_00000000, isStandard: Bool = false,
        isIOC: Bool = false, instrument: UInt32 = 2001, into place: UnsafeMutableRawPointer
    ) -> Int {
        let writer = NewOrderSingleShortRequestWriter(place)
        writer.initialize()
        writer.msgSeqNum = next()
        writer.senderSubID = trader
        writer.price = price
        writer.orderQty = 5_0000
        writer.clOrdID = clOrdID
        writer.simpleSecurityID = instrument
        writer.side = side
        writer.applSeqIndicator = isStandard ? 1 : 0
        writer.priceValidityCheckType = 0
        writer.valueCheckTypeValue = 0
        writer.orderAttributeLiquidityProvision = 0
        writer.timeInForce = isIOC ? 3 : 0
        writer.execInst = isStandard ? 1 : 2
        writer.tradingCapacity = 5
        writer.executingTraderQualifier = 22
        // Parties and a text make the order's details travel with it.
        if isStandard { writer.complianceText = bytes("a text") }
        return NewOrderSingleShortRequestWriter.fixedLength
    }

    mutating func modify(
        _ clOrdID: UInt64, price: Int64, isStandard: Bool = false,
        into place: UnsafeMutableRawPointer
    ) -> Int {
        let writer = ModifyOrderSingleShortRequestWriter(place)
        writer.initialize()
        writer.msgSeqNum = next()
        writer.senderSubID = trader
        writer.clOrdID = clOrdID
        writer.origClOrdID = clOrdID
        writer.price = price
        writer.orderQty = 6_0000
        writer.simpleSecurityID = 2001
        writer.side = 1
        writer.applSeqIndicator = isStandard ? 1 : 0
        writer.priceValidityCheckType = 0
        writer.valueCheckTypeValue = 0
        writer.orderAttributeLiquidityProvision = 0
        writer.timeInForce = 0
        writer.execInst = isStandard ? 1 : 2
        writer.tradingCapacity = 5
        writer.executingTraderQualifier = 22
        return ModifyOrderSingleShortRequestWriter.fixedLength
    }

    mutating func delete(_ clOrdID: UInt64, into place: UnsafeMutableRawPointer) -> Int {
        let writer = DeleteOrderSingleRequestWriter(place)
        writer.initialize()
        writer.msgSeqNum = next()
        writer.senderSubID = trader
        writer.origClOrdID = clOrdID
        writer.marketSegmentID = 200
        writer.simpleSecurityID = 2001
        return DeleteOrderSingleRequestWriter.fixedLength
    }

    mutating func deleteAll(into place: UnsafeMutableRawPointer) -> Int {
        let writer = DeleteAllOrderRequestWriter(place)
        writer.initialize()
        writer.msgSeqNum = next()
        writer.senderSubID = trader
        writer.marketSegmentID = 200
        return DeleteAllOrderRequestWriter.fixedLength
    }

    private mutating func next() -> UInt32 {
        lastMsgSeqNum += 1
        return lastMsgSeqNum
    }

    private func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
