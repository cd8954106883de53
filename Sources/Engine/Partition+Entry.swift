import Containers
import Domain
import Matching

extension Partition {
    /// Takes a new order: checks it, matches it, lets the rest into the book or cancels it.
    ///
    /// The order of checks is ours where T7 documents none: state, uniqueness, forbidden
    /// combinations, tick and lot, size, capacity. The first failure decides.
    mutating func enter(
        _ command: borrowing Command, _ orderDetails: borrowing OrderDetails,
        into events: inout Events
    ) {
        let row = Int32(command.instrument.index)
        guard instruments[row].isContinuous else {
            return reject(command, .instrumentNotContinuous, into: &events)
        }
        let hash = hash(command.clOrdID, command.session)
        if !command.clOrdID.isNone, findOrder(command.clOrdID, of: command.session, hash) >= 0 {
            return reject(command, .clOrdIDNotUnique, into: &events)
        }
        let fault = judgeEntry(command)
        guard fault == .none else {
            return reject(command, fault, into: &events)
        }
        let isMarket = command.attributes.ordType == .market
        var tick: Int64 = 0
        if !isMarket {
            guard let steps = instruments[row].tick.steps(in: command.price.raw) else {
                return reject(
                    command, .priceOffTick, value: instruments[row].tick.step, into: &events)
            }
            guard steps > -LevelKey.tickLimit, steps < LevelKey.tickLimit else {
                return reject(command, .priceOutOfRange, into: &events)
            }
            tick = steps
        }
        let quantityFault = judgeQuantity(command.quantity, row)
        guard quantityFault == .none else {
            return reject(
                command, quantityFault, value: quantityFaultValue(quantityFault, row),
                into: &events)
        }
        let side = command.attributes.side
        let key = isMarket ? LevelKey.worst : LevelKey(tick: tick, side: side)
        let capacityFault = judgeCapacity(command, key)
        guard capacityFault == .none else {
            return reject(command, capacityFault, into: &events)
        }
        let limit =
            isMarket ? LevelKey.worst : LevelKey(tick: tick, side: side.opposite)
        let crosses = books.best(command.instrument, side.opposite) <= limit
        if crosses, isExhausted(command.instrument) {
            return reject(command, .tradeIDsExhausted, into: &events)
        }
        let order = makeOrder(command, orderDetails)
        if crosses {
            prepareAggressor(order, command, limit: limit)
            return match(into: &events)
        }
        if command.attributes.timeInForce == .immediateOrCancel {
            return cancelUnmatched(order, command, into: &events)
        }
        index(order, command.clOrdID, command.session, hash)
        books.place(
            order, at: key, on: OrderBooks.ladder(command.instrument, side),
            leavesQty: command.quantity)
        emitAccepted(
            makeOrderEvent(
                .orderAccepted, order, to: Addressee(command), flags: [.endOfTransaction, .rests],
                clOrdID: command.clOrdID, origClOrdID: .none,
                Outcome(ordStatus: .new, execType: .new, reason: .orderAdded)),
            order, into: &events)
    }

    /// What is wrong with the combination of a new order's terms, in the venue's order of checks.
    @inline(__always)
    func judgeEntry(_ command: borrowing Command) -> RejectDetail {
        let terms = command.attributes
        let hasPlainTerms =
            terms.ordType == .limit
            && (terms.timeInForce == .day || terms.timeInForce == .immediateOrCancel)
            && (terms.execInst == .nonPersistent
                || terms.execInst == .persistent && terms.isStandard)
        if hasPlainTerms, command.deferredReject == .none, command.stopPrice.isNone,
            !command.price.isNone
        {
            return .none
        }
        return judgeUnusualEntry(command)
    }

    @inline(never)
    func judgeUnusualEntry(_ command: borrowing Command) -> RejectDetail {
        let terms = command.attributes
        if command.deferredReject != .none { return command.deferredReject }
        if terms.ordType != .limit, terms.ordType != .market { return .ordTypeNotOffered }
        if terms.timeInForce != .day, terms.timeInForce != .immediateOrCancel {
            return .timeInForceNotOffered
        }
        if terms.execInst.isBookOrCancel { return .bookOrCancelNotOffered }
        if !command.stopPrice.isNone { return .stopPriceNotOffered }
        if terms.isLean, terms.execInst.isPersistent { return .persistentLean }
        if terms.ordType == .market {
            if terms.timeInForce != .immediateOrCancel { return .marketOrderNotIOC }
            if !command.price.isNone { return .marketOrderWithPrice }
        } else if command.price.isNone {
            return .limitWithoutPrice
        }
        return .none
    }

