import Containers
import Domain
import Wire

// Messages of the incremental channel, one after the other, in the books they are about.
extension PublicBookBuilder {
    /// Applies a packet's messages: all of them, or one instrument's behind its number.
    mutating func apply(
        _ bytes: UnsafeRawBufferPointer, _ product: Int, only: Int? = nil
    ) {
        guard var datagram = EOBIDatagram(bytes) else { return }
        while let message = datagram.next() {
            guard case .known(let template, let base) = message else { continue }
            do throws(BookFault) {
                try apply(template, base, Target(product: product, only: only))
            } catch {
                fail(error)
            }
        }
    }

    /// Whose messages are applied.
    private struct Target {
        var product: Int
        /// Nil: every instrument's.
        var only: Int?
    }

    mutating func fail(_ fault: BookFault) {
        switch fault {
        case .contradiction: counters.contradictions += 1
        case .full: hit(.orders)
        }
    }

    /// The number of an instrument, which gets one now if it has none; nil when there is no room.
    mutating func instrument(_ securityID: Int64, _ product: Int) -> Int? {
        if let known = store.find(securityID: securityID) {
            // An instrument is of one product for ever.
            guard store.instruments[known].product == product else {
                counters.contradictions += 1
                return nil
            }
            return known
        }
        guard
            let added = store.addInstrument(
                securityID: securityID, marketSegmentID: products[product].marketSegmentID,
                product: product)
        else {
            hit(.instruments)
            return nil
        }
        store.instruments[added].view.productState = products[product].state
        products[product].joiningCount += 1
        return added
    }

    /// The instrument that a message is to be applied to: joined, and not beyond the message.
    private mutating func receiver(
        _ securityID: Int64, _ number: UInt32, _ target: Target
    ) -> Int? {
        guard let instrument = instrument(securityID, target.product),
            target.only == nil || target.only == instrument,
            store.instruments[instrument].isJoined, number > store.instruments[instrument].asOf
        else { return nil }
        if target.only == nil { counters.messages += 1 }
        return instrument
    }

    private mutating func apply(
        _ template: EOBITemplateID, _ base: UnsafeRawPointer, _ target: Target
    ) throws(BookFault) {
        let number = EOBIMessageHeader(base).msgSeqNum
        switch template {
        case .orderAdd: try add(EOBIOrderAddView(base), number, target)
        case .orderModify: try modify(EOBIOrderModifyView(base), number, target)
        case .orderModifySamePrio: try modify(EOBIOrderModifySamePrioView(base), number, target)
        case .orderDelete: try delete(EOBIOrderDeleteView(base), number, target)
        case .orderMassDelete: deleteAll(EOBIOrderMassDeleteView(base), number, target)
        case .partialOrderExecution:
            let view = EOBIPartialOrderExecutionView(base)
            try execute(
                Execution(
                    securityID: view.securityID, side: view.side, price: view.price,
                    priority: view.trdRegTSTimePriority, quantity: view.lastQty,
                    tradePrice: view.lastPx, matchID: view.trdMatchID, isFull: false),
                number, target)
        case .fullOrderExecution:
            let view = EOBIFullOrderExecutionView(base)
            try execute(
                Execution(
                    securityID: view.securityID, side: view.side, price: view.price,
                    priority: view.trdRegTSTimePriority, quantity: view.lastQty,
                    tradePrice: view.lastPx, matchID: view.trdMatchID, isFull: true),
                number, target)
        case .executionSummary: summarise(EOBIExecutionSummaryView(base), number, target)
        case .tradeReport: report(EOBITradeReportView(base), number, target)
        case .topOfBook: replaceTop(EOBITopOfBookView(base), number, target)
        case .productStateChange: change(EOBIProductStateChangeView(base), target)
        case .instrumentStateChange: change(EOBIInstrumentStateChangeView(base), number, target)
        case .massInstrumentStateChange:
            change(EOBIMassInstrumentStateChangeView(base), number, target)
        default: return
        }
    }

    /// The book contradicts the feed, or has no room: it waits for a snapshot.
    private mutating func giveUp(_ instrument: Int, _ product: Int) {
        unjoin(instrument)
        updateConditions(product)
    }

    /// Runs one change of a book and gives the book up when it fails.
    private mutating func change(
        _ instrument: Int, _ target: Target,
        _ body: (inout BookStore) throws(BookFault) -> Void
    ) throws(BookFault) {
        touch(instrument)
        do throws(BookFault) {
            try body(&store)
        } catch {
            giveUp(instrument, target.product)
            throw error
        }
    }
}

// MARK: - Orders

