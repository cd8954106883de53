import Domain

// Commands and events in words: what rule tests compare and what a failure prints.

func words(_ price: Price) -> String {
    price.isNone ? "any price" : decimal(price.raw, Price.unit)
}

func words(_ quantity: Quantity) -> String {
    quantity.isNone ? "no quantity" : decimal(quantity.raw, Quantity.unit)
}

/// A scaled integer without trailing zeros.
private func decimal(_ raw: Int64, _ unit: Int64) -> String {
    let magnitude = raw.magnitude
    let whole = magnitude / UInt64(unit)
    var fraction = magnitude % UInt64(unit)
    var text = (raw < 0 ? "-" : "") + "\(whole)"
    guard fraction != 0 else { return text }
    text += "."
    var digit = UInt64(unit) / 10
    while fraction != 0 {
        text += "\(fraction / digit)"
        fraction %= digit
        digit /= 10
    }
    return text
}

func words(_ clOrdID: ClOrdID) -> String { clOrdID.isNone ? "unnamed" : "#\(clOrdID.raw)" }

func words(_ side: Side) -> String { side == .buy ? "buy" : "sell" }

func words(_ fill: Fill) -> String {
    "\(words(fill.quantity)) @ \(words(fill.price)) match \(fill.matchID) trade \(fill.tradeID)"
        + " side \(fill.sideTradeID) liquidity \(fill.liquidity.rawValue)"
}

func words(_ flags: Event.Flags) -> String {
    let names: [(Event.Flags, String)] = [
        (.endOfTransaction, "end"), (.standard, "standard"), (.moreFragments, "more"),
        (.hasContext, "context"), (.hasParties, "parties"), (.hasTexts, "texts"),
        (.rests, "rests"), (.rested, "rested"), (.priorityRenewed, "renewed"),
        (.onBehalf, "onBehalf"), (.answersModify, "answersModify"), (.hitOwnOrders, "hitOwn"),
        (.onlyOneSide, "oneSide"), (.newBusinessDay, "newDay"),
    ]
    return "{" + names.filter { flags.contains($0.0) }.map(\.1).joined(separator: " ") + "}"
}

func words(_ kinds: ExecInst) -> String {
    switch kinds {
    case .persistent: "persistent"
    case .nonPersistent: "non-persistent"
    case .bothKinds: "both kinds"
    default: "kind \(kinds.rawValue)"
    }
}

private let rejectNames: [RejectDetail: String] = [
    .instrumentNotContinuous: "instrumentNotContinuous", .orderNotFound: "orderNotFound",
    .orderIDsDisagree: "orderIDsDisagree", .notEntitledToOrder: "notEntitledToOrder",
    .clOrdIDNotUnique: "clOrdIDNotUnique", .orderNotNamed: "orderNotNamed",
    .persistentLean: "persistentLean", .timeInForceNotOffered: "timeInForceNotOffered",
    .ordTypeNotOffered: "ordTypeNotOffered", .bookOrCancelNotOffered: "bookOrCancelNotOffered",
    .marketOrderNotIOC: "marketOrderNotIOC", .marketOrderWithPrice: "marketOrderWithPrice",
    .limitWithoutPrice: "limitWithoutPrice", .sideChanged: "sideChanged",
    .persistenceChanged: "persistenceChanged", .recoveryChanged: "recoveryChanged",
    .instrumentChanged: "instrumentChanged", .timeInForceChanged: "timeInForceChanged",
    .priceOffTick: "priceOffTick", .priceOutOfRange: "priceOutOfRange",
    .quantityNotPositive: "quantityNotPositive", .quantityOffLot: "quantityOffLot",
    .quantityAboveMaximum: "quantityAboveMaximum", .orderPoolFull: "orderPoolFull",
    .priceLevelPoolFull: "priceLevelPoolFull", .tradeIDsExhausted: "tradeIDsExhausted",
    .massCancelsPending: "massCancelsPending",
    .executionRestrictionNotOffered: "executionRestrictionNotOffered",
    .stopPriceNotOffered: "stopPriceNotOffered",
    .ownershipChangeNotOffered: "ownershipChangeNotOffered", .fieldValue: "fieldValue",
    .productStateForbids: "productStateForbids",
    .instrumentStateForbids: "instrumentStateForbids", .businessDayNotOver: "businessDayNotOver",
    .marketOperationPending: "marketOperationPending",
]

func words(_ reject: RejectDetail) -> String {
    rejectNames[reject] ?? "reject \(reject.rawValue)"
}