    @inline(__always)
    func judgeQuantity(_ quantity: Quantity, _ instrument: Int32) -> RejectDetail {
        guard quantity > .zero else { return .quantityNotPositive }
        guard instruments[instrument].lot.steps(in: quantity.raw) != nil else {
            return .quantityOffLot
        }
        guard quantity <= instruments[instrument].maximumQuantity else {
            return .quantityAboveMaximum
        }
        return .none
    }

    func quantityFaultValue(_ fault: RejectDetail, _ instrument: Int32) -> Int64 {
        fault == .quantityAboveMaximum
            ? instruments[instrument].maximumQuantity.raw : instruments[instrument].lot.step
    }

    @inline(__always)
    mutating func judgeCapacity(_ command: borrowing Command, _ key: LevelKey) -> RejectDetail {
        if books.orders.isFull { return .orderPoolFull }
        if !command.carriedDetails.isEmpty, !hasRoomForDetails() { return .orderPoolFull }
        if command.attributes.timeInForce == .day,
            !books.canPlace(key, command.instrument, command.attributes.side)
        {
            return .priceLevelPoolFull
        }
        return .none
    }

    // Out of line and mutating, though they change nothing: a call that borrows the partition would
    // copy it first.

    /// Whether the product may run out of trade numbers today in one more match.
    @inline(never)
    mutating func isExhausted(_ instrument: InstrumentIndex) -> Bool {
        let row = Int32(instruments[Int32(instrument.index)].product.index)
        return products[row].isExhausted
            || lastTradeNumber > .max - UInt32(products[row].sideTradeIDReserve)
    }

    @inline(never)
    private mutating func hasRoomForDetails() -> Bool { !details.isFull }

    /// Takes a pool slot for an order that passed all checks. It is neither indexed nor in a book.
    @inline(__always)
    mutating func makeOrder(
        _ command: borrowing Command, _ orderDetails: borrowing OrderDetails
    ) -> Int32 {
        let slot = books.orders.allocate()
        let orderID = orderIDs.encode(sequence: lastSequence, slot: slot)
        Self.fill(&books.orders[slot], command, orderID: orderID, time: execID)
        if !command.carriedDetails.isEmpty {
            keep(orderDetails, command.carriedDetails, for: slot)
        }
        return slot
    }

    /// Keeps details beside an order, in the place of older ones. The caller has seen that there is
    /// room.
    @inline(never)
    mutating func keep(
        _ orderDetails: borrowing OrderDetails, _ carried: Command.Flags, for order: Int32
    ) {
        var kept = books.orders[order].details
        if kept < 0 {
            kept = details.allocate()
            books.orders[order].details = kept
        }
        books.orders[order].detailsFlags = carried
        // What the command does not carry is blank, not what the caller's memory happens to hold.
        details[kept].parties = carried.contains(.hasParties) ? orderDetails.parties : .init()
        details[kept].texts = carried.contains(.hasTexts) ? orderDetails.texts : .init()
    }

    /// Writes every field of a record that may hold an older order.
    @inline(__always)
    private static func fill(
        _ order: inout RestingOrder, _ command: borrowing Command, orderID: OrderID,
        time: Timestamp
    ) {
        order.leavesQty = command.quantity
        order.cumQty = .zero
        order.orderID = orderID
        order.clOrdID = command.clOrdID
        order.timePriority = time
        order.next = -1
        order.previous = -1
        order.page = -1
        order.levelSlot = 0
        order.side = command.attributes.side
        order.applSeqIndicator = command.attributes.applSeqIndicator
        order.execInst = command.attributes.execInst
        order.session = command.session
        order.trader = command.trader
        order.price = command.price
        order.orderQty = command.quantity
        order.entryTime = time
        order.entrySequence = command.sequence
        order.instrument = command.instrument
        order.details = -1
        order.sessionNext = -1
        order.sessionPrevious = -1
        order.matchInstCrossID = command.matchInstCrossID
        order.ordType = command.attributes.ordType
        order.timeInForce = command.attributes.timeInForce
        order.tradingCapacity = command.attributes.tradingCapacity
        order.detailsFlags = []
        order.executingTraderQualifier = command.executingTraderQualifier
    }

