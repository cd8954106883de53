import Containers
import Domain
import Matching

// Bytes that were damaged, or made by somebody else, are refused: whatever the partition relies on
// without looking is looked at here.

extension Partition {
    /// Makes the partition whose state was saved. It goes on as that one did.
    ///
    /// `read` fills part of the memory it is handed and says how many bytes; 0 is the end. Throws what
    /// `read` throws, and `PartitionSnapshotError` when the bytes are no state of a partition with
    /// this configuration.
    public init(
        _ configuration: PartitionConfiguration,
        restoring read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        self.init(configuration)
        var reader = SnapshotReader(read)
        try takeHead(&reader)
        try takeState(&reader)
        let orderCount = try takeBooks(&reader)
        try takeSessionLists(&reader, orderCount: orderCount)
        try takeFreeSlots(&reader, orderCount: orderCount)
        try takeMassCancels(&reader)
        guard try reader.take(UInt64.self) == Self.snapshotMagic else {
            throw PartitionSnapshotError("the snapshot does not end as one does")
        }
        try reader.finish()
        if let fault = firstMarketStateFault() { throw PartitionSnapshotError(fault) }
    }

    private func takeHead(_ reader: inout SnapshotReader) throws {
        guard try reader.take(UInt64.self) == Self.snapshotMagic else {
            throw PartitionSnapshotError("these bytes are no snapshot of a partition")
        }
        let layout = try reader.take(UInt32.self)
        guard layout == Self.snapshotLayout else {
            throw PartitionSnapshotError(
                "the snapshot has layout \(layout), this program reads \(Self.snapshotLayout)")
        }
        // A state of other rules is a state to go on from; only commands between are not.
        _ = try reader.take(UInt32.self)
        guard try reader.take(UInt64.self) == configuration.stateHash else {
            throw PartitionSnapshotError(
                "the snapshot was made with other reference data or other limits")
        }
    }

    private mutating func takeState(_ reader: inout SnapshotReader) throws {
        lastSequence = try reader.take()
        execID = Timestamp(nanos: try reader.take())
        businessDay = try reader.take()
        lastTradeNumber = try reader.take()
        guard lastSequence <= OrderIDCodec.sequenceMax else {
            throw PartitionSnapshotError("there are no \(lastSequence) commands")
        }
        // Every command takes a nanosecond at least.
        guard execID.nanos <= UInt64(Int64.max) else {
            throw PartitionSnapshotError("the engine's time is behind its end")
        }
        for row in 0..<products.count {
            guard let state = ProductTradingState(rawValue: try reader.take()) else {
                throw PartitionSnapshotError("a product's state has no such code")
            }
            products[row].trading = state
            products[row].lastMatchID = try reader.take()
            products[row].lastTradeID = try reader.take()
            products[row].lastSideTradeID = try reader.take()
            // Every step of a match and every trade has at least a side.
            let sides = Int64(products[row].lastSideTradeID)
            guard products[row].lastMatchID <= sides, products[row].lastTradeID <= sides else {
                throw PartitionSnapshotError("a product has more trades than sides of trades")
            }
        }
        for row in 0..<units.count {
            units[row].lastTradeNumber = try reader.take()
            guard units[row].lastTradeNumber <= lastTradeNumber else {
                throw PartitionSnapshotError("a unit has more trades than there were")
            }
        }
        for row in 0..<instruments.count {
            let status = SecurityTradingStatus(rawValue: try reader.take())
            guard [.continuous, .halt, .closed].contains(status) else {
                throw PartitionSnapshotError("an instrument's status has no such code")
            }
            instruments[row].status = status
            instruments[row].restrict(by: products[instruments[row].product.index].trading)
        }
        for row in 0..<sessions.count { sessions[row].instanceID = try reader.take() }
    }

    // MARK: Orders

