import Domain

extension NaiveExchange {
    /// Prices from this many ticks away from zero on are refused.
    static let ticksEnd = UInt64(1) << 41

    mutating func enterOrder() {
        if let (detail, value) = objectionToNewOrder() { return reject(detail, value: value) }
        let orderID = choices.newOrderID
        if orderID.isNone || !usedOrderIDs.insert(orderID).inserted {
            violations.append("order id \(orderID.raw) was used before")
        }
        var order = NaiveOrder(
            orderID: orderID, instrument: command.instrument, session: command.session,
            trader: command.trader, clOrdID: command.clOrdID, price: command.price,
            orderQty: command.quantity, cumQty: .zero, leavesQty: command.quantity,
            timePriority: execID, entryTime: execID, attributes: command.attributes,
            matchInstCrossID: command.matchInstCrossID)
        order.hasParties = command.flags.contains(.hasParties)
        order.hasTexts = command.flags.contains(.hasTexts)
        details[orderID] = commandDetails
        let steps = match(&order)
        let rests = order.leavesQty > .zero && order.attributes.timeInForce == .day
        if rests { admit(order) }

        var answer = answering(about(order, steps.isEmpty ? .orderAccepted : .aggressorExecuted))
        answer.head.execType = steps.isEmpty ? .new : .trade
        if rests {
            answer.head.flags.insert(.rests)
        } else if order.leavesQty > .zero {
            answer.head.leavesQty = .zero
            answer.head.ordStatus = .cancelled
            answer.head.restatementReason = .iocCancelled
            if steps.isEmpty { answer.head.execType = .cancelled }
        } else {
            answer.head.ordStatus = .filled
        }
        if steps.isEmpty {
            say(order.attributes.isStandard ? answer : plain(answer))
        } else {
            answer.context?.enteringTrader = command.trader
            sayAggressor(answer, steps, cumBefore: .zero)
        }
        if !rests { details[orderID] = nil }
    }

    /// The first rule a new order breaks, with the value its text names.
    private func objectionToNewOrder() -> (RejectDetail, Int64)? {
        if let objection = objectionToState() { return objection }
        let terms = command.attributes
        if isTaken(command.clOrdID, in: command.session, except: .none) {
            return (.clOrdIDNotUnique, 0)
        }
        if command.deferredReject != .none { return (command.deferredReject, 0) }

        if terms.ordType != .market && terms.ordType != .limit { return (.ordTypeNotOffered, 0) }
        if terms.timeInForce != .day && terms.timeInForce != .immediateOrCancel {
            return (.timeInForceNotOffered, 0)
        }
        if terms.execInst.isBookOrCancel { return (.bookOrCancelNotOffered, 0) }
        if !command.stopPrice.isNone { return (.stopPriceNotOffered, 0) }
        if terms.isLean && terms.execInst.isPersistent { return (.persistentLean, 0) }
        if terms.ordType == .market {
            if terms.timeInForce == .day { return (.marketOrderNotIOC, 0) }
            if !command.price.isNone { return (.marketOrderWithPrice, 0) }
        } else if command.price.isNone {
            return (.limitWithoutPrice, 0)
        }

        if terms.ordType == .limit, let objection = objectionToPrice() { return objection }
        if command.quantity <= .zero {
            return (.quantityNotPositive, product(of: command.instrument).lot.raw)
        }
        if let objection = objectionToQuantity() { return objection }
        if liveOrderCount >= orderCapacity { return (.orderPoolFull, 0) }
        if terms.timeInForce == .day, let objection = objectionForPriceLevels() {
            return objection
        }
        return nil
    }

    /// Tick and range.
    func objectionToPrice() -> (RejectDetail, Int64)? {
        let tick = product(of: command.instrument).tick.raw
        if command.price.raw % tick != 0 { return (.priceOffTick, tick) }
        if (command.price.raw / tick).magnitude >= NaiveExchange.ticksEnd {
            return (.priceOutOfRange, 0)
        }
        return nil
    }

    /// Lot and maximum.
    func objectionToQuantity() -> (RejectDetail, Int64)? {
        let product = product(of: command.instrument)
        if command.quantity.raw % product.lot.raw != 0 { return (.quantityOffLot, product.lot.raw) }
        if command.quantity > product.maximumQuantity {
            return (.quantityAboveMaximum, product.maximumQuantity.raw)
        }
        return nil
    }

    /// Prices live on pages of 64 neighbours, each side of each book on its own.
    func objectionForPriceLevels() -> (RejectDetail, Int64)? {
        // There are never more pages than orders.
        if liveOrderCount < pageCapacity { return nil }
        func page(_ price: Price, _ instrument: Int) -> Int64 {
            (price.raw / product(of: InstrumentIndex(instrument)).tick.raw) >> 6
        }
        var pageCount = 0
        for instrument in books.indices {
            for side in [Side.buy, .sell] {
                let orders = books[instrument].orders(side)
                let pages = Set(orders.map { page($0.price, instrument) })
                pageCount += pages.count
                if instrument == command.instrument.index, side == command.attributes.side,
                    pages.contains(page(command.price, instrument))
                {
                    return nil
                }
            }
        }
        return pageCount < pageCapacity ? nil : (.priceLevelPoolFull, 0)
    }

    /// True when a live order of the session other than `own` has this name.
    func isTaken(_ clOrdID: ClOrdID, in session: SessionIndex, except own: OrderID) -> Bool {
        guard !clOrdID.isNone else { return false }
        let holder = names[SessionName(session: session, clOrdID: clOrdID)]
        return holder != nil && holder != own
    }
}
