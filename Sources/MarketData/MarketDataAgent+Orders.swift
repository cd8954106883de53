import Containers
import Domain
import Wire

// From what happened to an order to what the public hears of it. Whether an order is new, changed or
// gone is told by comparing what the event says of it with the mirror.
extension MarketDataAgent {
    /// The order is as the event says: resting or not, at this price, with this much open.
    @inline(__always)
    mutating func settle(_ event: borrowing Event) {
        let rests = event.flags.contains(.rests)
        var order: Int32 = -1
        // An order that did not rest before is not known; in a book that is not whole nobody can say.
        if event.flags.contains(.rested) || !book.isWhole { order = book.find(event.orderID) }
        if order < 0 {
            if rests { add(event) }
        } else if !rests {
            delete(order, event)
        } else if book.books.orders[order].timePriority != event.timePriority {
            modify(order, event)
        } else if book.books.orders[order].leavesQty != event.leavesQty {
            reduce(order, event)
        }
    }

    /// The instrument changed in this transaction.
    @inline(__always)
    private mutating func touch(_ instrument: InstrumentIndex, _ event: borrowing Event) {
        let row = instrument.index
        guard instruments[row].transaction != event.sequence else { return }
        instruments[row].transaction = event.sequence
        instruments[row].lastUpdate = event.execID
        instruments[row].removed = 0
        instruments[row].isMassDeleted = false
        if instruments[row].isTopOfBook {
            touched[touchedCount] = Int32(truncatingIfNeeded: row)
            touchedCount &+= 1
        }
    }

    /// Whether orders of the instrument are told one by one, now.
    @inline(__always)
    private func tellsOrders(_ instrument: InstrumentIndex) -> Bool {
        book.isWhole && !instruments[instrument.index].isTopOfBook
    }

    @inline(__always)
    mutating func add(_ event: borrowing Event) {
        guard event.ordType == .limit else { return }
        guard book.add(event) else {
            counters.contradictions &+= 1
            return
        }
        touch(event.instrument, event)
        guard tellsOrders(event.instrument) else { return }
        let row = event.instrument.index
        let message = channel.message(EOBIOrderAddWriter.self, instruments[row].product)
        message.trdRegTSTimeIn = event.timeIn.nanos
        message.securityID = instruments[row].securityID
        message.trdRegTSTimePriority = event.timePriority.nanos
        message.displayQty = event.leavesQty.raw
        message.side = event.side.rawValue
        message.price = event.price.raw
    }

    /// The order has another place in the queue, and maybe another price and quantity.
    private mutating func modify(_ order: Int32, _ event: borrowing Event) {
        let previousTime = book.books.orders[order].timePriority
        let previousPrice = book.books.orders[order].price
        let previousQuantity = book.books.orders[order].leavesQty
        guard book.move(order, event) else {
            counters.contradictions &+= 1
            return
        }
        touch(event.instrument, event)
        guard tellsOrders(event.instrument) else { return }
        let row = event.instrument.index
        let message = channel.message(EOBIOrderModifyWriter.self, instruments[row].product)
        message.trdRegTSTimeIn = event.timeIn.nanos
        message.trdRegTSPrevTimePriority = previousTime.nanos
        message.prevPrice = previousPrice.raw
        message.prevDisplayQty = previousQuantity.raw
        message.securityID = instruments[row].securityID
        message.trdRegTSTimePriority = event.timePriority.nanos
        message.displayQty = event.leavesQty.raw
        message.side = event.side.rawValue
        message.price = event.price.raw
    }

