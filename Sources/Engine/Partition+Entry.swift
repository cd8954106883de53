import Containers
import Domain
import Matching

extension Partition {
    /// Takes a new order: checks it, matches it, lets the rest into the book or cancels it.
    ///
    /// Nearly all new orders are plain and good, which is seen at once; the others are judged check
    /// by check.
    mutating func enter(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>,
        into events: inout Events
    ) {
        let row = command.instrument.index
        guard instruments[row].isContinuous, hasPlainTerms(command),
            let tick = instruments[row].tick.steps(in: command.price.raw),
            isQuantityGood(command.quantity, row),
            !books.orders.isFull, books.hasRoomForAnyPrice
        else { return enterJudged(command, orderDetails, into: &events) }
        admit(
            command, orderDetails, at: LevelKey(tick: tick, side: command.attributes.side),
            into: &events)
    }

    /// Takes a new order that is not plain, or not good.
    ///
    /// The order of checks is ours where T7 documents none: state, uniqueness, forbidden
    /// combinations, tick and lot, size, capacity. The first failure decides.
    @inline(never)
    private mutating func enterJudged(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>,
        into events: inout Events
    ) {
        let row = command.instrument.index
        guard instruments[row].isContinuous else {
            return rejectState(command, instruments[row].effectiveStatus, into: &events)
        }
        guard findName(command.clOrdID, of: command.session).value < 0 else {
            return reject(command, .clOrdIDNotUnique, into: &events)
        }
        let fault = judgeTerms(command)
        guard fault == .none else { return reject(command, fault, into: &events) }
        var key: LevelKey?
        if command.attributes.ordType != .market {
            guard let tick = instruments[row].tick.steps(in: command.price.raw) else {
                return rejectPrice(command, into: &events)
            }
            key = LevelKey(tick: tick, side: command.attributes.side)
        }
        guard isQuantityGood(command.quantity, row) else {
            return rejectQuantity(command, into: &events)
        }
        let capacityFault = judgeCapacity(command, key)
        guard capacityFault == .none else {
            return reject(command, capacityFault, into: &events)
        }
        admit(command, orderDetails, at: key, into: &events)
    }

    /// Takes a new order that is good but for its ClOrdID. Without a key it is a market order.
    @inline(__always)
    private mutating func admit(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>,
        at key: LevelKey?,
        into events: inout Events
    ) {
        clOrdIDs.keepGrowing()
        let name = findName(command.clOrdID, of: command.session)
        guard name.value < 0 else { return reject(command, .clOrdIDNotUnique, into: &events) }
        let side = command.attributes.side
        let limit = key?.mirrored ?? .worst
        if books.best(command.instrument, side.opposite) <= limit {
            return take(command, orderDetails, limit: limit, into: &events)
        }
        guard let key, command.attributes.timeInForce == .day else {
            return cancelUnmatched(command, orderDetails, into: &events)
        }
        let order = makeOrder(command, orderDetails, leavesQty: command.quantity)
        index(order, name, command.clOrdID, of: command.session)
        books.place(order, at: key, on: OrderBooks.ladder(command.instrument, side))
        // Last, as the compiler takes nothing over from before the stores in the ring to behind them.
        emitAccepted(
            order, command, [.endOfTransaction, .rests],
            Outcome(ordStatus: .new, execType: .new, reason: .orderAdded), into: &events)
    }

    /// Matches a new order that finds somebody.
    @inline(never)
    private mutating func take(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>, limit: LevelKey,
        into events: inout Events
    ) {
        if isExhausted(command.instrument) {
            return reject(command, .tradeIDsExhausted, into: &events)
        }
        let order = makeOrder(command, orderDetails, leavesQty: command.quantity)
        prepareAggressor(order, command, limit: limit)
        match(into: &events)
    }

    /// Whether a new order is one of those that make up nearly all: limit, Day or IOC, in a
    /// combination that is allowed, and nothing to keep beside it.
    @inline(__always)
    func hasPlainTerms(_ command: borrowing Command) -> Bool {
        let terms = command.attributes
        guard command.deferredReject == .none, command.carriedDetails.isEmpty,
            command.stopPrice.isNone, !command.price.isNone
        else { return false }
        return switch terms.raw &>> 8 & 0xFF_FFFF {
        case PlainTerms.day, PlainTerms.immediateOrCancel: true
        case PlainTerms.persistentDay, PlainTerms.persistentImmediateOrCancel: terms.isStandard
        default: false
        }
    }

