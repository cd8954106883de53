import Wire

/// Requests as bytes, complete and in order unless a test changes them.
package enum Frames {
    package static func make(_ template: TemplateID, _ fill: (UnsafeMutableRawPointer) -> Void)
        -> [UInt8]
    {
        [UInt8](unsafeUninitializedCapacity: template.lengthMin) { buffer, count in
            count = template.lengthMin
            fill(UnsafeMutableRawPointer(buffer.baseAddress!))
        }
    }

    package static func set(_ text: String, _ store: (UnsafeRawBufferPointer) -> Void) {
        var text = text
        text.withUTF8 { store(UnsafeRawBufferPointer($0)) }
    }

    package static func logon(
        _ msgSeqNum: UInt32 = 1, session: UInt32 = 10001, password: String = "apus-1",
        heartbeat: UInt32 = 0, version: String = "10.0"
    ) -> [UInt8] {
        make(.logonRequest) {
            let writer = LogonRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.heartBtInt = heartbeat
            writer.partyIDSessionID = session
            set(version) { writer.defaultCstmApplVerID = $0 }
            set(password) { writer.password = $0 }
            writer.applUsageOrders = UInt8(ascii: "A")
            writer.applUsageQuotes = UInt8(ascii: "N")
            writer.orderRoutingIndicator = UInt8(ascii: "N")
            set("test") { writer.applicationSystemName = $0 }
            set("1") { writer.applicationSystemVersion = $0 }
            set("tests") { writer.applicationSystemVendor = $0 }
        }
    }

    package static func logout(_ msgSeqNum: UInt32) -> [UInt8] {
        make(.logoutRequest) {
            let writer = LogoutRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
        }
    }

    package static func heartbeat() -> [UInt8] {
        make(.heartbeat) { HeartbeatWriter($0).initialize() }
    }

    package static func userLogin(_ msgSeqNum: UInt32, user: UInt32, password: String) -> [UInt8] {
        make(.userLoginRequest) {
            let writer = UserLoginRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.username = user
            set(password) { writer.password = $0 }
        }
    }

    package static func userLogout(_ msgSeqNum: UInt32, user: UInt32) -> [UInt8] {
        make(.userLogoutRequest) {
            let writer = UserLogoutRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.username = user
        }
    }

    package static func subscribe(_ msgSeqNum: UInt32, stream: UInt8, scope: UInt32 = .max)
        -> [UInt8]
    {
        make(.subscribeRequest) {
            let writer = SubscribeRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.refApplID = stream
            writer.subscriptionScope = scope
        }
    }

    package static func unsubscribe(_ msgSeqNum: UInt32, handle: UInt32) -> [UInt8] {
        make(.unsubscribeRequest) {
            let writer = UnsubscribeRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.refApplSubID = handle
        }
    }

    package static func retransmit(
        _ msgSeqNum: UInt32, from begin: UInt64 = .max, through end: UInt64 = .max,
        stream: UInt8 = 1, partition: UInt16 = 1
    ) -> [UInt8] {
        make(.retransmitRequest) {
            let writer = RetransmitRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.applBegSeqNum = begin
            writer.applEndSeqNum = end
            writer.partitionID = partition
            writer.refApplID = stream
        }
    }

    /// Ids of 16 bytes; none for no value.
    package static func retransmitListenerData(
        _ msgSeqNum: UInt32, behind begin: [UInt8] = [], through end: [UInt8] = [],
        scope: UInt32 = .max, stream: UInt8 = 5, partition: UInt16 = 1
    ) -> [UInt8] {
        make(.retransmitMEMessageRequest) {
            let writer = RetransmitMEMessageRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.subscriptionScope = scope
            writer.partitionID = partition
            writer.refApplID = stream
            begin.withUnsafeBytes { writer.applBegMsgID = $0 }
            end.withUnsafeBytes { writer.applEndMsgID = $0 }
        }
    }

    package static func shortOrder(
        _ msgSeqNum: UInt32, trader: UInt32 = 11, clOrdID: UInt64 = 1, instrument: UInt32 = 1001,
        change: (NewOrderSingleShortRequestWriter) -> Void = { _ in }
    ) -> [UInt8] {
        make(.newOrderSingleShortRequest) {
            let writer = NewOrderSingleShortRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.senderSubID = trader
            writer.price = 100_00000000
            writer.orderQty = 5_0000
            writer.clOrdID = clOrdID
            writer.simpleSecurityID = instrument
            writer.side = 1
            writer.applSeqIndicator = 0
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = 0
            writer.execInst = 2
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 22
            change(writer)
        }
    }

    package static func order(
        _ msgSeqNum: UInt32, trader: UInt32 = 11, clOrdID: UInt64 = 1, product: Int32 = 100,
        instrument: UInt32 = 1001, change: (NewOrderSingleRequestWriter) -> Void = { _ in }
    ) -> [UInt8] {
        make(.newOrderSingleRequest) {
            let writer = NewOrderSingleRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.senderSubID = trader
            writer.price = 100_00000000
            writer.orderQty = 5_0000
            writer.clOrdID = clOrdID
            writer.marketSegmentID = product
            writer.simpleSecurityID = instrument
            writer.applSeqIndicator = 1
            writer.side = 2
            writer.ordType = 2
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = 0
            writer.execInst = 1
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 24
            writer.positionEffect = UInt8(ascii: "O")
            change(writer)
        }
    }

    package static func shortModify(
        _ msgSeqNum: UInt32, trader: UInt32 = 11, clOrdID: UInt64 = 2, instrument: UInt32 = 1001,
        change: (ModifyOrderSingleShortRequestWriter) -> Void = { _ in }
    ) -> [UInt8] {
        make(.modifyOrderSingleShortRequest) {
            let writer = ModifyOrderSingleShortRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.senderSubID = trader
            writer.clOrdID = clOrdID
            writer.origClOrdID = 1
            writer.price = 100_00000000
            writer.orderQty = 6_0000
            writer.simpleSecurityID = instrument
            writer.side = 1
            writer.applSeqIndicator = 0
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = 0
            writer.execInst = 2
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 22
            change(writer)
        }
    }

    package static func modify(
        _ msgSeqNum: UInt32, trader: UInt32 = 11, clOrdID: UInt64 = 2, product: Int32 = 100,
        instrument: UInt32 = 1001, change: (ModifyOrderSingleRequestWriter) -> Void = { _ in }
    ) -> [UInt8] {
        make(.modifyOrderSingleRequest) {
            let writer = ModifyOrderSingleRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.senderSubID = trader
            writer.orderID = 77
            writer.clOrdID = clOrdID
            writer.origClOrdID = 1
            writer.price = 101_00000000
            writer.orderQty = 5_0000
            writer.marketSegmentID = product
            writer.simpleSecurityID = instrument
            writer.applSeqIndicator = 1
            writer.side = 2
            writer.ordType = 2
            writer.priceValidityCheckType = 0
            writer.valueCheckTypeValue = 0
            writer.orderAttributeLiquidityProvision = 0
            writer.timeInForce = 0
            writer.execInst = 1
            writer.tradingCapacity = 5
            writer.executingTraderQualifier = 24
            writer.positionEffect = UInt8(ascii: "C")
            writer.ownershipIndicator = 0
            change(writer)
        }
    }

    package static func delete(
        _ msgSeqNum: UInt32, trader: UInt32 = 11, product: Int32 = 100, instrument: UInt32 = 1001,
        change: (DeleteOrderSingleRequestWriter) -> Void = { _ in }
    ) -> [UInt8] {
        make(.deleteOrderSingleRequest) {
            let writer = DeleteOrderSingleRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.senderSubID = trader
            writer.orderID = 77
            writer.clOrdID = 3
            writer.origClOrdID = 1
            writer.marketSegmentID = product
            writer.simpleSecurityID = instrument
            change(writer)
        }
    }

    package static func deleteAll(
        _ msgSeqNum: UInt32, trader: UInt32 = 11, product: Int32 = 100,
        change: (DeleteAllOrderRequestWriter) -> Void = { _ in }
    ) -> [UInt8] {
        make(.deleteAllOrderRequest) {
            let writer = DeleteAllOrderRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.senderSubID = trader
            writer.marketSegmentID = product
            writer.executingTraderQualifier = 22
            change(writer)
        }
    }

    /// A request of market operations; without a product, for every one.
    package static func marketState(
        _ msgSeqNum: UInt32, action: UInt8, product: Int32? = 100, instrument: Int64? = nil
    ) -> [UInt8] {
        make(.marketStateRequest) {
            let writer = MarketStateRequestWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.marketSegmentID = product ?? Null.i32
            writer.securityID = instrument ?? Null.i64
            writer.marketStateAction = action
        }
    }

    /// Any bytes with a header that names a length and a template.
    package static func raw(template: UInt16, length: Int, msgSeqNum: UInt32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt32(length), as: UInt32.self)
            $0.storeBytes(of: template, toByteOffset: 4, as: UInt16.self)
            if length >= 24 {
                $0.storeBytes(of: msgSeqNum, toByteOffset: 16, as: UInt32.self)
            }
        }
        return bytes
    }
}
