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
        let row = command.instrument.index
        guard instruments[row].isContinuous else {
            return rejectState(command, instruments[row].effectiveStatus, into: &events)
        }
        clOrdIDs.keepGrowing()
        let name = findName(command.clOrdID, of: command.session)
        guard name.value < 0 else { return reject(command, .clOrdIDNotUnique, into: &events) }
        if !hasPlainTerms(command) {
            let fault = judgeUnusualEntry(command)
            guard fault == .none else { return reject(command, fault, into: &events) }
        }
        let attributes = command.attributes
        var key = LevelKey.worst
        var limit = LevelKey.worst
        if attributes.ordType != .market {
            guard let tick = instruments[row].tick.steps(in: command.price.raw) else {
                return rejectPrice(command, into: &events)
            }
            key = LevelKey(tick: tick, side: attributes.side)
            limit = key.mirrored
        }
        guard isQuantityGood(command.quantity, row) else {
            return rejectQuantity(command, into: &events)
        }
        let capacityFault = judgeCapacity(command, key)
        guard capacityFault == .none else {
            return reject(command, capacityFault, into: &events)
        }
        let crosses = books.best(command.instrument, attributes.side.opposite) <= limit
        if crosses, isExhausted(command.instrument) {
            return reject(command, .tradeIDsExhausted, into: &events)
        }
        let order = makeOrder(command, orderDetails)
        if crosses {
            prepareAggressor(order, command, limit: limit)
            return match(into: &events)
        }
        if attributes.timeInForce == .immediateOrCancel {
            return cancelUnmatched(order, command, into: &events)
        }
        index(order, name)
        books.place(
            order, at: key, on: OrderBooks.ladder(command.instrument, attributes.side))
        emitAccepted(
            order, command, [.endOfTransaction, .rests],
            Outcome(ordStatus: .new, execType: .new, reason: .orderAdded), into: &events)
    }

    /// Whether a new order is one of those that make up nearly all: limit, Day or IOC, in a
    /// combination that is allowed. What is not goes the long way.
    @inline(__always)
    func hasPlainTerms(_ command: borrowing Command) -> Bool {
        let terms = command.attributes
        guard command.deferredReject == .none, command.stopPrice.isNone, !command.price.isNone
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

    /// A positive multiple of the lot, no more than the product allows.
    @inline(__always)
    func isQuantityGood(_ quantity: Quantity, _ instrument: Int) -> Bool {
        guard let lots = instruments[instrument].lot.steps(in: quantity.raw) else { return false }
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
            let most = instruments[row].maximumQuantity
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
        let row = instruments[instrument.index].product.index
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
        order.level = -1
        order.session = command.session
        order.attributes = command.attributes
        order.price = command.price
        order.orderQty = command.quantity
        order.entryTime = time
        order.entrySequence = command.sequence
        order.instrument = command.instrument
        order.details = -1
        order.matchInstCrossID = command.matchInstCrossID
        order.trader = command.trader
        order.detailsFlags = []
        order.executingTraderQualifier = command.executingTraderQualifier
    }

    /// Makes a live order findable: by ClOrdID, and in its session's list. `name` is where a search
    /// for its ClOrdID ended, with nothing put into the table since.
    @inline(__always)
    mutating func index(_ order: Int32, _ name: OpenAddressingTable.Probe) {
        if !books.orders[order].clOrdID.isNone {
            let inserted = clOrdIDs.insert(at: name, value: order)
            precondition(inserted, "the ClOrdID table holds as many as the order pool")
        }
        sessionOrders.append(order, to: books.orders[order].session.index)
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
        if !massCancelQueue.isEmpty { moveCursors(past: order) }
        _ = sessionOrders.remove(order)
        release(order, details: books.orders[order].details)
    }

    /// Gives the slot of an order back that was never indexed or is no longer.
    @inline(__always)
    mutating func release(_ order: Int32, details kept: Int32) {
        if kept >= 0 { details.free(kept) }
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
    mutating func cancelUnmatched(
        _ order: Int32, _ command: borrowing Command, into events: inout Events
    ) {
        books.orders[order].leavesQty = .zero
        emitAccepted(
            order, command, .endOfTransaction,
            Outcome(ordStatus: .cancelled, execType: .cancelled, reason: .iocCancelled),
            into: &events)
        release(order, details: books.orders[order].details)
    }

    @inline(__always)
    mutating func emitAccepted(
        _ order: Int32, _ command: borrowing Command, _ flags: Event.Flags, _ outcome: Outcome,
        into events: inout Events
    ) {
        // Two calls that each put their report together: one report for both would have to be put
        // into memory for the call out of line.
        if command.attributes.isStandard {
            return emitAcceptedStandard(order, command, flags, outcome, into: &events)
        }
        emit(
            OrderReport(
                .orderAccepted, to: Addressee(command), flags: flags, clOrdID: command.clOrdID,
                origClOrdID: .none, outcome),
            order, into: &events)
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