extension PublicBookBuilder {
    private mutating func add(
        _ view: EOBIOrderAddView, _ number: UInt32, _ target: Target
    ) throws(BookFault) {
        guard let instrument = receiver(view.securityID, number, target) else { return }
        let details = view.orderDetails
        begin(details.trdRegTSTimePriority)
        let order = Self.order(
            side: details.side, price: details.price, quantity: details.displayQty,
            priority: details.trdRegTSTimePriority)
        try change(instrument, target) { store throws(BookFault) in
            guard let order else { throw .contradiction }
            store.instruments[instrument].view.isTopOfBookOnly = false
            try store.add(instrument, order)
        }
    }

    private mutating func modify(
        _ view: EOBIOrderModifyView, _ number: UInt32, _ target: Target
    ) throws(BookFault) {
        guard let instrument = receiver(view.securityID, number, target) else { return }
        let details = view.orderDetails
        begin(details.trdRegTSTimePriority)
        let order = Self.order(
            side: details.side, price: details.price, quantity: details.displayQty,
            priority: details.trdRegTSTimePriority)
        let previous = view.trdRegTSPrevTimePriority
        try change(instrument, target) { store throws(BookFault) in
            guard let order else { throw .contradiction }
            let former = store.find(instrument, order.side, previous)
            guard former != noIndex else { throw .contradiction }
            store.remove(former)
            try store.add(instrument, order)
        }
    }

    private mutating func modify(
        _ view: EOBIOrderModifySamePrioView, _ number: UInt32, _ target: Target
    ) throws(BookFault) {
        guard let instrument = receiver(view.securityID, number, target) else { return }
        let details = view.orderDetails
        begin(view.transactTime)
        let order = Self.order(
            side: details.side, price: details.price, quantity: details.displayQty,
            priority: details.trdRegTSTimePriority)
        try change(instrument, target) { store throws(BookFault) in
            guard let order else { throw .contradiction }
            let index = store.find(instrument, order.side, order.timePriority.nanos)
            guard index != noIndex, store.orders[index].price == order.price.raw else {
                throw .contradiction
            }
            try store.setQuantity(index, to: order.quantity.raw)
        }
    }

    private mutating func delete(
        _ view: EOBIOrderDeleteView, _ number: UInt32, _ target: Target
    ) throws(BookFault) {
        guard let instrument = receiver(view.securityID, number, target) else { return }
        let details = view.orderDetails
        begin(view.transactTime)
        let (side, priority) = (Side(rawValue: details.side), details.trdRegTSTimePriority)
        try change(instrument, target) { store throws(BookFault) in
            guard let side else { throw .contradiction }
            let index = store.find(instrument, side, priority)
            guard index != noIndex else { throw .contradiction }
            store.remove(index)
        }
    }

    private mutating func deleteAll(
        _ view: EOBIOrderMassDeleteView, _ number: UInt32, _ target: Target
    ) {
        guard let instrument = receiver(view.securityID, number, target) else { return }
        begin(view.transactTime)
        touch(instrument)
        store.removeAll(instrument)
        store.instruments[instrument].top = TopOfBook()
    }

    private static func order(
        side: UInt8, price: Int64, quantity: Int64, priority: UInt64
    ) -> PublicOrder? {
        guard let side = Side(rawValue: side), price != Null.price, quantity > 0 else { return nil }
        return PublicOrder(
            side: side, price: Price(raw: price), quantity: Quantity(raw: quantity),
            timePriority: Timestamp(nanos: priority))
    }
}

// MARK: - Trades

extension PublicBookBuilder {
    /// What 13104 and 13105 have in common.
    private struct Execution {
        var securityID: Int64
        var side: UInt8
        /// The resting order's limit; no value for a market order, which is in no public book.
        var price: Int64
        var priority: UInt64
        var quantity: Int64
        var tradePrice: Int64
        var matchID: UInt32
        var isFull: Bool
    }

    private mutating func execute(
        _ execution: Execution, _ number: UInt32, _ target: Target
    ) throws(BookFault) {
        guard let instrument = receiver(execution.securityID, number, target) else { return }
        guard let side = Side(rawValue: execution.side), execution.quantity > 0,
            execution.tradePrice != Null.price
        else {
            giveUp(instrument, target.product)
            throw .contradiction
        }
        addToTrade(
            instrument, matchID: execution.matchID, price: Price(raw: execution.tradePrice),
            quantity: Quantity(raw: execution.quantity))
        var event = event(.orderExecuted, instrument)
        event.side = side
        event.price = Price(raw: execution.tradePrice)
        event.quantity = Quantity(raw: execution.quantity)
        event.matchID = execution.matchID
        event.timePriority = Timestamp(nanos: execution.priority)
        events.append(event)
        guard execution.price != Null.price else { return }
        try change(instrument, target) { store throws(BookFault) in
            let order = store.find(instrument, side, execution.priority)
            guard order != noIndex else { throw .contradiction }
            let rest = store.orders[order].quantity - execution.quantity
            guard execution.isFull ? rest == 0 : rest > 0 else { throw .contradiction }
            if rest == 0 { store.remove(order) } else { try store.setQuantity(order, to: rest) }
        }
    }

