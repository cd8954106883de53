import Domain
import Wire

extension KnownOrder {
    /// Takes a message about the order and judges it by what was asked for and told before. Returns
    /// false when it only repeats the known.
    mutating func take(
        _ message: WireMessage, named newName: UInt64?, fail: (String) -> Void
    ) -> Bool {
        if let id = message.number("OrderID") {
            if let orderID, orderID != id { fail("the OrderID was \(orderID) before") }
            orderID = id
        }
        if state == .ended { fail("the order had ended before") }
        let isRestated = message.number("ExecType") == UInt64(ExecType.restated.rawValue)
        let wasLive = state == .live
        if isRestated, newName != name { fail("the order's ClOrdID is \(name)") }
        let answered = isRestated ? .nothing : confirm(newName)
        let wasOpen = leavesQty
        takeQuantities(message, answersChange: answered.isChange, fail)
        let isWithdrawn = message.number("ExecType") == UInt64(ExecType.cancelled.rawValue)
        if case .nothing = answered, !isWithdrawn {
            // Only executions make less of it.
            let tradedQty = message.fills.reduce(0) { $0 + $1.quantity }
            if leavesQty != wasOpen - tradedQty { fail("\(wasOpen) were open before") }
        }
        takePlace(message, isPlaced: answered.isPlaced, fail)
        checkTerms(message, fail)
        if message.number("LastFragment") != 0 {
            state = leavesQty > 0 ? .live : .ended
        }
        if isWithdrawn { wasWithdrawnAlone = true }
        if isRestated {
            if !wasLive { fail("an order that had ended, or was never confirmed, is restated") }
        }
        return !isRestated
    }

    private enum Answered {
        case nothing
        case entry
        /// A change, which gave the order a new place in its queue or not.
        case change(isPlaced: Bool)

        var isChange: Bool { if case .change = self { true } else { false } }
        var isPlaced: Bool {
            switch self {
            case .nothing: false
            case .entry: true
            case .change(let isPlaced): isPlaced
            }
        }
    }

    /// What the message answers, by the name that it gives the order.
    private mutating func confirm(_ newName: UInt64?) -> Answered {
        switch pending {
        case .entry:
            pending = nil
            return .entry
        case .change(let name, let newPrice, let newQuantity) where name == newName:
            // T7: another price or more quantity costs the place, less quantity does not.
            let isPlaced = newPrice != price || newQuantity > quantity
            self.name = name
            price = newPrice
            quantity = newQuantity
            pending = nil
            return .change(isPlaced: isPlaced)
        default:
            return .nothing
        }
    }

    private mutating func takeQuantities(
        _ message: WireMessage, answersChange: Bool, _ fail: (String) -> Void
    ) {
        for fill in message.fills { filledQty += fill.quantity }
        if let cumQty = message.signed("CumQty") {
            self.cumQty = cumQty
        } else if state == .asked {
            cumQty = 0
        }
        leavesQty = message.signed("LeavesQty") ?? 0
        guard message.number("LastFragment") != 0 else { return }
        if cumQty != filledQty {
            fail("executed are \(cumQty), but the executions told of are \(filledQty)")
        }
        // A change to less than has traded already withdraws what was open then.
        if answersChange, leavesQty == 0 { return }
        let cancelledQty = message.signed("CxlQty") ?? 0
        if leavesQty + cumQty + cancelledQty != quantity {
            fail(
                "open \(leavesQty), executed \(cumQty) and withdrawn \(cancelledQty) are not the "
                    + "ordered \(quantity)")
        }
    }

    private mutating func takePlace(
        _ message: WireMessage, isPlaced: Bool, _ fail: (String) -> Void
    ) {
        if isPlaced {
            // A lean order's answer may be lost: then its first execution says when it got its place.
            let rested = message.fills.first?.liquidity == 1
            let named = rested ? message.number("TrdRegTSTimePriority") : nil
            placedBy = named ?? message.number("ExecID") ?? 0
        }
        guard let stamp = message.number("TrdRegTSTimePriority") else {
            if isPlaced { timePriority = nil }
            return
        }
        if !isPlaced, let timePriority, timePriority != stamp {
            fail("the time priority was \(timePriority) before")
        }
        timePriority = stamp
    }

    private func checkTerms(_ message: WireMessage, _ fail: (String) -> Void) {
        if let price = message.signed("Price"), price != self.price {
            fail("the price is \(self.price)")
        }
        if let side = message.number("Side"), side != UInt64(request.side.rawValue) {
            fail("the side is \(request.side)")
        }
        if let id = message.number("SecurityID"), id != UInt64(request.instrument) {
            fail("the instrument is \(request.instrument)")
        }
        if let kind = message.number("ExecInst"), kind != UInt64(request.execInst.rawValue) {
            fail("ExecInst is \(request.execInst.rawValue)")
        }
        for fill in message.fills {
            if isBuy ? fill.price > price : fill.price < price {
                fail("an execution is outside the limit \(price)")
            }
        }
    }
}
