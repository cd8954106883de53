import Containers
import Domain
import Wire

// The snapshot channel: whole books, each as of the last message that its ProductSummary names.
extension PublicBookBuilder {
    mutating func takeSnapshot(_ packet: FeedPacket, _ product: Int) {
        let (seqNum, time) = (products[product].snapshotSeqNum, products[product].snapshotTime)
        guard packet.transactTime >= products[product].epochTime else { return }
        guard
            packet.transactTime > time || packet.transactTime == time && packet.applSeqNum > seqNum
        else {
            counters.duplicates += 1
            return
        }
        if packet.applSeqNum != seqNum &+ 1 { breakCycle(product) }
        products[product].snapshotSeqNum = packet.applSeqNum
        products[product].snapshotTime = packet.transactTime
        guard var datagram = EOBIDatagram(packet.bytes) else { return }
        while let message = datagram.next() {
            guard case .known(let template, let base) = message else { continue }
            switch template {
            case .productSummary:
                beginCycle(EOBIProductSummaryView(base), product, sentAt: packet.transactTime)
            case .instrumentSummary: beginInstrument(EOBIInstrumentSummaryView(base), product)
            case .snapshotOrder: stage(EOBISnapshotOrderView(base), product)
            case .topOfBook: stage(EOBITopOfBookView(base), product)
            default: continue
            }
        }
        if products[product].assembly?.isWhole == true || packet.isComplete {
            endInstrument(product)
        }
        if packet.isComplete, products[product].cycle != nil {
            products[product].hasSeenCycle = true
        }
    }

    /// Packets are missing: what follows may be of another snapshot, until a ProductSummary says.
    private mutating func breakCycle(_ product: Int) {
        if products[product].cycle != nil { counters.brokenSnapshots += 1 }
        products[product].cycle = nil
        products[product].assembly = nil
    }

    private mutating func beginCycle(
        _ view: EOBIProductSummaryView, _ product: Int, sentAt time: UInt64
    ) {
        endInstrument(product)
        if products[product].cycle != nil { products[product].hasSeenCycle = true }
        let last = view.lastMsgSeqNumProcessed
        guard last != .max else { return }
        var state = PublicProductState()
        state.session = view.tradingSessionID
        state.subSession = view.tradingSessionSubID
        state.status = view.tradSesStatus
        state.isFastMarket = view.fastMarketIndicator == 1
        products[product].cycle = SnapshotCycle(lastMsgSeqNum: last, state: state)
        products[product].newestTime = max(products[product].newestTime, time)
        counters.messages += 1
        expectNamed(by: last, product)
        // No snapshot to come needs what this one holds.
        let isBehind = products[product].hasBase && products[product].applied < last
        dropPackets(product, through: isBehind ? products[product].applied : last)
    }

    /// A snapshot may overtake the messages that it holds, but not by a whole cycle: what the one before
    /// named and is not here now is lost, as is all of a venue that began again without being heard.
    private mutating func expectNamed(by last: UInt32, _ product: Int) {
        products[product].known = max(products[product].known, products[product].named)
        products[product].named = last
        updateGap(product)
    }

    private mutating func beginInstrument(_ view: EOBIInstrumentSummaryView, _ product: Int) {
        endInstrument(product)
        guard products[product].cycle != nil,
            let instrument = instrument(view.securityID, product)
        else { return }
        counters.messages += 1
        var assembly = SnapshotAssembly(
            instrument: instrument,
            orderCount: view.totNoOrders >= Self.countMax ? nil : Int(view.totNoOrders),
            isWanted: wantsSnapshot(instrument, product))
        assembly.state.security = view.securityStatus
        assembly.state.trading = view.securityTradingStatus
        assembly.state.isFastMarket = view.fastMarketIndicator == 1
        assembly.lastUpdate = Timestamp(nanos: view.lastUpdateTime)
        for index in 0..<view.mdEntriesCount {
            let entry = view.mdEntries(at: index)
            let price = Price(raw: entry.mdEntryPx)
            let quantity = Quantity(raw: entry.mdEntrySize)
            switch EOBI.MDEntryType(rawValue: entry.mdEntryType) {
            case .trade: (assembly.last, assembly.lastQty) = (price, quantity)
            case .openingPrice: assembly.open = price
            case .highPrice: assembly.high = price
            case .lowPrice: assembly.low = price
            case .tradeVolume: assembly.volume = quantity.isNone ? nil : quantity
            default: continue
            }
        }
        products[product].assembly = assembly
        products[product].staged.removeAll()
    }

    /// TotNoOrders that stands for as many orders or more: the next summary says where they end.
    private static var countMax: UInt16 { 65_534 }

    private mutating func stage(_ view: EOBISnapshotOrderView, _ product: Int) {
        guard products[product].assembly != nil else { return }
        let details = view.orderDetails
        counters.messages += 1
        products[product].assembly?.received += 1
        guard products[product].assembly?.isWanted == true else { return }
        // An order that is none makes the whole book useless; so does one too many.
        guard let side = Side(rawValue: details.side), details.price != Null.price,
            details.displayQty > 0
        else {
            counters.contradictions += 1
            products[product].assembly = nil
            return
        }
        guard products[product].staged.count < limits.orders else {
            hit(.orders)
            products[product].assembly = nil
            return
        }
        products[product].staged.append(
            PublicOrder(
                side: side, price: Price(raw: details.price),
                quantity: Quantity(raw: details.displayQty),
                timePriority: Timestamp(nanos: details.trdRegTSTimePriority)))
        if products[product].assembly?.isWhole == true { endInstrument(product) }
    }

