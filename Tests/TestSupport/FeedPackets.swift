import Wire

/// Messages of the public feed as bytes, for tests that send them; numbers come with the packet.
public enum FeedMessage {
    public typealias Bytes = [UInt8]

    private static func make(
        _ length: Int, _ fill: (UnsafeMutableRawPointer) -> Void
    ) -> Bytes {
        var bytes = Bytes(repeating: 0, count: length)
        bytes.withUnsafeMutableBytes { fill($0.baseAddress!) }
        return bytes
    }

    public static func add(
        _ security: Int64, side: UInt8, price: Int64, quantity: Int64, priority: UInt64
    ) -> Bytes {
        make(EOBIOrderAddWriter.length) {
            let message = EOBIOrderAddWriter($0)
            message.initialize()
            message.trdRegTSTimeIn = priority
            message.securityID = security
            fill(message.orderDetails, side, price, quantity, priority)
        }
    }

    public static func modify(
        _ security: Int64, side: UInt8, previousPriority: UInt64, previousPrice: Int64,
        previousQuantity: Int64, price: Int64, quantity: Int64, priority: UInt64
    ) -> Bytes {
        make(EOBIOrderModifyWriter.length) {
            let message = EOBIOrderModifyWriter($0)
            message.initialize()
            message.trdRegTSTimeIn = priority
            message.trdRegTSPrevTimePriority = previousPriority
            message.prevPrice = previousPrice
            message.prevDisplayQty = previousQuantity
            message.securityID = security
            fill(message.orderDetails, side, price, quantity, priority)
        }
    }

    public static func modifySamePriority(
        _ security: Int64, side: UInt8, price: Int64, previousQuantity: Int64, quantity: Int64,
        priority: UInt64, at time: UInt64
    ) -> Bytes {
        make(EOBIOrderModifySamePrioWriter.length) {
            let message = EOBIOrderModifySamePrioWriter($0)
            message.initialize()
            message.trdRegTSTimeIn = time
            message.transactTime = time
            message.prevDisplayQty = previousQuantity
            message.securityID = security
            fill(message.orderDetails, side, price, quantity, priority)
        }
    }

    public static func delete(
        _ security: Int64, side: UInt8, price: Int64, quantity: Int64, priority: UInt64,
        at time: UInt64
    ) -> Bytes {
        make(EOBIOrderDeleteWriter.length) {
            let message = EOBIOrderDeleteWriter($0)
            message.initialize()
            message.transactTime = time
            message.securityID = security
            fill(message.orderDetails, side, price, quantity, priority)
        }
    }

    public static func massDelete(_ security: Int64, at time: UInt64) -> Bytes {
        make(EOBIOrderMassDeleteWriter.length) {
            let message = EOBIOrderMassDeleteWriter($0)
            message.initialize()
            message.securityID = security
            message.transactTime = time
        }
    }

    public static func execution(
        _ security: Int64, side: UInt8, price: Int64, quantity: Int64, priority: UInt64,
        tradePrice: Int64? = nil, match: UInt32, isFull: Bool
    ) -> Bytes {
        guard isFull else {
            return make(EOBIPartialOrderExecutionWriter.length) {
                let message = EOBIPartialOrderExecutionWriter($0)
                message.initialize()
                message.side = side
                message.trdMatchID = match
                message.price = price
                message.trdRegTSTimePriority = priority
                message.securityID = security
                message.lastQty = quantity
                message.lastPx = tradePrice ?? price
            }
        }
        return make(EOBIFullOrderExecutionWriter.length) {
            let message = EOBIFullOrderExecutionWriter($0)
            message.initialize()
            message.side = side
            message.trdMatchID = match
            message.price = price
            message.trdRegTSTimePriority = priority
            message.securityID = security
            message.lastQty = quantity
            message.lastPx = tradePrice ?? price
        }
    }

    public static func executionSummary(
        _ security: Int64, aggressor: UInt8, price: Int64, quantity: Int64, at time: UInt64
    ) -> Bytes {
        make(EOBIExecutionSummaryWriter.length) {
            let message = EOBIExecutionSummaryWriter($0)
            message.initialize()
            message.securityID = security
            message.execID = time
            message.lastQty = quantity
            message.aggressorSide = aggressor
            message.lastPx = price
            message.restingCxlQty = 0
        }
    }

    public static func tradeReport(
        _ security: Int64, price: Int64, quantity: Int64, at time: UInt64
    ) -> Bytes {
        make(EOBITradeReportWriter.length) {
            let message = EOBITradeReportWriter($0)
            message.initialize()
            message.securityID = security
            message.transactTime = time
            message.lastQty = quantity
            message.lastPx = price
        }
    }

    public static func topOfBook(
        _ security: Int64, bid: (price: Int64, quantity: Int64)?,
        ask: (price: Int64, quantity: Int64)?, at time: UInt64
    ) -> Bytes {
        make(EOBITopOfBookWriter.length) {
            let message = EOBITopOfBookWriter($0)
            message.initialize()
            message.transactTime = time
            message.securityID = security
            if let bid { (message.bidPx, message.bidSize) = bid }
            if let ask { (message.offerPx, message.offerSize) = ask }
            message.numberOfBuyOrders = 3
            message.numberOfSellOrders = 4
        }
    }

