import Domain

/// Compares what was expected with what the engine said; names the first field that differs.
struct EventDifference {
    /// Fields the rules leave open for this kind of event are not compared.
    static func first(expected: RecordedEvent, actual: RecordedEvent) -> String? {
        let a = expected.head
        let b = actual.head
        if a.kind != b.kind { return "kind: expected \(a.kind), got \(b.kind)" }
        if a.sequence != b.sequence { return text("sequence", a.sequence, b.sequence) }
        if a.execID != b.execID { return text("execID", a.execID.nanos, b.execID.nanos) }
        if a.flags != b.flags { return text("flags", words(a.flags), words(b.flags)) }
        if a.kind == .commandApplied { return addressee(a, b) }
        if a.timeIn != b.timeIn { return text("timeIn", a.timeIn.nanos, b.timeIn.nanos) }
        if a.requestTime != b.requestTime {
            return text("requestTime", a.requestTime.nanos, b.requestTime.nanos)
        }
        if let difference = addressee(a, b) { return difference }
        if a.msgSeqNum != b.msgSeqNum { return text("msgSeqNum", a.msgSeqNum, b.msgSeqNum) }
        switch a.kind {
        case .requestRejected: return reject(a, b)
        case .massCancelled, .massCancelReported, .ordersDeletedByMarket:
            return massCancel(expected, actual)
        case .orderNotAffected:
            if a.orderID != b.orderID { return text("orderID", a.orderID.raw, b.orderID.raw) }
            if a.clOrdID != b.clOrdID { return text("clOrdID", a.clOrdID.raw, b.clOrdID.raw) }
            return massCancel(expected, actual)
        case .orderRemoved: return order(a, b)
        default:
            return order(a, b)
                ?? context(
                    expected.context, actual.context, existedBefore: a.kind != .orderAccepted)
                ?? fills(expected.fills, actual.fills) ?? details(expected, actual)
        }
    }

    private static func addressee(_ a: Event, _ b: Event) -> String? {
        if a.session != b.session { return text("session", a.session.raw, b.session.raw) }
        if a.sessionInstanceID != b.sessionInstanceID {
            return text("sessionInstanceID", a.sessionInstanceID, b.sessionInstanceID)
        }
        return nil
    }

    private static func reject(_ a: Event, _ b: Event) -> String? {
        if a.reject != b.reject {
            return text("reject", words(a.reject), words(b.reject))
        }
        if a.rejectValue != b.rejectValue {
            return text("rejectValue", a.rejectValue, b.rejectValue)
        }
        return nil
    }

    private static func massCancel(_ expected: RecordedEvent, _ actual: RecordedEvent) -> String? {
        let a = expected.head
        let b = actual.head
        if a.instrument != b.instrument {
            return text("instrument", a.instrument.raw, b.instrument.raw)
        }
        if a.trader != b.trader { return text("trader", a.trader.raw, b.trader.raw) }
        if a.price != b.price { return text("price", a.price.raw, b.price.raw) }
        if a.flags.contains(.onlyOneSide), a.side != b.side {
            return text("side", words(a.side), words(b.side))
        }
        // Without orders hit there are no kinds to speak of.
        let hitSomething = a.kind != .massCancelled || a.flags.contains(.hitOwnOrders)
        if hitSomething, a.execInst != b.execInst {
            return text("execInst", a.execInst.rawValue, b.execInst.rawValue)
        }
        if a.massActionReason != b.massActionReason {
            return text(
                "massActionReason", a.massActionReason.rawValue, b.massActionReason.rawValue)
        }
        return context(expected.context, actual.context)
    }

    private static func order(_ a: Event, _ b: Event) -> String? {
        if a.orderID != b.orderID { return text("orderID", a.orderID.raw, b.orderID.raw) }
        if a.instrument != b.instrument {
            return text("instrument", a.instrument.raw, b.instrument.raw)
        }
        if a.trader != b.trader { return text("trader", a.trader.raw, b.trader.raw) }
        if a.clOrdID != b.clOrdID { return text("clOrdID", a.clOrdID.raw, b.clOrdID.raw) }
        if a.origClOrdID != b.origClOrdID {
            return text("origClOrdID", a.origClOrdID.raw, b.origClOrdID.raw)
        }
        if a.price != b.price { return text("price", a.price.raw, b.price.raw) }
        if a.orderQty != b.orderQty { return text("orderQty", a.orderQty.raw, b.orderQty.raw) }
        if a.leavesQty != b.leavesQty {
            return text("leavesQty", a.leavesQty.raw, b.leavesQty.raw)
        }
        if a.cumQty != b.cumQty { return text("cumQty", a.cumQty.raw, b.cumQty.raw) }
        if a.timePriority != b.timePriority {
            return text("timePriority", a.timePriority.nanos, b.timePriority.nanos)
        }
        if a.side != b.side { return text("side", words(a.side), words(b.side)) }
        if a.ordType != b.ordType { return text("ordType", a.ordType.rawValue, b.ordType.rawValue) }
        if a.timeInForce != b.timeInForce {
            return text("timeInForce", a.timeInForce.rawValue, b.timeInForce.rawValue)
        }
        if a.execInst != b.execInst {
            return text("execInst", a.execInst.rawValue, b.execInst.rawValue)
        }
        if a.ordStatus != b.ordStatus {
            return text("ordStatus", a.ordStatus.rawValue, b.ordStatus.rawValue)
        }
        if a.execType != b.execType {
            return text("execType", a.execType.rawValue, b.execType.rawValue)
        }
        if a.restatementReason != b.restatementReason {
            return text(
                "restatementReason", a.restatementReason.rawValue, b.restatementReason.rawValue)
        }
        return nil
    }

