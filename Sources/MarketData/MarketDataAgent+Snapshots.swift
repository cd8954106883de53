import Domain
import Wire

// The endless cycle of snapshots: product by product, a few packets at a time.
extension MarketDataAgent {
    /// Time between two turns of the cycle: often enough for a smooth stream, seldom enough to rest.
    private static var turnNanos: UInt64 { 10_000_000 }
    private static var packetsPerTurnMax: Int { 64 }

    /// The next turn of the cycle.
    mutating func sendSnapshots(now: Timestamp) {
        guard book.isWhole else {
            snapshotAt = .none
            return
        }
        let rate = UInt64(configuration.snapshotPacketsPerSecond)
        let turn = max(Self.turnNanos, 1_000_000_000 / rate)
        var budget = min(Int(rate * turn / 1_000_000_000), Self.packetsPerTurnMax)
        if cycleProduct == 0, snapshots.isDone { cycleStart = now }
        snapshotAt = now.adding(nanos: turn)
        while budget > 0 {
            if snapshots.isDone {
                if cycleProduct == products.count {
                    cycleProduct = 0
                    counters.snapshotCycles &+= 1
                    let next = cycleStart.adding(nanos: configuration.snapshotIntervalNanos)
                    snapshotAt = max(snapshotAt, next)
                    return
                }
                takeImage(of: cycleProduct)
                cycleProduct += 1
            }
            let sender = connections.sender
            var refused = 0
            budget -= snapshots.send(countMax: budget, at: connections.clock.now()) {
                refused = sender.send($0)
            }
            counters.sendErrors &+= UInt64(refused)
        }
    }

    /// Writes down a product with all its instruments and orders, as after its last message.
    private mutating func takeImage(of product: Int) {
        snapshots.begin(product)
        let state = products.state(of: product)
        let message = snapshots.message(EOBIProductSummaryWriter.self)
        message.lastMsgSeqNumProcessed = channel.lastMessage(of: product)
        message.tradingSessionID = state.tradingSessionID
        message.tradingSessionSubID = state.tradingSessionSubID
        message.tradSesStatus = state.tradSesStatus
        message.fastMarketIndicator = EOBI.FastMarketIndicator.no.rawValue
        for index in 0..<products.instrumentCount(of: product) {
            takeImage(of: InstrumentIndex(products.instrument(index, of: product)))
        }
        snapshots.end()
    }

    /// What is known of an instrument, and its orders in the order in which they would trade.
    private mutating func takeImage(of instrument: InstrumentIndex) {
        let row = instruments[instrument.index]
        let message = snapshots.message(EOBIInstrumentSummaryWriter.self)
        message.securityID = row.securityID
        message.lastUpdateTime = row.lastUpdate.nanos
        message.trdRegTSExecutionTime = row.lastTime.nanos
        let orders = row.isTopOfBook ? 0 : book.count(of: instrument)
        message.totNoOrders = UInt16(min(orders, Self.orderCountMax))
        message.securityStatus = EOBI.SecurityStatus.active.rawValue
        message.securityTradingStatus = publicStatus(instrument.index).rawValue
        message.marketCondition = EOBI.MarketCondition.normal.rawValue
        message.fastMarketIndicator = EOBI.FastMarketIndicator.no.rawValue
        message.highPx = row.highPrice.raw
        message.lowPx = row.lowPrice.raw
        message.productComplex = EOBI.ProductComplex.simpleInstrument.rawValue
        message.noMDEntries = 0
        if !row.lastPrice.isNone { fillTrades(message, row) }
        guard !row.isTopOfBook else {
            return fill(snapshots.message(EOBITopOfBookWriter.self), row)
        }
        takeImage(of: instrument, .buy)
        takeImage(of: instrument, .sell)
    }

    /// TotNoOrders has no room for more.
    private static var orderCountMax: Int { 65_534 }

    private mutating func takeImage(of instrument: InstrumentIndex, _ side: Side) {
        let count = book.sortOut(instrument, side)
        for index in 0..<count {
            let order = book.sortedOut(index)
            let message = snapshots.message(EOBISnapshotOrderWriter.self)
            message.trdRegTSTimePriority = book.books.orders[order].timePriority.nanos
            message.displayQty = book.books.orders[order].leavesQty.raw
            message.side = side.rawValue
            message.price = book.books.orders[order].price.raw
        }
    }

    /// Last, first, highest and lowest price, and the volume.
    private func fillTrades(_ message: EOBIInstrumentSummaryWriter, _ row: InstrumentRow) {
        message.noMDEntries = 5
        func fill(
            _ index: Int, _ type: EOBI.MDEntryType, _ price: Price, _ quantity: Quantity
        ) {
            let entry = message.mdEntries(at: index)
            entry.initialize()
            entry.mdEntryType = type.rawValue
            entry.mdEntryPx = price.raw
            entry.mdEntrySize = quantity.raw
        }
        fill(0, .trade, row.lastPrice, row.lastQuantity)
        fill(1, .openingPrice, row.openingPrice, .none)
        fill(2, .highPrice, row.highPrice, .none)
        fill(3, .lowPrice, row.lowPrice, .none)
        fill(4, .tradeVolume, .none, row.volume)
    }
}