    /// Returns how many orders there are.
    private mutating func takeBooks(_ reader: inout SnapshotReader) throws -> Int {
        var count = 0
        for row in 0..<instruments.count {
            let instrument = InstrumentIndex(row)
            for side in [Side.buy, .sell] { count += try takeBook(instrument, side, &reader) }
            let (bid, ask) = (books.best(instrument, .buy), books.best(instrument, .sell))
            guard bid == .none || ask == .none || bid.tick(on: .buy) < ask.tick(on: .sell) else {
                throw PartitionSnapshotError("a book is crossed or locked")
            }
        }
        return count
    }

    /// Returns how many orders rest on this side.
    private mutating func takeBook(
        _ instrument: InstrumentIndex, _ side: Side, _ reader: inout SnapshotReader
    ) throws -> Int {
        let depth = try reader.take(UInt8.self)
        var count = 0
        var last = (key: LevelKey(raw: 0), time: Timestamp.zero)
        while let slot = try takeSlot(&reader, hasOrder: false) {
            let (key, time) = try takeOrder(slot, instrument, side, &reader)
            guard count == 0 || last.key < key || last.key == key && last.time < time else {
                throw PartitionSnapshotError("a book is not in the order of its trading")
            }
            guard books.restore(slot, at: key) else {
                throw PartitionSnapshotError("there are more prices than there is room for")
            }
            last = (key, time)
            count += 1
        }
        guard books.deepen(instrument, side, to: Int(depth)) else {
            throw PartitionSnapshotError("a side of a book cannot be \(depth) digits deep")
        }
        return count
    }

    /// The next slot of a list, of an order known already or not; nil at the list's end.
    private func takeSlot(_ reader: inout SnapshotReader, hasOrder: Bool) throws -> Int32? {
        let slot = try reader.take(UInt32.self)
        if slot == Self.endOfList { return nil }
        guard slot < UInt32(books.orders.capacity),
            books.orders[Int32(slot)].orderID.isNone != hasOrder
        else { throw PartitionSnapshotError("slot \(slot) is in the wrong place") }
        return Int32(slot)
    }

    /// Takes an order into its slot, the ClOrdID table and the details; not yet into its book.
    private mutating func takeOrder(
        _ slot: Int32, _ instrument: InstrumentIndex, _ side: Side, _ reader: inout SnapshotReader
    ) throws -> (key: LevelKey, time: Timestamp) {
        var order = RestingOrder()
        order.instrument = instrument
        order.session = SessionIndex(raw: try reader.take())
        order.entrySequence = try reader.take()
        order.entryTime = Timestamp(nanos: try reader.take())
        order.timePriority = Timestamp(nanos: try reader.take())
        order.clOrdID = ClOrdID(raw: try reader.take())
        order.attributes = OrderAttributes(raw: try reader.take())
        order.price = Price(raw: try reader.take())
        order.leavesQty = Quantity(raw: try reader.take())
        order.cumQty = Quantity(raw: try reader.take())
        order.trader = TraderID(raw: try reader.take())
        order.matchInstCrossID = try reader.take()
        order.executingTraderQualifier = try reader.take()
        order.detailsFlags = Command.Flags(rawValue: try reader.take())
        try judge(order, side)
        guard let tick = instruments[instrument.index].tick.steps(in: order.price.raw) else {
            throw PartitionSnapshotError("an order's price is off the tick")
        }
        order.orderQty = order.leavesQty + order.cumQty
        order.orderID = orderIDs.encode(sequence: order.entrySequence, slot: slot)
        if !order.detailsFlags.isEmpty {
            order.details = try takeDetails(order.detailsFlags, &reader)
        }
        books.orders[slot] = order
        if !order.clOrdID.isNone {
            clOrdIDs.keepGrowing()
            let name = findName(order.clOrdID, of: order.session)
            guard name.value < 0, clOrdIDs.insert(at: name, value: slot) else {
                throw PartitionSnapshotError("two orders of a session have one ClOrdID")
            }
        }
        return (LevelKey(tick: tick, side: side), order.timePriority)
    }