    private static func context(
        _ expected: EventContext?, _ actual: EventContext?, existedBefore: Bool = true
    ) -> String? {
        guard let a = expected, let b = actual else {
            return (expected == nil) == (actual == nil) ? nil : "context: there or not"
        }
        if a.entryTime != b.entryTime {
            return text("entryTime", a.entryTime.nanos, b.entryTime.nanos)
        }
        if existedBefore, let difference = previous(a, b) { return difference }
        if a.stopPrice != b.stopPrice { return text("stopPrice", a.stopPrice.raw, b.stopPrice.raw) }
        if a.fill != b.fill { return text("fill", words(a.fill), words(b.fill)) }
        if a.fillCount != b.fillCount { return text("fillCount", a.fillCount, b.fillCount) }
        if a.product != b.product { return text("product", a.product.raw, b.product.raw) }
        if a.messageIndex != .max, a.messageIndex != b.messageIndex {
            return text("messageIndex", a.messageIndex, b.messageIndex)
        }
        if a.unit != b.unit { return text("unit", a.unit.raw, b.unit.raw) }
        if a.ownerSession != b.ownerSession {
            return text("ownerSession", a.ownerSession.raw, b.ownerSession.raw)
        }
        if a.enteringTrader != b.enteringTrader {
            return text("enteringTrader", a.enteringTrader.raw, b.enteringTrader.raw)
        }
        if a.matchInstCrossID != b.matchInstCrossID {
            return text("matchInstCrossID", a.matchInstCrossID, b.matchInstCrossID)
        }
        if a.expireDate != b.expireDate { return text("expireDate", a.expireDate, b.expireDate) }
        if a.tradingCapacity != b.tradingCapacity {
            return text("tradingCapacity", a.tradingCapacity, b.tradingCapacity)
        }
        return nil
    }

    private static func previous(_ a: EventContext, _ b: EventContext) -> String? {
        if a.previousPrice != b.previousPrice {
            return text("previousPrice", a.previousPrice.raw, b.previousPrice.raw)
        }
        if a.previousLeavesQty != b.previousLeavesQty {
            return text("previousLeavesQty", a.previousLeavesQty.raw, b.previousLeavesQty.raw)
        }
        if a.previousTimePriority != b.previousTimePriority {
            return text(
                "previousTimePriority", a.previousTimePriority.nanos, b.previousTimePriority.nanos)
        }
        return nil
    }

    private static func fills(_ expected: [Fill], _ actual: [Fill]) -> String? {
        if expected.count != actual.count {
            return text("fills", expected.count, actual.count)
        }
        for (index, (a, b)) in zip(expected, actual).enumerated() where a != b {
            return text("fill \(index)", words(a), words(b))
        }
        return nil
    }

    private static func details(_ expected: RecordedEvent, _ actual: RecordedEvent) -> String? {
        if let a = expected.parties, let b = actual.parties {
            if !haveSameBytes(a, b) { return "parties: other bytes" }
        } else if (expected.parties == nil) != (actual.parties == nil) {
            return text("parties", expected.parties != nil, actual.parties != nil)
        }
        if let a = expected.texts, let b = actual.texts {
            if !haveSameBytes(a, b) { return "texts: other bytes" }
        } else if (expected.texts == nil) != (actual.texts == nil) {
            return text("texts", expected.texts != nil, actual.texts != nil)
        }
        return nil
    }

    private static func text<Value>(_ field: String, _ expected: Value, _ actual: Value) -> String {
        "\(field): expected \(expected), got \(actual)"
    }

    /// Compares whole transactions; nil when they agree.
    static func first(expected: [RecordedEvent], actual: [RecordedEvent]) -> String? {
        for index in 0..<min(expected.count, actual.count) {
            if let difference = first(expected: expected[index], actual: actual[index]) {
                return "event \(index) (\(sentence(expected[index]))), \(difference)"
            }
        }
        if expected.count != actual.count {
            return "expected \(expected.count) events, got \(actual.count)"
        }
        return nil
    }
}
