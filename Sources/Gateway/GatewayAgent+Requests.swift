import Domain
import SessionServer
import Streams
import Wire

// Order requests to commands. What needs only the message and the reference data has been judged, or
// is judged here; the rest is the engine's.
extension GatewayAgent {
    /// Decides about a request that the port has judged; every template it offers beyond the session
    /// layer's.
    @inline(__always)
    mutating func dispatch() -> FrameOutcome {
        let frame = port.request.frame
        let level = admission.level
        guard level == .everything || Self.isAdmitted(port.request.template, at: level) else {
            counters.notAdmitted &+= 1
            return .refused(Refusal(.journalBusy))
        }
        return switch port.request.template {
        case .newOrderSingleShortRequest: enterOrder(NewOrderSingleShortRequestView(frame))
        case .deleteOrderSingleRequest: deleteOrder(DeleteOrderSingleRequestView(frame))
        case .modifyOrderSingleShortRequest: modifyOrder(ModifyOrderSingleShortRequestView(frame))
        default: dispatchRare(frame)
        }
    }

    /// Templates that come less often, apart from those that whole streams consist of.
    @inline(never)
    private mutating func dispatchRare(_ frame: UnsafeRawPointer) -> FrameOutcome {
        switch port.request.template {
        case .newOrderSingleRequest: enterOrder(NewOrderSingleRequestView(frame))
        case .modifyOrderSingleRequest: modifyOrder(ModifyOrderSingleRequestView(frame))
        case .deleteAllOrderRequest: deleteAllOrders(DeleteAllOrderRequestView(frame))
        case .marketStateRequest: changeMarketState(MarketStateRequestView(frame), port.request)
        case .retransmitMEMessageRequest:
            resendSessionData(RetransmitMEMessageRequestView(frame), port.request)
        default: preconditionFailure("a template that is offered is spoken")
        }
    }

    /// Whether the journal can take a request: when it runs out of room, what lowers exposure goes on
    /// longest.
    @inline(never)
    private static func isAdmitted(
        _ template: TemplateID, at level: CommandAdmission.Level
    ) -> Bool {
        switch template {
        case .deleteOrderSingleRequest, .deleteAllOrderRequest, .marketStateRequest:
            return level >= .deletions
        case .retransmitMEMessageRequest: return true
        default: return false
        }
    }

    @inline(__always)
    mutating func enterOrder(_ order: NewOrderSingleShortRequestView) -> FrameOutcome {
        let instrument = port.instrument(simpleSecurityID: order.simpleSecurityID)
        guard !instrument.isNone else {
            return Self.unknownInstrument(order.simpleSecurityID)
        }
        var command = Command(kind: .newOrder)
        command.instrument = instrument
        command.product = port.reference.instruments[instrument.index].product
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
        // The common short order says no more and travels in one slot.
        guard order.hasDetails else { return submit(command) }
        return submitWithDetails(command, order)
    }

    /// Writes what does not fit into the head, and submits both.
    @inline(never)
    private mutating func submitWithDetails(
        _ head: Command, _ order: NewOrderSingleShortRequestView
    ) -> FrameOutcome {
        var command = head
        if order.hasParties {
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
        return submit(&command, complianceText: order.complianceText)
    }

    @inline(never)
    mutating func enterOrder(_ order: NewOrderSingleRequestView) -> FrameOutcome {
        let (segment, security) = (order.marketSegmentID, order.simpleSecurityID)
        guard let place = place(segment, security) else { return misplaced(segment, security) }
        var command = Command(kind: .newOrder)
        command.product = place.product
        command.instrument = place.instrument
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
            freeText2: order.freeText2, freeText3: order.freeText3)
    }

    @inline(never)
    mutating func modifyOrder(_ change: ModifyOrderSingleShortRequestView) -> FrameOutcome {
        let instrument = port.instrument(simpleSecurityID: change.simpleSecurityID)
        guard !instrument.isNone else {
            return Self.unknownInstrument(change.simpleSecurityID)
        }
        var command = Command(kind: .modifyOrder)
        command.instrument = instrument
        command.product = port.reference.instruments[instrument.index].product
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
        guard change.hasDetails else { return submit(command) }
        return submitWithDetails(command, change)
    }