    /// The order keeps its place with less quantity.
    private mutating func reduce(_ order: Int32, _ event: borrowing Event) {
        let previousQuantity = book.books.orders[order].leavesQty
        book.setQuantity(order, event.leavesQty)
        touch(event.instrument, event)
        guard tellsOrders(event.instrument) else { return }
        let row = event.instrument.index
        let message = channel.message(
            EOBIOrderModifySamePrioWriter.self, instruments[row].product)
        message.trdRegTSTimeIn = event.timeIn.nanos
        message.transactTime = event.execID.nanos
        message.prevDisplayQty = previousQuantity.raw
        message.securityID = instruments[row].securityID
        message.trdRegTSTimePriority = event.timePriority.nanos
        message.displayQty = event.leavesQty.raw
        message.side = event.side.rawValue
        message.price = event.price.raw
    }

    @inline(__always)
    private mutating func delete(_ order: Int32, _ event: borrowing Event) {
        book.remove(order)
        touch(event.instrument, event)
        tellDeleted(order, timeIn: event.timeIn, execID: event.execID)
        book.forget(order)
    }

    /// Tells of an order that is out of the book and not forgotten.
    private mutating func tellDeleted(_ order: Int32, timeIn: Timestamp, execID: Timestamp) {
        let instrument = book.books.orders[order].instrument
        guard tellsOrders(instrument) else { return }
        let message = channel.message(
            EOBIOrderDeleteWriter.self, instruments[instrument.index].product)
        message.trdRegTSTimeIn = timeIn.nanos
        message.transactTime = execID.nanos
        message.securityID = instruments[instrument.index].securityID
        message.trdRegTSTimePriority = book.books.orders[order].timePriority.nanos
        message.displayQty = book.books.orders[order].leavesQty.raw
        message.side = book.books.orders[order].side.rawValue
        message.price = book.books.orders[order].price.raw
    }

    // MARK: Deletion in mass

    /// One of many orders that the transaction takes away; told when all of them are known.
    mutating func remove(_ event: borrowing Event) {
        let order = book.find(event.orderID)
        guard order >= 0 else {
            if book.isWhole { counters.contradictions &+= 1 }
            return
        }
        book.remove(order)
        touch(event.instrument, event)
        instruments[event.instrument.index].removed &+= 1
        removed[removedCount] = order
        removedCount &+= 1
        removedTimes = (event.timeIn, event.execID)
    }

    /// Tells what was removed: an instrument that lost all its orders, two or more, in one message,
    /// others order by order.
    mutating func tellRemoved() {
        for index in 0..<removedCount {
            let order = removed[index]
            let instrument = book.books.orders[order].instrument
            let row = instrument.index
            if instruments[row].removed > 1, book.count(of: instrument) == 0 {
                if !instruments[row].isMassDeleted {
                    instruments[row].isMassDeleted = true
                    tellMassDeleted(instrument)
                }
            } else {
                tellDeleted(order, timeIn: removedTimes.timeIn, execID: removedTimes.execID)
            }
            book.forget(order)
        }
        removedCount = 0
    }

    private mutating func tellMassDeleted(_ instrument: InstrumentIndex) {
        guard tellsOrders(instrument) else { return }
        let row = instrument.index
        let message = channel.message(EOBIOrderMassDeleteWriter.self, instruments[row].product)
        message.securityID = instruments[row].securityID
        message.transactTime = removedTimes.execID.nanos
    }

    // MARK: Executions

    /// A resting order traded. The first of a transaction is preceded by the summary of all.
    @inline(__always)
    mutating func execute(_ event: borrowing Event, _ fill: Fill) {
        let row = event.instrument.index
        let order = book.find(event.orderID)
        instruments[row].noteTrade(fill, at: event.execID)
        touch(event.instrument, event)
        guard order >= 0 else {
            if book.isWhole { counters.contradictions &+= 1 }
            return
        }
        if event.flags.contains(.rests) {
            if tellsOrders(event.instrument) {
                summarise(event, fill)
                fillExecution(
                    EOBIPartialOrderExecutionWriter.self, event, fill, order)
            }
            book.setQuantity(order, event.leavesQty)
        } else {
            if tellsOrders(event.instrument) {
                summarise(event, fill)
                fillExecution(EOBIFullOrderExecutionWriter.self, event, fill, order)
            }
            book.remove(order)
            book.forget(order)
        }
        if instruments[row].isTopOfBook { report(event, fill) }
    }