    /// Makes a live order findable: by ClOrdID, and in its session's list.
    @inline(__always)
    mutating func index(
        _ order: Int32, _ clOrdID: ClOrdID, _ session: SessionIndex, _ hash: UInt64
    ) {
        if !clOrdID.isNone { indexClOrdID(order, hash) }
        let last = sessions[Int32(session.index)].append(order)
        books.orders[order].sessionPrevious = last
        if last >= 0 { books.orders[last].sessionNext = order }
    }

    @inline(__always)
    mutating func indexClOrdID(_ order: Int32, _ hash: UInt64) {
        let inserted = clOrdIDs.insert(hash: hash, value: order)
        precondition(inserted, "the ClOrdID table holds as many as the order pool")
    }

    @inline(__always)
    mutating func unindexClOrdID(_ order: Int32, _ hash: UInt64) {
        let removed = clOrdIDs.remove(hash: hash, value: order)
        precondition(removed, "a live order's ClOrdID is indexed")
    }

    /// Forgets an order that is in no book any more, and gives its slot back.
    @inline(__always)
    mutating func retire(_ order: Int32) {
        if !massCancelQueue.isEmpty { moveCursors(past: order) }
        let entry = books.orders[order].entry
        if !entry.clOrdID.isNone { unindexClOrdID(order, hash(entry.clOrdID, entry.session)) }
        if entry.sessionPrevious >= 0 {
            books.orders[entry.sessionPrevious].sessionNext = entry.sessionNext
        }
        if entry.sessionNext >= 0 {
            books.orders[entry.sessionNext].sessionPrevious = entry.sessionPrevious
        }
        sessions[Int32(entry.session.index)].drop(entry)
        release(order, details: entry.details)
    }

    /// Gives the slot of an order back that was never indexed or is no longer.
    @inline(__always)
    mutating func release(_ order: Int32, details kept: Int32) {
        if kept >= 0 { details.free(kept) }
        books.orders[order].orderID = .none
        books.orders.free(order)
    }

    @inline(__always)
    func hash(_ clOrdID: ClOrdID, _ session: SessionIndex) -> UInt64 {
        mix64(clOrdID.raw &+ (UInt64(session.raw) &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// The session's live order of this ClOrdID, or -1.
    @inline(__always)
    func findOrder(_ clOrdID: ClOrdID, of session: SessionIndex) -> Int32 {
        findOrder(clOrdID, of: session, hash(clOrdID, session))
    }

    @inline(__always)
    func findOrder(_ clOrdID: ClOrdID, of session: SessionIndex, _ hash: UInt64) -> Int32 {
        clOrdIDs.find(hash: hash) {
            books.orders[$0].clOrdID == clOrdID && books.orders[$0].session == session
        }
    }

    /// An IOC order that finds nobody: accepted and cancelled at once.
    mutating func cancelUnmatched(
        _ order: Int32, _ command: borrowing Command, into events: inout Events
    ) {
        books.orders[order].leavesQty = .zero
        emitAccepted(
            makeOrderEvent(
                .orderAccepted, order, to: Addressee(command), flags: .endOfTransaction,
                clOrdID: command.clOrdID, origClOrdID: .none,
                Outcome(ordStatus: .cancelled, execType: .cancelled, reason: .iocCancelled)),
            order, into: &events)
        release(order, details: books.orders[order].details)
    }

    @inline(__always)
    mutating func emitAccepted(_ event: Event, _ order: Int32, into events: inout Events) {
        if event.flags.contains(.standard) {
            emitWithContext(event, order, into: &events)
        } else {
            emit(event, into: &events)
        }
    }

    @inline(never)
    mutating func emitWithContext(_ event: Event, _ order: Int32, into events: inout Events) {
        var event = event
        let context = makeContext(order)
        emit(&event, context, detailsOf: order, into: &events)
    }
}
