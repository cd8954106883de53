import Containers
import Domain
import Matching

// A partition's state as bytes: everything that decides what it will do next, and nothing beside. The
// layout is fixed: little-endian numbers without gaps, in this order.
//
// | part | numbers |
// |---|---|
// | head | u64 magic, u32 layout version, u32 rules version, u64 hash of the configuration |
// | clock | u64 last sequence, u64 ExecID, u32 business day, u32 sides of trades today |
// | products | each u8 state, u32 FillMatchID, u32 TradeID, u32 SideTradeID last used |
// | units | each u32 sides of trades today |
// | instruments | each u8 own status |
// | sessions | each u32 SessionInstanceID |
// | books | per instrument, buy then sell: u8 depth, orders as in `put(order:)` as they trade, all ones |
// | session lists | per session: u32 slots in order of entry, all ones |
// | free slots | u32 as in a new pool, u32 others, these u32 from the bottom of the stack up |
// | mass cancels | u32 count, each as in `put(massCancel:)`, in the order in which they are worked |
// | end | u64 magic |
//
// Products, units, instruments and sessions are as many as the configuration says. An order's OrderID
// follows from the command that entered it and its slot, its total from what is open and executed.
// Pages of prices, ClOrdIDs and places of details are found again.

extension Partition {
    /// The version of the rules that this program trades by. It changes whenever a command would have
    /// another effect than before: then a journal of older commands no longer leads to the same state.
    public static var rulesVersion: UInt32 { 2 }

    static var snapshotMagic: UInt64 { 0x5452_4150_5355_5041 }
    static var snapshotLayout: UInt32 { 1 }
    /// Ends a list of slots.
    static var endOfList: UInt32 { .max }

    /// Writes the state in blocks of up to 64 KiB. Not in the middle of a match: `isSuspended` is
    /// false.
    ///
    /// The state is what `stateHash` is over; `init(_:restoring:)` makes a partition of it again that
    /// goes on as this one does. Throws what `write` throws. A million orders are 96 MB.
    public func save(to write: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        precondition(!isSuspended, "a match cannot be saved in its middle")
        var writer = SnapshotWriter(write)
        try putState(&writer)
        try putBooks(&writer)
        try putSessionLists(&writer)
        try putFreeSlots(&writer)
        try putMassCancels(&writer)
        try writer.put(Self.snapshotMagic)
        try writer.flush()
    }

    private func putState(_ writer: inout SnapshotWriter) throws {
        try writer.put(Self.snapshotMagic)
        try writer.put(Self.snapshotLayout)
        try writer.put(Self.rulesVersion)
        try writer.put(configuration.stateHash)
        try writer.put(lastSequence)
        try writer.put(execID.nanos)
        try writer.put(businessDay)
        try writer.put(lastTradeNumber)
        for row in 0..<products.count {
            try writer.put(products[row].trading.rawValue)
            try writer.put(products[row].lastMatchID)
            try writer.put(products[row].lastTradeID)
            try writer.put(products[row].lastSideTradeID)
        }
        for row in 0..<units.count { try writer.put(units[row].lastTradeNumber) }
        for row in 0..<instruments.count { try writer.put(instruments[row].status.rawValue) }
        for row in 0..<sessions.count { try writer.put(sessions[row].instanceID) }
    }

    private func putBooks(_ writer: inout SnapshotWriter) throws {
        for row in 0..<instruments.count {
            for side in [Side.buy, .sell] {
                let instrument = InstrumentIndex(row)
                try writer.put(UInt8(books.depth(instrument, side)))
                try books.forEachOrder(instrument, side) { try put(order: $0, &writer) }
                try writer.put(Self.endOfList)
            }
        }
    }