    private mutating func summarise(
        _ view: EOBIExecutionSummaryView, _ number: UInt32, _ target: Target
    ) {
        guard let instrument = receiver(view.securityID, number, target), view.lastQty > 0,
            view.lastPx != Null.price
        else { return }
        begin(view.execID)
        endTrade()
        endSummary()
        touch(instrument)
        let side = Side(rawValue: view.aggressorSide)
        let summary = PendingTrade(
            instrument: instrument, matchID: .max, price: Price(raw: view.lastPx),
            quantity: Quantity(raw: view.lastQty), aggressor: side)
        transaction.summary = summary
        transaction.aggressor = side.map { (instrument, $0) }
        var event = event(.executionSummary, instrument)
        event.price = summary.price
        event.quantity = summary.quantity
        if let side {
            event.hasAggressor = true
            event.side = side
        }
        events.append(event)
    }

    private mutating func report(
        _ view: EOBITradeReportView, _ number: UInt32, _ target: Target
    ) {
        guard let instrument = receiver(view.securityID, number, target), view.lastQty > 0,
            view.lastPx != Null.price
        else { return }
        begin(view.transactTime)
        endTrade()
        touch(instrument)
        if transaction.summary?.instrument == instrument { transaction.summary = nil }
        tell(
            PendingTrade(
                instrument: instrument, matchID: view.trdMatchID, price: Price(raw: view.lastPx),
                quantity: Quantity(raw: view.lastQty), aggressor: nil))
    }
}

// MARK: - Best prices and states

extension PublicBookBuilder {
    private mutating func replaceTop(
        _ view: EOBITopOfBookView, _ number: UInt32, _ target: Target
    ) {
        guard let instrument = receiver(view.securityID, number, target) else { return }
        begin(view.transactTime)
        touch(instrument)
        // Orders that were told before are of a setting that has changed.
        store.removeAll(instrument)
        store.instruments[instrument].view.isTopOfBookOnly = true
        store.instruments[instrument].top = Self.top(view)
    }

    static func top(_ view: EOBITopOfBookView) -> TopOfBook {
        func level(_ price: Int64, _ size: Int64, _ count: UInt16) -> PublicLevel {
            guard price != Null.price, size > 0 else { return .none }
            return PublicLevel(
                price: Price(raw: price), quantity: Quantity(raw: size),
                orderCount: count == Null.u16 ? 0 : Int(count))
        }
        return TopOfBook(
            bid: level(view.bidPx, view.bidSize, view.numberOfBuyOrders),
            ask: level(view.offerPx, view.offerSize, view.numberOfSellOrders))
    }

    private mutating func change(_ view: EOBIProductStateChangeView, _ target: Target) {
        guard target.only == nil else { return }
        counters.messages += 1
        begin(view.transactTime)
        var state = PublicProductState()
        state.session = view.tradingSessionID
        state.subSession = view.tradingSessionSubID
        state.status = view.tradSesStatus
        state.isFastMarket = view.fastMarketIndicator == 1
        guard state != products[target.product].state else { return }
        products[target.product].state = state
        tellProductState(target.product, at: transaction.time)
    }

    private mutating func change(
        _ view: EOBIInstrumentStateChangeView, _ number: UInt32, _ target: Target
    ) {
        guard let instrument = receiver(view.securityID, number, target) else { return }
        begin(view.transactTime)
        var state = PublicInstrumentState()
        state.security = view.securityStatus
        state.trading = view.securityTradingStatus
        state.isFastMarket = view.fastMarketIndicator == 1
        set(state, instrument)
    }

    /// All of a product's instruments change; those in the group have states of their own.
    private mutating func change(
        _ view: EOBIMassInstrumentStateChangeView, _ number: UInt32, _ target: Target
    ) {
        begin(view.transactTime)
        var common = PublicInstrumentState()
        common.security = view.securityMassStatus
        common.trading = view.securityMassTradingStatus
        common.isFastMarket = view.fastMarketIndicator == 1
        for instrument in 0..<store.instrumentCount
        where store.instruments[instrument].product == target.product {
            let securityID = store.instruments[instrument].view.securityID
            guard let instrument = receiver(securityID, number, target) else { continue }
            var state = common
            for index in 0..<view.relatedSymCount {
                let entry = view.relatedSym(at: index)
                guard entry.securityID == securityID else { continue }
                state.security = entry.securityStatus
                state.trading = entry.securityTradingStatus
            }
            set(state, instrument)
        }
    }

    private mutating func set(_ state: PublicInstrumentState, _ instrument: Int) {
        touch(instrument)
        guard state != store.instruments[instrument].view.state else { return }
        store.instruments[instrument].view.state = state
        events.append(event(.instrumentState, instrument))
    }
}