/// An event as a short sentence about the order it concerns.
func sentence(_ event: RecordedEvent) -> String {
    let head = event.head
    let name = words(head.clOrdID)
    switch head.kind {
    case .orderAccepted:
        return head.ordStatus == .cancelled
            ? "\(name) cancelled \(words(head.cancelledQty))"
            : "\(name) rests \(words(head.leavesQty)) @ \(words(head.price))"
    case .orderModified, .orderModifiedByOther:
        let subject = renaming(head) + (head.kind == .orderModified ? "" : " by another session")
        if head.ordStatus == .cancelled {
            return "\(subject) cancelled \(words(head.cancelledQty))"
        }
        return "\(subject) open \(words(head.leavesQty)) @ \(words(head.price)), priority "
            + (head.flags.contains(.priorityRenewed) ? "renewed" : "kept")
    case .orderDeleted:
        return "\(words(head.origClOrdID)) deleted, \(words(head.cancelledQty)) open"
    case .orderDeletedByOther:
        return "\(words(head.origClOrdID)) by another session deleted, "
            + "\(words(head.cancelledQty)) open"
    case .aggressorExecuted:
        let trades = event.fills.map { "\(words($0.quantity)) @ \(words($0.price))" }
        let subject = head.flags.contains(.answersModify) ? renaming(head) : name
        return "\(subject) takes \(trades.joined(separator: ", ")): \(outcome(head))"
    case .restingExecuted:
        let fill = event.context?.fill ?? Fill()
        return "\(name) gives \(words(fill.quantity)) @ \(words(fill.price)): \(outcome(head))"
    case .requestRejected:
        return "rejected \(words(head.reject))"
    case .orderRemoved:
        return "\(name) removed"
    case .orderNotAffected:
        return "\(name) stays"
            + (head.flags.contains(.hitOwnOrders) ? "" : ", session \(head.session.raw) is told")
    case .massCancelled:
        return head.flags.contains(.hitOwnOrders)
            ? "mass cancel hit \(words(head.execInst))" : "mass cancel hit nothing of its own"
    case .massCancelReported:
        return "session \(head.session.raw) told: \(words(head.execInst)) gone"
    case .commandApplied:
        return "applied"
    case .productStateChanged:
        return "product \(product(event)) \(head.previousProductState) → \(head.productState)"
    case .instrumentStateChanged:
        return "instrument \(head.instrument.raw) \(head.previousInstrumentStatus.rawValue) → "
            + "\(head.instrumentStatus.rawValue)"
    case .ordersDeletedByMarket:
        let place = head.instrument.isNone ? "product \(product(event))" : "instrument"
        return "session \(head.session.raw) told: \(words(head.execInst)) gone from \(place), "
            + "reason \(head.massActionReason.rawValue)"
    case .tradingSessionEvent:
        return "event \(head.tradSesEvent.rawValue) of \(product(event)) on \(head.tradeDate)"
    case .marketStateAnswered:
        return "done"
    case .productListed:
        return "listed product \(product(event)) \(head.productState)"
    case .instrumentListed:
        return "listed instrument \(head.instrument.raw) \(head.instrumentStatus.rawValue)"
    case .orderListed:
        return "listed \(words(head.side)) \(words(head.leavesQty)) @ \(words(head.price))"
    case .ordersListed:
        return "listing \(head.listing) complete"
    case .orderRestated:
        return "session \(head.session.raw) told again: \(name) open \(words(head.leavesQty)) "
            + "@ \(words(head.price))"
    }
}

private func product(_ event: RecordedEvent) -> String {
    guard let product = event.context?.product, !product.isNone else { return "all" }
    return "\(product.raw)"
}

private func renaming(_ head: Event) -> String {
    head.clOrdID == head.origClOrdID
        ? words(head.clOrdID) : "\(words(head.origClOrdID))→\(words(head.clOrdID))"
}

private func outcome(_ head: Event) -> String {
    if head.flags.contains(.moreFragments) { return "more" }
    switch head.ordStatus {
    case .filled: return "filled"
    case .cancelled: return "cancelled \(words(head.cancelledQty))"
    default: return "open \(words(head.leavesQty))"
    }
}

/// A command as a line of a failure report: enough to type it in again.
func sentence(_ command: Command) -> String {
    var text = "\(command.sequence) t\(command.timeIn.nanos) session \(command.session.raw)"
    if !command.trader.isNone { text += " trader \(command.trader.raw)" }
    text += " \(command.kind)"
    if !command.instrument.isNone { text += " i\(command.instrument.raw)" }
    if !command.product.isNone { text += " p\(command.product.raw)" }
    switch command.kind {
    case .newOrder, .modifyOrder:
        let terms = command.attributes
        text += " \(words(terms.side)) \(words(command.quantity)) @ \(words(command.price))"
        text += " type \(terms.ordType.rawValue) tif \(terms.timeInForce.rawValue)"
        text += " exec \(terms.execInst.rawValue)\(terms.isStandard ? " standard" : "")"
        text += " as \(words(command.clOrdID))"
        if !command.stopPrice.isNone { text += " stop \(words(command.stopPrice))" }
    case .deleteAllOrders:
        if !command.price.isNone { text += " @ \(words(command.price))" }
        if command.flags.contains(.onlyOneSide) { text += " \(words(command.attributes.side))" }
        if !command.targetTrader.isNone { text += " of trader \(command.targetTrader.raw)" }
    default: break
    }
    if !command.orderID.isNone { text += " order \(command.orderID.raw)" }
    if !command.origClOrdID.isNone { text += " orig \(words(command.origClOrdID))" }
    if command.kind == .changeMarketState { text += " \(command.marketStateAction)" }
    if !command.targetSession.isNone { text += " of session \(command.targetSession.raw)" }
    if command.deferredReject != .none { text += " deferred \(words(command.deferredReject))" }
    return text
}