    /// Writes what does not fit into the head, and submits both.
    @inline(never)
    private mutating func submitWithDetails(
        _ head: Command, _ change: ModifyOrderSingleShortRequestView
    ) -> FrameOutcome {
        var command = head
        if change.hasParties {
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
        return submit(&command, complianceText: change.complianceText)
    }

    /// An order for one phase only must not trade in another: better none than at the wrong time.
    private mutating func restrict(_ command: inout Command, _ tradingSessionSubID: UInt8) {
        guard tradingSessionSubID != Null.u8 else { return }
        command.deferredReject = .executionRestrictionNotOffered
    }

    @inline(never)
    mutating func modifyOrder(_ change: ModifyOrderSingleRequestView) -> FrameOutcome {
        let (segment, security) = (change.marketSegmentID, change.simpleSecurityID)
        guard let place = place(segment, security) else { return misplaced(segment, security) }
        guard let target = target(change.targetPartyIDSessionID) else {
            return .refused(Refusal(.orderNotFound))
        }
        var command = Command(kind: .modifyOrder)
        command.product = place.product
        command.instrument = place.instrument
        command.targetSession = target
        command.orderID.raw = change.orderID
        command.clOrdID.raw = change.clOrdID
        command.origClOrdID.raw = change.origClOrdID
        command.price.raw = change.price
        command.quantity.raw = change.orderQty
        command.stopPrice.raw = change.stopPx
        command.matchInstCrossID = change.matchInstCrossID
        command.date = change.expireDate
        let isOfAnother =
            !command.targetSession.isNone && command.targetSession != port.request.session
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
            freeText2: change.freeText2, freeText3: change.freeText3)
    }

    /// A deletion's own texts and parties end here: what is reported is the order's.
    @inline(never)
    mutating func deleteOrder(_ deletion: DeleteOrderSingleRequestView) -> FrameOutcome {
        let (segment, security) = (deletion.marketSegmentID, deletion.simpleSecurityID)
        guard let place = place(segment, security) else { return misplaced(segment, security) }
        guard let target = target(deletion.targetPartyIDSessionID) else {
            return .refused(Refusal(.orderNotFound))
        }
        var command = Command(kind: .deleteOrder)
        command.product = place.product
        command.instrument = place.instrument
        command.targetSession = target
        command.orderID.raw = deletion.orderID
        command.clOrdID.raw = deletion.clOrdID
        command.origClOrdID.raw = deletion.origClOrdID
        return submit(command)
    }

    /// The engine works a mass cancel off in slices between which others trade. So that later requests
    /// of the same session meet its complete result, they stay unread until it is answered.
    @inline(never)
    mutating func deleteAllOrders(_ deletion: DeleteAllOrderRequestView) -> FrameOutcome {
        var command = Command(kind: .deleteAllOrders)
        if let refusal = select(&command, deletion) {
            return .refused(refusal)
        }
        let outcome = submit(command)
        if case .forwarded = outcome { port.holdUntilAnswered(port.request) }
        return outcome
    }

    /// Fills in which orders a mass cancel means.
    private mutating func select(
        _ command: inout Command, _ deletion: DeleteAllOrderRequestView
    ) -> Refusal? {
        command.product = port.product(marketSegmentID: deletion.marketSegmentID)
        guard !command.product.isNone else {
            return Refusal(.productUnknown, number: Int64(deletion.marketSegmentID))
        }
        if deletion.securityID != Null.i64 {
            command.instrument = port.instrument(securityID: deletion.securityID)
            guard !command.instrument.isNone else {
                return Refusal(.instrumentUnknown, number: deletion.securityID)
            }
            guard port.reference.instruments[command.instrument.index].product == command.product
            else {
                return Refusal(.instrumentNotInProduct, number: deletion.securityID)
            }
        }
        command.price.raw = deletion.price
        if let side = Side(rawValue: deletion.side) {
            command.attributes.side = side
            command.flags.insert(.onlyOneSide)
        }
        let trader = deletion.targetPartyIDExecutingTrader
        if trader != Null.u32 {
            let row = port.reference.trader(id: trader)
            let unit = port.reference.sessions[port.request.session.index].unit
            guard row >= 0, port.reference.traders[row].unit == unit else {
                return Refusal(.notEntitledToOrder)
            }
            command.targetTrader.raw = trader
        }
        guard let target = target(deletion.targetPartyIDSessionID) else {
            return Refusal(.notEntitledToOrder)
        }
        command.targetSession = target
        return nil
    }

    // MARK: Parts

    /// Where an order belongs: product and instrument, which must fit.
    @inline(__always)
    private mutating func place(
        _ marketSegmentID: Int32, _ simpleSecurityID: UInt32
    ) -> (product: ProductIndex, instrument: InstrumentIndex)? {
        let product = port.product(marketSegmentID: marketSegmentID)
        let instrument = port.instrument(simpleSecurityID: simpleSecurityID)
        guard !product.isNone, !instrument.isNone,
            port.reference.instruments[instrument.index].product == product
        else { return nil }
        return (product, instrument)
    }

