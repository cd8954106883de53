import Domain
import Platform
import Wire

// Order requests to commands. What needs only the message and the reference data has been judged, or
// is judged here; the rest is the engine's.
extension GatewayAgent {
    mutating func enterOrder(_ order: NewOrderSingleShortRequestView, _ index: Int) -> FrameOutcome
    {
        let instrument = reference.instrument(simpleSecurityID: order.simpleSecurityID)
        guard !instrument.isNone else {
            return refuseInstrument(index, order.msgSeqNum, order.simpleSecurityID)
        }
        var command = request(.newOrder, index, order.msgSeqNum, order.senderSubID)
        command.instrument = instrument
        command.product = reference.instruments[instrument.index].product
        command.clOrdID.raw = order.clOrdID
        command.price.raw = order.price
        command.quantity.raw = order.orderQty
        command.matchInstCrossID = order.matchInstCrossID
        command.flags = .shortForm
        command.attributes = OrderAttributes(
            side: Side(rawValue: order.side) ?? .buy,
            timeInForce: TimeInForce(rawValue: order.timeInForce),
            execInst: ExecInst(rawValue: order.execInst),
            isStandard: order.applSeqIndicator == 1, tradingCapacity: order.tradingCapacity,
            priceValidityCheckType: order.priceValidityCheckType,
            valueCheckType: order.valueCheckTypeValue)
        command.executingTraderQualifier = order.executingTraderQualifier
        // The common short order says no more of its parties and travels in one slot.
        if order.partyIDClientID != Null.u64 || order.partyIdInvestmentDecisionMaker != Null.u64
            || order.executingTrader != Null.u64 || order.orderOrigination != Null.u8
            || order.partyIdInvestmentDecisionMakerQualifier != Null.u8
            || order.orderAttributeLiquidityProvision != 0
        {
            var parties = OrderParties()
            parties.clientID = order.partyIDClientID
            parties.investmentDecisionMaker = order.partyIdInvestmentDecisionMaker
            parties.executingTrader = order.executingTrader
            parties.investmentDecisionMakerQualifier =
                order.partyIdInvestmentDecisionMakerQualifier
            parties.executingTraderQualifier = order.executingTraderQualifier
            parties.orderOrigination = order.orderOrigination
            parties.liquidityProvision = order.orderAttributeLiquidityProvision
            add(parties, to: &command)
        }
        return submit(&command, complianceText: order.complianceText, index)
    }

    mutating func enterOrder(_ order: NewOrderSingleRequestView, _ index: Int) -> FrameOutcome {
        var command = request(.newOrder, index, order.msgSeqNum, order.senderSubID)
        if let refusal = place(&command, order.marketSegmentID, order.simpleSecurityID) {
            return refuse(index, msgSeqNum: order.msgSeqNum, refusal)
        }
        command.clOrdID.raw = order.clOrdID
        command.price.raw = order.price
        command.quantity.raw = order.orderQty
        command.stopPrice.raw = order.stopPx
        command.matchInstCrossID = order.matchInstCrossID
        command.executingTraderQualifier = order.executingTraderQualifier
        command.date = order.expireDate
        restrict(&command, order.tradingSessionSubID)
        command.attributes = OrderAttributes(
            side: Side(rawValue: order.side) ?? .buy,
            ordType: OrdType(rawValue: order.ordType),
            timeInForce: TimeInForce(rawValue: order.timeInForce),
            execInst: ExecInst(rawValue: order.execInst),
            isStandard: order.applSeqIndicator == 1, tradingCapacity: order.tradingCapacity,
            priceValidityCheckType: order.priceValidityCheckType,
            valueCheckType: order.valueCheckTypeValue)
        var parties = OrderParties()
        parties.clientID = order.partyIDClientID
        parties.investmentDecisionMaker = order.partyIdInvestmentDecisionMaker
        parties.executingTrader = order.executingTrader
        parties.investmentDecisionMakerQualifier = order.partyIdInvestmentDecisionMakerQualifier
        parties.executingTraderQualifier = order.executingTraderQualifier
        parties.orderOrigination = order.orderOrigination
        parties.liquidityProvision = order.orderAttributeLiquidityProvision
        parties.riskReduction = order.orderAttributeRiskReduction
        parties.tradingSessionSubID = order.tradingSessionSubID
        parties.positionEffect = order.positionEffect
        parties.custOrderHandlingInst = order.custOrderHandlingInst
        parties.account = bytes(order.account)
        parties.positionAccount = bytes(order.partyIDPositionAccount)
        parties.takeUpTradingFirm = bytes(order.partyIDTakeUpTradingFirm)
        parties.orderOriginationFirm = bytes(order.partyIDOrderOriginationFirm)
        parties.beneficiary = bytes(order.partyIDBeneficiary)
        parties.locationID = bytes(order.partyIDLocationID)
        parties.fixClOrdID = bytes(order.fixClOrdID)
        add(parties, to: &command)
        return submit(
            &command, complianceText: order.complianceText, freeText1: order.freeText1,
            freeText2: order.freeText2, freeText3: order.freeText3, index)
    }