    /// Adds an execution to the summary, which stands before all executions of its transaction.
    @inline(__always)
    private mutating func summarise(_ event: borrowing Event, _ fill: Fill) {
        if let summary = channel.summary {
            let message = EOBIExecutionSummaryWriter(summary)
            message.lastQty += fill.quantity.raw
            message.lastPx = fill.price.raw
            return
        }
        let row = event.instrument.index
        let message = channel.executionSummary(instruments[row].product)
        message.securityID = instruments[row].securityID
        message.aggressorTime = event.timeIn.nanos
        message.requestTime = event.requestTime.nanos
        message.execID = event.execID.nanos
        message.lastQty = fill.quantity.raw
        message.aggressorSide = event.side.opposite.rawValue
        message.lastPx = fill.price.raw
        message.restingCxlQty = 0
    }

    @inline(__always)
    private mutating func fillExecution<Writer: ExecutionMessage>(
        _ writer: Writer.Type, _ event: borrowing Event, _ fill: Fill, _ order: Int32
    ) {
        let row = event.instrument.index
        let message = channel.message(writer, instruments[row].product)
        message.side = event.side.rawValue
        message.trdMatchID = fill.matchID
        message.price = book.books.orders[order].price.raw
        message.trdRegTSTimePriority = book.books.orders[order].timePriority.nanos
        message.securityID = instruments[row].securityID
        message.lastQty = fill.quantity.raw
        message.lastPx = fill.price.raw
    }

    /// Where orders are not public, trades are: one report for each price of a match.
    private mutating func report(_ event: borrowing Event, _ fill: Fill) {
        guard book.isWhole else { return }
        if let report = channel.summary {
            let message = EOBITradeReportWriter(report)
            if message.trdMatchID == fill.matchID {
                message.lastQty += fill.quantity.raw
                return
            }
        }
        let row = event.instrument.index
        let message = channel.tradeReport(instruments[row].product)
        message.securityID = instruments[row].securityID
        message.transactTime = event.execID.nanos
        message.lastQty = fill.quantity.raw
        message.lastPx = fill.price.raw
        message.trdMatchID = fill.matchID
    }

    // MARK: Best prices

    /// Tells the best prices that the transaction changed.
    mutating func tellBestPrices() {
        guard book.isWhole else {
            touchedCount = 0
            return
        }
        for index in 0..<touchedCount {
            let instrument = InstrumentIndex(Int(touched[index]))
            let bid = bestPrice(instrument, .buy)
            let offer = bestPrice(instrument, .sell)
            let row = instrument.index
            guard bid != instruments[row].bid || offer != instruments[row].offer else { continue }
            instruments[row].bid = bid
            instruments[row].offer = offer
            let message = channel.message(EOBITopOfBookWriter.self, instruments[row].product)
            fill(message, instruments[row])
        }
        touchedCount = 0
    }

    func bestPrice(_ instrument: InstrumentIndex, _ side: Side) -> BestPrice {
        let order = book.books.front(instrument, side)
        guard order >= 0 else { return BestPrice() }
        return BestPrice(
            price: book.books.orders[order].price,
            quantity: book.books.quantityAtBest(instrument, side),
            orders: UInt16(clamping: min(book.books.orderCountAtBest(instrument, side), 65_534)))
    }

    func fill(_ message: EOBITopOfBookWriter, _ row: InstrumentRow) {
        message.transactTime = row.lastUpdate.nanos
        message.securityID = row.securityID
        message.bidPx = row.bid.price.raw
        message.bidSize = row.bid.quantity.raw
        message.numberOfBuyOrders = row.bid.orders
        message.offerPx = row.offer.price.raw
        message.offerSize = row.offer.quantity.raw
        message.numberOfSellOrders = row.offer.orders
    }
}