    /// Type, time in force and ExecInst as they lie in `OrderAttributes`, from the second byte on.
    private enum PlainTerms {
        private static func code(_ timeInForce: TimeInForce, _ execInst: ExecInst) -> UInt64 {
            UInt64(OrdType.limit.rawValue) | UInt64(timeInForce.rawValue) << 8
                | UInt64(execInst.rawValue) << 16
        }
        static var day: UInt64 { code(.day, .nonPersistent) }
        static var immediateOrCancel: UInt64 { code(.immediateOrCancel, .nonPersistent) }
        static var persistentDay: UInt64 { code(.day, .persistent) }
        static var persistentImmediateOrCancel: UInt64 { code(.immediateOrCancel, .persistent) }
    }

    /// What is wrong with the combination of a new order's terms, in the venue's order of checks.
    func judgeTerms(_ command: borrowing Command) -> RejectDetail {
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

    /// A positive multiple of the lot, no more than the product allows.
    @inline(__always)
    func isQuantityGood(_ quantity: Quantity, _ instrument: Int) -> Bool {
        // What is below zero is too much, read as a word.
        guard let lots = instruments[instrument].lot.steps(in: UInt64(bitPattern: quantity.raw))
        else { return false }
        return lots > 0
    }

    @inline(never)
    mutating func rejectQuantity(_ command: borrowing Command, into events: inout Events) {
        let row = command.instrument.index
        let lot = instruments[row].lot.step
        if command.quantity <= .zero {
            reject(command, .quantityNotPositive, value: lot, into: &events)
        } else if command.quantity.raw % lot != 0 {
            reject(command, .quantityOffLot, value: lot, into: &events)
        } else {
            let most = products[instruments[row].product.index].maximumQuantity
            reject(command, .quantityAboveMaximum, value: most.raw, into: &events)
        }
    }

    @inline(never)
    mutating func rejectPrice(_ command: borrowing Command, into events: inout Events) {
        let tick = instruments[command.instrument.index].tick.step
        if command.price.raw % tick != 0 {
            reject(command, .priceOffTick, value: tick, into: &events)
        } else {
            reject(command, .priceOutOfRange, into: &events)
        }
    }

    private mutating func judgeCapacity(
        _ command: borrowing Command, _ key: LevelKey?
    ) -> RejectDetail {
        if books.orders.isFull { return .orderPoolFull }
        if !command.carriedDetails.isEmpty, details.isFull { return .orderPoolFull }
        if let key, command.attributes.timeInForce == .day,
            !books.canPlace(key, command.instrument, command.attributes.side)
        {
            return .priceLevelPoolFull
        }
        return .none
    }

    /// Whether the product may run out of trade numbers today in one more match.
    @inline(__always)
    func isExhausted(_ instrument: InstrumentIndex) -> Bool {
        let row = instruments[instrument.index].product.index
        return products[row].isExhausted
            || lastTradeNumber > .max - UInt32(products[row].sideTradeIDReserve)
    }

    /// Gives an order that passed all checks a pool slot and its record. It is neither indexed nor in a
    /// book.
    @inline(__always)
    private mutating func makeOrder(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>,
        leavesQty: Quantity
    ) -> Int32 {
        let order = books.orders.allocate()
        let orderID = orderIDs.encode(sequence: lastSequence, slot: order)
        Self.fill(
            &books.orders[order], command, orderID: orderID, time: execID, leavesQty: leavesQty)
        if !command.carriedDetails.isEmpty {
            keep(orderDetails, command.carriedDetails, for: order)
        }
        return order
    }

    /// Keeps details beside an order, in the place of older ones. The caller has seen that there is
    /// room.
    @inline(never)
    mutating func keep(
        _ orderDetails: UnsafePointer<OrderDetails>, _ carried: Command.Flags, for order: Int32
    ) {
        var kept = books.orders[order].details
        if kept < 0 {
            kept = details.allocate()
            books.orders[order].details = kept
        }
        books.orders[order].detailsFlags = carried
        // What the command does not carry is blank, not what the caller's memory happens to hold.
        details[kept].parties =
            carried.contains(.hasParties) ? orderDetails.pointee.parties : .init()
        details[kept].texts = carried.contains(.hasTexts) ? orderDetails.pointee.texts : .init()
    }

    /// Writes every field of a record that may hold an older order. A free record has no level and no
    /// details.
    @inline(__always)
    private static func fill(
        _ order: inout RestingOrder, _ command: borrowing Command, orderID: OrderID,
        time: Timestamp, leavesQty: Quantity
    ) {
        order.leavesQty = leavesQty
        order.cumQty = .zero
        order.orderID = orderID
        order.clOrdID = command.clOrdID
        order.timePriority = time
        order.session = command.session
        order.attributes = command.attributes
        order.price = command.price
        order.orderQty = command.quantity
        order.entryTime = time
        order.entrySequence = command.sequence
        order.instrument = command.instrument
        order.matchInstCrossID = command.matchInstCrossID
        order.trader = command.trader
        order.executingTraderQualifier = command.executingTraderQualifier
    }

    /// Makes a live order findable: by ClOrdID, and in its session's list. `name` is where a search
    /// for its ClOrdID ended, with nothing put into the table since.
    @inline(__always)
    mutating func index(
        _ order: Int32, _ name: OpenAddressingTable.Probe, _ clOrdID: ClOrdID,
        of session: SessionIndex
    ) {
        if !clOrdID.isNone {
            let inserted = clOrdIDs.insert(at: name, value: order)
            precondition(inserted, "the ClOrdID table holds as many as the order pool")
        }
        sessionOrders.append(order, to: session.index)
    }

    /// Forgets an order that is in no book any more, and gives its slot back.
    @inline(__always)
    mutating func retire(_ order: Int32) {
        let clOrdID = books.orders[order].clOrdID
        if !clOrdID.isNone {
            let removed = clOrdIDs.remove(
                hash: hash(clOrdID, books.orders[order].session), value: order)
            precondition(removed, "a live order's ClOrdID is indexed")
        }
        retireNameless(order)
    }

    /// The same for an order whose ClOrdID is no longer indexed.
    @inline(__always)
    mutating func retireNameless(_ order: Int32) {
        unlist(order)
        release(order, details: books.orders[order].details)
    }

    /// Takes an order out of its session's list.
    @inline(__always)
    mutating func unlist(_ order: Int32) {
        if !massCancelQueue.isEmpty { moveCursors(past: order) }
        _ = sessionOrders.remove(order)
    }

    /// Gives the slot of an order back that was never indexed or is no longer.
    @inline(__always)
    mutating func release(_ order: Int32, details kept: Int32) {
        if kept >= 0 {
            details.free(kept)
            books.orders[order].details = -1
            books.orders[order].detailsFlags = []
        }
        books.orders[order].orderID = .none
        books.orders.free(order)
    }

    /// Folds the full product with a secret multiplier, so that nobody can choose names that collide.
    @inline(__always)
    func hash(_ clOrdID: ClOrdID, _ session: SessionIndex) -> UInt64 {
        let named = clOrdID.raw ^ nameKey &+ UInt64(session.raw) &* 0x9E37_79B9_7F4A_7C15
        let product = named.multipliedFullWidth(by: nameMultiplier)
        return product.high ^ product.low
    }

    /// The session's live order of this ClOrdID, and its place in the table.
    @inline(__always)
    func findName(_ clOrdID: ClOrdID, of session: SessionIndex) -> OpenAddressingTable.Probe {
        clOrdIDs.probe(hash: hash(clOrdID, session)) {
            books.orders[$0].clOrdID == clOrdID && books.orders[$0].session == session
        }
    }

    /// An IOC order that finds nobody: accepted and cancelled at once.
    @inline(never)
    private mutating func cancelUnmatched(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>,
        into events: inout Events
    ) {
        let order = makeOrder(command, orderDetails, leavesQty: .zero)
        emitAccepted(
            order, command, .endOfTransaction,
            Outcome(ordStatus: .cancelled, execType: .cancelled, reason: .iocCancelled),
            into: &events)
        release(order, details: books.orders[order].details)
    }

    @inline(__always)
    private mutating func emitAccepted(
        _ order: Int32, _ command: borrowing Command, _ flags: Event.Flags, _ outcome: Outcome,
        into events: inout Events
    ) {
        // Two calls that each put their report together: one report for both would have to be put
        // into memory for the call out of line.
        if command.attributes.isStandard {
            return emitAcceptedStandard(order, command, flags, outcome, into: &events)
        }
        let slot = takeSlot(into: &events)
        emit(
            OrderReport(
                .orderAccepted, to: Addressee(command), flags: flags, clOrdID: command.clOrdID,
                origClOrdID: .none, outcome),
            order, at: slot)
    }

    /// Tells of an accepted order that listeners hear of too.
    @inline(never)
    private mutating func emitAcceptedStandard(
        _ order: Int32, _ command: borrowing Command, _ flags: Event.Flags, _ outcome: Outcome,
        into events: inout Events
    ) {
        emit(
            OrderReport(
                .orderAccepted, to: Addressee(command), flags: flags, clOrdID: command.clOrdID,
                origClOrdID: .none, outcome),
            order, makeContext(order), into: &events)
    }
}
