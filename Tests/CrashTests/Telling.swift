import Client
import Domain
import Wire

@testable import CrashTest

/// What a venue might tell, true or not: messages written by hand.
struct Telling {
    var name: UInt64
    var origName: UInt64?
    var orderID: UInt64
    /// The engine's transaction, and with it the place in history.
    var transaction: UInt64
    var price: Int64
    var quantity: Int64
    var cumQty: Int64 = 0
    var leavesQty: Int64
    var side = Side.buy
    var execInst = ExecInst.persistent
    var priority: UInt64
    var fills: [(price: Int64, quantity: Int64, matchID: UInt32, execID: Int32)] = []
    var isAggressor = false
    var isStandard = true

    static let unit = Quantity.unit

    /// A live order that a session was told of at its entry.
    init(name: UInt64, transaction: UInt64, price: Int64 = 100, quantity: Int64 = 5) {
        self.name = name
        orderID = name + 1000
        self.transaction = transaction
        self.price = price * Price.unit
        self.quantity = quantity * Self.unit
        leavesQty = quantity * Self.unit
        priority = transaction
    }

    var request: OrderRequest {
        OrderRequest(
            side: side, price: Price(raw: price), quantity: Quantity(raw: quantity),
            instrument: 2001, product: 200, execInst: execInst, isStandard: isStandard)
    }

    private static func with(_ body: (UnsafeMutableRawPointer) -> Void) -> WireMessage {
        let space = UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 8)
        defer { space.deallocate() }
        body(space)
        return WireMessage(at: space)
    }

    private func id(_ index: UInt64 = 0) -> ApplMsgID {
        // The wire's first byte is not zero where there is a value.
        ApplMsgID(time: 1 << 60 + transaction, index: index)
    }

    /// 10101
    func accepted(answering number: UInt32) -> WireMessage {
        Self.with { space in
            let writer = NewOrderResponseWriter(space)
            writer.initialize()
            writer.msgSeqNum = number
            writer.lastFragment = 1
            writer.trdRegTSTimeIn = transaction
            id().withBytes { writer.applMsgID = $0 }
            writer.orderID = orderID
            writer.clOrdID = name
            writer.securityID = 2001
            writer.execID = transaction
            writer.leavesQty = leavesQty
            writer.cxlQty = 0
            writer.trdRegTSEntryTime = transaction
            writer.trdRegTSTimePriority = priority
            writer.ordStatus = OrdStatus.new.rawValue
            writer.execType = ExecType.new.rawValue
            writer.execRestatementReason = ExecRestatementReason.orderAdded.rawValue
            writer.finish()
        }
    }

    /// 10117, as the history and listeners tell it.
    func reported(
        _ execType: ExecType, index: UInt64 = 0, isResent: Bool = true, stream: UInt8 = 4
    ) -> WireMessage {
        Self.with { space in
            let writer = OrderExecReportBroadcastWriter(space)
            writer.initialize()
            writer.lastFragment = 1
            writer.applResendFlag = isResent ? 1 : 0
            writer.applID = stream
            id(index).withBytes { writer.applMsgID = $0 }
            writer.orderID = orderID
            writer.clOrdID = name
            if let origName { writer.origClOrdID = origName }
            writer.securityID = 2001
            writer.execID = transaction
            writer.trdRegTSEntryTime = priority
            writer.trdRegTSTimePriority = priority
            writer.price = price
            writer.orderQty = quantity
            writer.leavesQty = leavesQty
            writer.cumQty = cumQty
            writer.cxlQty = quantity - leavesQty - cumQty
            writer.marketSegmentID = 200
            writer.side = side.rawValue
            writer.execType = execType.rawValue
            if execType == .new {
                writer.execRestatementReason = ExecRestatementReason.orderAdded.rawValue
            }
            writer.ordStatus = (leavesQty > 0 ? OrdStatus.new : .cancelled).rawValue
            writer.execInst = execInst.rawValue
            writer.finish(noFills: fills.count)
            for (index, fill) in fills.enumerated() {
                let entry = writer.fills(at: index)
                entry.initialize()
                entry.fillPx = fill.price
                entry.fillQty = fill.quantity
                entry.fillMatchID = fill.matchID
                entry.fillExecID = fill.execID
                entry.fillLiquidityInd = isAggressor ? 2 : 1
            }
        }
    }

    /// The order after so much more of it traded.
    func traded(
        _ quantity: Int64, matchID: UInt32, at transaction: UInt64, isAggressor: Bool = false
    ) -> Telling {
        var later = self
        later.transaction = transaction
        later.cumQty += quantity * Self.unit
        later.leavesQty -= quantity * Self.unit
        later.isAggressor = isAggressor
        later.fills = [(price, quantity * Self.unit, matchID, Int32(matchID) * 2)]
        return later
    }

    func restated(at transaction: UInt64) -> Telling {
        var later = self
        later.transaction = transaction
        later.fills = []
        return later
    }

    /// 10307 of a restart at a transaction.
    static func service(_ event: UInt8, at transaction: UInt64, index: UInt64) -> WireMessage {
        with { space in
            let writer = TradingSessionStatusBroadcastWriter(space)
            writer.initialize()
            writer.applResendFlag = 1
            ApplMsgID(time: 1 << 60 + transaction, index: index)
                .withBytes { writer.applMsgID = $0 }
            writer.tradSesEvent = event
        }
    }

    /// 10500
    func confirmed(_ number: UInt64, isResent: Bool = false) -> WireMessage {
        Self.with { space in
            let writer = TradeBroadcastWriter(space)
            writer.initialize()
            writer.applSeqNum = number
            writer.applResendFlag = isResent ? 1 : 0
            writer.orderID = orderID
            writer.marketSegmentID = 200
            writer.transactTime = transaction
            guard let fill = fills.first else { return }
            writer.lastPx = fill.price
            writer.lastQty = fill.quantity
            writer.trdMatchID = fill.matchID
            writer.sideTradeID = UInt32(bitPattern: fill.execID)
        }
    }
}