    mutating func modifyOrder(
        _ change: ModifyOrderSingleShortRequestView, _ index: Int
    ) -> FrameOutcome {
        let instrument = reference.instrument(simpleSecurityID: change.simpleSecurityID)
        guard !instrument.isNone else {
            return refuseInstrument(index, change.msgSeqNum, change.simpleSecurityID)
        }
        var command = request(.modifyOrder, index, change.msgSeqNum, change.senderSubID)
        command.instrument = instrument
        command.product = reference.instruments[instrument.index].product
        command.clOrdID.raw = change.clOrdID
        command.origClOrdID.raw = change.origClOrdID
        command.price.raw = change.price
        command.quantity.raw = change.orderQty
        command.matchInstCrossID = change.matchInstCrossID
        command.flags = .shortForm
        command.attributes = OrderAttributes(
            side: Side(rawValue: change.side) ?? .buy,
            timeInForce: TimeInForce(rawValue: change.timeInForce),
            execInst: ExecInst(rawValue: change.execInst),
            isStandard: change.applSeqIndicator == 1, tradingCapacity: change.tradingCapacity,
            priceValidityCheckType: change.priceValidityCheckType,
            valueCheckType: change.valueCheckTypeValue)
        if change.partyIDClientID != Null.u64 || change.partyIdInvestmentDecisionMaker != Null.u64
            || change.executingTrader != Null.u64 || change.orderOrigination != Null.u8
            || change.partyIdInvestmentDecisionMakerQualifier != Null.u8
            || change.orderAttributeLiquidityProvision != 0
        {
            var parties = OrderParties()
            parties.clientID = change.partyIDClientID
            parties.investmentDecisionMaker = change.partyIdInvestmentDecisionMaker
            parties.executingTrader = change.executingTrader
            parties.investmentDecisionMakerQualifier =
                change.partyIdInvestmentDecisionMakerQualifier
            parties.executingTraderQualifier = change.executingTraderQualifier
            parties.orderOrigination = change.orderOrigination
            parties.liquidityProvision = change.orderAttributeLiquidityProvision
            add(parties, to: &command)
        }
        return submit(&command, complianceText: change.complianceText, index)
    }

    /// An order for one phase only must not trade in another: better none than at the wrong time.
    private func restrict(_ command: inout Command, _ tradingSessionSubID: UInt8) {
        guard tradingSessionSubID != Null.u8 else { return }
        command.deferredReject = .executionRestrictionNotOffered
    }

