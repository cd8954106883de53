import Domain
import Wire

// Events as broadcasts numbered by ApplMsgID: whole orders, deletions, mass deletions. Each writes to
// `space`, which has room for the length stated beside it, and returns the message's length.
extension EventRecord {
    /// Length of the order report about this event.
    public var orderReportLength: Int {
        OrderExecReportBroadcastWriter.fixedLength + fillCount * FillsGrpWriter.size
    }

    /// 10117: the whole order after the event, with the event's fills.
    @discardableResult
    public func writeOrderReport(
        to space: UnsafeMutableRawPointer, _ delivery: Delivery, id: ApplMsgID, _ names: ReportNames
    ) -> Int {
        let writer = OrderExecReportBroadcastWriter(space)
        writer.initialize()
        delivery.fill(space, id, lastFragment: lastFragment)
        fillOrder(writer, names)
        if let parties { parties.fill(writer) }
        if let texts { texts.fill(writer) }
        let fills = fillCount
        let length = writer.finish(noFills: fills)
        for index in 0..<fills { fill(index).write(to: writer.fills(at: index)) }
        return length
    }

    private func fillOrder(_ writer: OrderExecReportBroadcastWriter, _ names: ReportNames) {
        let context = context
        writer.orderID = event.orderID.raw
        writer.clOrdID = event.clOrdID.raw
        writer.origClOrdID = event.origClOrdID.raw
        writer.securityID = names.securityID
        writer.execID = event.execID.nanos
        writer.trdRegTSEntryTime = entryTime
        writer.trdRegTSTimePriority = timePriority
        writer.price = event.price.raw
        writer.leavesQty = event.leavesQty.raw
        writer.cumQty = event.cumQty.raw
        writer.cxlQty = event.cancelledQty.raw
        writer.orderQty = event.orderQty.raw
        writer.stopPx = context.stopPrice.raw
        writer.marketSegmentID = names.marketSegmentID
        writer.expireDate = context.expireDate
        writer.matchInstCrossID = context.matchInstCrossID
        writer.partyIDExecutingUnit = names.unitID
        writer.partyIDSessionID = names.sessionID
        writer.partyIDExecutingTrader = event.trader.raw
        writer.partyIDEnteringTrader = context.enteringTrader.raw
        writer.execRestatementReason = event.restatementReason.rawValue
        if !context.enteringTrader.isNone { writer.partyIDEnteringFirm = 1 }
        writer.productComplex = 1
        writer.ordStatus = event.ordStatus.rawValue
        writer.execType = event.execType.rawValue
        writer.side = event.side.rawValue
        writer.ordType = event.ordType.rawValue
        writer.tradingCapacity = context.tradingCapacity
        writer.timeInForce = event.timeInForce.rawValue
        writer.execInst = event.execInst.rawValue
        writer.applSeqIndicator = event.flags.contains(.standard) ? 1 : 0
        writer.triggered = 0
        writer.crossedIndicator = 0
    }

    /// 10112: one deletion. Room: `DeleteOrderBroadcastWriter.fixedLength`.
    @discardableResult
    public func writeDeletion(
        to space: UnsafeMutableRawPointer, _ delivery: Delivery, id: ApplMsgID, _ names: ReportNames
    ) -> Int {
        let writer = DeleteOrderBroadcastWriter(space)
        writer.initialize()
        delivery.fill(space, id, lastFragment: 1)
        writer.orderID = event.orderID.raw
        writer.clOrdID = event.clOrdID.raw
        writer.origClOrdID = event.origClOrdID.raw
        writer.securityID = names.securityID
        writer.execID = event.execID.nanos
        writer.cumQty = event.cumQty.raw
        writer.cxlQty = event.cancelledQty.raw
        writer.marketSegmentID = names.marketSegmentID
        writer.partyIDEnteringTrader = context.enteringTrader.raw
        writer.partyIDSessionID = names.sessionID
        writer.execRestatementReason = event.restatementReason.rawValue
        writer.partyIDEnteringFirm = 1
        writer.ordStatus = event.ordStatus.rawValue
        writer.execType = event.execType.rawValue
        writer.productComplex = 1
        writer.side = event.side.rawValue
        if let parties { withUnsafeBytes(of: parties.fixClOrdID) { writer.fixClOrdID = $0 } }
        return DeleteOrderBroadcastWriter.fixedLength
    }

