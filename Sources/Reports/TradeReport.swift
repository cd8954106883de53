import Domain
import Wire

// Fills as trade confirmations, numbered by ApplSeqNum.
extension EventRecord {
    /// 10500: one fill of the event, confirmed to its side. Room: `TradeBroadcastWriter.fixedLength`.
    @discardableResult
    public func writeTrade(
        _ index: Int, to space: UnsafeMutableRawPointer, _ delivery: Delivery, applSeqNum: UInt64,
        _ names: ReportNames, _ tradeNames: TradeNames
    ) -> Int {
        let fill = fill(index)
        let writer = TradeBroadcastWriter(space)
        writer.initialize()
        delivery.fill(space, applSeqNum: applSeqNum)
        writer.securityID = names.securityID
        writer.lastPx = fill.price.raw
        writer.lastQty = fill.quantity.raw
        writer.clearingTradePrice = fill.price.raw
        writer.clearingTradeQty = fill.quantity.raw
        writer.transactTime = event.execID.nanos
        fillTrade(writer, fill, names)
        fillOrder(writer, before: index, names)
        fillNames(writer, tradeNames)
        if let parties { parties.fill(writer) }
        if let texts {
            withUnsafeBytes(of: texts.freeText1) { writer.freeText1 = $0 }
            withUnsafeBytes(of: texts.freeText2) { writer.freeText2 = $0 }
            withUnsafeBytes(of: texts.freeText3) { writer.freeText3 = $0 }
        }
        return TradeBroadcastWriter.fixedLength
    }

    private func fillTrade(_ writer: TradeBroadcastWriter, _ fill: Fill, _ names: ReportNames) {
        let isAggressor = event.kind == .aggressorExecuted
        writer.tradeID = fill.tradeID
        writer.sideTradeID = UInt32(bitPattern: fill.sideTradeID)
        writer.trdMatchID = fill.matchID
        writer.marketSegmentID = names.marketSegmentID
        writer.matchDate = CivilDate(nanos: event.execID.nanos).number
        writer.matchType = isAggressor ? 4 : 11
        writer.multiLegReportingType = 1
        writer.tradeReportType = 0
        writer.transferReason = 1
        writer.side = event.side.rawValue
        writer.orderSide = event.side.rawValue
        writer.sideLiquidityInd = fill.liquidity.rawValue
        writer.orderCategory = UInt8(ascii: "1")
    }

    /// The order as it stood after this very fill: the event tells how it stood after the last.
    private func fillOrder(
        _ writer: TradeBroadcastWriter, before index: Int, _ names: ReportNames
    ) {
        var later = Quantity.zero
        var next = index + 1
        while next < fillCount {
            later += fill(next).quantity
            next += 1
        }
        let context = context
        writer.orderID = event.orderID.raw
        writer.clOrdID = event.clOrdID.raw
        writer.leavesQty = (event.leavesQty + later).raw
        writer.cumQty = (event.cumQty - later).raw
        writer.ordType = event.ordType.rawValue
        writer.tradingCapacity = context.tradingCapacity
        writer.executingTraderQualifier = context.executingTraderQualifier
        writer.rootPartyIDExecutingUnit = names.unitID
        writer.rootPartyIDClearingUnit = names.unitID
        writer.rootPartyIDSessionID = names.sessionID
        writer.rootPartyIDExecutingTrader = event.trader.raw
    }

    private func fillNames(_ writer: TradeBroadcastWriter, _ names: TradeNames) {
        withUnsafeBytes(of: names.organisation) {
            writer.rootPartyClearingOrganization = $0
            writer.rootPartyIDExecutionVenue = $0
        }
        withUnsafeBytes(of: names.unit) {
            writer.rootPartyExecutingFirm = $0
            writer.rootPartyClearingFirm = $0
        }
        withUnsafeBytes(of: names.trader) { writer.rootPartyExecutingTrader = $0 }
        var id = RegulatoryTradeID()
        id.add(names.organisation)
        id.add(number: UInt64(writer.matchDate))
        // TradeIDs are unique per product and day.
        id.add(number: UInt64(UInt32(bitPattern: writer.marketSegmentID)))
        id.add(number: UInt64(writer.tradeID))
        withUnsafeBytes(of: id.bytes) { writer.regulatoryTradeID = $0 }
    }
}

/// The trade's name for regulators: venue, day, product and TradeID, joined by hyphens.
private struct RegulatoryTradeID {
    var bytes = InlineArray<52, UInt8>(repeating: 0)
    private var count = 0

    mutating func add(_ word: InlineArray<4, UInt8>) {
        for index in word.indices where word[index] != 0 { append(word[index]) }
    }

    mutating func add(number: UInt64) {
        append(UInt8(ascii: "-"))
        var unit: UInt64 = 1
        while number / unit >= 10 { unit *= 10 }
        while unit > 0 {
            append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
    }

    private mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }
}

extension OrderParties {
    fileprivate func fill(_ writer: TradeBroadcastWriter) {
        writer.rootPartyIDClientID = clientID
        writer.executingTrader = executingTrader
        writer.rootPartyIDInvestmentDecisionMaker = investmentDecisionMaker
        writer.rootPartyIDInvestmentDecisionMakerQualifier = investmentDecisionMakerQualifier
        writer.orderOrigination = orderOrigination
        writer.orderAttributeLiquidityProvision = liquidityProvision
        writer.orderAttributeRiskReduction = riskReduction
        writer.positionEffect = positionEffect
        writer.custOrderHandlingInst = custOrderHandlingInst
        withUnsafeBytes(of: account) { writer.account = $0 }
        withUnsafeBytes(of: positionAccount) { writer.rootPartyIDPositionAccount = $0 }
        withUnsafeBytes(of: takeUpTradingFirm) { writer.rootPartyIDTakeUpTradingFirm = $0 }
        withUnsafeBytes(of: orderOriginationFirm) { writer.rootPartyIDOrderOriginationFirm = $0 }
        withUnsafeBytes(of: beneficiary) { writer.rootPartyIDBeneficiary = $0 }
    }
}