    /// Says why there is no such place.
    @inline(never)
    private mutating func misplaced(
        _ marketSegmentID: Int32, _ simpleSecurityID: UInt32
    ) -> FrameOutcome {
        guard !port.product(marketSegmentID: marketSegmentID).isNone else {
            return .refused(Refusal(.productUnknown, number: Int64(marketSegmentID)))
        }
        guard !port.instrument(simpleSecurityID: simpleSecurityID).isNone else {
            return Self.unknownInstrument(simpleSecurityID)
        }
        return .refused(Refusal(.instrumentNotInProduct, number: Int64(simpleSecurityID)))
    }

    /// The session whose orders are meant, which is none when no other one is named. Sessions of other
    /// units and sessions that do not exist get the same answer, nil for both, so that nothing tells them
    /// apart.
    @inline(__always)
    private mutating func target(_ sessionID: UInt32) -> SessionIndex? {
        sessionID == Null.u32 ? SessionIndex.none : sessionOfUnit(sessionID)
    }

    @inline(never)
    private mutating func sessionOfUnit(_ sessionID: UInt32) -> SessionIndex? {
        let session = port.session(id: sessionID)
        let unit = port.reference.sessions[port.request.session.index].unit
        guard !session.isNone, port.reference.sessions[session.index].unit == unit else {
            return nil
        }
        return session
    }

    private static func unknownInstrument(_ simpleSecurityID: UInt32) -> FrameOutcome {
        .refused(Refusal(.instrumentUnknown, number: Int64(simpleSecurityID)))
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
        freeText3: UnsafeRawBufferPointer? = nil
    ) -> FrameOutcome {
        let isSet =
            complianceText[0] != 0 || freeText1.map { $0[0] != 0 } ?? false
            || freeText2.map { $0[0] != 0 } ?? false || freeText3.map { $0[0] != 0 } ?? false
        guard isSet else { return submit(command) }
        var texts = OrderTexts()
        texts.complianceText = bytes(complianceText)
        if let freeText1 { texts.freeText1 = bytes(freeText1) }
        if let freeText2 { texts.freeText2 = bytes(freeText2) }
        if let freeText3 { texts.freeText3 = bytes(freeText3) }
        let offset = Int(command.slotCount)
        command.flags.insert(.hasTexts)
        command.slotCount += 1
        if commands.hasRoom(for: offset + 1) { commands.write(texts, at: offset) }
        return submit(command)
    }

    /// Hands a request to the engine, in the name of who sent it, or leaves it unread: that is the
    /// back-pressure.
    @inline(__always)
    mutating func submit(_ command: Command) -> FrameOutcome {
        guard commands.hasRoom(for: Int(command.slotCount)) else {
            noteFullRing()
            return .retries
        }
        var command = command
        command.session = port.request.session
        command.sessionInstanceID = port.request.sessionInstanceID
        command.msgSeqNum = port.request.msgSeqNum
        command.requestTime = port.request.receivedAt
        command.trader.raw = FrameHeader(port.request.frame).senderSubID
        publish(command)
        return .forwarded
    }

    /// The continuation slots, if any, are written; there is room.
    @inline(__always)
    mutating func publish(_ command: Command) {
        commands.write(command, at: 0)
        commands.publish(Int(command.slotCount))
        counters.commands &+= 1
        hasNewCommands = true
    }

    @inline(never)
    mutating func noteFullRing() {
        isHeldByRing = true
        counters.commandRingFull += 1
    }
}

extension NewOrderSingleShortRequestView {
    /// Says more than most, which is not for the head. What is not said of parties is all ones.
    @inline(__always) fileprivate var hasDetails: Bool {
        partyIDClientID & partyIdInvestmentDecisionMaker & executingTrader != Null.u64
            || orderOrigination & partyIdInvestmentDecisionMakerQualifier != Null.u8
            || orderAttributeLiquidityProvision | complianceText[0] != 0
    }

    /// Says more of its parties than most.
    fileprivate var hasParties: Bool {
        partyIDClientID & partyIdInvestmentDecisionMaker & executingTrader != Null.u64
            || orderOrigination & partyIdInvestmentDecisionMakerQualifier != Null.u8
            || orderAttributeLiquidityProvision != 0
    }
}

extension ModifyOrderSingleShortRequestView {
    /// Says more than most, which is not for the head. What is not said of parties is all ones.
    @inline(__always) fileprivate var hasDetails: Bool {
        partyIDClientID & partyIdInvestmentDecisionMaker & executingTrader != Null.u64
            || orderOrigination & partyIdInvestmentDecisionMakerQualifier != Null.u8
            || orderAttributeLiquidityProvision | complianceText[0] != 0
    }

    /// Says more of its parties than most.
    fileprivate var hasParties: Bool {
        partyIDClientID & partyIdInvestmentDecisionMaker & executingTrader != Null.u64
            || orderOrigination & partyIdInvestmentDecisionMakerQualifier != Null.u8
            || orderAttributeLiquidityProvision != 0
    }
}