    private func put(order slot: Int32, _ writer: inout SnapshotWriter) throws {
        let order = books.orders[slot]
        try writer.put(UInt32(slot))
        try writer.put(order.session.raw)
        try writer.put(order.entrySequence)
        try writer.put(order.entryTime.nanos)
        try writer.put(order.timePriority.nanos)
        try writer.put(order.clOrdID.raw)
        try writer.put(order.attributes.raw)
        try writer.put(order.price.raw)
        try writer.put(order.leavesQty.raw)
        try writer.put(order.cumQty.raw)
        try writer.put(order.trader.raw)
        try writer.put(order.matchInstCrossID)
        try writer.put(order.executingTraderQualifier)
        try writer.put(order.detailsFlags.rawValue)
        guard order.details >= 0 else { return }
        if order.detailsFlags.contains(.hasParties) {
            try writer.put(details[order.details].parties)
        }
        if order.detailsFlags.contains(.hasTexts) { try writer.put(details[order.details].texts) }
    }

    private func putSessionLists(_ writer: inout SnapshotWriter) throws {
        for row in 0..<sessions.count {
            try sessionOrders.forEach(in: row) { try writer.put(UInt32($0)) }
            try writer.put(Self.endOfList)
        }
    }

    private func putFreeSlots(_ writer: inout SnapshotWriter) throws {
        let untouched = books.orders.untouchedCount
        let freeCount = books.orders.capacity - books.orders.count
        try writer.put(UInt32(untouched))
        try writer.put(UInt32(freeCount - untouched))
        for position in untouched..<freeCount {
            try writer.put(UInt32(bitPattern: books.orders.freeIndex(at: position)))
        }
    }

    private func putMassCancels(_ writer: inout SnapshotWriter) throws {
        try writer.put(UInt32(massCancelQueue.count))
        for position in 0..<massCancelQueue.count {
            try put(massCancel: massCancelQueue[position], &writer)
        }
    }

    private func put(massCancel slot: Int32, _ writer: inout SnapshotWriter) throws {
        let cancel = massCancels[slot]
        try writer.put(cancel.isRequested ? 1 : 0 as UInt8)
        try writer.put(cancel.operation?.rawValue ?? 0)
        try writer.put(cancel.side.rawValue)
        try writer.put(cancel.onlyOneSide ? 1 : 0 as UInt8)
        try writer.put(cancel.onlyNonPersistent ? 1 : 0 as UInt8)
        try writer.put(cancel.restates ? 1 : 0 as UInt8)
        try writer.put(cancel.reason.rawValue)
        try writer.put(cancel.session.raw)
        try writer.put(cancel.sessionInstanceID)
        try writer.put(cancel.msgSeqNum)
        try writer.put(cancel.requestTime.nanos)
        try writer.put(cancel.timeIn.nanos)
        try writer.put(cancel.target.raw)
        try writer.put(cancel.trader.raw)
        try writer.put(cancel.enteringTrader.raw)
        try writer.put(cancel.product.raw)
        try writer.put(cancel.instrument.raw)
        try writer.put(cancel.price.raw)
        try writer.put(cancel.throughSequence)
        try writer.put(UInt32(bitPattern: cancel.cursor))
        try writer.put(UInt32(cancel.reportCursor))
        for product in 0..<products.count {
            try writer.put(massCancelHits[hitsRow(slot, product)].bits)
        }
    }
}

extension SnapshotWriter {
    mutating func put(_ parties: OrderParties) throws {
        try put(parties.clientID)
        try put(parties.investmentDecisionMaker)
        try put(parties.executingTrader)
        try put(parties.investmentDecisionMakerQualifier)
        try put(parties.executingTraderQualifier)
        try put(parties.orderOrigination)
        try put(parties.liquidityProvision)
        try put(parties.riskReduction)
        try put(parties.tradingSessionSubID)
        try put(parties.positionEffect)
        try put(parties.custOrderHandlingInst)
        try put(parties.account)
        try put(parties.positionAccount)
        try put(parties.takeUpTradingFirm)
        try put(parties.orderOriginationFirm)
        try put(parties.beneficiary)
        try put(parties.locationID)
        try put(parties.fixClOrdID)
    }

    mutating func put(_ texts: OrderTexts) throws {
        try put(texts.complianceText)
        try put(texts.freeText1)
        try put(texts.freeText2)
        try put(texts.freeText3)
    }
}