    mutating func modifyOrder(_ change: ModifyOrderSingleRequestView, _ index: Int) -> FrameOutcome
    {
        var command = request(.modifyOrder, index, change.msgSeqNum, change.senderSubID)
        if let refusal = place(&command, change.marketSegmentID, change.simpleSecurityID)
            ?? aim(&command, change.targetPartyIDSessionID, index, else: .orderNotFound)
        {
            return refuse(index, msgSeqNum: change.msgSeqNum, refusal)
        }
        command.orderID.raw = change.orderID
        command.clOrdID.raw = change.clOrdID
        command.origClOrdID.raw = change.origClOrdID
        command.price.raw = change.price
        command.quantity.raw = change.orderQty
        command.stopPrice.raw = change.stopPx
        command.matchInstCrossID = change.matchInstCrossID
        command.date = change.expireDate
        let isOfAnother =
            !command.targetSession.isNone && command.targetSession != command.session
        if change.ownershipIndicator == 1, isOfAnother {
            command.deferredReject = .ownershipChangeNotOffered
        }
        restrict(&command, change.tradingSessionSubID)
        command.attributes = OrderAttributes(
            side: Side(rawValue: change.side) ?? .buy,
            ordType: OrdType(rawValue: change.ordType),
            timeInForce: TimeInForce(rawValue: change.timeInForce),
            execInst: ExecInst(rawValue: change.execInst),
            isStandard: change.applSeqIndicator == 1, tradingCapacity: change.tradingCapacity,
            priceValidityCheckType: change.priceValidityCheckType,
            valueCheckType: change.valueCheckTypeValue)
        var parties = OrderParties()
        parties.clientID = change.partyIDClientID
        parties.investmentDecisionMaker = change.partyIdInvestmentDecisionMaker
        parties.executingTrader = change.executingTrader
        parties.investmentDecisionMakerQualifier = change.partyIdInvestmentDecisionMakerQualifier
        parties.executingTraderQualifier = change.executingTraderQualifier
        parties.orderOrigination = change.orderOrigination
        parties.liquidityProvision = change.orderAttributeLiquidityProvision
        parties.tradingSessionSubID = change.tradingSessionSubID
        parties.positionEffect = change.positionEffect
        parties.custOrderHandlingInst = change.custOrderHandlingInst
        parties.account = bytes(change.account)
        parties.positionAccount = bytes(change.partyIDPositionAccount)
        parties.takeUpTradingFirm = bytes(change.partyIDTakeUpTradingFirm)
        parties.orderOriginationFirm = bytes(change.partyIDOrderOriginationFirm)
        parties.beneficiary = bytes(change.partyIDBeneficiary)
        parties.locationID = bytes(change.partyIDLocationID)
        parties.fixClOrdID = bytes(change.fixClOrdID)
        add(parties, to: &command)
        return submit(
            &command, complianceText: change.complianceText, freeText1: change.freeText1,
            freeText2: change.freeText2, freeText3: change.freeText3, index)
    }

    /// A deletion's own texts and parties end here: what is reported is the order's.
    mutating func deleteOrder(_ deletion: DeleteOrderSingleRequestView, _ index: Int)
        -> FrameOutcome
    {
        var command = request(.deleteOrder, index, deletion.msgSeqNum, deletion.senderSubID)
        if let refusal = place(&command, deletion.marketSegmentID, deletion.simpleSecurityID)
            ?? aim(&command, deletion.targetPartyIDSessionID, index, else: .orderNotFound)
        {
            return refuse(index, msgSeqNum: deletion.msgSeqNum, refusal)
        }
        command.orderID.raw = deletion.orderID
        command.clOrdID.raw = deletion.clOrdID
        command.origClOrdID.raw = deletion.origClOrdID
        return submit(&command, index)
    }

    /// The engine works a mass cancel off in slices between which others trade. So that later requests
    /// of the same session meet its complete result, they stay unread until it is answered.
    mutating func deleteAllOrders(_ request: DeleteAllOrderRequestView, _ index: Int)
        -> FrameOutcome
    {
        var command = self.request(
            .deleteAllOrders, index, request.msgSeqNum, request.senderSubID)
        if let refusal = select(&command, request, index) {
            return refuse(index, msgSeqNum: request.msgSeqNum, refusal)
        }
        let outcome = submit(&command, index)
        if case .taken = outcome { connections[index].waitsUntilIdle = true }
        return outcome
    }

    /// Fills in which orders a mass cancel means.
    private func select(
        _ command: inout Command, _ request: DeleteAllOrderRequestView, _ index: Int
    ) -> Refusal? {
        command.product = reference.product(marketSegmentID: request.marketSegmentID)
        guard !command.product.isNone else {
            return Refusal(.productUnknown, number: Int64(request.marketSegmentID))
        }
        if request.securityID != Null.i64 {
            command.instrument = reference.instrument(securityID: request.securityID)
            guard !command.instrument.isNone else {
                return Refusal(.instrumentUnknown, number: request.securityID)
            }
            guard reference.instruments[command.instrument.index].product == command.product else {
                return Refusal(.instrumentNotInProduct, number: request.securityID)
            }
        }
        command.price.raw = request.price
        if let side = Side(rawValue: request.side) {
            command.attributes.side = side
            command.flags.insert(.onlyOneSide)
        }
        let trader = request.targetPartyIDExecutingTrader
        if trader != Null.u32 {
            let row = reference.trader(id: trader)
            let unit = reference.sessions[connections[index].session.index].unit
            guard row >= 0, reference.traders[row].unit == unit else {
                return Refusal(.notEntitledToOrder)
            }
            command.targetTrader.raw = trader
        }
        return aim(&command, request.targetPartyIDSessionID, index, else: .notEntitledToOrder)
    }

    // MARK: Parts