    /// Length of what `writeMassDeletion` writes.
    public var massDeletionLength: Int {
        DeleteAllOrderBroadcastWriter.fixedLength
            + (event.kind == .orderNotAffected ? NotAffectedOrdersGrpWriter.size : 0)
    }

    /// 10122: a session's orders in one product are gone, or those that a mass cancel meant; or, as a
    /// fragment before that, an order that it left alone. Room: `massDeletionLength`.
    @discardableResult
    public func writeMassDeletion(
        to space: UnsafeMutableRawPointer, _ delivery: Delivery, id: ApplMsgID, _ names: ReportNames
    ) -> Int {
        let context = context
        let writer = DeleteAllOrderBroadcastWriter(space)
        writer.initialize()
        delivery.fill(space, id, lastFragment: lastFragment)
        writer.massActionReportID = event.execID.nanos
        writer.securityID = names.securityID
        writer.price = event.price.raw
        writer.marketSegmentID = names.marketSegmentID
        writer.targetPartyIDSessionID = names.sessionID
        writer.targetPartyIDExecutingTrader = event.trader.raw
        writer.partyIDEnteringTrader = context.enteringTrader.raw
        if !context.enteringTrader.isNone { writer.partyIDEnteringFirm = 1 }
        writer.massActionReason = event.massActionReason.rawValue
        writer.execInst = event.execInst.rawValue
        if event.flags.contains(.onlyOneSide) { writer.side = event.side.rawValue }
        guard event.kind == .orderNotAffected else { return writer.finish() }
        let length = writer.finish(noNotAffectedOrders: 1)
        event.write(to: writer.notAffectedOrders(at: 0))
        return length
    }
}

extension Event {
    /// Fills an entry of NotAffectedOrdersGrp.
    public func write(to entry: NotAffectedOrdersGrpWriter) {
        entry.initialize()
        entry.notAffectedOrderID = orderID.raw
        entry.notAffOrigClOrdID = clOrdID.raw
    }
}

extension Fill {
    /// Fills an entry of FillsGrp.
    @inlinable public func write(to entry: FillsGrpWriter) {
        entry.initialize()
        entry.fillPx = price.raw
        entry.fillQty = quantity.raw
        entry.fillMatchID = matchID
        entry.fillExecID = sideTradeID
        entry.fillLiquidityInd = liquidity.rawValue
    }
}

extension OrderParties {
    fileprivate func fill(_ writer: OrderExecReportBroadcastWriter) {
        writer.tradingSessionSubID = tradingSessionSubID
        writer.positionEffect = positionEffect
        writer.custOrderHandlingInst = custOrderHandlingInst
        withUnsafeBytes(of: account) { writer.account = $0 }
        withUnsafeBytes(of: positionAccount) { writer.partyIDPositionAccount = $0 }
        withUnsafeBytes(of: takeUpTradingFirm) { writer.partyIDTakeUpTradingFirm = $0 }
        withUnsafeBytes(of: orderOriginationFirm) { writer.partyIDOrderOriginationFirm = $0 }
        withUnsafeBytes(of: beneficiary) { writer.partyIDBeneficiary = $0 }
        withUnsafeBytes(of: locationID) { writer.partyIDLocationID = $0 }
        withUnsafeBytes(of: fixClOrdID) { writer.fixClOrdID = $0 }
    }
}

extension OrderTexts {
    fileprivate func fill(_ writer: OrderExecReportBroadcastWriter) {
        withUnsafeBytes(of: complianceText) { writer.complianceText = $0 }
        withUnsafeBytes(of: freeText1) { writer.freeText1 = $0 }
        withUnsafeBytes(of: freeText2) { writer.freeText2 = $0 }
        withUnsafeBytes(of: freeText3) { writer.freeText3 = $0 }
    }
}