    private mutating func stage(_ view: EOBITopOfBookView, _ product: Int) {
        guard let assembly = products[product].assembly,
            store.instruments[assembly.instrument].view.securityID == view.securityID
        else { return }
        counters.messages += 1
        products[product].assembly?.top = Self.top(view)
    }

    /// Whether a snapshot would make an instrument's book better.
    private func wantsSnapshot(_ instrument: Int, _ product: Int) -> Bool {
        guard let cycle = products[product].cycle else { return false }
        return !store.instruments[instrument].isJoined
            || products[product].hasGap && cycle.lastMsgSeqNum > products[product].applied
    }

    /// The instrument's messages are all there, or should be.
    private mutating func endInstrument(_ product: Int) {
        guard let assembly = products[product].assembly, let cycle = products[product].cycle else {
            return
        }
        products[product].assembly = nil
        guard assembly.isWhole || assembly.orderCount == nil else {
            counters.brokenSnapshots += 1
            return
        }
        guard assembly.isWanted, wantsSnapshot(assembly.instrument, product) else { return }
        join(assembly, cycle, product)
    }

    /// Makes a book of a snapshot and of what came after it.
    private mutating func join(
        _ assembly: SnapshotAssembly, _ cycle: SnapshotCycle, _ product: Int
    ) {
        let asOf = cycle.lastMsgSeqNum
        let applied = products[product].applied
        let isAhead = !products[product].hasBase || products[product].hasGap && asOf > applied
        // A book of before must be led up to the others, message by message.
        guard isAhead || products[product].log.covers(after: asOf, through: applied) else { return }
        let instrument = assembly.instrument
        guard load(instrument, product) else { return }
        if !store.instruments[instrument].isJoined { products[product].joiningCount -= 1 }
        store.instruments[instrument].isJoined = true
        store.instruments[instrument].wasJoined = true
        store.instruments[instrument].asOf = asOf
        store.instruments[instrument].joinedAt = assembly.lastUpdate
        store.instruments[instrument].view.state = assembly.state
        store.instruments[instrument].view.lastUpdate = assembly.lastUpdate
        store.instruments[instrument].view.statistics.take(assembly)
        store.instruments[instrument].view.isTopOfBookOnly = assembly.top != nil
        store.instruments[instrument].top = assembly.top ?? TopOfBook()
        if isAhead { jump(product, to: cycle) }
        store.instruments[instrument].view.productState = products[product].state
        counters.joins += 1
        transaction.time = assembly.lastUpdate
        touch(instrument)
        endTransaction()
        catchUp(instrument, product)
        drain(product)
        updateGap(product)
        updateConditions(product)
    }

    /// Puts the staged orders into an instrument's book; false when they make none.
    private mutating func load(_ instrument: Int, _ product: Int) -> Bool {
        store.removeAll(instrument)
        for index in 0..<products[product].staged.count {
            do throws(BookFault) {
                try store.add(instrument, products[product].staged[index])
            } catch {
                store.removeAll(instrument)
                unjoin(instrument)
                fail(error)
                return false
            }
        }
        return true
    }

    /// What is missing is given up: the snapshot is behind it. Other books need theirs too.
    private mutating func jump(_ product: Int, to cycle: SnapshotCycle) {
        for other in 0..<store.instrumentCount
        where store.instruments[other].product == product
            && store.instruments[other].asOf < cycle.lastMsgSeqNum
        {
            unjoin(other)
        }
        products[product].hasBase = true
        products[product].applied = cycle.lastMsgSeqNum
        dropPackets(product, through: cycle.lastMsgSeqNum)
        products[product].known = max(
            cycle.lastMsgSeqNum, products[product].log.packets.last?.last ?? 0)
        products[product].hasGap = false
        if products[product].state != cycle.state {
            products[product].state = cycle.state
            tellProductState(product, at: .none)
        }
    }

    /// Applies to one instrument what the others have had already.
    private mutating func catchUp(_ instrument: Int, _ product: Int) {
        let applied = products[product].applied
        var index = 0
        while index < products[product].log.packets.count,
            products[product].log.packets[index].first <= applied
        {
            apply(waitingBytes(product, at: index), product, only: instrument)
            if products[product].log.packets[index].isComplete { endTransaction() }
            index += 1
        }
        store.instruments[instrument].asOf = max(store.instruments[instrument].asOf, applied)
    }
}

extension PublicStatistics {
    /// What the snapshot knows of the day replaces what was seen of it.
    mutating func take(_ assembly: SnapshotAssembly) {
        if !assembly.open.isNone { open = assembly.open }
        if !assembly.high.isNone { high = assembly.high }
        if !assembly.low.isNone { low = assembly.low }
        if !assembly.last.isNone {
            last = assembly.last
            lastQty = assembly.lastQty
        }
        if let dayVolume = assembly.volume { volume = dayVolume }
    }
}