    private func request(
        _ kind: Command.Kind, _ index: Int, _ msgSeqNum: UInt32, _ trader: UInt32
    ) -> Command {
        var command = Command(kind: kind)
        command.session = connections[index].session
        command.sessionInstanceID = connections[index].sessionInstanceID
        command.msgSeqNum = msgSeqNum
        command.requestTime = connections[index].receivedAt
        command.trader.raw = trader
        return command
    }

    /// Fills in product and instrument, which must fit.
    private func place(
        _ command: inout Command, _ marketSegmentID: Int32, _ simpleSecurityID: UInt32
    ) -> Refusal? {
        command.product = reference.product(marketSegmentID: marketSegmentID)
        guard !command.product.isNone else {
            return Refusal(.productUnknown, number: Int64(marketSegmentID))
        }
        command.instrument = reference.instrument(simpleSecurityID: simpleSecurityID)
        guard !command.instrument.isNone else {
            return Refusal(.instrumentUnknown, number: Int64(simpleSecurityID))
        }
        guard reference.instruments[command.instrument.index].product == command.product else {
            return Refusal(.instrumentNotInProduct, number: Int64(simpleSecurityID))
        }
        return nil
    }

    /// Fills in the session whose orders are meant. Sessions of other units and sessions that do not
    /// exist get the same answer, here for both, so that nothing tells them apart.
    private func aim(
        _ command: inout Command, _ target: UInt32, _ index: Int, else detail: RejectDetail
    ) -> Refusal? {
        guard target != Null.u32 else { return nil }
        let session = reference.session(id: target)
        let unit = reference.sessions[connections[index].session.index].unit
        guard !session.isNone, reference.sessions[session.index].unit == unit else {
            return Refusal(detail)
        }
        command.targetSession = session
        return nil
    }

    private mutating func refuseInstrument(
        _ index: Int, _ msgSeqNum: UInt32, _ simpleSecurityID: UInt32
    ) -> FrameOutcome {
        refuse(
            index, msgSeqNum: msgSeqNum,
            Refusal(.instrumentUnknown, number: Int64(simpleSecurityID)))
    }

    /// A fixed text as the record keeps it.
    private func bytes<Text: BitwiseCopyable>(_ text: UnsafeRawBufferPointer) -> Text {
        precondition(text.count == MemoryLayout<Text>.size, "wire and record agree on the length")
        return text.loadUnaligned(as: Text.self)
    }

    // MARK: Into the ring

    /// Written ahead of the head; if there is no room the request is retried as a whole.
    private mutating func add(_ parties: OrderParties, to command: inout Command) {
        command.flags.insert(.hasParties)
        command.slotCount = 2
        guard commands.hasRoom(for: 2) else { return }
        commands.write(parties, at: 1)
    }

    private mutating func submit(
        _ command: inout Command, complianceText: UnsafeRawBufferPointer,
        freeText1: UnsafeRawBufferPointer? = nil, freeText2: UnsafeRawBufferPointer? = nil,
        freeText3: UnsafeRawBufferPointer? = nil, _ index: Int
    ) -> FrameOutcome {
        let isSet =
            complianceText[0] != 0 || freeText1.map { $0[0] != 0 } ?? false
            || freeText2.map { $0[0] != 0 } ?? false || freeText3.map { $0[0] != 0 } ?? false
        guard isSet else { return submit(&command, index) }
        var texts = OrderTexts()
        texts.complianceText = bytes(complianceText)
        if let freeText1 { texts.freeText1 = bytes(freeText1) }
        if let freeText2 { texts.freeText2 = bytes(freeText2) }
        if let freeText3 { texts.freeText3 = bytes(freeText3) }
        let offset = Int(command.slotCount)
        command.flags.insert(.hasTexts)
        command.slotCount += 1
        if commands.hasRoom(for: offset + 1) { commands.write(texts, at: offset) }
        return submit(&command, index)
    }

    /// Hands a request to the engine, or leaves it unread: that is the back-pressure.
    private mutating func submit(_ command: inout Command, _ index: Int) -> FrameOutcome {
        guard commands.hasRoom(for: Int(command.slotCount)) else {
            noteFullRing()
            return .retries
        }
        publish(command)
        connections[index].inFlight += 1
        return .taken
    }

    /// The continuation slots, if any, are written; there is room.
    mutating func publish(_ command: Command) {
        commands.write(command, at: 0)
        commands.publish(Int(command.slotCount))
        counters.commands += 1
        hasNewCommands = true
    }

    mutating func noteFullRing() {
        isHeldByRing = true
        counters.commandRingFull += 1
    }
}
