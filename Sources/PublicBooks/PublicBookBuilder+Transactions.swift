import Containers
import Domain

// Where one engine transaction ends and the next begins: trades are put together, changed best prices
// are told once.
extension PublicBookBuilder {
    /// A message says which transaction it is of. Engine times rise: an earlier one, such as the priority
    /// of an order that keeps it, begins none.
    mutating func begin(_ time: UInt64) {
        guard transaction.time.isNone || time > transaction.time.nanos else { return }
        endTransaction()
        transaction.time = Timestamp(nanos: time)
    }

    mutating func touch(_ instrument: Int) {
        guard !store.instruments[instrument].isTouched else { return }
        store.instruments[instrument].isTouched = true
        touched.append(Int32(instrument))
    }

    /// Tells of trades and of best prices that changed.
    mutating func endTransaction() {
        endTrade()
        endSummary()
        transaction.aggressor = nil
        for index in 0..<touched.count { settle(Int(touched[index])) }
        touched.removeAll()
        transaction.time = .none
    }

    private mutating func settle(_ instrument: Int) {
        store.instruments[instrument].isTouched = false
        if !transaction.time.isNone {
            store.instruments[instrument].view.lastUpdate = transaction.time
        }
        var top = store.instruments[instrument].top
        if !store.instruments[instrument].view.isTopOfBookOnly {
            top = TopOfBook(
                bid: store.instruments[instrument].bids.best,
                ask: store.instruments[instrument].asks.best)
        }
        guard top != store.instruments[instrument].view.top else { return }
        store.instruments[instrument].view.top = top
        var event = event(.topOfBook, instrument)
        event.top = top
        events.append(event)
    }

    func event(_ kind: PublicEvent.Kind, _ instrument: Int) -> PublicEvent {
        PublicEvent(
            kind, instrument: Int32(instrument),
            marketSegmentID: store.instruments[instrument].view.marketSegmentID,
            time: transaction.time)
    }

    // MARK: Trades

    /// One resting order's part of a trade.
    mutating func addToTrade(
        _ instrument: Int, matchID: UInt32, price: Price, quantity: Quantity
    ) {
        if let trade = transaction.trade,
            trade.instrument == instrument, trade.matchID == matchID, trade.price == price
        {
            let sum = trade.quantity.raw.addingReportingOverflow(quantity.raw)
            if !sum.overflow {
                transaction.trade?.quantity.raw = sum.partialValue
                return
            }
        }
        endTrade()
        let aggressor = transaction.aggressor.flatMap {
            $0.instrument == instrument ? $0.side : nil
        }
        if transaction.summary?.instrument == instrument { transaction.summary = nil }
        transaction.trade = PendingTrade(
            instrument: instrument, matchID: matchID, price: price, quantity: quantity,
            aggressor: aggressor)
    }

    mutating func endTrade() {
        guard let trade = transaction.trade else { return }
        transaction.trade = nil
        tell(trade)
    }

    /// A summary that nothing behind it explains is a trade by itself.
    mutating func endSummary() {
        guard let summary = transaction.summary else { return }
        transaction.summary = nil
        tell(summary)
    }

    mutating func tell(_ trade: PendingTrade) {
        store.instruments[trade.instrument].view.statistics.add(trade, at: transaction.time)
        var event = event(.trade, trade.instrument)
        event.price = trade.price
        event.quantity = trade.quantity
        event.matchID = trade.matchID
        if let side = trade.aggressor {
            event.hasAggressor = true
            event.side = side
        }
        events.append(event)
    }

    mutating func tellProductState(_ product: Int, at time: Timestamp) {
        for instrument in 0..<store.instrumentCount
        where store.instruments[instrument].product == product {
            store.instruments[instrument].view.productState = products[product].state
        }
        events.append(
            PublicEvent(
                .productState, instrument: -1, marketSegmentID: products[product].marketSegmentID,
                time: time))
    }
}

extension PublicStatistics {
    mutating func add(_ trade: PendingTrade, at time: Timestamp) {
        if open.isNone { open = trade.price }
        if high.isNone || high < trade.price { high = trade.price }
        if low.isNone || low > trade.price { low = trade.price }
        last = trade.price
        lastQty = trade.quantity
        if !time.isNone { lastTime = time }
        // Hostile quantities may wrap; they must not stop the receiver.
        volume.raw &+= trade.quantity.raw
        seenVolume.raw &+= trade.quantity.raw
        seenTurnover &+= Int128(trade.price.raw) * Int128(trade.quantity.raw)
        seenTradeCount += 1
    }
}