    private mutating func takeDetails(
        _ carried: Command.Flags, _ reader: inout SnapshotReader
    ) throws -> Int32 {
        let kept = details.allocate()
        guard kept >= 0 else {
            throw PartitionSnapshotError("more orders have details than there is room for")
        }
        details[kept] = OrderDetails()
        if carried.contains(.hasParties) { details[kept].parties = try reader.takeParties() }
        if carried.contains(.hasTexts) { details[kept].texts = try reader.takeTexts() }
        return kept
    }

    private func judge(_ order: RestingOrder, _ side: Side) throws {
        guard order.session.index < sessions.count else {
            throw PartitionSnapshotError("an order is of no session")
        }
        guard order.entrySequence <= lastSequence, order.timePriority <= execID,
            order.entryTime <= execID
        else { throw PartitionSnapshotError("an order is from the future") }
        let (total, overflow) = order.leavesQty.raw.addingReportingOverflow(order.cumQty.raw)
        guard !overflow, order.leavesQty > .zero, order.cumQty >= .zero,
            isQuantityGood(Quantity(raw: total), order.instrument.index)
        else { throw PartitionSnapshotError("an order's quantities do not fit its product") }
        guard order.attributes.raw & 0xFF == (side == .buy ? 0 : 1) else {
            throw PartitionSnapshotError("an order is on the other side of its book")
        }
        guard order.detailsFlags.isSubset(of: [.hasParties, .hasTexts]) else {
            throw PartitionSnapshotError("an order has details of another kind")
        }
    }

    private mutating func takeSessionLists(
        _ reader: inout SnapshotReader, orderCount: Int
    ) throws {
        var listed = 0
        for session in 0..<sessions.count {
            var lastEntry: UInt64 = 0
            while let order = try takeSlot(&reader, hasOrder: true) {
                let entry = books.orders[order].entrySequence
                guard books.orders[order].session.index == session, entry > lastEntry else {
                    throw PartitionSnapshotError("a session's list is not in order of entry")
                }
                sessionOrders.append(order, to: session)
                lastEntry = entry
                listed += 1
            }
        }
        guard listed == orderCount else {
            throw PartitionSnapshotError("an order is in no session's list")
        }
    }

    private mutating func takeFreeSlots(
        _ reader: inout SnapshotReader, orderCount: Int
    ) throws {
        let capacity = books.orders.capacity
        let untouched = try reader.takeCount(upTo: capacity, "slots free since ever")
        let others = try reader.takeCount(upTo: capacity - untouched, "free slots")
        guard untouched + others + orderCount == capacity else {
            throw PartitionSnapshotError("slots are neither free nor an order's")
        }
        let isWhole = try books.orders.restoreFree(untouched: untouched, others: others) {
            Int32(bitPattern: try reader.take())
        }
        guard isWhole else { throw PartitionSnapshotError("a slot is free twice") }
        var isFreeOnly = true
        books.orders.forEachFree { if !books.orders[$0].orderID.isNone { isFreeOnly = false } }
        guard isFreeOnly else { throw PartitionSnapshotError("an order's slot is free") }
    }
}

extension SnapshotReader {
    mutating func takeParties() throws -> OrderParties {
        var parties = OrderParties()
        parties.clientID = try take()
        parties.investmentDecisionMaker = try take()
        parties.executingTrader = try take()
        parties.investmentDecisionMakerQualifier = try take()
        parties.executingTraderQualifier = try take()
        parties.orderOrigination = try take()
        parties.liquidityProvision = try take()
        parties.riskReduction = try take()
        parties.tradingSessionSubID = try take()
        parties.positionEffect = try take()
        parties.custOrderHandlingInst = try take()
        parties.account = try take()
        parties.positionAccount = try take()
        parties.takeUpTradingFirm = try take()
        parties.orderOriginationFirm = try take()
        parties.beneficiary = try take()
        parties.locationID = try take()
        parties.fixClOrdID = try take()
        return parties
    }

    mutating func takeTexts() throws -> OrderTexts {
        var texts = OrderTexts()
        texts.complianceText = try take()
        texts.freeText1 = try take()
        texts.freeText2 = try take()
        texts.freeText3 = try take()
        return texts
    }
}