    public static func productState(_ status: UInt8, at time: UInt64) -> Bytes {
        make(EOBIProductStateChangeWriter.length) {
            let message = EOBIProductStateChangeWriter($0)
            message.initialize()
            message.tradingSessionID = 1
            message.tradingSessionSubID = 3
            message.tradSesStatus = status
            message.fastMarketIndicator = 0
            message.transactTime = time
        }
    }

    public static func instrumentState(
        _ security: Int64, _ trading: UInt8, at time: UInt64
    ) -> Bytes {
        make(EOBIInstrumentStateChangeWriter.length) {
            let message = EOBIInstrumentStateChangeWriter($0)
            message.initialize()
            message.securityID = security
            message.securityStatus = 1
            message.securityTradingStatus = trading
            message.fastMarketIndicator = 0
            message.transactTime = time
        }
    }

    public static func massInstrumentState(
        _ trading: UInt8, except: [(security: Int64, trading: UInt8)] = [], at time: UInt64
    ) -> Bytes {
        make(EOBIMassInstrumentStateChangeWriter.length) {
            let message = EOBIMassInstrumentStateChangeWriter($0)
            message.initialize()
            message.securityMassStatus = 1
            message.securityMassTradingStatus = trading
            message.fastMarketIndicator = 0
            message.transactTime = time
            message.noRelatedSym = UInt8(except.count)
            for (index, entry) in except.enumerated() {
                let group = message.relatedSym(at: index)
                group.initialize()
                group.securityID = entry.security
                group.securityStatus = 1
                group.securityTradingStatus = entry.trading
            }
        }
    }

    public static func heartbeat(last: UInt32) -> Bytes {
        make(EOBIHeartbeatWriter.length) {
            let message = EOBIHeartbeatWriter($0)
            message.initialize()
            message.lastMsgSeqNumProcessed = last
        }
    }

    public static func productSummary(last: UInt32, status: UInt8 = 2) -> Bytes {
        make(EOBIProductSummaryWriter.length) {
            let message = EOBIProductSummaryWriter($0)
            message.initialize()
            message.lastMsgSeqNumProcessed = last
            message.tradingSessionID = 1
            message.tradingSessionSubID = 3
            message.tradSesStatus = status
            message.fastMarketIndicator = 0
        }
    }

    /// `entries` are (MDEntryType, price, size).
    public static func instrumentSummary(
        _ security: Int64, orders: UInt16, updated: UInt64, trading: UInt8 = 203,
        entries: [(type: UInt8, price: Int64, size: Int64)] = []
    ) -> Bytes {
        make(EOBIInstrumentSummaryWriter.length) {
            let message = EOBIInstrumentSummaryWriter($0)
            message.initialize()
            message.securityID = security
            message.lastUpdateTime = updated
            message.totNoOrders = orders
            message.securityStatus = 1
            message.securityTradingStatus = trading
            message.fastMarketIndicator = 0
            message.noMDEntries = UInt8(entries.count)
            for (index, entry) in entries.enumerated() {
                let group = message.mdEntries(at: index)
                group.initialize()
                group.mdEntryType = entry.type
                group.mdEntryPx = entry.price
                group.mdEntrySize = entry.size
            }
        }
    }

    public static func snapshotOrder(
        side: UInt8, price: Int64, quantity: Int64, priority: UInt64
    ) -> Bytes {
        make(EOBISnapshotOrderWriter.length) {
            let message = EOBISnapshotOrderWriter($0)
            message.initialize()
            fill(message.orderDetails, side, price, quantity, priority)
        }
    }

    private static func fill(
        _ details: EOBIOrderDetailsWriter, _ side: UInt8, _ price: Int64, _ quantity: Int64,
        _ priority: UInt64
    ) {
        details.trdRegTSTimePriority = priority
        details.displayQty = quantity
        details.side = side
        details.price = price
    }
}

/// One channel of a product's feed: puts messages into packets and numbers both.
public struct FeedPacketWriter: Sendable {
    public var marketSegmentID: Int32
    public var applSeqNum: UInt32 = 0
    /// Of the last message; messages of the snapshot channel are numbered too, and nobody looks.
    public var msgSeqNum: UInt32 = 0

    public init(marketSegmentID: Int32) { self.marketSegmentID = marketSegmentID }

    public mutating func packet(
        _ messages: [FeedMessage.Bytes], isComplete: Bool = true, isReset: Bool = false,
        sentAt time: UInt64
    ) -> [UInt8] {
        applSeqNum += 1
        var bytes = [UInt8](repeating: 0, count: EOBIPacketHeaderWriter.length)
        bytes.withUnsafeMutableBytes {
            let header = EOBIPacketHeaderWriter($0.baseAddress!)
            header.initialize()
            header.applSeqNum = applSeqNum
            header.marketSegmentID = marketSegmentID
            header.partitionID = 1
            header.completionIndicator = isComplete ? 1 : 0
            header.applSeqResetIndicator = isReset ? 1 : 0
            header.transactTime = time
        }
        for message in messages {
            var message = message
            let template = UInt16(message[2]) | UInt16(message[3]) << 8
            if template != EOBITemplateID.heartbeat.rawValue {
                msgSeqNum += 1
                let number = msgSeqNum
                message.withUnsafeMutableBytes {
                    $0.storeBytes(of: number, toByteOffset: 4, as: UInt32.self)
                }
            }
            bytes += message
        }
        return bytes
    }
}
